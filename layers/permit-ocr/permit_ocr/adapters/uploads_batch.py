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

from permit_ocr.adapters.dynamodb_failures import DynamoDbFailures
from permit_ocr.adapters.intake_messages import Page, PublishAgain, Requested, UnreadableEvent, Upload, Work
from permit_ocr.adapters.journal import Happening, count, note, note_unexpected
from permit_ocr.adapters.s3_images import S3Images, document_of, document_of_page
from permit_ocr.adapters.sqs_queues import SqsDeadLetterQueue, SqsImagesQueue, SqsIntakeQueue
from permit_ocr.adapters.turns import turn
from permit_ocr.adapters.upload_events import work_in, work_in_body
from permit_ocr.adapters.waits import NotBegun, is_waiting, seconds_after_failure, seconds_of_waiting
from permit_ocr.domain.errors import Deleted, PermitOcrError, RejectDocument, RetryLater, StopTheLine
from permit_ocr.domain.results import Document
from permit_ocr.workflow.decoding import begin_decoding, note_page
from permit_ocr.workflow.ports import Photograph, Services
from permit_ocr.workflow.recognition import publish_again, questions, recognize, reject_unread

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
    failures: DynamoDbFailures
    maximum_attempts: int


@dataclass(frozen=True, slots=True)
class _Trouble:
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
        for work in work_in(event):
            _do(work, batch)
        return None
    # The wait is the provider's: as many documents in flight as the batch has.
    done = list(_documents().map(lambda record: _done(record, batch), records))
    batch.application.intake.show_again(batch.waits)
    again = [record["messageId"] for record, ok in zip(records, done, strict=True) if not ok]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


@cache
def _documents() -> ThreadPoolExecutor:
    """Return the threads of documents, which one invocation leaves to the next."""
    return ThreadPoolExecutor(max_workers=_MOST_AT_ONCE, thread_name_prefix="document")


def _done(record: Mapping[str, Any], batch: _Batch) -> bool:
    """Do the work of one message and say whether the message may be deleted."""
    try:
        works = list(work_in_body(record["body"]))
    except UnreadableEvent:  # no other try would make it readable
        return _given_up(record, batch, reason="Message.Unreadable", document_id=None)
    trouble = _troubles(works, batch)
    if not trouble:
        return True
    # A failure before a wait: else it would never be counted where a message tells of several uploads.
    worst = min(trouble, key=lambda one: is_waiting(one.error))
    return _waits(worst, record, batch) if is_waiting(worst.error) else _failed(worst, record, batch)


def _troubles(works: Sequence[Work], batch: _Batch) -> list[_Trouble]:
    """Do all the work of one message; one failed document must not take the others with it."""
    troubles = []
    for work in works:
        document_id = None
        try:
            document_id = _document_id(work, batch)
            _do(work, batch)
        except PermitOcrError as error:
            note("document_deferred", document_id=document_id, code=error.code, request_id=error.request_id)
            troubles.append(_Trouble(error, document_id))
            if isinstance(error, StopTheLine):
                break
        except Exception as error:  # noqa: BLE001  a fault of ours in one document
            note_unexpected(error, document_id=document_id)
            troubles.append(_Trouble(error, document_id))
    return troubles


def _do(work: Work, batch: _Batch) -> None:
    """Do one piece of work, unless its document was deleted. Raises ``RetryLater`` or ``StopTheLine``."""
    try:
        if isinstance(work, PublishAgain):
            publish_again(work.document_id, batch.application.services)
            return
        with turn(batch.turns, batch.application.services, deadline=batch.deadline) as services:
            _read(work, replace(batch, application=replace(batch.application, services=services)))
    except Deleted:
        note("document_deleted", document_id=_document_id(work, batch))


def _read(work: Upload | Page | Requested, batch: _Batch) -> None:
    if time.monotonic() + _SECONDS_TO_BEGIN > batch.deadline:
        raise NotBegun
    began = time.monotonic()
    is_done = _is_done(work, batch)
    milliseconds = round((time.monotonic() - began) * 1000)
    happening: Happening = "document_done" if is_done else "document_to_decode"
    note(happening, document_id=_document_id(work, batch), milliseconds=milliseconds)


def _is_done(work: Upload | Page | Requested, batch: _Batch) -> bool:
    match work:
        case Upload():
            return _read_upload(work, batch)
        case Page():
            return _read_page(work, batch)
        case Requested():
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
    if begin_decoding(document, application.services):
        application.images_queue.hand_over(upload)
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


def _read_at_address(work: Requested, batch: _Batch) -> bool:
    document = Document(id=work.document_id, case=work.case, received=work.received)
    photograph = Photograph(document=document, options=work.options, url=work.image_url)
    recognize(photograph, batch.application.services, deadline=batch.deadline)
    return True


def _refuse_what_would_only_wait(upload: Upload, batch: _Batch) -> None:
    """Raise ``StopTheLine`` if calls for this upload are known to be stopped: then its image is not even downloaded.

    On a healthy line this costs nothing; on a stopped one, a look at the object's metadata.
    """
    if stops := batch.application.services.ocr.stops():
        options = batch.application.images.options(upload)
        if options and (stop := stops.get(questions(options)[0][0])):
            raise stop


def _document_id(work: Work, batch: _Batch) -> str:
    match work:
        case Upload():
            return document_of(work, upload_prefix=batch.application.upload_prefix).id
        case Page():
            return document_of_page(work, upload_prefix=batch.application.upload_prefix).id
        case _:
            return work.document_id


def _waits(trouble: _Trouble, record: Mapping[str, Any], batch: _Batch) -> bool:
    """Let a message wait; nothing is counted."""
    age = _age_seconds(record)
    if age > WAITING_ENDS_AFTER_SECONDS:
        return _given_up(record, batch, reason=trouble.code, document_id=trouble.document_id)
    batch.waits[record["receiptHandle"]] = seconds_of_waiting(trouble.error, age_seconds=age)
    return False


def _failed(trouble: _Trouble, record: Mapping[str, Any], batch: _Batch) -> bool:
    """Count a failure: let the message wait, or give it up."""
    try:
        failures = batch.application.failures.count(record["messageId"])
    except RetryLater:  # AWS is in trouble itself: nothing is given up now
        return _waits(trouble, record, batch)
    if failures >= batch.application.maximum_attempts or _age_seconds(record) > WAITING_ENDS_AFTER_SECONDS:
        return _given_up(record, batch, reason=trouble.code, document_id=trouble.document_id)
    batch.waits[record["receiptHandle"]] = seconds_after_failure(trouble.error, failures=failures)
    return False


def _given_up(record: Mapping[str, Any], batch: _Batch, *, reason: str, document_id: str | None) -> bool:
    """Send a message to the dead-letter queue; only what has arrived there may leave the intake queue.

    A function killed in between leaves a second copy, which does no harm: the work is done once.
    """
    try:
        batch.application.dead_letters.take(record["body"], reason=reason, document_id=document_id)
    except RetryLater as error:
        note("document_deferred", document_id=document_id, code=error.code)
        batch.waits[record["receiptHandle"]] = seconds_of_waiting(error, age_seconds=_age_seconds(record))
        return False
    count("DocumentGivenUp")
    note("document_given_up", document_id=document_id, code=reason)
    return True


def _age_seconds(record: Mapping[str, Any]) -> float:
    """Return how long a message has been on the queue."""
    sent = record.get("attributes", {}).get("SentTimestamp")  # milliseconds since 1970
    return max(0.0, time.time() - int(sent) / 1000) if sent else 0.0
