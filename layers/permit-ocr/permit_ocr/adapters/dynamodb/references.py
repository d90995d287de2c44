"""Which documents belong to something: one item for each, encrypted and deleted by TTL.

| ``target``         | documents                                           | ``expires_at``                |
|--------------------|-----------------------------------------------------|-------------------------------|
| ``recognition#ID`` | those that use it, besides the one in its own item  | with the document's own item  |
| ``case#DIGEST``    | its documents, with ``started`` as in ``documents`` | see ``case_index``            |

The key is ``target`` and ``document_id``; times are seconds since 1970. A list in one item would grow with every
document, up to the 400 KB that DynamoDB takes.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.aws_errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutItemInputTypeDef

_PAGE: Final = 100
"""Items that one call reads: usually the first shows that there are any, and the rest need not be read."""


class References:
    """All methods raise ``Deferred``."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._name = table
        self._now = clock

    def add(
        self, target: str, *, document_id: str, expires_at: int, started: str | None = None, replaces: bool = True
    ) -> bool:
        """Store that a document belongs to ``target``, and return True.

        Unless it ``replaces`` what is stored, return False and change nothing if that has not expired.
        """
        attributes = {"expires_at": {"N": str(expires_at)}} | ({"started": {"S": started}} if started else {})
        request: PutItemInputTypeDef = {"TableName": self._name, "Item": {**_key(target, document_id), **attributes}}
        if not replaces:
            request["ConditionExpression"] = "attribute_not_exists(target) OR expires_at < :now"
            request["ExpressionAttributeValues"] = {":now": self._now_value()}
        with translate_aws_errors("DynamoDB"):
            try:
                self._client.put_item(**request)
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def remove(self, target: str, *, document_id: str) -> None:
        """Remove a document, if it is there."""
        with translate_aws_errors("DynamoDB"):
            self._client.delete_item(TableName=self._name, Key=_key(target, document_id))

    def exist(self, target: str) -> bool:
        """Return whether any document belongs to ``target``, after all completed writes."""
        return next(self._current(target), None) is not None

    def started(self, target: str) -> Iterator[str]:
        """Yield ``started`` of each document that belongs to ``target``, after all completed writes."""
        return (item["started"]["S"] for item in self._current(target))

    def _current(self, target: str) -> Iterator[Mapping[str, Any]]:
        """Yield the items that have not expired: DynamoDB deletes those that have only within days."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "target = :target",
            "FilterExpression": "expires_at >= :now",
            "ExpressionAttributeValues": {":target": {"S": target}, ":now": self._now_value()},
            "ConsistentRead": True,
            "Limit": _PAGE,
        }
        while True:
            with translate_aws_errors("DynamoDB"):
                page = self._client.query(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _now_value(self) -> dict[str, str]:
        return {"N": f"{self._now():.3f}"}


def _key(target: str, document_id: str) -> dict[str, Any]:
    return {"target": {"S": target}, "document_id": {"S": document_id}}
