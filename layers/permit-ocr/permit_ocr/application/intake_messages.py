"""The messages of ours on the intake queue and the images queue: the work in them, and their text, in both directions.

An object with one key says what is to be done: ``upload``, ``page``, ``requested`` or ``republish``.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

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
    """A document whose result is kept but could not be published: what the API hands over."""

    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizeUrlMessage:
    """An image at an address, that the API accepted to be read in the background."""

    document_id: str
    image_url: str
    options: RecognitionOptions
    case: str | None
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of an upload that had to be decoded first: the key of its plain image, or why there is none.

    ``number`` is None for an image of a format without pages, and for a file that is rejected as a whole.
    """

    upload: Upload
    number: int | None
    pages: int | None
    image: str | None
    rejection: str | None


type IntakeMessage = Upload | Page | RepublishMessage | RecognizeUrlMessage


class UnreadableEvent(ValueError):
    """What arrived is not an event of any known wrapping. Carries none of its text."""


def serialize_message(work: IntakeMessage) -> str:
    """Return the message that ``parse_message`` makes ``work`` of."""
    match work:
        case Upload():
            return json.dumps({"upload": asdict(work)})
        case Page():
            return json.dumps({"page": asdict(work)})
        case RecognizeUrlMessage():
            return json.dumps({"requested": _said_of_request(work)})
        case RepublishMessage():
            return json.dumps({"publish_again": work.document_id})


def parse_message(message: Any) -> IntakeMessage:  # noqa: ANN401  JSON
    """Return the work in a message of ours.

    Raises ``UnreadableEvent``, or whatever comes of taking a message for what it is not: ``KeyError``, ``TypeError``,
    ``AttributeError`` or ``ValueError``.
    """
    ((kind, said),) = message.items()
    match kind:
        case "publish_again":
            return RepublishMessage(document_id=str(said))
        case "requested":
            return _requested(said)
        case "upload":
            return Upload(**said)
        case "page":
            return _page(said)
    raise UnreadableEvent


def _said_of_request(work: RecognizeUrlMessage) -> dict[str, Any]:
    return {
        "id": work.document_id,
        "image_url": work.image_url,
        "kind": work.options.kind,
        "side": work.options.side,
        "return_portrait": work.options.return_portrait,
        "case": work.case,
        "received": work.received.isoformat(),
    }


def _requested(said: dict[str, Any]) -> RecognizeUrlMessage:
    return RecognizeUrlMessage(
        document_id=str(said["id"]),
        image_url=str(said["image_url"]),
        options=RecognitionOptions(
            kind=Kind(said["kind"]) if said["kind"] else None,
            side=Side(said["side"]) if said["side"] else None,
            return_portrait=bool(said["return_portrait"]),
        ),
        case=said["case"],
        received=datetime.fromisoformat(said["received"]),
    )


def _page(said: dict[str, Any]) -> Page:
    page = Page(**said | {"upload": Upload(**said["upload"])})
    if (page.image is None) == (page.rejection is None) or page.rejection not in {None, *CODES}:
        raise UnreadableEvent
    return page
