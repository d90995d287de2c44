"""A deleted document leaves nothing of its own, takes nothing of others along, and does not come back."""

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
from tests.unit.fakes import (
    JPEG,
    MAINLAND_BACK,
    MAINLAND_FRONT,
    NOT_NOW,
    NOT_THIS_CARD,
    RESIDENCE_FRONT,
    World,
    jpeg,
    photograph,
    world,
)


def read(photo: Submission, here: World) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(here.recognize(photo, deadline=time.monotonic() + 45))
    return said


def with_case(photo: Submission) -> Submission:
    return replace(photo, document=replace(photo.document, case="2026-0815"))


def is_a_mark(record: DocumentState) -> bool:
    """Tell whether only the mark is left of a document, and at most the case by which its side is found."""
    return record in (
        DocumentState(deleted=True),
        DocumentState(deleted=True, document=Document(id="document-1", case="2026-0815")),
    )


def test_a_deletion_leaves_only_the_tombstone() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    here.erasure.photographs["document-1"] = ["uploads/auto/1.jpg"]
    event = read(with_case(photograph(kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
    assert here.delete("document-1")
    assert here.erasure.erased == [event["data"]["portrait_key"], "uploads/auto/1.jpg"]
    assert here.recognitions.outcomes == {}
    assert is_a_mark(here.documents.records["document-1"])
    case = here.cases.get("2026-0815")
    assert case is not None
    assert case.sides == ()


def test_a_deletion_erases_every_recognition_that_auto_tried() -> None:
    here = world(NOT_THIS_CARD, NOT_THIS_CARD, RESIDENCE_FRONT)
    read(photograph(), here)
    assert len(here.recognitions.outcomes) == 3
    here.delete("document-1")
    assert here.recognitions.outcomes == {}


def test_a_deletion_keeps_what_another_document_shares() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="), MAINLAND_BACK)
    for name in ("document-1", "document-2"):
        read(with_case(photograph(document_id=name, kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
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
    read(photograph(document_id=first, kind=Kind.MAINLAND_PERMIT), here)
    here.delete("document-1")
    assert here.recognitions.outcomes == {}
    assert here.documents.records == dict.fromkeys(("document-1", first, second), DocumentState(deleted=True))
    with pytest.raises(Deleted):
        read(photograph(jpeg(b"2"), document_id=second, kind=Kind.MAINLAND_PERMIT), here)


@pytest.mark.parametrize(
    "again",
    [
        lambda here: read(photograph(kind=Kind.MAINLAND_PERMIT), here),
        lambda here: here.publish.republish("document-1"),
        lambda here: here.recognize.reject(photograph().document, RejectDocument("Document.Gone", "", "")),
    ],
)
def test_redelivering_a_deleted_document_publishes_and_leaves_nothing(again: Callable[[World], Any]) -> None:
    here = world(MAINLAND_FRONT, MAINLAND_FRONT)
    here.documents.register("document-1")
    here.delete("document-1")
    here.erasure.photographs["document-1"] = ["uploaded after that"]
    with pytest.raises(Deleted):
        again(here)
    assert here.erasure.photographs == {"document-1": []}
    assert here.results.sent == []
    assert here.ocr.asked == []
    assert here.documents.records == {"document-1": DocumentState(deleted=True)}


def test_a_photo_uploaded_after_its_deletion_is_erased_on_delivery() -> None:
    here = world()
    here.documents.register("document-1", upload_until=1)
    here.delete("document-1")
    here.erasure.photographs["document-1"] = ["uploads/by-id/document-1"]
    with pytest.raises(Deleted):
        read(photograph(), here)
    assert here.erasure.erased == ["uploads/by-id/document-1"]


def test_a_document_deleted_during_its_recognition_leaves_nothing() -> None:
    here = world(replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ="))
    ask = here.ocr.recognize

    def ask_and_delete(*arguments: Any, **named: Any) -> Any:
        reply = ask(*arguments, **named)
        here.delete("document-1")
        return reply

    here.ocr.recognize = ask_and_delete  # type: ignore[method-assign]
    with pytest.raises(Deleted):
        read(with_case(photograph(kind=Kind.MAINLAND_PERMIT, return_portrait=True)), here)
    assert here.recognitions.outcomes == {}
    assert here.portraits.stored == {}
    assert is_a_mark(here.documents.records["document-1"])
    case = here.cases.get("2026-0815")
    assert case is None or case.sides == ()


def test_an_interrupted_deletion_is_finished_by_the_next() -> None:
    here = world(MAINLAND_FRONT)
    here.erasure.photographs["document-1"] = ["uploads/auto/1.jpg"]
    read(photograph(kind=Kind.MAINLAND_PERMIT), here)
    here.erasure.fails = 1
    with pytest.raises(RetryableError):
        here.delete("document-1")
    assert here.documents.records["document-1"].deleted
    assert here.delete("document-1")
    assert here.erasure.erased == ["uploads/auto/1.jpg"]
    assert here.documents.records == {"document-1": DocumentState(deleted=True)}


def test_an_unknown_document_is_deleted_only_if_its_direct_upload_exists() -> None:
    here = world()
    assert not here.delete("document-1")
    assert here.documents.records == {}
    here.erasure.photographs["document-1"] = ["uploads/by-id/document-1"]
    assert here.delete("document-1")
    assert here.erasure.erased == ["uploads/by-id/document-1"]


@pytest.mark.parametrize(
    "deliver",
    [
        lambda here: read(photograph(kind=Kind.MAINLAND_PERMIT), here),
        lambda here: here.recognize.reject(photograph().document, RejectDocument("Document.Gone", "", "")),
    ],
)
def test_an_upload_deleted_after_its_state_expired_is_not_published(
    deliver: Callable[[World], Any],
) -> None:
    here = world(MAINLAND_FRONT)
    here.erasure.photographs["document-1"] = ["uploads/by-id/document-1"]
    here.erasure.fails = 1
    with pytest.raises(RetryableError):
        here.delete("document-1")
    assert here.delete("document-1")
    with pytest.raises(Deleted):
        deliver(here)
    assert here.results.sent == []
    assert here.erasure.photographs == {"document-1": []}
    assert here.delete("document-1"), "twice is no error"


class KilledError(BaseException):
    """The environment is gone, in the middle of whatever it did."""


@dataclass
class Stage:
    """What happens around each port call in turn: nothing, a kill, a deletion, another delivery."""

    happens: list[str]
    is_handed_over: bool = False
    """The API read it, and could not publish: what is delivered is only the request to publish it."""
    here: World = field(default_factory=lambda: world(*[replace(MAINLAND_FRONT, Profile="cG9ydHJhaXQ=")] * 99))
    depth: int = 0

    def act(self) -> None:
        act = self.happens.pop(0) if self.happens else "go on"
        if act == "kill":
            self.here.recognitions.claimed.clear()  # as if the lease had run out by the next delivery
            raise KilledError
        if self.depth < 3 and act in {"delete", "deliver"}:
            self.depth += 1
            try:
                {"delete": self.delete, "deliver": self.deliver}[act]()
            finally:
                self.depth -= 1

    def deliver(self) -> bool:
        photo = with_case(photograph(JPEG, kind=Kind.MAINLAND_PERMIT, return_portrait=True))
        try:
            if self.is_handed_over:
                self.stepped.publish.republish("document-1")
            else:
                self.stepped.recognize(photo, deadline=time.monotonic() + 45)
        except InProgress:
            return False
        except Deleted:
            return True
        return True

    def delete(self) -> bool:
        return self.stepped.delete("document-1")

    @property
    def stepped(self) -> World:
        names = ("ocr", "recognitions", "documents", "erasure", "cases", "results")
        return replace(self.here, **{name: cast("Any", Stepped(self, getattr(self.here, name))) for name in names})


class Stepped:
    """A port of which every call is two steps: before and after what it does."""

    def __init__(self, stage: Stage, port: object) -> None:
        self._stage = stage
        self._port = port

    def __getattr__(self, name: str) -> Any:
        there = getattr(self._port, name)
        if not callable(there):
            return there

        def step(*arguments: Any, **named: Any) -> Any:
            self._stage.act()
            answer = there(*arguments, **named)
            self._stage.act()
            return answer

        return step


@given(
    happens=st.lists(st.sampled_from(["go on", "go on", "kill", "delete", "deliver"]), max_size=40),
    is_handed_over=st.booleans(),
)
@example(happens=["go on", "delete"], is_handed_over=True)
@example(happens=["go on", "delete", *["go on"] * 12, "kill"], is_handed_over=True)
def test_no_interleaving_with_kills_leaves_anything_of_a_deleted_document(
    *, happens: list[str], is_handed_over: bool
) -> None:
    stage = Stage(happens=list(happens), is_handed_over=is_handed_over)
    stage.here.erasure.photographs["document-1"] = ["uploads/auto/1.jpg"]
    stage.here.documents.register("document-1")
    if is_handed_over:
        stage.here.results.fails = 1
        with pytest.raises(NotPublished):
            read(with_case(photograph(JPEG, kind=Kind.MAINLAND_PERMIT, return_portrait=True)), stage.here)
    done = False
    while not done or stage.happens:  # the message shows again, the caller asks again
        try:
            done = stage.deliver() and stage.delete()
        except KilledError:
            done = False
    assert is_a_mark(stage.here.documents.records["document-1"])
    assert stage.here.recognitions.outcomes == {}
    assert stage.here.portraits.stored == {}
    assert stage.here.erasure.photographs == {"document-1": []}
    case = stage.here.cases.get("2026-0815")
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

    def bury(*_arguments: Any, **_named: Any) -> None:
        raise NOT_NOW

    here.documents.mark_deleted = bury  # type: ignore[method-assign]
    with pytest.raises(RetryableError):
        here.delete("document-1")
