"""Publish the result of a document, and complete its pair.

send the event ─ failed? ──▶ store it as not published, raise ``NotPublished``; ``republish`` sends it later
      │
complete the pair if the document belongs to a case (see ``pair_sides``)
      │
store the event as published: a repeated delivery ends here
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from permit_ocr.application.deletion.delete_document import EraseDocument
from permit_ocr.application.pair_sides import PairSides, case_side
from permit_ocr.application.ports import CaseSide, Documents, DocumentState, EventPublisher, StoredEvent
from permit_ocr.domain.errors import Deleted, NotPublished, RetryableError
from permit_ocr.domain.events import RECOGNIZED, Document, RecognizedEvent, RejectedEvent, to_json
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.verdict import Verdict
from permit_ocr.trace_context import current_traceparent


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """The use case."""

    publisher: EventPublisher
    documents: Documents
    pair_sides: PairSides
    erase: EraseDocument
    count_result: Callable[[Verdict | None, float | None], None]
    """Takes the verdict, None for an unreadable document, and the seconds from its upload to its result, if known."""

    def __call__(self, event: RecognizedEvent | RejectedEvent) -> str:
        """Publish the result of a document and return it as JSON.

        Raises ``RejectDocument`` if it does not fit into a message; nothing is sent then. Raises ``NotPublished`` if
        the queue did not take it; it is stored then. Raises ``Deleted`` if the document was deleted meanwhile.
        """
        text = to_json(replace(event, traceparent=current_traceparent()))
        document = event.data.document
        if isinstance(event, RecognizedEvent):
            side = case_side(document, event.data.kind, event.data.side, judged=event.time, event=text)
            self._publish(text, document, side)
        else:
            self._publish(text, document, None)
        verdict = event.data.verdict if isinstance(event, RecognizedEvent) else None
        self.count_result(verdict, _seconds(document, event.time))
        return text

    def republish(self, document_id: str) -> None:
        """Publish the stored event of a document whose first publishing failed.

        Does nothing if it has been published since. Raises ``Deleted`` for a deleted document, after erasing what is
        left of it. Raises ``RetryableError``, also if the event has expired: the message then ends in the dead-letter
        queue, where the operator sees it.
        """
        state = self.documents.get(document_id) or DocumentState()
        document = state.document or Document(id=document_id)
        with self.erase.erasing_if_deleted(document, state.recognition_ids):
            if state.deleted:
                raise Deleted
            if state.event is None:
                raise RetryableError(
                    "Document.ResultExpired", "The stored result has expired.", "Upload the photo again."
                )
            if not state.event.published:
                text = state.event.event
                event = json.loads(text)
                self._publish(text, document, _stored_side(event, document, text))
                verdict = Verdict(event["data"]["verdict"]) if event["type"] == RECOGNIZED else None
                self.count_result(verdict, _seconds(document, datetime.fromisoformat(event["time"])))

    def _publish(self, text: str, document: Document, side: CaseSide | None) -> None:
        try:
            self.publisher.publish(text, event_id=document.id)
            if document.case and side:
                self.pair_sides(document.case, side)
        except RetryableError as error:
            self.documents.store_event(document.id, StoredEvent(event=text, published=False))
            raise NotPublished(error, document_id=document.id, event=text) from None
        self.documents.store_event(document.id, StoredEvent(event=text, published=True))


def _seconds(document: Document, until: datetime) -> float | None:
    return (until - document.received).total_seconds() if document.received else None


def _stored_side(event: dict[str, Any], document: Document, text: str) -> CaseSide | None:
    if not document.case or event["type"] != RECOGNIZED:
        return None
    data, judged = event["data"], datetime.fromisoformat(event["time"])
    return case_side(document, Kind(data["kind"]), Side(data["side"]), judged=judged, event=text)
