"""The event types, by name.

Schemas, OpenAPI and AsyncAPI documents are generated for every entry. So are samples, each by a function in
``events/samples/write.py``.
"""

from dataclasses import fields
from typing import Final

from permit_ocr.domain.events.completed import CompletedEvent
from permit_ocr.domain.events.envelope import CloudEvent
from permit_ocr.domain.events.recognized import RecognizedEvent
from permit_ocr.domain.events.rejected import RejectedEvent
from permit_ocr.domain.events.reminders import ExpiredEvent, ExpiringEvent
from permit_ocr.domain.events.reviewed import ReviewedEvent


def _type_of(event: type[CloudEvent]) -> str:
    return str(next(field.default for field in fields(event) if field.name == "type"))


EVENT_TYPES: Final[dict[str, type[CloudEvent]]] = {
    _type_of(event): event
    for event in (RecognizedEvent, RejectedEvent, CompletedEvent, ReviewedEvent, ExpiringEvent, ExpiredEvent)
}
RECOGNIZED: Final = _type_of(RecognizedEvent)
REJECTED: Final = _type_of(RejectedEvent)
REMINDERS: Final = frozenset({_type_of(ExpiringEvent), _type_of(ExpiredEvent)})
"""Events about a card that was read before: they have no document, only its id."""
REVIEWED: Final = _type_of(ReviewedEvent)
