"""Complete a pair: the front and the back of one card, sent as two photos of one case.

a side of a case was published
      │
store the side in its case (a newer photo of the same side stays), and read the whole case
      │
both sides of this kind stored, and their pair not published yet? ── no ─▶ nothing more to do
      │ yes
judge both sides as of today, publish the pair, then store it

The document is noted as published only after all this. An invocation that is killed before comes here again and finds
the same pair, with the same id. Whichever side is stored last sees the other, so no pair is missed, however the two
deliveries interleave.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from permit_ocr.application.ports import Cases, CaseSide, EventPublisher
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.events import (
    Document,
    Recognized,
    completed_event,
    parse_document,
    parse_provider,
    recognized,
    to_json,
)
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.judgement import judge_answer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.report_format import parse_report
from permit_ocr.tencent.response_format import parse_answer
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
        sort_key=_sort_key(document.received or judged, document.id),
        event=event,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSides:
    """The use case."""

    cases: Cases
    publisher: EventPublisher
    expiring_within_days: int
    event_source: str
    now: Callable[[], datetime]

    def __call__(self, case: str, side: CaseSide) -> None:
        """Store ``side`` in its case, and publish the pair if both sides are there now. Raises ``RetryableError``."""
        stored = self.cases.add_side(case, side)
        pair = {one.side: one for one in stored.sides if one.kind is side.kind}
        if len(pair) < len(Side) or pair[side.side].document_id != side.document_id:
            return  # the other side is missing, or a newer photo of this side is stored
        front, back = pair[Side.FRONT], pair[Side.BACK]
        event_id = pair_id(case=case, front=front.document_id, back=back.document_id)
        if stored.completed.get(side.kind) == event_id:
            return
        now = self.now()
        judged_front, judged_back = (self._judge_again(one, now=now) for one in (front, back))
        completed = completed_event(case, judged_front, judged_back, source=self.event_source, time=now)
        text = to_json(replace(completed, traceparent=current_traceparent()))
        self.publisher.publish(text, event_id=event_id)
        self.cases.store_completed(case, front, back, event_id=event_id, event=text)

    def _judge_again(self, side: CaseSide, *, now: datetime) -> Recognized:
        """Judge a stored side as of ``now``: its own event may be days old."""
        data = json.loads(side.event)["data"]
        action = ACTIONS[side.kind]
        judgement = judge_answer(
            parse_answer(action, data["fields"]),
            asked_side=side.side,
            as_of=today_in_shanghai(now),
            expiring_within_days=self.expiring_within_days,
            report=parse_report(action, data),
            fallback=data["provider"].get("fallback", False),
        )
        return recognized(
            parse_document(data["document"]),
            judgement,
            parse_provider(data["provider"]),
            portrait_key=data["portrait_key"],
        )


def _sort_key(received: datetime, document_id: str) -> str:
    """Return a text that sorts the photos of one side by time; no two documents have the same."""
    return f"{received.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}/{document_id}"
