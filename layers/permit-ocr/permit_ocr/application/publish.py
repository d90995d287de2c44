"""Publish the result of a document, and complete its pair.

send the event ─ failed? ──▶ store it as not published, raise ``NotPublished``; ``republish`` sends it later
      │
complete the pair if the document belongs to a case (see ``pair_sides``)
      │
store the event as published: a repeated delivery ends here
"""

import json
from datetime import datetime
from typing import Any

from permit_ocr.application.delete_document import erase
from permit_ocr.application.pair_sides import case_side, complete_pair
from permit_ocr.application.ports import CaseSide, DocumentState, Services, StoredEvent
from permit_ocr.domain.errors import Deleted, NotPublished, RetryableError
from permit_ocr.domain.events import RECOGNIZED, REJECTED, Document, RecognizedEvent, RejectedEvent, to_json
from permit_ocr.domain.permits import Kind, Side


def publish(event: RecognizedEvent | RejectedEvent, services: Services) -> str:
    """Publish the result of a document and return it as JSON.

    Raises ``RejectDocument`` if it does not fit into a message; nothing is sent then. Raises ``NotPublished`` if the
    queue did not take it; it is stored then. Raises ``Deleted`` if the document was deleted meanwhile.
    """
    text = to_json(event)
    document = event.data.document
    if isinstance(event, RecognizedEvent):
        side = case_side(document, event.data.kind, event.data.side, judged=event.time, event=text)
        _publish(text, document, side, services)
    else:
        _publish(text, document, None, services)
        services.count_rejection()
    return text


def republish(document_id: str, services: Services) -> None:
    """Publish the stored event of a document whose first publishing failed.

    Does nothing if it has been published since. Raises ``Deleted`` for a deleted document, after erasing what is left
    of it. Raises ``RetryableError``, also if the event has expired: the message then ends in the dead-letter queue,
    where the operator sees it.
    """
    state = services.documents.get(document_id)
    document = (state and state.document) or Document(id=document_id)
    try:
        _republish(document, state, services)
    except Deleted:
        erase(document, state.recognition_ids if state else (), services)
        raise


def _republish(document: Document, state: DocumentState | None, services: Services) -> None:
    if state and state.deleted:
        raise Deleted
    if state is None or state.event is None:
        raise RetryableError("Document.ResultExpired", "The stored result has expired.", "Upload the photo again.")
    if not state.event.published:
        text = state.event.event
        event = json.loads(text)
        _publish(text, document, _stored_side(event, document, text), services)
        if event["type"] == REJECTED:
            services.count_rejection()


def _stored_side(event: dict[str, Any], document: Document, text: str) -> CaseSide | None:
    if not document.case or event["type"] != RECOGNIZED:
        return None
    data, judged = event["data"], datetime.fromisoformat(event["time"])
    return case_side(document, Kind(data["kind"]), Side(data["side"]), judged=judged, event=text)


def _publish(text: str, document: Document, side: CaseSide | None, services: Services) -> None:
    try:
        services.results.publish(text, event_id=document.id)
        if document.case and side:
            complete_pair(document.case, side, services)
    except RetryableError as error:
        services.documents.store_event(document.id, StoredEvent(event=text, published=False))
        raise NotPublished(error, document_id=document.id, event=text) from None
    services.documents.store_event(document.id, StoredEvent(event=text, published=True))
