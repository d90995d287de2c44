"""The messages on the intake queue and the images queue, beside S3's events: their types, their JSON, their documents.

A message is a JSON object with one key, which names its type; the value has the type's fields.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page, document_id_of_upload
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.images.rejections import CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One object that was created. ``key`` is decoded."""

    bucket: str
    key: str
    version: str | None
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepublishMessage:
    """A document whose stored result the API could not publish."""

    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishDecisionMessage:
    """A document on which a reviewer may have decided: the decision is published if the API was stopped before."""

    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReviewsMessage:
    """A schedule's message, about no document: the age of the oldest open review is to be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizeUrlMessage:
    """An image at a URL that the API accepted for recognition in the background."""

    document_id: str
    image_url: str
    options: RecognitionOptions
    case: str | None
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a converted upload: the key of its provider-ready image, or the code of its rejection.

    ``number`` is None for an image format without pages, and for a file that is rejected as a whole.
    """

    upload: Upload
    number: int | None
    pages: int | None
    image: str | None
    rejection: str | None


type DocumentMessage = Upload | Page | RepublishMessage | PublishDecisionMessage | RecognizeUrlMessage
type IntakeMessage = DocumentMessage | MeasureReviewsMessage
_KEYS: Final = {
    Upload: "upload",
    Page: "page",
    RecognizeUrlMessage: "recognize_url",
    RepublishMessage: "republish",
    PublishDecisionMessage: "publish_decision",
    MeasureReviewsMessage: "measure_reviews",
}


class UnreadableEvent(ValueError):
    """An event or message of no known form. Carries none of its text."""

    code = "Message.Unreadable"


def document_of(message: DocumentMessage, *, upload_prefix: str) -> Document:
    """Return the document that a message is about, as far as the message identifies it.

    A direct upload has its document's id in its key. A page of several is a document of its own.
    """
    match message:
        case Upload(bucket=bucket, key=key, version=version, etag=etag):
            document_id = document_id_of_upload(
                bucket=bucket, key=key, version=version, etag=etag, upload_prefix=upload_prefix
            )
            return Document(id=document_id, bucket=bucket, key=key, version=version, etag=etag)
        case Page(upload=upload, number=number, pages=pages):
            document = document_of(upload, upload_prefix=upload_prefix)
            if number is not None and pages != 1:
                document = replace(document, id=document_id_of_page(document.id, number))
            return replace(document, page=number, pages=pages)
        case RecognizeUrlMessage():
            return Document(id=message.document_id, case=message.case, received=message.received)
        case RepublishMessage() | PublishDecisionMessage():
            return Document(id=message.document_id)


def serialize_message(message: IntakeMessage) -> str:
    """Return a message as JSON; ``parse_message`` is the inverse."""
    return json.dumps({_KEYS[type(message)]: asdict(message)}, default=datetime.isoformat)


def parse_message(payload: Any) -> IntakeMessage:  # noqa: ANN401  JSON
    """Return the message in a JSON object.

    Raises ``UnreadableEvent``, ``KeyError``, ``TypeError``, ``AttributeError`` or ``ValueError`` for anything else.
    """
    ((key, fields),) = payload.items()
    match key:
        case "upload":
            return Upload(**fields)
        case "page":
            return _parse_page(fields)
        case "recognize_url":
            options, received = _parse_options(**fields["options"]), datetime.fromisoformat(fields["received"])
            return RecognizeUrlMessage(**fields | {"options": options, "received": received})
        case "republish":
            return RepublishMessage(document_id=str(fields["document_id"]))
        case "publish_decision":
            return PublishDecisionMessage(document_id=str(fields["document_id"]))
        case "measure_reviews":
            return MeasureReviewsMessage()
    raise UnreadableEvent


def _parse_page(fields: dict[str, Any]) -> Page:
    page = Page(**fields | {"upload": Upload(**fields["upload"])})
    if (page.image is None) == (page.rejection is None) or page.rejection not in {None, *CODES}:
        raise UnreadableEvent
    return page


def _parse_options(kind: str | None, side: str | None, *, return_portrait: bool) -> RecognitionOptions:
    return RecognitionOptions(
        kind=Kind(kind) if kind else None, side=Side(side) if side else None, return_portrait=return_portrait
    )
