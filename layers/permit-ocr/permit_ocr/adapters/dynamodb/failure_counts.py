"""How often the processing of each message has failed: one write per failure, none otherwise.

SQS's receive count cannot be used: it also counts receives that were only rate limited or found the circuit open.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from permit_ocr.dynamodb_table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEEP_DAYS: Final = 14
"""SQS keeps no message for longer."""


class DynamoDbFailureCounts:
    """Items: ``failures#MESSAGE_ID`` with ``failures`` (a number)."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        self._table = Table(client, table, keep_days=_KEEP_DAYS, clock=clock)

    def count(self, message_id: str) -> int:
        """Count one failure and return the number so far. Raises ``RetryableError``.

        Counts by message, not by document: a message keeps its id on every receive, and starts again after a redrive.
        """
        write = self._table.update(
            f"failures#{message_id}",
            "ADD failures :one SET expires_at = :expires_at",
            values={":one": 1},
            returns="ALL_NEW",
        )
        return int(write.item["failures"])
