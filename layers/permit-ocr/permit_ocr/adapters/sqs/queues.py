"""The queues: where events and messages are sent, and how a consumer makes messages wait."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from permit_ocr.application.intake_messages import (
    Page,
    RecognizeUrlMessage,
    RepublishMessage,
    Upload,
    serialize_message,
)
from permit_ocr.application.retry_policy import MAXIMUM_VISIBILITY_SECONDS
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.observability import log_event

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsEventPublisher:
    """The port ``EventPublisher``: the results queue and, where webhooks are configured, the webhook queue."""

    def __init__(self, client: "SQSClient", *, queue_url: str, webhook_queue_url: str = "") -> None:
        """Both queues are FIFO."""
        self._client = client
        self._queue_urls = [queue_url, *([webhook_queue_url] if webhook_queue_url else [])]

    def publish(self, event: str, *, event_id: str) -> None:
        """See the port. The event's id is both the message group and the deduplication id.

        If the webhook send fails, both are retried; FIFO deduplication drops the repeat.
        """
        for queue_url in self._queue_urls:
            with translate_aws_errors("SQS"):
                self._client.send_message(
                    QueueUrl=queue_url,
                    MessageBody=event,
                    MessageGroupId=event_id,
                    MessageDeduplicationId=event_id,
                )


class SqsIntakeQueue:
    """Sends work to the uploads function."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the intake queue's."""
        self._client = client
        self._queue_url = queue_url

    def enqueue_republish(self, document_id: str) -> None:
        """Ask for a stored result to be published. Raises ``RetryableError``."""
        message = serialize_message(RepublishMessage(document_id=document_id))
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=message)

    def enqueue_url(self, work: RecognizeUrlMessage) -> None:
        """Ask for an image at a URL to be recognised. Raises ``RetryableError``."""
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=serialize_message(work))

    def enqueue_pages(self, pages: Sequence[Page]) -> None:
        """Send the pages of a converted upload. Raises ``RetryableError`` unless all were sent."""
        for some in batched(map(serialize_message, pages), 10, strict=False):
            entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(some)]
            with translate_aws_errors("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
            if failed := answer.get("Failed"):
                raise RetryableError(
                    f"SQS.{failed[0]['Code']}",
                    "SQS did not take all messages.",
                    "No action needed; it is retried automatically.",
                )


class SqsImagesQueue:
    """Sends uploads to the images function."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the images queue's."""
        self._client = client
        self._queue_url = queue_url

    def enqueue(self, upload: Upload) -> None:
        """Ask for an upload to be converted into provider-ready images. Raises ``RetryableError``."""
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=serialize_message(upload))


class SqsDeadLetterQueue:
    """The port ``DeadLetterQueue``, on a standard or a FIFO queue."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the dead-letter queue's."""
        self._client = client
        self._queue_url = queue_url

    def send(self, body: str, *, message_id: str, reason: str, document_id: str | None) -> None:
        """See the port. On a FIFO queue a message that is sent twice arrives once.

        ``reason`` is an error's code and ``document_id`` is opaque, so the attributes hold no personal data.
        """
        attributes = {"reason": reason} | ({"document_id": document_id} if document_id else {})
        fifo: Any = {"MessageGroupId": message_id, "MessageDeduplicationId": message_id}
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
                **(fifo if self._queue_url.endswith(".fifo") else {}),
            )


class SqsConsumedQueue:
    """The port ``Queue``: the queue that a function consumes."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the consumed queue's."""
        self._client = client
        self._queue_url = queue_url

    def change_visibility(self, delays: dict[str, float]) -> None:
        """See the port. A failure is logged; the queue's own visibility timeout then applies."""
        for some in batched(sorted(delays.items()), 10, strict=False):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": _visibility(seconds)}
                for number, (handle, seconds) in enumerate(some)
            ]
            try:
                with translate_aws_errors("SQS"):
                    answer = self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
            except RetryableError as error:
                log_event("visibility_not_changed", code=error.code, documents=len(entries))
                continue
            if failed := answer.get("Failed"):
                log_event("visibility_not_changed", documents=len(failed))


def _visibility(seconds: float) -> int:
    return min(round(seconds), MAXIMUM_VISIBILITY_SECONDS)
