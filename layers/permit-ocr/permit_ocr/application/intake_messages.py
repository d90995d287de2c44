"""The messages on the intake queue and the images queue, beside S3's events: their types, their JSON, their documents.

A message is a JSON object with one key, which names its type: ``upload``, ``page``, ``requested`` or ``publish_again``.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

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


type IntakeMessage = Upload | Page | RepublishMessage | RecognizeUrlMessage


class UnreadableEvent(ValueError):
    """An event or message of no known form. Carries none of its text."""

    code = "Message.Unreadable"


def document_of(message: IntakeMessage, *, upload_prefix: str) -> Document:
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
        case RepublishMessage():
            return Document(id=message.document_id)


def serialize_message(message: IntakeMessage) -> str:
    """Return a message as JSON; ``parse_message`` is the inverse."""
    match message:
        case Upload():
            return json.dumps({"upload": asdict(message)})
        case Page():
            return json.dumps({"page": asdict(message)})
        case RecognizeUrlMessage():
            return json.dumps({"requested": _url_fields(message)})
        case RepublishMessage():
            return json.dumps({"publish_again": message.document_id})


def parse_message(payload: Any) -> IntakeMessage:  # noqa: ANN401  JSON
    """Return the message in a JSON object.

    Raises ``UnreadableEvent``, ``KeyError``, ``TypeError``, ``AttributeError`` or ``ValueError`` for anything else.
    """
    ((kind, fields),) = payload.items()
    match kind:
        case "publish_again":
            return RepublishMessage(document_id=str(fields))
        case "requested":
            return _parse_url_message(fields)
        case "upload":
            return Upload(**fields)
        case "page":
            return _parse_page(fields)
    raise UnreadableEvent


def _url_fields(message: RecognizeUrlMessage) -> dict[str, Any]:
    return {
        "id": message.document_id,
        "image_url": message.image_url,
        "kind": message.options.kind,
        "side": message.options.side,
        "return_portrait": message.options.return_portrait,
        "case": message.case,
        "received": message.received.isoformat(),
    }


def _parse_url_message(fields: dict[str, Any]) -> RecognizeUrlMessage:
    return RecognizeUrlMessage(
        document_id=str(fields["id"]),
        image_url=str(fields["image_url"]),
        options=RecognitionOptions(
            kind=Kind(fields["kind"]) if fields["kind"] else None,
            side=Side(fields["side"]) if fields["side"] else None,
            return_portrait=bool(fields["return_portrait"]),
        ),
        case=fields["case"],
        received=datetime.fromisoformat(fields["received"]),
    )


def _parse_page(fields: dict[str, Any]) -> Page:
    page = Page(**fields | {"upload": Upload(**fields["upload"])})
    if (page.image is None) == (page.rejection is None) or page.rejection not in {None, *CODES}:
        raise UnreadableEvent
    return page
