"""The CloudEvents envelope, and how an event is serialised."""

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Final, Literal

from permit_ocr.domain.errors import RejectDocument

MESSAGE_LIMIT: Final = 256 * 1024
"""Bytes of an SQS message that every consumer accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent:
    """What all events have in common. A subclass defines ``type`` and ``data``."""

    id: str
    """The same on every retry: the document's id; for a pair, a review and a reminder, a digest of what it is about."""
    source: str
    """The deployment that publishes."""
    time: datetime
    """When the result was judged or rejected, the reviewer decided, or the reminder was sent."""
    subject: str
    """The document's id; for a pair, the case."""
    data: object
    specversion: Literal["1.0"] = "1.0"
    type: str
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    """The trace of the upload or request, as CloudEvents' distributed tracing extension has it."""


def to_json(event: CloudEvent) -> str:
    """Return ``event`` as one line of JSON, dates in ISO 8601.

    Raises ``RejectDocument`` if it does not fit into an SQS message. No card has that much text: the answer is wrong.
    """
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=_to_json_value)
    if len(text.encode()) > MESSAGE_LIMIT:
        raise RejectDocument(
            "Document.AnswerTooLarge",
            f"The result is larger than the {MESSAGE_LIMIT:,} bytes of a message.",
            "Take another photo that shows only the card.",
        )
    return text


def _to_json_value(value: object) -> object:
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    if is_dataclass(value):  # one level at a time: ``asdict`` would copy the whole event first
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")
