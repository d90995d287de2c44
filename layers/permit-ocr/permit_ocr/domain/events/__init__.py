"""The result events: CloudEvents 1.0, defined here only. ``registry`` lists them.

Their JSON Schemas, samples, OpenAPI and AsyncAPI documents are generated from these classes. docs/architecture.md says
which files change for a new event type.
"""

from permit_ocr.domain.events.completed import Completed, CompletedEvent, completed_event
from permit_ocr.domain.events.document import Document, Provider, parse_document, parse_provider
from permit_ocr.domain.events.envelope import CloudEvent, to_json
from permit_ocr.domain.events.recognized import Recognized, RecognizedEvent, recognized, recognized_event
from permit_ocr.domain.events.registry import EVENT_TYPES, RECOGNIZED, REJECTED, REMINDERS, REVIEWED
from permit_ocr.domain.events.rejected import Rejected, RejectedEvent, rejected_event
from permit_ocr.domain.events.reminders import ExpiredEvent, ExpiringEvent, reminder_event
from permit_ocr.domain.events.reviewed import Reviewed, ReviewedEvent, as_recognized, reviewed_event, with_decision

__all__ = [
    "EVENT_TYPES",
    "RECOGNIZED",
    "REJECTED",
    "REMINDERS",
    "REVIEWED",
    "CloudEvent",
    "Completed",
    "CompletedEvent",
    "Document",
    "ExpiredEvent",
    "ExpiringEvent",
    "Provider",
    "Recognized",
    "RecognizedEvent",
    "Rejected",
    "RejectedEvent",
    "Reviewed",
    "ReviewedEvent",
    "as_recognized",
    "completed_event",
    "parse_document",
    "parse_provider",
    "recognized",
    "recognized_event",
    "rejected_event",
    "reminder_event",
    "reviewed_event",
    "to_json",
    "with_decision",
]
