"""Upload events in every wrapping they arrive in: S3, SQS, SNS (also within SQS) and EventBridge."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from permit_ocr.domain.image_rejections import CODES
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One object that was created. ``key`` is decoded."""

    bucket: str
    key: str
    version: str | None
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAgain:
    """A document whose result is kept but could not be published: what the API hands over."""

    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
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


type Work = Upload | Page | PublishAgain | Requested


class UnreadableEvent(ValueError):  # noqa: N818  it names what arrived
    """What arrived is not an event of any known wrapping. Carries none of its text."""


def work_in(event: Any) -> Iterator[Work]:  # noqa: ANN401  JSON
    """Yield the work in one event. ``s3:TestEvent`` and events of other kinds than creation give none.

    Raises ``UnreadableEvent``.
    """
    try:
        yield from _work_in(event)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UnreadableEvent from None


def work_in_body(body: str) -> Iterator[Work]:
    """Yield the work in the body of one SQS message. Raises ``UnreadableEvent``."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent from None
    yield from work_in(event)


def is_folder(key: str, *, size: int | None) -> bool:
    """Tell whether an object only marks a folder, as S3's console makes them; ``size`` in bytes, None if not known."""
    return key.endswith("/") and size == 0


def requested_body(work: Requested) -> str:
    """Return the message that ``work_in_body`` makes ``work`` of."""
    said = {
        "id": work.document_id,
        "image_url": work.image_url,
        "kind": work.options.kind,
        "side": work.options.side,
        "return_portrait": work.options.return_portrait,
        "case": work.case,
        "received": work.received.isoformat(),
    }
    return json.dumps({"requested": said})


def upload_body(upload: Upload) -> str:
    """Return the message that ``work_in_body`` makes ``upload`` of."""
    return json.dumps({"upload": asdict(upload)})


def page_body(page: Page) -> str:
    """Return the message that ``work_in_body`` makes ``page`` of."""
    return json.dumps({"page": asdict(page)})


def _work_in(event: Any) -> Iterator[Work]:  # noqa: ANN401
    if "Records" in event:
        for record in event["Records"]:
            yield from _work_in_record(record)
    elif event.get("Event") == "s3:TestEvent":
        return
    elif event.get("Type") == "Notification":  # SNS without raw message delivery
        yield from _work_in(json.loads(event["Message"]))
    elif event.get("source") == "aws.s3" and "detail" in event:
        if event.get("detail-type") == "Object Created":
            yield from _unless_folder(
                _upload_of_event_bridge(event["detail"]), size=event["detail"]["object"].get("size")
            )
    else:
        yield _work_of_ours(event)


def _work_of_ours(event: Any) -> Work:  # noqa: ANN401
    ((kind, said),) = event.items()
    match kind:
        case "publish_again":
            return PublishAgain(document_id=str(said))
        case "requested":
            return _requested(said)
        case "upload":
            return Upload(**said)
        case "page":
            return _page(said)
    raise UnreadableEvent


def _work_in_record(record: dict[str, Any]) -> Iterator[Work]:
    if "s3" in record:
        if str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:"):
            yield from _unless_folder(_upload_of_s3(record["s3"]), size=record["s3"]["object"].get("size"))
    elif "Sns" in record:
        yield from _work_in(json.loads(record["Sns"]["Message"]))
    elif record.get("eventSource") == "aws:sqs":
        yield from _work_in(json.loads(record["body"]))
    else:
        raise UnreadableEvent


def _unless_folder(upload: Upload, *, size: int | None) -> Iterator[Upload]:
    if not is_folder(upload.key, size=size):
        yield upload


def _upload_of_s3(said: dict[str, Any]) -> Upload:
    stored = said["object"]
    return Upload(
        bucket=said["bucket"]["name"],
        key=unquote_plus(stored["key"]),  # S3 encodes keys in notifications as a form does: a space is a plus
        version=_version(stored.get("versionId")),
        etag=stored.get("eTag"),
    )


def _upload_of_event_bridge(detail: dict[str, Any]) -> Upload:
    stored = detail["object"]  # keys are not encoded here
    return Upload(
        bucket=detail["bucket"]["name"],
        key=stored["key"],
        version=_version(stored.get("version-id")),
        etag=stored.get("etag"),
    )


def _requested(said: dict[str, Any]) -> Requested:
    return Requested(
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


def _version(said: str | None) -> str | None:
    return said if said and said != "null" else None  # "null" is the version of an object from before versioning
