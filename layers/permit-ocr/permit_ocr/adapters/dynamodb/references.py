"""The documents that use a recognition, besides the one in its own item: one item each, encrypted and deleted by TTL.

The key is ``recognition_id`` and ``document_id``; ``expires_at`` is in seconds since 1970. A list in the recognition's
item would grow with every use of the same photo, up to the 400 KB that DynamoDB takes.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.aws_errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE: Final = 100
"""Items that one call reads: usually the first shows a use, and the rest need not be read."""


class References:
    """All methods raise ``Deferred``."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._name = table
        self._now = clock

    def add(self, recognition_id: str, *, document_id: str, expires_at: int) -> None:
        """Store that a document uses a recognition, or that it does so for longer."""
        with translate_aws_errors("DynamoDB"):
            self._client.put_item(
                TableName=self._name, Item={**_key(recognition_id, document_id), "expires_at": {"N": str(expires_at)}}
            )

    def remove(self, recognition_id: str, *, document_id: str) -> None:
        """Remove a document's use, if there is one."""
        with translate_aws_errors("DynamoDB"):
            self._client.delete_item(TableName=self._name, Key=_key(recognition_id, document_id))

    def exist(self, recognition_id: str) -> bool:
        """Return whether any document uses a recognition, after all completed writes. Expired uses do not count."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "recognition_id = :id",
            "FilterExpression": "expires_at >= :now",
            "ExpressionAttributeValues": {":id": {"S": recognition_id}, ":now": {"N": f"{self._now():.3f}"}},
            "ConsistentRead": True,
            "Select": "COUNT",
            "Limit": _PAGE,
        }
        while True:
            with translate_aws_errors("DynamoDB"):
                page = self._client.query(**request)
            if page["Count"]:
                return True
            if "LastEvaluatedKey" not in page:
                return False
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key(recognition_id: str, document_id: str) -> dict[str, Any]:
    return {"recognition_id": {"S": recognition_id}, "document_id": {"S": document_id}}
