"""The results queue, the intake queue, the images queue and the dead-letter queue."""

from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING

from permit_ocr.application.intake_messages import (
    Page,
    RecognizeUrlMessage,
    RepublishMessage,
    Upload,
    serialize_message,
)
from permit_ocr.application.retry_policy import LONGEST_VISIBILITY_SECONDS
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import RetryableError
from permit_ocr.observability import log_event

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsResultsQueue:
    """The port ``ResultsQueue`` on an SQS FIFO queue, and another one for webhooks where these are configured."""

    def __init__(self, client: "SQSClient", *, queue_url: str, webhook_queue_url: str = "") -> None:
        """Both are FIFO queues."""
        self._client = client
        self._queue_urls = [queue_url, *([webhook_queue_url] if webhook_queue_url else [])]

    def publish(self, event: str, *, event_id: str) -> None:
        """See the port. The document's id is the event's: group and deduplication id in one.

        If the second queue takes it not, it is sent to both again, of which the first knows it already.
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
    """Gives work back to the intake queue, or hands it over."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the intake queue's."""
        self._client = client
        self._queue_url = queue_url

    def enqueue_republish(self, document_id: str) -> None:
        """Ask the uploads function to publish a kept result. Raises ``RetryableError``."""
        message = serialize_message(RepublishMessage(document_id=document_id))
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=message)

    def enqueue_url(self, work: RecognizeUrlMessage) -> None:
        """Ask the uploads function to read an image at an address. Raises ``RetryableError``."""
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=serialize_message(work))

    def enqueue_pages(self, pages: Sequence[Page]) -> None:
        """Send pages to the uploads function. Raises ``RetryableError`` unless all were sent."""
        for some in batched(map(serialize_message, pages), 10, strict=False):
            entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(some)]
            with translate_aws_errors("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
            if failed := answer.get("Failed"):
                raise RetryableError(
                    f"SQS.{failed[0]['Code']}",
                    "SQS did not take all messages.",
                    "Nothing: it is tried again by itself.",
                )

    def change_visibility(self, waits: dict[str, float]) -> None:
        """Make messages visible again after so many seconds each, by receipt handle. See ``change_visibility``."""
        change_visibility(self._client, self._queue_url, waits)


class SqsImagesQueue:
    """Where uploads go that have to be made plain images before they are read."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the images queue's."""
        self._client = client
        self._queue_url = queue_url

    def enqueue(self, upload: Upload) -> None:
        """Ask the images function for plain images of an upload. Raises ``RetryableError``."""
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=serialize_message(upload))

    def change_visibility(self, waits: dict[str, float]) -> None:
        """Make messages visible again after so many seconds each, by receipt handle. See ``change_visibility``."""
        change_visibility(self._client, self._queue_url, waits)


class SqsDeadLetterQueue:
    """Takes what was given up."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        """``queue_url`` is the dead-letter queue's."""
        self._client = client
        self._queue_url = queue_url

    def send(self, body: str, *, reason: str, document_id: str | None) -> None:
        """Send a message as it came, with why it was given up. Raises ``RetryableError``.

        ``reason`` is an error's code and ``document_id`` opaque, so the attributes hold no personal data.
        """
        said = {"reason": reason} | ({"document_id": document_id} if document_id else {})
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in said.items()},
            )


def change_visibility(client: "SQSClient", queue_url: str, waits: dict[str, float]) -> None:
    """Make messages visible again after so many seconds each, by receipt handle.

    Never raises: a failure is noted, and the queue's own timeout holds for these.
    """
    for handles in _tens(sorted(waits)):
        entries = [
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": _visibility(waits[handle])}
            for place, handle in enumerate(handles)
        ]
        try:
            with translate_aws_errors("SQS"):
                answer = client.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]
        except RetryableError as error:
            log_event("visibility_not_changed", code=error.code, documents=len(handles))
            continue
        if failed := answer.get("Failed"):
            log_event("visibility_not_changed", documents=len(failed))


def _visibility(seconds: float) -> int:
    return min(round(seconds), LONGEST_VISIBILITY_SECONDS)


def _tens(handles: list[str]) -> list[list[str]]:
    return [handles[start : start + 10] for start in range(0, len(handles), 10)]
