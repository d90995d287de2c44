"""Parse upload events in every envelope: S3, SQS, SNS (also within SQS) and EventBridge.

Our own messages arrive in the same places: see ``intake_messages``.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from permit_ocr.application.intake_messages import IntakeMessage, UnreadableEvent, Upload, parse_message


def messages_in_event(event: Any) -> Iterator[IntakeMessage]:  # noqa: ANN401  JSON
    """Yield the messages in one event: none for ``s3:TestEvent`` and for events that create no object.

    Raises ``UnreadableEvent``.
    """
    try:
        yield from _parse(event)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UnreadableEvent from None


def messages_in_body(body: str) -> Iterator[IntakeMessage]:
    """Yield the messages in the body of one SQS message. Raises ``UnreadableEvent``."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent from None
    yield from messages_in_event(event)


def is_folder(key: str, *, size: int | None) -> bool:
    """Tell whether an object only marks a folder, as S3's console creates it; ``size`` in bytes, None if unknown."""
    return key.endswith("/") and size == 0


def _parse(event: Any) -> Iterator[IntakeMessage]:  # noqa: ANN401
    if "Records" in event:
        for record in event["Records"]:
            yield from _messages_in_record(record)
    elif event.get("Event") == "s3:TestEvent":
        return
    elif event.get("Type") == "Notification":  # SNS without raw message delivery
        yield from _parse(json.loads(event["Message"]))
    elif event.get("source") == "aws.s3" and "detail" in event:
        if event.get("detail-type") == "Object Created":
            created = event["detail"]["object"]  # keys are not encoded here
            yield from _upload(
                event["detail"]["bucket"], created, created["key"], created.get("version-id"), created.get("etag")
            )
    else:
        yield parse_message(event)


def _messages_in_record(record: dict[str, Any]) -> Iterator[IntakeMessage]:
    if "s3" in record:
        if str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:"):
            created = record["s3"]["object"]
            key = unquote_plus(created["key"])  # S3 form-encodes keys in its notifications: a space is a plus
            yield from _upload(record["s3"]["bucket"], created, key, created.get("versionId"), created.get("eTag"))
    elif "Sns" in record:
        yield from _parse(json.loads(record["Sns"]["Message"]))
    elif record.get("eventSource") == "aws:sqs":
        yield from _parse(json.loads(record["body"]))
    else:
        raise UnreadableEvent


def _upload(
    bucket: dict[str, Any], created: dict[str, Any], key: str, version: str | None, etag: str | None
) -> Iterator[Upload]:
    if not is_folder(key, size=created.get("size")):
        if version in {"", "null"}:
            version = None  # S3 names the version of an unversioned object "null"
        yield Upload(bucket=bucket["name"], key=key, version=version, etag=etag)
