"""One invocation of the uploads function: a batch of the intake queue, or one event that S3, SNS or EventBridge sends.

Many documents of a batch are in progress at a time, since each mostly waits for the provider.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.application.intake_messages import (
    DocumentMessage,
    IntakeMessage,
    MeasureReviewsMessage,
    Page,
    PublishDecisionMessage,
    RecognizeUrlMessage,
    RepublishMessage,
    UnreadableEvent,
    Upload,
    document_of,
)
from permit_ocr.application.ports import AuditLine, AuditTrail
from permit_ocr.application.process_upload import PreparationSlots, ProcessUpload
from permit_ocr.application.retry_policy import RetryPolicy, is_deferral
from permit_ocr.domain.errors import CircuitOpen, RetryableError
from permit_ocr.entrypoints.sqs_batch import (
    DeadLetterQueue,
    Failure,
    Queue,
    Retried,
    SqsMessage,
    batch_response,
    log_failure,
    messages_in_batch,
    send_to_dead_letter_queue,
)
from permit_ocr.entrypoints.upload_events import messages_in_body, messages_in_event
from permit_ocr.trace_context import continue_trace, current_traceparent

if TYPE_CHECKING:
    from permit_ocr.observability import LogEvent

_MAXIMUM_CONCURRENCY: Final = 32
"""Documents of a batch that are in progress at a time; the others of a larger batch wait."""
_ACTIONS: Final[Mapping[type[DocumentMessage], str]] = {
    Upload: "read_upload",
    Page: "read_page",
    RecognizeUrlMessage: "read_address",
    RepublishMessage: "publish_result",
    PublishDecisionMessage: "publish_decision",
}
"""What the audit trail calls the processing of a message."""
_SECONDS_TO_FINISH: Final = 5.0
"""Reserved at the end of an invocation: to publish, to record and to respond to Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsDependencies:
    """What the uploads function uses."""

    process_upload: ProcessUpload
    measure_reviews: Callable[[], None]
    upload_prefix: str
    retry_policy: RetryPolicy
    queue: Queue
    dead_letters: DeadLetterQueue
    audit: AuditTrail
    role: str


def process(
    event: Mapping[str, Any], dependencies: UploadsDependencies, *, seconds: float, request_id: str
) -> dict[str, Any] | None:
    """Recognise every upload in ``event``; ``seconds`` is the time that is left.

    What is about to be read is written to the audit trail first, with one call; if that fails, nothing is read.

    Of a batch of SQS messages the partial batch response is returned. Any other event raises the first error, so that
    Lambda retries it.
    """
    deadline = time.monotonic() + seconds - _SECONDS_TO_FINISH
    slots = PreparationSlots()
    records = event.get("Records") or []
    if records and all(record.get("eventSource") == "aws:sqs" for record in records):
        messages = messages_in_batch(event)
        process_message = partial(
            _process_message,
            dependencies=dependencies,
            deadline=deadline,
            slots=slots,
            refusal=_record(_documents_in(messages), dependencies, request_id),
        )
        outcomes = _threads().map(process_message, messages)
        return batch_response(outcomes, dependencies.queue, function="uploads")
    _raise(_record(messages_in_event(event), dependencies, request_id))
    traceparent = current_traceparent()
    for intake_message in messages_in_event(event):
        if isinstance(intake_message, MeasureReviewsMessage):
            dependencies.measure_reviews()
            continue
        continue_trace(traceparent)  # the upload before may have had one of its own
        document = document_of(intake_message, upload_prefix=dependencies.upload_prefix)
        dependencies.process_upload(intake_message, document, deadline=deadline, slots=slots)
    return None


def _documents_in(messages: Iterable[SqsMessage]) -> Iterator[IntakeMessage]:
    for message in messages:
        with suppress(UnreadableEvent):  # nothing is read for it, and it fails by itself
            yield from messages_in_body(message.body)


def _record(
    messages: Iterable[IntakeMessage], dependencies: UploadsDependencies, request_id: str
) -> RetryableError | None:
    """Write to the audit trail which documents are about to be read; return the error if that fails."""
    lines = [
        AuditLine(
            caller=dependencies.role,
            action=_ACTIONS[type(message)],
            request_id=request_id,
            document_id=document_of(message, upload_prefix=dependencies.upload_prefix).id,
        )
        for message in messages
        if not isinstance(message, MeasureReviewsMessage)
    ]
    try:
        dependencies.audit.record(lines)
    except RetryableError as error:
        return error
    return None


def _raise(error: Exception | None) -> None:
    if error:
        raise error


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads for documents; the next invocation uses them again."""
    return ThreadPoolExecutor(max_workers=_MAXIMUM_CONCURRENCY, thread_name_prefix="document")


def _process_message(
    message: SqsMessage,
    dependencies: UploadsDependencies,
    *,
    deadline: float,
    slots: PreparationSlots,
    refusal: RetryableError | None,
) -> Retried | None:
    """Process every document of one message; return None if it may be deleted."""
    continue_trace(message.traceparent)
    try:
        intake_messages = list(messages_in_body(message.body))
    except UnreadableEvent as error:
        return _retried(message, Failure(error), dependencies)
    failures: list[Failure] = []
    for intake_message in intake_messages:
        continue_trace(message.traceparent)  # the upload before may have had one of its own
        document_id = None
        try:
            if isinstance(intake_message, MeasureReviewsMessage):
                dependencies.measure_reviews()
                continue
            document = document_of(intake_message, upload_prefix=dependencies.upload_prefix)
            document_id = document.id
            _raise(refusal)
            dependencies.process_upload(intake_message, document, deadline=deadline, slots=slots)
        except Exception as error:  # noqa: BLE001  one document must not hold up the others
            event: LogEvent = "document_deferred" if is_deferral(error) else "document_failed"
            failures.append(log_failure(error, event=event, document_id=document_id))
            if isinstance(error, CircuitOpen):
                break
    if not failures:
        return None
    # Failures go before deferrals: otherwise they would never be counted in a message of several uploads.
    failure = min(failures, key=lambda one: is_deferral(one.error))
    return _retried(message, failure, dependencies)


def _retried(message: SqsMessage, failure: Failure, dependencies: UploadsDependencies) -> Retried | None:
    """Return when a message is retried; None once it is in the dead-letter queue."""
    retry = dependencies.retry_policy.retry(failure.error, message_id=message.id, age_seconds=message.age_seconds)
    delay = retry.seconds
    if delay is None:
        delay = send_to_dead_letter_queue(
            message, failure, dependencies.dead_letters, event="document_sent_to_dead_letter_queue"
        )
        if delay is None:
            return None
    return Retried(message=message, failure=failure, delay=delay, failures=retry.failures)
