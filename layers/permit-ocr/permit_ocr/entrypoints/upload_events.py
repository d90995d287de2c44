"""Upload events in every wrapping they arrive in: S3, SQS, SNS (also within SQS) and EventBridge.

The queues bring messages of ours in the same places: see ``intake_messages``.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from permit_ocr.application.intake_messages import IntakeMessage, UnreadableEvent, Upload, parse_message


def messages_in_event(event: Any) -> Iterator[IntakeMessage]:  # noqa: ANN401  JSON
    """Yield the work in one event. ``s3:TestEvent`` and events of other kinds than creation give none.

    Raises ``UnreadableEvent``.
    """
    try:
        yield from _work_in(event)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UnreadableEvent from None


def messages_in_body(body: str) -> Iterator[IntakeMessage]:
    """Yield the work in the body of one SQS message. Raises ``UnreadableEvent``."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent from None
    yield from messages_in_event(event)


def is_folder(key: str, *, size: int | None) -> bool:
    """Tell whether an object only marks a folder, as S3's console makes them; ``size`` in bytes, None if not known."""
    return key.endswith("/") and size == 0


def _work_in(event: Any) -> Iterator[IntakeMessage]:  # noqa: ANN401
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
        yield parse_message(event)


def _work_in_record(record: dict[str, Any]) -> Iterator[IntakeMessage]:
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


def _version(said: str | None) -> str | None:
    return said if said and said != "null" else None  # "null" is the version of an object from before versioning
