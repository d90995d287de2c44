"""Publish the result of a document, and complete its pair.

watch the card, if reminders are on and it may expire (see ``watch_expiry``)
      │
send the event ─ failed? ──▶ store it as not published, raise ``NotPublished``; ``republish`` sends it later
      │
complete the pair if the document belongs to a case (see ``pair_sides``)
      │
store the event as published: a repeated delivery ends here. If its verdict is *review*, by itself or in its pair, the
same write puts the document on the list of open reviews
      │
does it not match the other side? ── yes ─▶ look whether a newer photo has changed that meanwhile
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from permit_ocr.application.deletion.delete_document import EraseDocument
from permit_ocr.application.pair_sides import InPair, PairSides, case_side
from permit_ocr.application.ports import Documents, DocumentState, EventPublisher, OpenReview, StoredEvent
from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.domain.errors import Deleted, NotPublished, RetryableError
from permit_ocr.domain.events import RECOGNIZED, Document, RecognizedEvent, RejectedEvent, to_json
from permit_ocr.domain.pair import has_mismatch
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.verdict import Verdict
from permit_ocr.trace_context import current_traceparent


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """The use case."""

    publisher: EventPublisher
    documents: Documents
    pair_sides: PairSides
    watch_expiry: WatchExpiry | None
    """None if reminders are off."""
    erase: EraseDocument
    reviews: bool
    """Whether there is a list of open reviews."""
    count_result: Callable[[Verdict | None, float | None], None]
    """Takes the verdict, None for an unreadable document, and the seconds from its upload to its result, if known."""

    def __call__(self, event: RecognizedEvent | RejectedEvent, *, keep_image: Callable[[], None] = lambda: None) -> str:
        """Publish the result of a document and return it as JSON.

        ``keep_image`` is called if a person has to look at the image.

        Raises ``RejectDocument`` if it does not fit into a message; nothing is sent then. Raises ``NotPublished`` if
        the queue did not take it; it is stored then. Raises ``Deleted`` if the document was deleted meanwhile.
        """
        text = to_json(replace(event, traceparent=current_traceparent()))
        document = event.data.document
        read = None
        if isinstance(event, RecognizedEvent):
            data = event.data
            read = _Read(
                kind=data.kind,
                side=data.side,
                verdict=data.verdict,
                reasons=data.reasons,
                valid_until=data.validity.valid_until,
                as_of=data.validity.as_of,
                judged=event.time,
            )
        self._publish(text, document, read, keep_image)
        self.count_result(read.verdict if read else None, _seconds(document, event.time))
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
                read = _stored_read(event)
                self._publish(text, document, read)
                seconds = _seconds(document, datetime.fromisoformat(event["time"]))
                self.count_result(read.verdict if read else None, seconds)

    def _publish(
        self, text: str, document: Document, read: "_Read | None", keep_image: Callable[[], None] = lambda: None
    ) -> None:
        in_pair = None
        try:
            if read and self.watch_expiry:
                self.watch_expiry(
                    document,
                    kind=read.kind,
                    verdict=read.verdict,
                    valid_until=read.valid_until,
                    as_of=read.as_of,
                    judged=read.judged,
                )
            self.publisher.publish(text, event_id=document.id)
            side = case_side(document, read.kind, read.side, judged=read.judged, event=text) if read else None
            if document.case and side:
                in_pair = self.pair_sides(document.case, side)
        except RetryableError as error:
            if self._open_review(read, None) or (self.reviews and read and document.case):  # its pair may not match
                keep_image()
            self.documents.store_event(document.id, StoredEvent(event=text, published=False))
            raise NotPublished(error, document_id=document.id, event=text) from None
        review = self._open_review(read, in_pair)
        if review:
            keep_image()
        self.documents.store_event(document.id, StoredEvent(event=text, published=True), review)
        if read and document.case and in_pair:
            with suppress(RetryableError):  # a review that is not needed does no harm, and the result is published
                self.pair_sides.recheck(document.case, read.kind, in_pair)

    def _open_review(self, read: "_Read | None", in_pair: InPair | None) -> OpenReview | None:
        """Return what a person should look at: a side that needs a review by itself, or because of its other side."""
        if not self.reviews or read is None:
            return None
        does_not_match = in_pair and in_pair.verdict is Verdict.REVIEW and has_mismatch(in_pair.reasons)
        if read.verdict is not Verdict.REVIEW and not does_not_match:
            return None
        reasons = dict.fromkeys((*read.reasons, *(in_pair.reasons if in_pair else ())))
        return OpenReview(kind=read.kind, side=read.side, reasons=tuple(reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A side that was read."""

    kind: Kind
    side: Side
    verdict: Verdict
    reasons: tuple[str, ...]
    valid_until: date | None
    as_of: date
    judged: datetime


def _seconds(document: Document, until: datetime) -> float | None:
    return (until - document.received).total_seconds() if document.received else None


def _stored_read(event: dict[str, Any]) -> _Read | None:
    if event["type"] != RECOGNIZED:
        return None
    data = event["data"]
    valid_until = data["validity"]["valid_until"]
    return _Read(
        kind=Kind(data["kind"]),
        side=Side(data["side"]),
        verdict=Verdict(data["verdict"]),
        reasons=tuple(data["reasons"]),
        valid_until=date.fromisoformat(valid_until) if valid_until else None,
        as_of=date.fromisoformat(data["validity"]["as_of"]),
        judged=datetime.fromisoformat(event["time"]),
    )
