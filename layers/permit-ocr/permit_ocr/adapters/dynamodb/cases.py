"""The port ``Cases`` on DynamoDB: one item for each case in the work table, one for each completed event.

Encrypted, and gone after some days (TTL).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from permit_ocr.application.ports import Case, CaseSide
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.permits import Kind, Side

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_SECONDS: Final = 24 * 3600
_SLOTS: Final = {f"{kind}_{side}": (kind, side) for kind in Kind for side in Side}


class DynamoDbCases:
    """Items: ``case#…`` and ``completed#…``, with ``expires_at`` (seconds since 1970).

    A case has a map for each side that is in (``mainland-permit_front`` and so on: ``document_id``, ``sort_key``,
    ``event``, and ``until``, since one side may expire before the other), and for each kind that was completed the id
    of that event (``mainland-permit_completed``). A completed event is one text, ``json``.
    """

    def __init__(
        self, client: "DynamoDBClient", *, table: str, keep_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """``keep_days`` is how long a side, and a completed event, is kept."""
        self._client = client
        self._table = table
        self._keep_seconds = keep_days * _DAY_SECONDS
        self._clock = clock

    def add_side(self, case: str, side: CaseSide) -> Case:
        """See the port. One conditional write, which brings back the whole case.

        A second one only where a side is in it whose time is over.
        """
        now = self._clock()
        expires = str(round(now + self._keep_seconds))
        said = {
            "document_id": {"S": side.document_id},
            "place": {"S": side.sort_key},
            "event": {"S": side.event},
            "until": {"N": expires},
        }
        with translate_aws_errors("DynamoDB"):
            try:
                item: Mapping[str, Any] = self._client.update_item(
                    TableName=self._table,
                    Key=_key(case),
                    UpdateExpression="SET #side = :side, expires_at = :expires",
                    ConditionExpression="attribute_not_exists(#side) OR #side.#place <= :place OR #side.#until < :now",
                    ExpressionAttributeNames={"#side": _slot(side), "#place": "place", "#until": "until"},
                    ExpressionAttributeValues={
                        ":side": {"M": said},
                        ":expires": {"N": expires},
                        ":place": {"S": side.sort_key},
                        ":now": {"N": f"{now:.3f}"},
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                item = cast("dict[str, Any]", refused.response)["Item"]
        for slot in _SLOTS:
            if slot in item and not self._is_current(item[slot]["M"]):
                # The item lives on with the side that was noted: this one would live on in it.
                self._remove(case, [slot], if_still=(slot, "until", item[slot]["M"]["until"]))
        return self._case(item)

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        """See the port. The event first: what the case names is there."""
        expires = {"N": str(round(self._clock() + self._keep_seconds))}
        with translate_aws_errors("DynamoDB"):
            self._client.put_item(
                TableName=self._table,
                Item={"id": {"S": f"completed#{event_id}"}, "json": {"S": event}, "expires_at": expires},
            )
            try:
                replaced = self._client.update_item(
                    TableName=self._table,
                    Key=_key(case),
                    UpdateExpression="SET #completed = :id",
                    ConditionExpression="#front.document_id = :front AND #back.document_id = :back",
                    ExpressionAttributeNames={
                        "#completed": _completed(front.kind),
                        "#front": _slot(front),
                        "#back": _slot(back),
                    },
                    ExpressionAttributeValues={
                        ":id": {"S": event_id},
                        ":front": {"S": front.document_id},
                        ":back": {"S": back.document_id},
                    },
                    ReturnValues="UPDATED_OLD",
                ).get("Attributes", {})
            except self._client.exceptions.ConditionalCheckFailedException:
                replaced = {_completed(front.kind): {"S": event_id}}
            else:
                replaced = {name: value for name, value in replaced.items() if value != {"S": event_id}}
        self._forget_completed(replaced, front.kind)

    def get(self, case: str) -> Case | None:
        """See the port."""
        item = self._get(_key(case))
        return self._case(item) if item else None

    def completed_event(self, event_id: str) -> str | None:
        """See the port."""
        item = self._get({"id": {"S": f"completed#{event_id}"}})
        return item["json"]["S"] if item else None

    def remove_side(self, case: str, *, document_id: str) -> None:
        """See the port. Also of a side whose time is over, as long as DynamoDB has it."""
        with translate_aws_errors("DynamoDB"):
            item = self._client.get_item(TableName=self._table, Key=_key(case), ConsistentRead=True).get("Item", {})
        for slot in _SLOTS:
            if slot in item and item[slot]["M"]["document_id"]["S"] == document_id:
                completed = _completed(_SLOTS[slot][0])
                removed = self._remove(case, [slot, completed], if_still=(slot, "document_id", {"S": document_id}))
                self._forget_completed(removed, _SLOTS[slot][0])

    def _remove(
        self, case: str, attributes: Sequence[str], *, if_still: tuple[str, str, Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Remove attributes of a case if a slot's value is still this one; return what was removed."""
        names = {f"#{place}": attribute for place, attribute in enumerate(attributes)}
        slot, name, value = if_still
        with translate_aws_errors("DynamoDB"):
            try:
                return self._client.update_item(
                    TableName=self._table,
                    Key=_key(case),
                    UpdateExpression=f"REMOVE {', '.join(names)}",
                    ConditionExpression="#slot.#name = :value",
                    ExpressionAttributeNames={**names, "#slot": slot, "#name": name},
                    ExpressionAttributeValues={":value": value},
                    ReturnValues="UPDATED_OLD",
                ).get("Attributes", {})
            except self._client.exceptions.ConditionalCheckFailedException:
                return {}

    def _is_current(self, side: Mapping[str, Any]) -> bool:
        return float(side["until"]["N"]) >= self._clock()

    def _forget_completed(self, attributes: Mapping[str, Any], kind: Kind) -> None:
        if said := attributes.get(_completed(kind)):
            with translate_aws_errors("DynamoDB"):
                self._client.delete_item(TableName=self._table, Key={"id": {"S": f"completed#{said['S']}"}})

    def _get(self, key: dict[str, Any]) -> Mapping[str, Any] | None:
        with translate_aws_errors("DynamoDB"):
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        # DynamoDB deletes an expired item within days, not at once.
        return item if item and float(item["expires_at"]["N"]) >= self._clock() else None

    def _case(self, item: Mapping[str, Any]) -> Case:
        there = [(slot, item[name]["M"]) for name, slot in _SLOTS.items() if name in item]
        return Case(
            sides=tuple(
                CaseSide(
                    kind=kind,
                    side=side,
                    document_id=said["document_id"]["S"],
                    sort_key=said["place"]["S"],
                    event=said["event"]["S"],
                )
                for (kind, side), said in there
                if self._is_current(said)
            ),
            completed={kind: item[_completed(kind)]["S"] for kind in Kind if _completed(kind) in item},
        )


def _key(case: str) -> dict[str, Any]:
    return {"id": {"S": f"case#{case}"}}


def _slot(side: CaseSide) -> str:
    return f"{side.kind}_{side.side}"


def _completed(kind: Kind) -> str:
    return f"{kind}_completed"
