"""What is sent to the webhook queue outside publishing."""

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def send_again(client: "SQSClient", queue_url: str, event: str) -> None:
    """Send an event to the webhook queue, whether or not it is or was there. Raises botocore's errors."""
    once = uuid4().hex  # in the event's own message group it would wait behind an earlier attempt
    client.send_message(QueueUrl=queue_url, MessageBody=event, MessageGroupId=once, MessageDeduplicationId=once)
