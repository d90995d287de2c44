"""What an event says about the document and about the provider that read it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the sender submitted. A document of an API request has neither bucket nor key."""

    id: str
    """Opaque id; also the event's id and the queue's message group."""
    bucket: str | None = None
    """Bucket of the uploaded object."""
    key: str | None = None
    """Key of the uploaded object."""
    version: str | None = None
    """Version of the uploaded object, if the bucket is versioned."""
    etag: str | None = None
    """ETag of the uploaded object."""
    sha256: str | None = None
    """SHA-256 in hex of the image that was read: that of the file, unless metadata was removed or the file was
    converted. Null if only a URL was submitted."""
    case: str | None = None
    """The sender's name for the case that this side belongs to; opaque."""
    received: datetime | None = None
    """When it was submitted, if known: of two photos of the same side in a case, the newer one is used."""
    page: int | None = None
    """Page number, from 1, in a multi-page file (PDF, TIFF); null for an image."""
    pages: int | None = None
    """Number of pages in the file; null for an image."""


@dataclass(frozen=True, kw_only=True)  # no slots: a class can have only one base class with slots
class DocumentResult:
    """A result about one document."""

    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Which provider read the card, and what it took."""

    site: str
    """Site of the provider: ``intl`` or ``domestic``."""
    endpoint: str
    """Host that answered; not the first one if that no longer offers the action."""
    action: str
    """Name of the OCR action that answered."""
    request_id: str
    """The provider's id of the request that it answered."""
    attempts: int
    """Calls made for this recognition, including the one that was answered."""
    milliseconds: int
    """Time from the first call to the answer."""
    reused: bool = False
    """Whether the stored answer of an earlier recognition of the same image was used; that costs nothing."""
    fallback: bool = False
    """Whether an endpoint other than the preferred one answered: a reason for a review."""


def parse_document(stored: dict[str, Any]) -> Document:
    """Return the document in stored JSON. Fields that a later version of this code added are ignored."""
    known = _known_fields(Document, stored)
    if received := known.get("received"):
        known["received"] = datetime.fromisoformat(received)
    return Document(**known)


def parse_provider(stored: dict[str, Any]) -> Provider:
    """Return the provider in stored JSON. Fields that a later version of this code added are ignored."""
    return Provider(**_known_fields(Provider, stored))


def _known_fields(shape: type[Document | Provider], stored: dict[str, Any]) -> dict[str, Any]:
    return {field.name: stored[field.name] for field in fields(shape) if field.name in stored}
