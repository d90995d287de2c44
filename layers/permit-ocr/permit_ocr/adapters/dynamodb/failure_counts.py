"""How often the work of each message has failed, counted in the work table: one write a failure, none otherwise.

SQS's own count will not do: it counts every receive, also one that only found the quota taken up or the line stopped.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from permit_ocr.aws_errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEEP_SECONDS: Final = 14 * 24 * 3600
"""No message is older: SQS keeps none for longer."""


class DynamoDbFailureCounts:
    """Items: ``id`` (``failures#…``), ``failures`` (a number), ``expires_at`` (seconds since 1970)."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        """``table`` is the work table."""
        self._client = client
        self._table = table
        self._clock = clock

    def count(self, message_id: str) -> int:
        """Count one failure and return how many it makes. Raises ``RetryableError``.

        By message, not by document: a message has one id on every receive, and starts anew once it is replayed.
        """
        with translate_aws_errors("DynamoDB"):
            counted = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": f"failures#{message_id}"}},
                UpdateExpression="ADD failures :one SET expires_at = :expires",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":expires": {"N": str(round(self._clock()) + _KEEP_SECONDS)},
                },
                ReturnValues="UPDATED_NEW",
            )
        return int(counted["Attributes"]["failures"]["N"])
