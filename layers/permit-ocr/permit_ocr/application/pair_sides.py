"""Complete a pair: the front and the back of one card, sent as two photos of one case.

a side of a case was published, or reviewed
      │
store the side in its case (a newer photo of the same side stays), and read the whole case
      │
both sides of this kind stored, and their pair not published yet? ── no ─▶ nothing more to do
      │ yes
judge both sides as of today, publish the pair, then store it

The document is noted as published only after all this. An invocation that is killed before comes here again and finds
the same pair, with the same id. Whichever side is stored last sees the other, so no pair is missed, however the two
deliveries interleave. A reviewed side replaces the one that was read, and so makes another pair.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from permit_ocr.application.ports import Cases, CaseSide, EventPublisher, OpenReview
from permit_ocr.application.review.stored_result import judge_again, parse_result
from permit_ocr.domain.events import (
    CompletedEvent,
    Document,
    Recognized,
    Reviewed,
    as_recognized,
    completed_event,
    to_json,
)
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.pair import check_pair, mismatches_of
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.review.decision import overridden_mismatches
from permit_ocr.domain.verdict import Verdict
from permit_ocr.trace_context import current_traceparent

SIDE_LIMIT: Final = 32 * 1024
"""Bytes of the largest event that is stored as a side: ten times the text of a card. The case's item holds up to four
sides (DynamoDB takes 400 KB), and the pair's message is at most twice as large as its two sides."""


def case_side(document: Document, kind: Kind, side: Side, *, judged: datetime, event: str) -> CaseSide | None:
    """Return a document's side as it is stored in a case; None without a case, or with more text than a card has.

    ``event`` is the document's event as JSON; ``judged`` is its time.
    """
    if not document.case or len(event.encode()) > SIDE_LIMIT:
        return None
    return CaseSide(
        kind=kind,
        side=side,
        document_id=document.id,
        sort_key=photo_sort_key(document.received or judged, document.id),
        event=event,
    )


def reviewed_side(
    document: Document, kind: Kind, side: Side, *, number: int, judged: datetime, event: str
) -> CaseSide | None:
    """Return a reviewed side as it is stored in a case: it replaces what was read, but no newer photo.

    ``event`` is the event of the document's decision ``number`` (from 1) as JSON; ``judged`` is when it was read.
    """
    read = case_side(document, kind, side, judged=judged, event=event)
    return replace(read, sort_key=f"{read.sort_key}/{number:04}") if read else None


@dataclass(frozen=True, slots=True, kw_only=True)
class InPair:
    """The verdict on one side of a pair, and its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSides:
    """The use case."""

    cases: Cases
    publisher: EventPublisher
    expiring_within_days: int
    event_source: str
    now: Callable[[], datetime]
    today: Callable[[], date]
    """The day in Shanghai, by which permits are valid."""
    open_review: Callable[[str, OpenReview], None] | None
    """Puts a document on the list of open reviews, unless it was decided on or deleted; None if there is no list."""

    def __call__(self, case: str, side: CaseSide) -> InPair | None:
        """Store ``side`` in its case, and publish the pair if both sides are there now.

        Return the verdict on the side in its pair, None if it has none. Raises ``RetryableError``.
        """
        stored = self.cases.add_side(case, side)
        pair = {one.side: one for one in stored.sides if one.kind is side.kind}
        if len(pair) < len(Side) or pair[side.side].document_id != side.document_id:
            return None  # the other side is missing, or a newer photo of this side is stored
        front, back = pair[Side.FRONT], pair[Side.BACK]
        event_id = pair_id(case=case, front=_event_id(front), back=_event_id(back))
        text = self.cases.completed_event(event_id) if stored.completed.get(side.kind) == event_id else None
        if text is None:
            completed = self._judge_pair(case, front, back, event_id=event_id)
            text = to_json(replace(completed, traceparent=current_traceparent()))
            self.publisher.publish(text, event_id=event_id)
            self.cases.store_completed(case, front, back, event_id=event_id, event=text)
        data = json.loads(text)["data"]
        self._open_review(back if side.side is Side.FRONT else front, data)
        return _in_pair(data, side)

    def _open_review(self, other: CaseSide, data: dict[str, Any]) -> None:
        """Have the side that was there before reviewed, too, if the sides do not match: either may be misread."""
        reasons = _in_pair(data, other).reasons
        if self.open_review and any(reason.startswith("mismatch:") for reason in reasons):
            self.open_review(other.document_id, OpenReview(kind=other.kind, side=other.side, reasons=reasons))

    def mismatches(self, case: str, side: Recognized) -> tuple[str | None, tuple[str, ...]]:
        """Return the document with the other side of ``side`` in its case, and how the two sides do not match."""
        stored = self.cases.get(case)
        others = (one for one in stored.sides if one.kind is side.kind and one.side is not side.side) if stored else ()
        if (other := next(iter(others), None)) is None:
            return None, ()
        judged = self._judge_again(other, self.today())
        front, back = (side, judged) if side.side is Side.FRONT else (judged, side)
        return other.document_id, mismatches_of(check_pair(front, back))

    def _judge_pair(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str) -> CompletedEvent:
        today = self.today()  # once: both sides are judged on the same day
        judged_front, judged_back = (self._judge_again(one, today) for one in (front, back))
        overridden = _overridden(judged_front, back) | _overridden(judged_back, front)
        return completed_event(
            case,
            as_recognized(judged_front),
            as_recognized(judged_back),
            event_id=event_id,
            source=self.event_source,
            time=self.now(),
            overridden=overridden,
        )

    def _judge_again(self, side: CaseSide, today: date) -> Recognized:
        """Judge a stored side as of ``today``: its own event may be days old."""
        result = parse_result(json.loads(side.event))
        return judge_again(result, as_of=today, expiring_within_days=self.expiring_within_days)


def _event_id(side: CaseSide) -> str:
    """Return the id of a side's event: the document's, or that of its review."""
    event_id: str = json.loads(side.event)["id"]
    return event_id


def _overridden(side: Recognized, other: CaseSide) -> frozenset[str]:
    if not isinstance(side, Reviewed):
        return frozenset()
    return overridden_mismatches(side.review, other_side=other.document_id)


def _in_pair(data: dict[str, Any], side: CaseSide) -> InPair:
    judged = data[side.side]
    return InPair(verdict=Verdict(judged["verdict"]), reasons=tuple(judged["reasons"]))


def photo_sort_key(received: datetime, document_id: str) -> str:
    """Return a text that sorts photos by time; no two documents have the same."""
    return f"{received.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}/{document_id}"
