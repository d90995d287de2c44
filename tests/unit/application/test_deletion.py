"""A deleted document leaves nothing behind, keeps what others share, and does not come back."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from permit_ocr.application.ports import DocumentState, StoredEvent, Submission
from permit_ocr.domain.errors import Deleted, InProgress, NotPublished, RejectDocument, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.files import JPEG, jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, OTHER_CARD, RESIDENCE_FRONT
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import World, submission, world
from tests.unit.interleavings import KilledError, Stepped


def recognize(photo: Submission, here: World) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(here.recognize(photo, deadline=time.monotonic() + 45))
    return event


def with_case(photo: Submission) -> Submission:
    return replace(photo, document=replace(photo.document, case="2026-0815"))


def is_tombstone(state: DocumentState) -> bool:
    """Tell whether only the tombstone is left of a document, with at most the case that its side is in."""
    return state in (
        DocumentState(deleted=True),
        DocumentState(deleted=True, document=Document(id="document-1", case="2026-0815")),
    )


def test_a_deletion_leaves_only_the_tombstone() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    here.erasure.photos["document-1"] = ["uploads/auto/1.jpg"]
    event = recognize(with_case(submission(kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
    assert here.delete("document-1")
    assert here.erasure.erased == [event["data"]["portrait_key"], "uploads/auto/1.jpg"]
    assert here.recognitions.outcomes == {}
    assert is_tombstone(here.documents.states["document-1"])
    case = here.cases.get("2026-0815")
    assert case is not None
    assert case.sides == ()


def test_a_deletion_erases_every_recognition_that_auto_tried() -> None:
    here = world(OTHER_CARD, OTHER_CARD, RESIDENCE_FRONT)
    recognize(submission(), here)
    assert len(here.recognitions.outcomes) == 3
    here.delete("document-1")
    assert here.recognitions.outcomes == {}


def test_a_deletion_keeps_what_another_document_shares() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="), MAINLAND_BACK)
    for name in ("document-1", "document-2"):
        recognize(with_case(submission(document_id=name, kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
    here.delete("document-1")
    assert here.erasure.erased == []
    assert len(here.recognitions.outcomes) == 1
    assert "document-2" in here.documents.events
    case = here.cases.get("2026-0815")
    assert case is not None
    assert [side.document_id for side in case.sides] == ["document-2"]
    here.delete("document-2")
    assert here.recognitions.outcomes == {}
    assert len(here.erasure.erased) == 1


def test_all_pages_are_deleted_with_their_upload_started_or_not() -> None:
    here = world(MAINLAND_FRONT)
    here.documents.record_pages("document-1", pages=2)
    first, second = (document_id_of_page("document-1", page) for page in (1, 2))
    recognize(submission(document_id=first, kind=Kind.MAINLAND_PERMIT), here)
    here.delete("document-1")
    assert here.recognitions.outcomes == {}
    assert here.documents.states == dict.fromkeys(("document-1", first, second), DocumentState(deleted=True))
    with pytest.raises(Deleted):
        recognize(submission(jpeg(b"2"), document_id=second, kind=Kind.MAINLAND_PERMIT), here)


@pytest.mark.parametrize(
    "again",
    [
        lambda here: recognize(submission(kind=Kind.MAINLAND_PERMIT), here),
        lambda here: here.publish.republish("document-1"),
        lambda here: here.recognize.reject(submission().document, RejectDocument("Document.Gone", "", "")),
    ],
)
def test_redelivering_a_deleted_document_publishes_and_leaves_nothing(again: Callable[[World], Any]) -> None:
    here = world(MAINLAND_FRONT, MAINLAND_FRONT)
    here.documents.register("document-1")
    here.delete("document-1")
    here.erasure.photos["document-1"] = ["uploads/by-id/document-1"]
    with pytest.raises(Deleted):
        again(here)
    assert here.erasure.photos == {"document-1": []}
    assert here.results.sent == []
    assert here.ocr.requests == []
    assert here.documents.states == {"document-1": DocumentState(deleted=True)}


def test_a_photo_uploaded_after_its_deletion_is_erased_on_delivery() -> None:
    here = world()
    here.documents.register("document-1", upload_until=1)
    here.delete("document-1")
    here.erasure.photos["document-1"] = ["uploads/by-id/document-1"]
    with pytest.raises(Deleted):
        recognize(submission(), here)
    assert here.erasure.erased == ["uploads/by-id/document-1"]


def test_a_document_deleted_during_its_recognition_leaves_nothing() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    call = here.ocr.recognize

    def call_and_delete(*arguments: Any, **named: Any) -> Any:
        response = call(*arguments, **named)
        here.delete("document-1")
        return response

    here.ocr.recognize = call_and_delete  # type: ignore[method-assign]
    with pytest.raises(Deleted):
        recognize(with_case(submission(kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
    assert here.recognitions.outcomes == {}
    assert here.portraits.stored == {}
    assert is_tombstone(here.documents.states["document-1"])
    case = here.cases.get("2026-0815")
    assert case is None or case.sides == ()


def test_an_interrupted_deletion_is_finished_by_the_next() -> None:
    here = world(MAINLAND_FRONT)
    here.erasure.photos["document-1"] = ["uploads/auto/1.jpg"]
    recognize(submission(kind=Kind.MAINLAND_PERMIT), here)
    here.erasure.fails = 1
    with pytest.raises(RetryableError):
        here.delete("document-1")
    assert here.documents.states["document-1"].deleted
    assert here.delete("document-1")
    assert here.erasure.erased == ["uploads/auto/1.jpg"]
    assert here.documents.states == {"document-1": DocumentState(deleted=True)}


def test_an_unknown_document_is_deleted_only_if_its_direct_upload_exists() -> None:
    here = world()
    assert not here.delete("document-1")
    assert here.documents.states == {}
    here.erasure.photos["document-1"] = ["uploads/by-id/document-1"]
    assert here.delete("document-1")
    assert here.erasure.erased == ["uploads/by-id/document-1"]


@pytest.mark.parametrize(
    "deliver",
    [
        lambda here: recognize(submission(kind=Kind.MAINLAND_PERMIT), here),
        lambda here: here.recognize.reject(submission().document, RejectDocument("Document.Gone", "", "")),
    ],
)
def test_an_upload_deleted_after_its_state_expired_is_not_published(
    deliver: Callable[[World], Any],
) -> None:
    here = world(MAINLAND_FRONT)
    here.erasure.photos["document-1"] = ["uploads/by-id/document-1"]
    here.erasure.fails = 1
    with pytest.raises(RetryableError):
        here.delete("document-1")
    assert here.delete("document-1")
    with pytest.raises(Deleted):
        deliver(here)
    assert here.results.sent == []
    assert here.erasure.photos == {"document-1": []}
    assert here.delete("document-1"), "twice is no error"


FAR = time.monotonic() + 1e9


@dataclass
class Schedule:
    """What happens around each port call in turn: nothing, a kill, a deletion or another delivery."""

    happens: list[str]
    by_case: bool = False
    is_republished: bool = False
    """The API could not publish the result: the message only asks for it to be republished."""
    here: World = field(default_factory=lambda: world(*[replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ=")] * 99))
    depth: int = 0

    def act(self) -> None:
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            self.here.recognitions.leased.clear()  # as if the lease had expired by the next delivery
            raise KilledError
        if self.depth < 3 and act in {"delete", "deliver"}:
            self.depth += 1
            try:
                {"delete": self.delete, "deliver": self.deliver}[act]()
            finally:
                self.depth -= 1

    def deliver(self) -> bool:
        photo = with_case(submission(JPEG, kind=Kind.MAINLAND_PERMIT, return_portrait=True))
        try:
            if self.is_republished:
                self.stepped.publish.republish("document-1")
            else:
                self.stepped.recognize(photo, deadline=time.monotonic() + 45)
        except InProgress:
            return False
        except Deleted:
            return True
        return True

    def delete(self) -> bool:
        if self.by_case:
            self.stepped.delete_case("2026-0815", deadline=FAR)
            return True
        return self.stepped.delete("document-1")

    @property
    def stepped(self) -> World:
        names = ("ocr", "recognitions", "documents", "erasure", "cases", "case_index", "results")
        return replace(self.here, **{name: cast("Any", Stepped(self.act, getattr(self.here, name))) for name in names})


@given(
    happens=st.lists(st.sampled_from(["go on", "go on", "kill", "delete", "deliver"]), max_size=40),
    is_republished=st.booleans(),
    by_case=st.booleans(),
)
@example(happens=["go on", "delete"], is_republished=True, by_case=False)
@example(happens=["go on", "delete", *["go on"] * 12, "kill"], is_republished=True, by_case=False)
def test_no_interleaving_with_kills_leaves_anything_of_a_deleted_document(
    *, happens: list[str], is_republished: bool, by_case: bool
) -> None:
    schedule = Schedule(happens=list(happens), is_republished=is_republished, by_case=by_case)
    schedule.here.erasure.photos["document-1"] = ["uploads/auto/1.jpg"]
    if not by_case:  # else nothing of it is known until its message arrives
        schedule.here.documents.register("document-1")
    if is_republished:
        schedule.here.results.fails = 1
        with pytest.raises(NotPublished):
            recognize(with_case(submission(JPEG, kind=Kind.MAINLAND_PERMIT, return_portrait=True)), schedule.here)
    done = False
    while not done or schedule.happens:  # the message becomes visible again, and the deletion is requested again
        try:
            done = schedule.deliver() and schedule.delete()
        except KilledError:
            done = False
    state = schedule.here.documents.get("document-1")
    assert (state is None and by_case) or (state is not None and is_tombstone(state))
    assert not schedule.here.case_index.enlisted.get("2026-0815")
    assert schedule.here.recognitions.outcomes == {}
    assert schedule.here.portraits.stored == {}
    assert schedule.here.erasure.photos == {"document-1": []}
    case = schedule.here.cases.get("2026-0815")
    assert case is None or case.sides == ()


def test_a_stored_result_is_not_published_after_its_deletion() -> None:
    here = world()
    here.documents.begin(Document(id="document-1"), recognition_ids=["r1"])
    here.documents.store_event("document-1", StoredEvent(event="{}", published=False))
    here.delete("document-1")
    with pytest.raises(Deleted):
        here.publish.republish("document-1")
    assert here.results.sent == []


def test_a_deletion_is_retried_while_dynamodb_is_down() -> None:
    here = world()

    def fail(*_arguments: Any, **_named: Any) -> None:
        raise THROTTLED

    here.documents.mark_deleted = fail  # type: ignore[method-assign]
    with pytest.raises(RetryableError):
        here.delete("document-1")
