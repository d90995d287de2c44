"""Complete a pair: the front and the back of one card, sent as two photos of one case.

a side of a case was published, or reviewed
      │
store the side in its case (a newer photo of the same side stays, unless a reviewer has rejected it), and read the case
      │
both sides of this kind stored, and their pair not published yet? ── no ─▶ nothing more to do
      │ yes
judge both sides as of today, and publish the pair
      │
did the sides of the pair that it replaces not match? ── yes ─▶ correct the list of open reviews
      │
store the pair; if its sides do not match, put the other one on that list, too

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
from permit_ocr.application.review.ports import Reviews
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
from permit_ocr.domain.pair import MISMATCHES, check_pair, has_mismatch, mismatches_of
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.review.decision import Decision, overridden_mismatches
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
    document: Document, kind: Kind, side: Side, *, number: int, is_rejected: bool, judged: datetime, event: str
) -> CaseSide | None:
    """Return a reviewed side as it is stored in a case: it replaces what was read, but no newer photo.

    ``event`` is the event of the document's decision ``number`` (from 1) as JSON; ``judged`` is when it was read.
    """
    read = case_side(document, kind, side, judged=judged, event=event)
    return replace(read, sort_key=f"{read.sort_key}/{number:04}", is_rejected=is_rejected) if read else None


@dataclass(frozen=True, slots=True, kw_only=True)
class InPair:
    """The verdict on one side of a pair, and its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]
    event_id: str
    """The id of the pair's event."""
    data: dict[str, Any]
    """What the pair's event says, as JSON."""


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
    reviews: Reviews | None
    """None if there is no list of open reviews."""

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
        last_id = stored.completed.get(side.kind)
        last = self.cases.completed_event(last_id) if last_id else None
        if last_id == event_id and last:
            data = json.loads(last)["data"]
        else:
            completed = self._judge_pair(case, front, back, event_id=event_id)
            text = to_json(replace(completed, traceparent=current_traceparent()))
            data = json.loads(text)["data"]
            self.publisher.publish(text, event_id=event_id)
            if last:  # this side has its own write afterwards
                self._correct_reviews(data, replaced=json.loads(last)["data"], but=side.document_id)
            self.cases.store_completed(case, front, back, event_id=event_id, event=text)
        self._open_review(back if side.side is Side.FRONT else front, data)
        return InPair(
            verdict=Verdict(data[side.side]["verdict"]), reasons=_reasons(data, side), event_id=event_id, data=data
        )

    def recheck(self, case: str, kind: Kind, listed: InPair) -> None:
        """Take a pair's mismatches off the list of open reviews if its sides were replaced before they were on it.

        To be called once they are. What replaces a side later, or removes it, finds them there. Raises
        ``RetryableError``.
        """
        if self.reviews is None or not has_mismatch(listed.reasons):
            return
        stored = self.cases.get(case)
        pair = {one.side: one for one in stored.sides if one.kind is kind} if stored else {}
        data: dict[str, Any] = {}
        if len(pair) == len(Side):
            front, back = pair[Side.FRONT], pair[Side.BACK]
            event_id = pair_id(case=case, front=_event_id(front), back=_event_id(back))
            if event_id == listed.event_id:
                return
            data = json.loads(to_json(self._judge_pair(case, front, back, event_id=event_id)))["data"]
        self._correct_reviews(data, replaced=listed.data)

    def _open_review(self, other: CaseSide, data: dict[str, Any]) -> None:
        """Have the side that was there before reviewed, too, if the sides do not match: either may be misread."""
        reasons = _reasons(data, other)
        if self.reviews and has_mismatch(reasons):
            self.reviews.open(other.document_id, OpenReview(kind=other.kind, side=other.side, reasons=reasons))

    def _correct_reviews(self, data: dict[str, Any], *, replaced: dict[str, Any], but: str = "") -> None:
        """Take the mismatches of the ``replaced`` pair off the list of open reviews, where they are not true any more.

        A side that needs a review by itself stays there for its own reasons. ``data`` is empty if there is no pair.
        """
        if self.reviews is None:
            return
        for place in Side:
            before, after = replaced[place], data.get(place)
            document_id = before["document"]["id"]
            is_true = after and after["document"]["id"] == document_id and has_mismatch(after["reasons"])
            if document_id != but and has_mismatch(before["reasons"]) and not is_true:
                alone = self._judge(before, self.today())
                review = OpenReview(kind=alone.kind, side=alone.side, reasons=alone.reasons)
                self.reviews.replace_reasons(document_id, review if alone.verdict is Verdict.REVIEW else None)

    def mismatches(self, case: str, side: Recognized) -> tuple[str | None, tuple[str, ...]]:
        """Return the document with the other side of ``side`` in its case, and how the two sides do not match.

        There is none if a reviewer has rejected it, or if a newer photo has replaced ``side``.
        """
        stored = self.cases.get(case)
        sides = {one.side: one for one in stored.sides if one.kind is side.kind} if stored else {}
        current, other = sides.pop(side.side, None), next(iter(sides.values()), None)
        if other is None or (current and current.document_id != side.document.id):
            return None, ()
        judged = self._judge_again(other, self.today())
        if _is_rejected(judged):
            return None, ()
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
        return self._judge(json.loads(side.event)["data"], today)

    def _judge(self, data: dict[str, Any], today: date) -> Recognized:
        return judge_again(parse_result(data), as_of=today, expiring_within_days=self.expiring_within_days)


def _event_id(side: CaseSide) -> str:
    """Return the id of a side's event: the document's, or that of its review."""
    event_id: str = json.loads(side.event)["id"]
    return event_id


def _overridden(side: Recognized, other: CaseSide) -> frozenset[str]:
    if not isinstance(side, Reviewed):
        return frozenset()
    if _is_rejected(side):  # nothing has to match it
        return MISMATCHES
    return overridden_mismatches(side.review, other_side=other.document_id)


def _is_rejected(side: Recognized) -> bool:
    return isinstance(side, Reviewed) and side.review.decision is Decision.REJECTED


def _reasons(data: dict[str, Any], side: CaseSide) -> tuple[str, ...]:
    return tuple(data[side.side]["reasons"])


def photo_sort_key(received: datetime, document_id: str) -> str:
    """Return a text that sorts photos by time; no two documents have the same."""
    return f"{received.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}/{document_id}"
