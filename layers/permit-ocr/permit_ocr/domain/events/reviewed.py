"""``permit.reviewed.v1``: a person decided on a document whose verdict was *review*."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.events.recognized import Recognized
from permit_ocr.domain.review.decision import Review, verdict_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed(Recognized):
    """A card as its reviewer has decided: corrected, judged again, with the final verdict."""

    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedEvent(CloudEvent):
    """``permit.reviewed.v1``: a person decided on a document. A later decision supersedes it, with another event."""

    data: Reviewed
    type: Literal["permit.reviewed.v1"] = "permit.reviewed.v1"


def with_decision(judged: Recognized, review: Review) -> Reviewed:
    """Return a side that was judged again, with the verdict that follows from its reviewer's decision."""
    verdict, reasons = verdict_after(review, judged)
    values = {field.name: getattr(judged, field.name) for field in fields(judged)}
    return Reviewed(**values | {"verdict": verdict, "reasons": reasons}, review=review)


def reviewed_event(data: Reviewed, *, event_id: str, source: str, time: datetime) -> ReviewedEvent:
    """Return the event of a decision that was made at ``time``."""
    return ReviewedEvent(id=event_id, source=source, time=time, subject=data.document.id, data=data)


def as_recognized(side: Recognized) -> Recognized:
    """Return a side as its pair's event has it: without the review."""
    values = {field.name: getattr(side, field.name) for field in fields(Recognized)}
    return Recognized(**values)
