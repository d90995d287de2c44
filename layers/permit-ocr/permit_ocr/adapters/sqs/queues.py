"""The queues: where events and messages are sent, and how a consumer makes messages wait."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from permit_ocr.application.intake_messages import (
    Page,
    RecognizeUrlMessage,
    RepublishMessage,
    Upload,
    serialize_message,
)
from permit_ocr.application.retry_policy import MAXIMUM_VISIBILITY_SECONDS
from permit_ocr.aws_errors import refused, translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.observability import log_event

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH_LIMIT: Final = 10
"""Messages that one call takes."""


class SqsEventPublisher:
    """The port ``EventPublisher``: the results queue and, if webhooks are configured, the webhook queue; both FIFO."""

    def __init__(self, client: "SQSClient", *, queue_url: str, webhook_queue_url: str = "") -> None:
        self._client = client
        self._queue_urls = [queue_url, *([webhook_queue_url] if webhook_queue_url else [])]

    def publish(self, event: str, *, event_id: str) -> None:
        # If the webhook send fails, both are retried; FIFO deduplication drops the repeat.
        for queue_url in self._queue_urls:
            with translate_aws_errors("SQS"):
                self._client.send_message(
                    QueueUrl=queue_url,
                    MessageBody=event,
                    MessageGroupId=event_id,
                    MessageDeduplicationId=event_id,
                )


class _SqsQueue:
    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def _send(self, body: str, **parameters: Any) -> None:  # noqa: ANN401  botocore's
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body, **parameters)


class SqsIntakeQueue(_SqsQueue):
    """Sends work to the uploads function."""

    def enqueue_republish(self, document_id: str) -> None:
        """Ask for a stored result to be published. Raises ``RetryableError``."""
        self._send(serialize_message(RepublishMessage(document_id=document_id)))

    def enqueue_url(self, message: RecognizeUrlMessage) -> None:
        """Ask for an image at a URL to be recognised. Raises ``RetryableError``."""
        self._send(serialize_message(message))

    def enqueue_pages(self, pages: Sequence[Page]) -> None:
        """Send the pages of a converted upload. Raises ``RetryableError`` unless all were sent."""
        for batch in batched(map(serialize_message, pages), _BATCH_LIMIT, strict=False):
            entries: Any = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
            with translate_aws_errors("SQS"):
                response = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if failed := response.get("Failed"):
                raise refused("SQS", failed[0]["Code"])


class SqsImagesQueue(_SqsQueue):
    """Sends uploads to the images function."""

    def enqueue(self, upload: Upload) -> None:
        """Ask for an upload to be converted into provider-ready images. Raises ``RetryableError``."""
        self._send(serialize_message(upload))


class SqsDeadLetterQueue(_SqsQueue):
    """The port ``DeadLetterQueue``, on a standard or a FIFO queue."""

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        # The reason is an error's code and the id is opaque, so the attributes hold no personal data.
        attributes = {"reason": reason} | ({"document_id": document_id} if document_id else {})
        # A message that is sent twice arrives once.
        fifo = {"MessageGroupId": message_id, "MessageDeduplicationId": message_id}
        self._send(
            body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
            **(fifo if self._queue_url.endswith(".fifo") else {}),
        )


class SqsConsumedQueue(_SqsQueue):
    """The port ``Queue``: the queue that a function consumes."""

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
                log_event("visibility_not_changed", code=error.code, documents=len(entries))
                continue
            if failed := response.get("Failed"):
                log_event("visibility_not_changed", documents=len(failed))


def send_webhook_again(client: "SQSClient", queue_url: str, event: str) -> None:
    """Send an event to the webhook queue, even if it is or was there. Raises botocore's errors."""
    unique = uuid4().hex  # in the event's own message group it would wait behind an earlier attempt
    client.send_message(QueueUrl=queue_url, MessageBody=event, MessageGroupId=unique, MessageDeduplicationId=unique)
