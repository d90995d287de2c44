"""Process one message of the intake queue, until its document has a published result or waits for its conversion.

upload ─▶ are calls stopped for its kind? ── yes ─▶ ``CircuitOpen``; not even downloaded
   │ no
fetch it ─┬─ it can never be recognised ─▶ publish its rejection
          ├─ provider-ready ─────────────▶ recognise
          └─ any other format or size ───▶ images queue; its pages come back as messages
page, image at a URL ────────────────────▶ recognise
stored result ───────────────────────────▶ publish
reviewer's decision ─────────────────────▶ publish
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Protocol

from permit_ocr.application.deletion.delete_document import EraseDocument
from permit_ocr.application.intake_messages import (
    DocumentMessage,
    Page,
    PublishDecisionMessage,
    RecognizeUrlMessage,
    RepublishMessage,
    Upload,
    document_of,
)
from permit_ocr.application.ports import Documents, MessageQueue, Submission, Unready
from permit_ocr.application.publish import Publish
from permit_ocr.application.recognize import Recognize, kinds_and_sides
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.application.review.publish_decision import PublishDecision
from permit_ocr.application.start_document import StartDocument
from permit_ocr.domain.errors import CircuitOpen, Deleted, RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, RecognitionOptions
from permit_ocr.observability import LogEvent, log_event

MAX_CONCURRENT_PREPARATIONS: Final = 2
"""With three 5 % more was billed, with four 13 % (docs/adr/0019); with one the CPU would be idle while AWS responds."""
_SECONDS_TO_START: Final = 4.0
"""With less time than this a document is not started."""


class UploadedImages(Protocol):
    """The images in the upload bucket."""

    def options(self, upload: Upload) -> RecognitionOptions | None:
        """Return the sender's options, without the image; None where ``fetch`` has to tell what is wrong."""

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        """Return an upload with its options, or with the reason why it cannot be recognised as it is.

        Raises ``RejectDocument`` for one whose case is unknown, and ``RetryableError``.
        """

    def fetch_page(self, page: Page, document: Document) -> Submission:
        """Return the provider-ready image of a page, with the options of its upload.

        Raises ``RejectDocument`` or ``RetryableError``.
        """


class PreparationSlots:
    """Limits how many documents of a batch are prepared at a time: fetched, checked and recorded, up to the OCR call.

    If all were prepared at a time, none would be ready before all are, since a function has a fraction of a CPU: the
    rate limiter's first slots would pass unused, and a thread that wakes for its slot would find the CPU busy. A few
    at a time overlap the waits for AWS, and the first one is ready soon.
    """

    def __init__(self, count: int = MAX_CONCURRENT_PREPARATIONS) -> None:
        self._semaphore = threading.Semaphore(count)

    def acquire(self, *, deadline: float) -> ExitStack:
        """Wait for a slot, which ends with its block or when it is closed, whichever is first.

        ``deadline`` is on ``time.monotonic``'s clock. Raises ``NotStarted`` if no slot is free by then.
        """
        if not self._semaphore.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise NotStarted
        slot = ExitStack()
        slot.callback(self._semaphore.release)
        return slot


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUpload:
    """The use case."""

    images: UploadedImages
    images_queue: MessageQueue
    documents: Documents
    start: StartDocument
    open_circuits: Callable[[], Mapping[Kind, CircuitOpen]]
    recognize: Recognize
    publish: Publish
    publish_decision: PublishDecision
    erase: EraseDocument
    upload_prefix: str

    def __call__(
        self, message: DocumentMessage, document: Document, *, deadline: float, slots: PreparationSlots
    ) -> None:
        """Process the message about ``document``, unless that was deleted.

        ``deadline`` is on ``time.monotonic``'s clock. Raises ``RetryableError`` or ``CircuitOpen``.
        """
        try:
            if isinstance(message, RepublishMessage):
                self.publish.republish(document.id)
                return
            if isinstance(message, PublishDecisionMessage):
                self.publish_decision.pending(document.id)
                return
            with slots.acquire(deadline=deadline) as slot:
                started = time.monotonic()
                if started + _SECONDS_TO_START > deadline:
                    raise NotStarted
                done: LogEvent = "document_done"
                try:
                    fetched = self._fetch(message, document)
                except RejectDocument as error:
                    fetched = Unready(document=document, rejection=error)
                if isinstance(fetched, Submission):
                    self.recognize(fetched, deadline=deadline, before_call=slot.close)
                elif fetched.rejection:
                    self.recognize.reject(fetched.document, fetched.rejection)
                elif isinstance(message, Upload):
                    self._convert(message, fetched.document)
                    done = "conversion_enqueued"
            log_event(done, document_id=document.id, milliseconds=round((time.monotonic() - started) * 1000))
        except Deleted:
            log_event("document_deleted", document_id=document.id)

    def _fetch(self, message: Upload | Page | RecognizeUrlMessage, document: Document) -> Submission | Unready:
        match message:
            case Upload():
                self._check_circuit(message)
                return self.images.fetch(message, document)
            case Page():
                self._record_pages(message, document)
                return self.images.fetch_page(message, document)
            case RecognizeUrlMessage():
                return Submission(document=document, options=message.options, url=message.image_url)

    def _check_circuit(self, upload: Upload) -> None:
        """Raise ``CircuitOpen`` if the circuit of an upload's action is known to be open, before it is downloaded.

        While every circuit is closed this costs nothing, else one look at the object's metadata.
        """
        if open_circuits := self.open_circuits():
            options = self.images.options(upload)
            if options and (error := open_circuits.get(kinds_and_sides(options)[0][0])):
                raise error

    def _record_pages(self, page: Page, document: Document) -> None:
        """Record how many pages an upload has, so that all of them can be deleted with it."""
        if page.number is None or page.pages is None or page.pages == 1:
            return
        upload = document_of(page.upload, upload_prefix=self.upload_prefix)
        with self.erase.erasing_if_deleted(document):
            self.documents.record_pages(upload.id, pages=page.pages)

    def _convert(self, upload: Upload, document: Document) -> None:
        """Record an upload, so that it can be deleted during the conversion, and have it converted."""
        with self.erase.erasing_if_deleted(document):
            stored = self.start(document)
        if not (stored and stored.published):
            self.images_queue.enqueue(upload)
