"""One DynamoDB table: conditional writes, consistent reads, and items as plain Python values.

Items have a text ``id``, and ``expires_at`` (seconds since 1970) where they expire.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from permit_ocr.aws_errors import refused, translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_SECONDS: Final = 24 * 3600
_PLACEHOLDER: Final = re.compile(r":\w+")
_BATCH_TRIES: Final = 5
"""DynamoDB leaves items out of a batch when it throttles them."""

type Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    """The result of a conditional write. ``item`` is empty if there is none, or none was asked for."""

    applied: bool
    """Whether the condition held."""
    item: Item
    """If it was applied, what ``returns`` asked for; else the item that did not meet the condition."""


class Table:
    """All methods raise ``Deferred``, and ``RetryableError`` for an item that DynamoDB will never take."""

    def __init__(
        self, client: "DynamoDBClient", name: str, *, keep_days: int = 0, clock: Callable[[], float] = time.time
    ) -> None:
        """``keep_days`` from now is the ``:expires_at`` of an expression; ``clock`` returns seconds since 1970."""
        self._client = client
        self._name = name
        self._keep_days = keep_days
        self.now = clock

    def get(self, item_id: str, *, include_expired: bool = False) -> Item | None:
        """Return an item as it is after all completed writes. DynamoDB deletes expired items only within days."""
        with translate_aws_errors("DynamoDB"):
            found = self._client.get_item(TableName=self._name, Key={"id": {"S": item_id}}, ConsistentRead=True)
        item = _plain_item(found.get("Item", {}))
        return item if item and (include_expired or item["expires_at"] >= self.now()) else None

    def get_all(self, item_ids: Sequence[str]) -> list[Item]:
        """Return those of up to 100 items that exist, in any order, as they are after all completed writes."""
        keys: list[Any] = [{"id": {"S": item_id}} for item_id in item_ids]
        found: list[Item] = []
        for _ in range(_BATCH_TRIES):
            if not keys:
                return found
            request: Any = {self._name: {"Keys": keys, "ConsistentRead": True}}
            with translate_aws_errors("DynamoDB"):
                response = self._client.batch_get_item(RequestItems=request)
            found += map(_plain_item, response["Responses"].get(self._name, []))
            left = response.get("UnprocessedKeys", {})
            keys = list(left[self._name]["Keys"]) if self._name in left else []
        if keys:
            raise refused("DynamoDB", "ProvisionedThroughputExceededException")
        return found

    def put(self, item_id: str, attributes: Item) -> None:
        """Replace an item; it expires after ``keep_days``."""
        item = {"id": item_id, "expires_at": self.expires_at(), **attributes}
        with translate_aws_errors("DynamoDB"):
            self._client.put_item(TableName=self._name, Item=_attribute_values(item))

    def update(
        self,
        item_id: str,
        expression: str,
        *,
        condition: str = "",
        values: Item | None = None,
        names: Mapping[str, str] | None = None,
        returns: Literal["NONE", "ALL_NEW", "UPDATED_OLD"] = "NONE",
    ) -> Write:
        """Update or create an item if ``condition`` holds.

        ``values`` are those of the expressions' ``:placeholders``. ``:now`` and ``:expires_at`` are always there.
        """
        request: dict[str, Any] = {"UpdateExpression": expression, "ReturnValues": returns}
        if names:
            request["ExpressionAttributeNames"] = names
        return self._write(self._client.update_item, item_id, condition, values, request)

    def query_index(
        self,
        index: str,
        key: tuple[str, str],
        *,
        filters: Sequence[str] = (),
        values: Item | None = None,
        limit: int,
        after: Item | None = None,
        include_expired: bool = False,
    ) -> tuple[Sequence[Item], Item | None]:
        """Return items of an index whose ``key`` (an attribute and its value) is this, in the index's order.

        They may be a moment old. At most ``limit`` are looked at; those that all ``filters`` let through are returned,
        and the place to continue ``after``, None at the end. Unless they ``include_expired``, the index must be sorted
        by ``expires_at``.
        """
        name, value = key
        request: dict[str, Any] = {
            "TableName": self._name,
            "IndexName": index,
            "KeyConditionExpression": f"{name} = :key" + ("" if include_expired else " AND expires_at >= :now"),
            "ExpressionAttributeValues": _attribute_values(
                {":key": value, **({} if include_expired else {":now": self.now()}), **(values or {})}
            ),
            "Limit": limit,
        }
        if filters:
            request["FilterExpression"] = " AND ".join(filters)
        if after:
            request["ExclusiveStartKey"] = _attribute_values(after)
        with translate_aws_errors("DynamoDB"):
            page = self._client.query(**request)
        last = page.get("LastEvaluatedKey")
        return [_plain_item(item) for item in page["Items"]], _plain_item(last) if last else None

    def delete(self, item_id: str, *, condition: str = "", values: Item | None = None) -> Write:
        """Delete an item if ``condition`` holds; one that does not exist may meet it, too."""
        return self._write(self._client.delete_item, item_id, condition, values, {})

    def _write(
        self, call: Callable[..., Any], item_id: str, condition: str, values: Item | None, request: dict[str, Any]
    ) -> Write:
        values = values or {}
        defaults = {":now": self.now, ":expires_at": self.expires_at}
        # DynamoDB refuses values that no expression uses.
        if used := set(_PLACEHOLDER.findall(f"{request.get('UpdateExpression', '')} {condition}")):
            request["ExpressionAttributeValues"] = {
                name: _attribute_value(values[name] if name in values else defaults[name]()) for name in used
            }
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with translate_aws_errors("DynamoDB"):
            try:
                response = call(TableName=self._name, Key={"id": {"S": item_id}}, **request)
            except self._client.exceptions.ConditionalCheckFailedException as error:
                current = cast("dict[str, Any]", error.response).get("Item", {})
                return Write(applied=False, item=_plain_item(current))
        return Write(applied=True, item=_plain_item(response.get("Attributes", {})))

    def expires_at(self, *, keep_days: int | None = None) -> int:
        """Return when an item expires that is written now."""
        return round(self.now() + (self._keep_days if keep_days is None else keep_days) * _DAY_SECONDS)


class WorkTableAdapter:
    """Base of the adapters whose items are in the work table, encrypted and deleted by TTL."""

    def __init__(
        self, client: "DynamoDBClient", *, table: str, keep_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """``keep_days`` is how long an item is kept after its last change."""
        self._table = Table(client, table, keep_days=keep_days, clock=clock)


def _attribute_values(values: Item) -> dict[str, Any]:
    return {name: _attribute_value(value) for name, value in values.items()}


def _attribute_value(value: Any) -> dict[str, Any]:  # noqa: ANN401
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case float():
            return {"N": f"{value:.3f}"}
        case set():
            return {"SS": sorted(value)}
        case _:
            return {"M": _attribute_values(value)}


def _plain_item(item: Item) -> Item:
    return {name: _plain(value) for name, value in item.items()}


def _plain(attribute_value: Mapping[str, Any]) -> Any:  # noqa: ANN401
    ((kind, value),) = attribute_value.items()
    match kind:
        case "N":
            return float(value) if "." in value else int(value)
        case "SS":
            return set(value)
        case "M":
            return _plain_item(value)
        case _:
            return value
