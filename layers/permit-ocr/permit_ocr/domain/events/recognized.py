"""``permit.recognized.v1``: a card was read and judged."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from permit_ocr.domain.events.document import Document, DocumentResult, Provider
from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.judgement import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized(Judgement, DocumentResult):
    """A card that was read and judged."""

    portrait_key: str | None
    """Key of the portrait in the upload bucket, if it was requested and found."""
    provider: Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedEvent(CloudEvent):
    """``permit.recognized.v1``: a photo was read and judged."""

    data: Recognized
    type: Literal["permit.recognized.v1"] = "permit.recognized.v1"


def recognized(document: Document, judgement: Judgement, provider: Provider, *, portrait_key: str | None) -> Recognized:
    """Return the result of one side, for its own event and for that of its pair."""
    judged = {field.name: getattr(judgement, field.name) for field in fields(judgement)}
    return Recognized(document=document, provider=provider, portrait_key=portrait_key, **judged)


def recognized_event(data: Recognized, *, source: str, time: datetime) -> RecognizedEvent:
    """Return the event of one side."""
    return RecognizedEvent(id=data.document.id, source=source, time=time, subject=data.document.id, data=data)
