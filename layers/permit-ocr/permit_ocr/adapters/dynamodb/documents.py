"""The port ``Documents`` on DynamoDB: the state of each document, one item each, encrypted and deleted by TTL.

| attribute of ``document#ID`` | set                                                                               |
|------------------------------|-----------------------------------------------------------------------------------|
| ``expires_at``               | always; seconds since 1970                                                        |
| ``upload_until``             | until the document is started; seconds since 1970                                 |
| ``started``                  | from the start: JSON of the document and the ids of its recognitions              |
| ``pages``                    | if an upload became several documents                                             |
| ``event``, ``published``     | from the first try to publish: the event as JSON, and whether the queue took it   |
| ``deleted``                  | in a tombstone, with ``started`` only until everything is erased but for its case |

A document whose verdict is *review* also has the attributes in ``reviews``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from permit_ocr.adapters.dynamodb.reviews import REVIEW_ATTRIBUTES, document_item_id, opening
from permit_ocr.application.ports import DocumentState, OpenReview, StoredEvent
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.events import Document, parse_document
from permit_ocr.dynamodb_table import Item, WorkTableAdapter

TOMBSTONE_DAYS: Final = 36
"""A day more than a document's messages can wait: on the intake queue (7 days), on the images queue (7), for its pages
on the intake queue again (7), and on the dead-letter queue (14)."""
_NEW: Final = "attribute_not_exists(id) OR expires_at < :now"
_KNOWN: Final = "expires_at >= :now"
_CHANGEABLE: Final = "(attribute_not_exists(deleted) AND attribute_not_exists(decision_id)) OR expires_at < :now"
_RESULT: Final = ", ".join(("event", "published", *REVIEW_ATTRIBUTES))


class DynamoDbDocuments(WorkTableAdapter):
    """Each change is one conditional write."""

    def register(self, document_id: str, *, upload_until: float | None = None) -> DocumentState | None:
        until = "" if upload_until is None else ", upload_until = :until"
        write = self._table.update(
            document_item_id(document_id),
            f"SET expires_at = :expires_at{until} REMOVE started, {_RESULT}, deleted, pages",
            condition=_NEW,
            values={":until": round(upload_until or 0)},
        )
        return None if write.applied else self._state(write.item)

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        write = self._table.update(
            document_item_id(document.id),
            f"SET started = :started, expires_at = :expires_at REMOVE upload_until, {_RESULT}, deleted",
            condition=f"{_NEW} OR (attribute_not_exists(event) AND attribute_not_exists(deleted))",
            values={":started": serialize_started(document, recognition_ids)},
        )
        if write.applied:
            return None
        state = self._state(write.item)
        if state.deleted:
            raise Deleted
        return replace(state.event, event=state.decision.event) if state.event and state.decision else state.event

    def record_pages(self, document_id: str, *, pages: int) -> None:
        expression = "SET pages = :pages, expires_at = :expires_at REMOVE upload_until, deleted"
        self._update_unless_deleted(document_id, expression, {":pages": pages})

    def store_event(self, document_id: str, event: StoredEvent, review: OpenReview | None = None) -> None:
        on_list, values = opening(review)
        expression = f"SET event = :event, published = :published, expires_at = :expires_at{on_list} REMOVE deleted"
        values = {":event": event.event, ":published": event.published, **values}
        self._update_unless_deleted(document_id, expression, values)

    def _update_unless_deleted(self, document_id: str, expression: str, values: Item) -> None:
        write = self._table.update(document_item_id(document_id), expression, condition=_CHANGEABLE, values=values)
        if not write.applied and "deleted" in write.item:
            raise Deleted

    def get(self, document_id: str) -> DocumentState | None:
        item = self._table.get(document_item_id(document_id))
        return self._state(item) if item else None

    def mark_deleted(self, document_id: str, *, include_unknown: bool = False) -> DocumentState | None:
        write = self._table.update(
            document_item_id(document_id),
            f"SET deleted = :yes, expires_at = :expires_at REMOVE {_RESULT}, upload_until",
            condition=f"{_NEW} OR {_KNOWN}" if include_unknown else _KNOWN,
            values={":yes": True, ":expires_at": self._table.expires_at(keep_days=TOMBSTONE_DAYS)},
            returns="ALL_NEW",
        )
        return self._state(write.item) if write.applied else None

    def purge(self, document_id: str, *, case: str | None) -> None:
        self._table.update(
            document_item_id(document_id),
            "SET started = :case_only REMOVE pages" if case else "REMOVE started, pages",
            condition="deleted = :yes",
            values={":yes": True, ":case_only": serialize_started(Document(id=document_id, case=case), ())},
        )

    def _state(self, item: Item) -> DocumentState:
        document, recognition_ids = parse_started(item["started"]) if "started" in item else (None, ())
        return DocumentState(
            document=document,
            recognition_ids=recognition_ids,
            event=StoredEvent(event=item["event"], published=item["published"]) if "event" in item else None,
            upload_until=item.get("upload_until"),
            pages=item.get("pages"),
            deleted="deleted" in item,
            decision=StoredEvent(event=item["decision"], published=item["decision_published"])
            if "decision" in item
            else None,
            sending_seconds=max(0.0, item.get("sending_until", 0) - self._table.now()),
        )


def serialize_started(document: Document, recognition_ids: Sequence[str]) -> str:
    """Return a document and the ids of its recognitions as JSON; ``parse_started`` is the inverse."""
    fields = {"document": asdict(document), "recognition_ids": list(recognition_ids)}
    return json.dumps(fields, default=datetime.isoformat)


def parse_started(started: str) -> tuple[Document, tuple[str, ...]]:
    """Return the document and the ids of its recognitions."""
    fields = json.loads(started)
    return parse_document(fields["document"]), tuple(fields["recognition_ids"])
