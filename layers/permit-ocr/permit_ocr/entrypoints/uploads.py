"""One invocation of the uploads function.

A batch of SQS messages, or an event that S3, SNS or EventBridge delivers by itself.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from permit_ocr.adapters.dynamodb.failure_counts import DynamoDbFailureCounts
from permit_ocr.adapters.s3.images import S3Images, document_of, document_of_page
from permit_ocr.adapters.sqs.queues import SqsDeadLetterQueue, SqsImagesQueue, SqsIntakeQueue
from permit_ocr.application.convert_upload import begin_conversion, note_page
from permit_ocr.application.intake_messages import (
    IntakeMessage,
    Page,
    RecognizeUrlMessage,
    RepublishMessage,
    UnreadableEvent,
    Upload,
)
from permit_ocr.application.ports import Services, Submission
from permit_ocr.application.publish import republish
from permit_ocr.application.recognize import ocr_requests_for, recognize, reject_unread
from permit_ocr.application.retry_policy import NotStarted, deferral_delay, is_deferral, retry_delay
from permit_ocr.domain.errors import CircuitOpen, Deleted, PermitOcrError, RejectDocument, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.entrypoints.concurrency_limit import turn
from permit_ocr.entrypoints.upload_events import messages_in_body, messages_in_event
from permit_ocr.observability import LogEvent, count_metric, log_event, log_unexpected_error

WAITING_ENDS_AFTER_SECONDS: Final = 6 * 24 * 3600
"""A day before the intake queue would drop the message: the dead-letter queue keeps it for another 14 days."""
_MOST_AT_ONCE: Final = 32
"""Documents of a batch that are worked on at the same time; of a larger batch the others wait."""
PREPARED_AT_ONCE: Final = 2
"""Of the documents that are worked on at the same time, those that do not wait for the provider (``turns``)."""
_SECONDS_TO_FINISH: Final = 5.0
"""Kept free at the end of an invocation: publishing, bookkeeping and the answer to Lambda."""
_SECONDS_TO_BEGIN: Final = 4.0
"""With less than this a document is given back instead of begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsApplication:
    """What the uploads function works with. A message that has failed ``maximum_attempts`` times is given up."""

    services: Services
    images: S3Images
    upload_prefix: str
    intake: SqsIntakeQueue
    images_queue: SqsImagesQueue
    dead_letters: SqsDeadLetterQueue
    failures: DynamoDbFailureCounts
    maximum_attempts: int


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a document is not done."""

    error: Exception
    document_id: str | None

    @property
    def code(self) -> str:
        if isinstance(self.error, PermitOcrError):
            return self.error.code
        return f"Unexpected.{type(self.error).__name__}"


@dataclass(slots=True)
class _Batch:
    application: UploadsApplication
    deadline: float
    waits: dict[str, float] = field(default_factory=dict)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(PREPARED_AT_ONCE))


def process(event: Mapping[str, Any], application: UploadsApplication, *, seconds: float) -> dict[str, Any] | None:
    """Recognise every upload in ``event``; ``seconds`` is the time the invocation has left.

    Of SQS messages those to be delivered again are returned, as partial batch responses want it. Any other event raises
    the first error, so that Lambda delivers it again.
    """
    batch = _Batch(application, deadline=time.monotonic() + seconds - _SECONDS_TO_FINISH)
    records = event.get("Records") or []
    if not (records and all(record.get("eventSource") == "aws:sqs" for record in records)):
        for work in messages_in_event(event):
            _do(work, batch)
        return None
    # The wait is the provider's: as many documents in flight as the batch has.
    done = list(_documents().map(lambda record: _process_record(record, batch), records))
    batch.application.intake.change_visibility(batch.waits)
    again = [record["messageId"] for record, ok in zip(records, done, strict=True) if not ok]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


@cache
def _documents() -> ThreadPoolExecutor:
    """Return the threads of documents, which one invocation leaves to the next."""
    return ThreadPoolExecutor(max_workers=_MOST_AT_ONCE, thread_name_prefix="document")


def _process_record(record: Mapping[str, Any], batch: _Batch) -> bool:
    """Do the work of one message and say whether the message may be deleted."""
    try:
        works = list(messages_in_body(record["body"]))
    except UnreadableEvent:  # no other try would make it readable
        return _send_to_dead_letter_queue(record, batch, reason="Message.Unreadable", document_id=None)
    trouble = _process_messages(works, batch)
    if not trouble:
        return True
    # A failure before a wait: else it would never be counted where a message tells of several uploads.
    worst = min(trouble, key=lambda one: is_deferral(one.error))
    return _defer(worst, record, batch) if is_deferral(worst.error) else _record_failure(worst, record, batch)


def _process_messages(works: Sequence[IntakeMessage], batch: _Batch) -> list[_Failure]:
    """Do all the work of one message; one failed document must not take the others with it."""
    troubles = []
    for work in works:
        document_id = None
        try:
            document_id = _document_id(work, batch)
            _do(work, batch)
        except PermitOcrError as error:
            log_event("document_deferred", document_id=document_id, code=error.code, request_id=error.request_id)
            troubles.append(_Failure(error, document_id))
            if isinstance(error, CircuitOpen):
                break
        except Exception as error:  # noqa: BLE001  a fault of ours in one document
            log_unexpected_error(error, document_id=document_id)
            troubles.append(_Failure(error, document_id))
    return troubles


def _do(work: IntakeMessage, batch: _Batch) -> None:
    """Do one piece of work, unless its document was deleted. Raises ``RetryableError`` or ``CircuitOpen``."""
    try:
        if isinstance(work, RepublishMessage):
            republish(work.document_id, batch.application.services)
            return
        with turn(batch.turns, batch.application.services, deadline=batch.deadline) as services:
            _read(work, replace(batch, application=replace(batch.application, services=services)))
    except Deleted:
        log_event("document_deleted", document_id=_document_id(work, batch))


def _read(work: Upload | Page | RecognizeUrlMessage, batch: _Batch) -> None:
    if time.monotonic() + _SECONDS_TO_BEGIN > batch.deadline:
        raise NotStarted
    began = time.monotonic()
    is_done = _is_done(work, batch)
    milliseconds = round((time.monotonic() - began) * 1000)
    happening: LogEvent = "document_done" if is_done else "document_to_decode"
    log_event(happening, document_id=_document_id(work, batch), milliseconds=milliseconds)


def _is_done(work: Upload | Page | RecognizeUrlMessage, batch: _Batch) -> bool:
    match work:
        case Upload():
            return _read_upload(work, batch)
        case Page():
            return _read_page(work, batch)
        case RecognizeUrlMessage():
            return _read_at_address(work, batch)


def _read_upload(upload: Upload, batch: _Batch) -> bool:
    """Read an upload, or hand over one that is no plain image; return whether it is done."""
    application = batch.application
    document = document_of(upload, upload_prefix=application.upload_prefix)
    _refuse_what_would_only_wait(upload, batch)
    try:
        if photograph := application.images.fetch(upload):
            recognize(photograph, application.services, deadline=batch.deadline)
            return True
    except RejectDocument as error:  # it could not even be fetched
        reject_unread(document, error, application.services)
        return True
    if begin_conversion(document, application.services):
        application.images_queue.enqueue(upload)
    return False


def _read_page(page: Page, batch: _Batch) -> bool:
    application = batch.application
    document = document_of_page(page, upload_prefix=application.upload_prefix)
    upload_id = document_of(page.upload, upload_prefix=application.upload_prefix).id
    note_page(document, application.services, upload_id=upload_id)
    try:
        recognize(application.images.fetch_page(page), application.services, deadline=batch.deadline)
    except RejectDocument as error:
        reject_unread(document, error, application.services)
    return True


def _read_at_address(work: RecognizeUrlMessage, batch: _Batch) -> bool:
    document = Document(id=work.document_id, case=work.case, received=work.received)
    photograph = Submission(document=document, options=work.options, url=work.image_url)
    recognize(photograph, batch.application.services, deadline=batch.deadline)
    return True


def _refuse_what_would_only_wait(upload: Upload, batch: _Batch) -> None:
    """Raise ``CircuitOpen`` if calls for this upload are known to be stopped: then its image is not even downloaded.

    On a healthy line this costs nothing; on a stopped one, a look at the object's metadata.
    """
    if open_circuits := batch.application.services.ocr.open_circuits():
        options = batch.application.images.options(upload)
        if options and (stop := open_circuits.get(ocr_requests_for(options)[0][0])):
            raise stop


def _document_id(work: IntakeMessage, batch: _Batch) -> str:
    match work:
        case Upload():
            return document_of(work, upload_prefix=batch.application.upload_prefix).id
        case Page():
            return document_of_page(work, upload_prefix=batch.application.upload_prefix).id
        case _:
            return work.document_id


def _defer(trouble: _Failure, record: Mapping[str, Any], batch: _Batch) -> bool:
    """Let a message wait; nothing is counted."""
    age = _age_seconds(record)
    if age > WAITING_ENDS_AFTER_SECONDS:
        return _send_to_dead_letter_queue(record, batch, reason=trouble.code, document_id=trouble.document_id)
    batch.waits[record["receiptHandle"]] = deferral_delay(trouble.error, age_seconds=age)
    return False


def _record_failure(trouble: _Failure, record: Mapping[str, Any], batch: _Batch) -> bool:
    """Count a failure: let the message wait, or give it up."""
    try:
        failures = batch.application.failures.count(record["messageId"])
    except RetryableError:  # AWS is in trouble itself: nothing is given up now
        return _defer(trouble, record, batch)
    if failures >= batch.application.maximum_attempts or _age_seconds(record) > WAITING_ENDS_AFTER_SECONDS:
        return _send_to_dead_letter_queue(record, batch, reason=trouble.code, document_id=trouble.document_id)
    batch.waits[record["receiptHandle"]] = retry_delay(trouble.error, failures=failures)
    return False


def _send_to_dead_letter_queue(
    record: Mapping[str, Any], batch: _Batch, *, reason: str, document_id: str | None
) -> bool:
    """Send a message to the dead-letter queue; only what has arrived there may leave the intake queue.

    A function killed in between leaves a second copy, which does no harm: the work is done once.
    """
    try:
        batch.application.dead_letters.send(record["body"], reason=reason, document_id=document_id)
    except RetryableError as error:
        log_event("document_deferred", document_id=document_id, code=error.code)
        batch.waits[record["receiptHandle"]] = deferral_delay(error, age_seconds=_age_seconds(record))
        return False
    count_metric("DocumentGivenUp")
    log_event("document_given_up", document_id=document_id, code=reason)
    return True


def _age_seconds(record: Mapping[str, Any]) -> float:
    """Return how long a message has been on the queue."""
    sent = record.get("attributes", {}).get("SentTimestamp")  # milliseconds since 1970
    return max(0.0, time.time() - int(sent) / 1000) if sent else 0.0
