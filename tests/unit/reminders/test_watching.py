"""Which cards are watched, and until when: with the use cases that publish and delete."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.card.notices import EXPIRED, notice_due
from permit_ocr.domain.errors import NotPublished, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind
from permit_ocr.domain.verdict import Verdict
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import FakeErasure
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, RESIDENCE_BACK
from tests.unit.fakes.watched_cards import FakeWatchedCards
from tests.unit.fakes.world import World, submission, world

LAST_DAY = date(2030, 10, 8)
READ_ON = date(2026, 11, 21)
NO_CARD = RejectDocument("FailedOperation.NoCard", "no card", "send one")


def watching(*responses: Answer | RejectDocument, publish_fails: int = 0) -> tuple[World, FakeWatchedCards]:
    here = world(*responses, publish_fails=publish_fails)
    cards = here.watched_cards = FakeWatchedCards()
    return here, cards


def read(here: World, document_id: str = "document-1", case: str | None = None, minutes: int = 0) -> None:
    received = datetime(2026, 11, 21, 3, minutes, tzinfo=UTC)
    here.recognize(
        submission(document_id=document_id, content=None, url=f"https://a.example/{document_id}", case=case,
                   received=received, kind=Kind.MAINLAND_PERMIT),
        deadline=time.monotonic() + 45,
    )  # fmt: skip


def test_a_card_with_a_last_day_is_watched_with_one_write() -> None:
    here, cards = watching(MAINLAND_FRONT)
    read(here, case="7")
    (card,) = cards.cards.values()
    assert (card.document_id, card.case, card.valid_until) == ("document-1", "7", LAST_DAY)
    assert card.watched_on == date(2026, 11, 21)
    assert cards.writes == 1


@pytest.mark.parametrize(
    "response",
    [
        MAINLAND_BACK,
        replace(MAINLAND_FRONT, ValidDate="2016.10.09-2026.10.08"),
        replace(MAINLAND_FRONT, ValidDate="长期"),
        replace(MAINLAND_FRONT, ValidDate="?"),
        NO_CARD,
    ],
    ids=["another side", "expired", "long-term", "unreadable", "no card"],
)
def test_a_card_that_is_not_watched_costs_no_write(response: Answer | RejectDocument) -> None:
    here, cards = watching(response)
    read(here)
    assert here.results.sent
    assert cards.writes == 0


def test_without_reminders_nothing_is_watched() -> None:
    here = world(MAINLAND_FRONT)
    read(here)
    assert here.publish.watch_expiry is None


def test_a_card_is_watched_before_its_result_can_be_received() -> None:
    """If the result is sent days later, what its reader was not told in between is on its way, too."""
    here, cards = watching(MAINLAND_FRONT, publish_fails=1)
    with pytest.raises(NotPublished):
        read(here)
    assert cards.watched(["document-1"])
    here.now = lambda: NOW + timedelta(days=3)
    here.publish.republish("document-1")
    (card,) = cards.cards.values()
    assert card.watched_on == date(2026, 11, 21)


def test_a_card_is_watched_from_its_judgement_on_if_published_later() -> None:
    """Its result says that it is valid; that it has expired meanwhile is for the reminder to say."""
    here, cards = watching(replace(MAINLAND_FRONT, ValidDate="2016.11.22-2026.11.21"), publish_fails=1)
    with pytest.raises(NotPublished):
        read(here)
    cards.cards.clear()  # the table did not take it either
    here.now = lambda: NOW + timedelta(days=1)
    here.publish.republish("document-1")
    (card,) = cards.cards.values()
    tomorrow = READ_ON + timedelta(days=1)
    assert (card.valid_until, card.watched_on) == (READ_ON, READ_ON)
    assert notice_due(card, (), day=tomorrow, today=tomorrow) == EXPIRED


def test_a_newer_card_replaces_an_older_one_of_its_kind_in_a_case() -> None:
    newer = replace(MAINLAND_FRONT, ValidDate="2026.10.09-2036.10.08")
    here, cards = watching(newer, MAINLAND_FRONT, MAINLAND_FRONT)
    read(here, "new", case="7", minutes=5)
    read(here, "old", case="7")  # was uploaded before, and is read later
    read(here, "of another case", case="8")
    assert {watch.document_id for watch in cards.cards.values()} == {"new", "of another case"}


def test_a_card_in_review_replaces_an_accepted_one_once_accepted() -> None:
    """If it is refused, the card that was accepted before must not expire silently."""
    in_review = replace(MAINLAND_FRONT, Number="H1234567", ValidDate="2026.10.09-2036.10.08")
    here, cards = watching(MAINLAND_FRONT, in_review)
    read(here, "accepted", case="7")
    read(here, "in review", case="7", minutes=5)
    assert [watch.document_id for watch in cards.cards.values()] == ["accepted"]
    watch = WatchExpiry(cards=cards)
    document = Document(id="in review", case="7", received=datetime(2026, 11, 21, 3, 5, tzinfo=UTC))

    def decide(verdict: Verdict, revision: int) -> list[str]:
        watch.correct(
            document,
            kind=Kind.MAINLAND_PERMIT,
            verdict=verdict,
            valid_until=date(2036, 10, 8),
            as_of=READ_ON,
            judged=NOW,
            revision=revision,
        )
        return [watch.document_id for watch in cards.cards.values()]

    assert decide(Verdict.REJECTED, 1) == ["accepted"]
    assert decide(Verdict.ACCEPTED, 2) == ["in review"]


def test_two_kinds_of_card_in_a_case_are_both_watched() -> None:
    here, cards = watching(MAINLAND_FRONT)
    read(here, "travel", case="7")
    here.ocr.responses.append(RESIDENCE_BACK)
    here.recognize(
        submission(document_id="residence", case="7", kind=Kind.RESIDENCE_PERMIT), deadline=time.monotonic() + 45
    )
    assert {watch.document_id for watch in cards.cards.values()} == {"travel", "residence"}


def test_a_newer_card_that_is_rejected_replaces_nothing() -> None:
    here, cards = watching(MAINLAND_FRONT, replace(MAINLAND_FRONT, ValidDate="2016.10.09-2026.10.08"))
    read(here, "valid", case="7")
    read(here, "expired", case="7", minutes=5)
    assert cards.watched(["valid"])


@pytest.mark.parametrize("case", [None, "7"])
@pytest.mark.parametrize("after_keep_days", [False, True])
def test_deleting_a_document_ends_the_watch(case: str | None, after_keep_days: bool) -> None:  # noqa: FBT001
    here, cards = watching(MAINLAND_FRONT)
    read(here, case=case)
    if after_keep_days:
        here.documents.states.clear()
        here.case_index.enlisted.clear()
    assert here.delete("document-1")
    assert not cards.cards
    assert here.documents.states["document-1"].deleted
    assert here.delete("document-1"), "repeating it is no error"


def test_deleting_a_document_that_was_never_there_is_still_unknown() -> None:
    here, _ = watching()
    assert not here.delete("document-1")
    assert not here.documents.states


def test_deleting_a_file_of_pages_after_keep_days_ends_their_watches() -> None:
    here, cards = watching(MAINLAND_FRONT, MAINLAND_FRONT)
    for page in (2, 3):
        read(here, document_id_of_page("scan", page), case="7" if page == 2 else None)
    here.documents.states.clear()
    assert here.delete("scan")
    assert not cards.cards


@pytest.mark.parametrize("after_keep_days", [False, True])
def test_deleting_a_case_ends_its_watches(after_keep_days: bool) -> None:  # noqa: FBT001
    here, cards = watching(MAINLAND_FRONT, MAINLAND_FRONT)
    read(here, case="7")
    read(here, "other", case="8")
    if after_keep_days:
        here.documents.states.clear()
        here.case_index.enlisted.clear()
        here.cases.sides.clear()
    assert here.delete_case("7", deadline=time.monotonic() + 10) == 1
    assert [watch.document_id for watch in cards.cards.values()] == ["other"]


def test_deleting_a_case_leaves_what_was_submitted_to_it_later() -> None:
    here, cards = watching(MAINLAND_FRONT)
    read(here, case="7")
    here.now = lambda: datetime(2026, 11, 21, 2, tzinfo=UTC)  # the deletion was requested before
    here.case_index.enlisted.clear()
    here.documents.states.clear()
    here.cases.sides.clear()
    assert here.delete_case("7", deadline=time.monotonic() + 10) == 0
    assert cards.watched(["document-1"])


def test_a_document_that_is_deleted_while_it_is_published_is_not_watched() -> None:
    here, cards = watching(MAINLAND_FRONT)

    def delete() -> None:
        assert here.delete("document-1")

    here.ocr.before_call = delete
    with pytest.raises(Exception, match=r"Document\.Deleted"):
        read(here)
    assert not cards.cards


def test_an_interrupted_deletion_ends_the_watch_when_it_is_repeated() -> None:
    here, cards = watching(MAINLAND_FRONT)
    read(here)
    here.erasure = FakeErasure(photos={"document-1": ["uploads/auto/1.jpg"]}, fails=1)
    with pytest.raises(Exception, match=r"SQS\.Throttled"):
        here.delete("document-1")
    here.delete("document-1")
    assert not cards.cards


DOCUMENT = Document(id="document-1", received=NOW)


@pytest.mark.parametrize(
    ("verdict", "valid_until", "watched"),
    [
        (Verdict.ACCEPTED, LAST_DAY, LAST_DAY),
        (Verdict.ACCEPTED, date(2031, 1, 1), date(2031, 1, 1)),
        (Verdict.REJECTED, LAST_DAY, None),
        (Verdict.REVIEW, None, None),
    ],
)
def test_a_review_may_change_what_is_watched(verdict: Verdict, valid_until: date | None, watched: date | None) -> None:
    cards = FakeWatchedCards()
    watch = WatchExpiry(cards=cards)
    kind = Kind.MAINLAND_PERMIT
    assert watch(DOCUMENT, kind=kind, verdict=Verdict.REVIEW, valid_until=LAST_DAY, as_of=READ_ON, judged=NOW)
    watch.correct(DOCUMENT, kind=kind, verdict=verdict, valid_until=valid_until, as_of=READ_ON, judged=NOW, revision=1)
    assert [card.valid_until for card in cards.cards.values()] == ([watched] if watched else [])
