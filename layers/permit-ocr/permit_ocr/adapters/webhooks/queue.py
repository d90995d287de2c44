"""The queue of webhooks and the one of those that were given up, both FIFO."""

from typing import TYPE_CHECKING
from uuid import uuid4

from permit_ocr.adapters.sqs.queues import change_visibility
from permit_ocr.aws_errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class WebhookQueue:
    """Gives webhooks back to wait, or up."""

    def __init__(self, client: "SQSClient", *, queue_url: str, dead_letter_queue_url: str) -> None:
        """Both are FIFO queues."""
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def change_visibility(self, waits: dict[str, float]) -> None:
        """Make messages visible again after so many seconds each, by receipt handle. See ``change_visibility``."""
        change_visibility(self._client, self._queue_url, waits)

    def send_to_dead_letter_queue(self, body: str, *, reason: str, message_id: str) -> None:
        """Send a webhook to the dead-letter queue as it came, with why it was given up. Raises ``RetryableError``.

        Given up a second time by a redelivery, it is there once.
        """
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._dead_letter_queue_url,
                MessageBody=body,
                MessageGroupId=message_id,
                MessageDeduplicationId=message_id,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
            )


def send_again(client: "SQSClient", queue_url: str, event: str) -> None:
    """Put an event on the queue of webhooks, whether it was there before or still is. Raises botocore's errors."""
    once = uuid4().hex  # of the event's own group it would wait behind an earlier attempt
    client.send_message(QueueUrl=queue_url, MessageBody=event, MessageGroupId=once, MessageDeduplicationId=once)
