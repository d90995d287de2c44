"""A case is deleted with every document that was submitted before, whatever has become of it."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from permit_ocr.application.ports import DocumentState, Submission
from permit_ocr.domain.errors import Deleted, RejectDocument, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.world import World, submission, world

FAR = time.monotonic() + 1e9
CASE = "2026-0815"


def photo(name: str, *, case: str | None = CASE, seconds: int = -60) -> Submission:
    """Return a photo of its own, received so many seconds after NOW."""
    received = NOW + timedelta(seconds=seconds)
    return submission(jpeg(name.encode()), document_id=name, case=case, received=received, kind=Kind.MAINLAND_PERMIT)


def recognize(one: Submission, here: World) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(here.recognize(one, deadline=FAR))
    return event


def test_a_case_is_deleted_with_all_of_its_documents_and_no_other() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK, MAINLAND_FRONT, MAINLAND_FRONT)
    for one in (photo("front"), photo("back"), photo("newer front"), photo("other", case="another")):
        recognize(one, here)
    here.recognize.reject(replace(photo("rejected").document), RejectDocument("Document.Empty", "", ""))
    here.case_index.enlist(Document(id="form", case=CASE))
    here.documents.register("form", upload_until=1)
    assert here.delete_case(CASE, deadline=FAR) == 5
    assert {name for name, state in here.documents.states.items() if not state.deleted} == {"other"}
    case = here.cases.get(CASE)
    assert case is not None
    assert (case.sides, here.cases.events) == ((), {})
    assert len(here.recognitions.outcomes) == 1
    assert here.delete_case(CASE, deadline=FAR) == 0, "twice is no error"


def test_a_document_on_its_way_is_not_published_after_its_cases_deletion() -> None:
    here = world()
    here.delete_case(CASE, deadline=FAR)
    here.erasure.photos["on its way"] = ["uploads/on its way.jpg"]
    with pytest.raises(Deleted):
        recognize(photo("on its way"), here)
    assert here.erasure.erased == ["uploads/on its way.jpg"]
    assert (here.results.sent, here.documents.states) == ([], {})
    assert here.case_index.enlisted == {CASE: {}}


def test_a_document_submitted_after_the_deletion_is_a_new_one() -> None:
    here = world(MAINLAND_FRONT)
    here.delete_case(CASE, deadline=FAR)
    recognize(photo("later", seconds=1), here)
    assert "later" in here.documents.events


def test_photos_are_deleted_after_their_results_have_expired() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    one = photo("front")
    recognize(replace(one, options=replace(one.options, return_portrait=True)), here)
    here.erasure.photos["front"] = ["uploads/auto/1.jpg"]
    here.documents.states.clear()
    (portrait,) = here.portraits.stored
    assert here.delete_case(CASE, deadline=FAR) == 1
    assert here.erasure.erased == [portrait, "uploads/auto/1.jpg"]
    assert here.documents.states == {"front": DocumentState(deleted=True, document=Document(id="front", case=CASE))}


def test_a_deletion_out_of_time_is_continued_by_the_next() -> None:
    here = world(MAINLAND_FRONT)
    recognize(photo("front"), here)
    with pytest.raises(RetryableError, match=r"Case\.DeletedInPart"):
        here.delete_case(CASE, deadline=time.monotonic() - 1)
    assert here.delete_case(CASE, deadline=FAR) == 1


def test_sides_of_an_earlier_version_are_deleted_too() -> None:
    here = world(MAINLAND_FRONT)
    recognize(photo("front"), here)
    here.case_index.enlisted.clear()
    assert here.delete_case(CASE, deadline=FAR) == 1
    assert here.documents.states["front"].deleted
