"""``permit.rejected.v1``: a document can never succeed as it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.events.document import Document, DocumentResult
from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.permits import Kind, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a document can never succeed as it is."""

    code: str
    """The provider's code, or one of this application, which begins with ``Document.``."""
    meaning: str
    """What the code means."""
    advice: str
    """What the sender should do."""
    request_id: str | None
    """The provider's id of the refused request, if the provider was called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(DocumentResult):
    """A document that failed for good."""

    kind: Kind | None
    """The kind that the sender named; null for auto."""
    side: Side | None
    """The side that the sender named, if any."""
    error: Rejection
    verdict: Literal["rejected"]
    reasons: tuple[str, ...]
    """The error's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedEvent(CloudEvent):
    """``permit.rejected.v1``: a photo can never be read as it is."""

    data: Rejected
    type: Literal["permit.rejected.v1"] = "permit.rejected.v1"


def rejected_event(
    document: Document, error: RejectDocument, *, kind: Kind | None, side: Side | None, source: str, time: datetime
) -> RejectedEvent:
    """Return the event of a document that failed for good."""
    data = Rejected(
        document=document,
        kind=kind,
        side=side,
        error=Rejection(code=error.code, meaning=error.meaning, advice=error.advice, request_id=error.request_id),
        verdict="rejected",
        reasons=(error.code,),
    )
    return RejectedEvent(id=document.id, source=source, time=time, subject=document.id, data=data)
