"""The queues: where events and messages are sent, and how a consumer makes messages wait."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from permit_ocr.application.intake_messages import IntakeMessage, serialize_message
from permit_ocr.application.retry_policy import MAXIMUM_VISIBILITY_SECONDS
from permit_ocr.aws_errors import refused, translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.observability import log_event
from permit_ocr.trace_context import TRACEPARENT, current_traceparent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH_LIMIT: Final = 10
"""Messages that one call takes."""
_PARALLEL_BATCHES: Final = 10


class SqsEventPublisher:
    """The ports ``EventPublisher`` and ``ReminderPublisher``.

    Events go to the results queue and, if webhooks are configured, to the webhook queue; both are FIFO.
    """

    def __init__(self, client: "SQSClient", *, queue_url: str, webhook_queue_url: str = "") -> None:
        self._client = client
        self._queue_urls = [queue_url, *([webhook_queue_url] if webhook_queue_url else [])]
        self.queues = len(self._queue_urls)

    def publish(self, event: str, *, event_id: str) -> None:
        # If the webhook send fails, both are retried; FIFO deduplication drops the repeat.
        for queue_url in self._queue_urls:
            with translate_aws_errors("SQS"):
                self._client.send_message(
                    QueueUrl=queue_url,
                    MessageBody=event,
                    MessageGroupId=event_id,
                    MessageDeduplicationId=event_id,
                    MessageAttributes=_attributes(),
                )

    def publish_all(self, events: Sequence[tuple[str, str]], *, queue: int) -> None:
        # Other threads work on no trace.
        send = partial(self._send_batch, self._queue_urls[queue], attributes=_attributes())
        with ThreadPoolExecutor(_PARALLEL_BATCHES) as threads:
            for _ in threads.map(send, batched(events, _BATCH_LIMIT, strict=False)):
                pass

    def _send_batch(self, queue_url: str, events: Sequence[tuple[str, str]], *, attributes: Any) -> None:  # noqa: ANN401  as _attributes()
        entries: Any = [
            {
                "Id": str(number),
                "MessageBody": event,
                "MessageGroupId": event_id,
                "MessageDeduplicationId": event_id,
                "MessageAttributes": attributes,
            }
            for number, (event_id, event) in enumerate(events)
        ]
        with translate_aws_errors("SQS"):
            response = self._client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if failed := response.get("Failed"):
            raise refused("SQS", failed[0]["Code"])


class SqsQueue:
    """The ports ``MessageQueue`` and ``DeadLetterQueue``, and ``Queue`` for the function that consumes it."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def enqueue(self, message: IntakeMessage, *, delay_seconds: int = 0) -> None:
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=serialize_message(message),
                DelaySeconds=delay_seconds,
                MessageAttributes=_attributes(),
            )

    def enqueue_all(self, messages: Sequence[IntakeMessage]) -> None:
        for batch in batched(map(serialize_message, messages), _BATCH_LIMIT, strict=False):
            entries: Any = [
                {"Id": str(number), "MessageBody": body, "MessageAttributes": _attributes()}
                for number, body in enumerate(batch)
            ]
            with translate_aws_errors("SQS"):
                response = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if failed := response.get("Failed"):
                raise refused("SQS", failed[0]["Code"])

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        # The reason is an error's code and the id is opaque, so the attributes hold no personal data.
        attributes = {"reason": reason} | ({"document_id": document_id} if document_id else {})
        # A message that is sent twice arrives once.
        fifo: Any = {"MessageGroupId": message_id, "MessageDeduplicationId": message_id}
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes=_attributes(**attributes),
                **(fifo if self._queue_url.endswith(".fifo") else {}),
            )

    def change_visibility(self, delays: dict[str, float]) -> None:
        # A failure is logged; the queue's own visibility timeout then applies.
        for batch in batched(sorted(delays.items()), _BATCH_LIMIT, strict=False):
            entries: Any = [
                {
                    "Id": str(number),
                    "ReceiptHandle": handle,
                    "VisibilityTimeout": min(round(seconds), MAXIMUM_VISIBILITY_SECONDS),
                }
                for number, (handle, seconds) in enumerate(batch)
            ]
            try:
                with translate_aws_errors("SQS"):
                    response = self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)
            except RetryableError as error:
                log_event("visibility_not_changed", code=error.code, messages=len(entries))
                continue
            if failed := response.get("Failed"):
                log_event("visibility_not_changed", messages=len(failed))


def _attributes(**values: str) -> Any:  # noqa: ANN401  every client call has a type of its own for them
    """Return message attributes with these values, and with the trace that the message belongs to."""
    traceparent = current_traceparent()
    given = values | ({TRACEPARENT: traceparent} if traceparent else {})
    return {name: {"DataType": "String", "StringValue": value} for name, value in given.items()}


def send_webhook_again(client: "SQSClient", queue_url: str, event: str) -> None:
    """Send an event to the webhook queue, even if it is or was there. Raises botocore's errors."""
    unique = uuid4().hex  # in the event's own message group it would wait behind an earlier attempt
    client.send_message(QueueUrl=queue_url, MessageBody=event, MessageGroupId=unique, MessageDeduplicationId=unique)
