"""One invocation with a batch of SQS messages: the same steps for the uploads, the images and the webhooks function.

``messages_in_batch`` ─▶ each message is processed ─▶ ``batch_response``, from each message's outcome:

done ──────────────────────────────────────────────▶ None: SQS deletes the message
``Failure`` ─▶ delay by the retry policy ─┬─ seconds ─▶ ``Retried``: the message is visible again after these
                                          └─ None ────▶ ``send_to_dead_letter_queue``, then SQS deletes it

``batch_response`` also records the metrics of messages that wait, from which alarms see an outage within minutes. SQS's
own age of the oldest message leaves out what was received three times, which every failing document soon is.

The retry policies are ``application/retry_policy.py`` and ``application/webhook_retry_policy.py``. The images function
always delays a failure: SQS moves its messages to the dead-letter queue (``maxReceiveCount``).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from permit_ocr.application.intake_messages import UnreadableEvent
from permit_ocr.application.retry_policy import deferral_delay
from permit_ocr.domain.errors import PermitOcrError, RetryableError
from permit_ocr.entrypoints.retry_reasons import WAITING, reason_of
from permit_ocr.metrics import QueueFunction, record_metric
from permit_ocr.observability import LogEvent, log_event, log_unexpected_error
from permit_ocr.trace_context import traceparent_of_message

_FAILING: Final = 3
"""Failures after which a message counts as failing: the first two may be a disturbance of seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsMessage:
    """One message of a batch."""

    id: str
    receipt_handle: str
    body: str
    receives: int
    """How often it was received, this time included."""
    sent_at: float
    """When it was sent, in seconds since 1970."""
    traceparent: str | None = None
    """The trace that it belongs to."""

    @property
    def age_seconds(self) -> float:
        """How long it has been on the queue."""
        return max(0.0, time.time() - self.sent_at)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message is not done."""

    error: Exception
    document_id: str | None = None

    @property
    def code(self) -> str:
        """The error's code, without any text from outside."""
        if isinstance(self.error, PermitOcrError | UnreadableEvent):
            return self.error.code
        return f"Unexpected.{type(self.error).__name__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A message that stays on its queue."""

    message: SqsMessage
    failure: Failure
    delay: float
    """Seconds until it is visible again."""
    failures: int | None
    """How often its work has failed, this time included; None if this time was not counted."""


class Queue(Protocol):
    """The queue that the batch is from."""

    def change_visibility(self, delays: dict[str, float]) -> None:
        """Make messages visible again after these seconds, by receipt handle. Never raises."""


class DeadLetterQueue(Protocol):
    """Where messages go that are not retried any more."""

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        """Send a message unchanged, with the reason. Raises ``RetryableError``."""


def messages_in_batch(event: Mapping[str, Any]) -> list[SqsMessage]:
    """Return the messages of a batch."""
    return [
        SqsMessage(
            id=record["messageId"],
            receipt_handle=record["receiptHandle"],
            body=record["body"],
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            sent_at=int(record["attributes"]["SentTimestamp"]) / 1000,
            traceparent=traceparent_of_message(
                record["attributes"], record.get("messageAttributes", {}), message_id=record["messageId"]
            ),
        )
        for record in event["Records"]
    ]


def batch_response(outcomes: Iterable[Retried | None], queue: Queue, *, function: QueueFunction) -> dict[str, Any]:
    """Delay the messages that are retried, and return the partial batch response that names them.

    An outcome of None is a message that may be deleted.
    """
    retried = [outcome for outcome in outcomes if outcome]
    queue.change_visibility({one.message.receipt_handle: one.delay for one in retried})
    _record_metrics(retried, function)
    return {"batchItemFailures": [{"itemIdentifier": one.message.id} for one in retried]}


def _record_metrics(retried: Sequence[Retried], function: QueueFunction) -> None:
    """Record why messages wait, and the age of the oldest one that is only deferred.

    The age of a failing message is left out: one document that can never succeed would set off the same alarm with each
    of its retries. It is counted once instead, with its third failure, a minute and a half after its first.
    """
    deferred = [0.0]
    for one in retried:
        reason = reason_of(one.failure.error)
        record_metric("MessagesDeferred", reason=reason)
        if reason in WAITING:
            deferred.append(one.message.age_seconds)
        elif one.failures == _FAILING or (one.failures is None and one.message.receives >= _FAILING):
            record_metric("MessagesFailing", function=function)
    # In every invocation: an alarm sees by it that the metrics of this function arrive.
    record_metric("OldestDeferredSeconds", max(deferred), function=function)


def log_failure(error: Exception, *, event: LogEvent, document_id: str | None) -> Failure:
    """Log the error that ended the processing of a document, and return it as a failure."""
    if isinstance(error, PermitOcrError):
        log_event(event, document_id=document_id, code=error.code, request_id=error.request_id)
    else:  # a bug in our code must not hold up the other documents
        log_unexpected_error(error, document_id=document_id)
    return Failure(error, document_id)


def send_to_dead_letter_queue(
    message: SqsMessage, failure: Failure, queue: DeadLetterQueue, *, event: LogEvent
) -> float | None:
    """Send a message to the dead-letter queue; return None, or the seconds until that is retried.

    Logs ``event`` once it is there: only then may it be deleted. If the function is killed in between, a second copy
    does no harm: the work is done once.
    """
    try:
        queue.send(message.body, message_id=message.id, reason=failure.code, document_id=failure.document_id)
    except RetryableError as error:
        log_event("dead_letter_not_sent", document_id=failure.document_id, code=error.code)
        return deferral_delay(error, age_seconds=message.age_seconds)
    log_event(event, document_id=failure.document_id, code=failure.code)
    return None
