"""The port ``Cases`` on DynamoDB: one item for each case, one for each event of a pair; encrypted, deleted by TTL.

| item              | attributes                                                                                      |
|-------------------|-------------------------------------------------------------------------------------------------|
| ``case#NAME``     | for each side, such as ``mainland-permit_front``, a map: ``document_id``, ``sort_key``,         |
|                   | ``event``, ``is_rejected`` and ``expires_at``, since one side may expire before the other;      |
|                   | for each completed kind (``mainland-permit_completed``) the id of its pair's event              |
| ``completed#ID``  | ``event``: the pair's event as JSON                                                             |

Both have ``expires_at``. All times are seconds since 1970.
"""

from typing import Any, Final

from permit_ocr.application.ports import Case, CaseSide
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.dynamodb_table import Item, WorkTableAdapter

_SIDES: Final = {f"{kind}_{side}": (kind, side) for kind in Kind for side in Side}
"""Attributes of sides, with the kind and side each is for."""
_IF_FREE: Final = "attribute_not_exists(#side) OR #side.expires_at < :now"
_IF_NEWER: Final = "#side.sort_key <= :sort_key"
_IF_OTHER_IS_REJECTED: Final = "(#side.document_id <> :id AND #side.is_rejected = :yes)"


class DynamoDbCases(WorkTableAdapter):
    """Each change of a case is a conditional write."""

    def add_side(self, case: str, side: CaseSide) -> Case:
        # One write, which returns the whole case, and one more for each expired side in it.
        fields = {
            "document_id": side.document_id,
            "sort_key": side.sort_key,
            "event": side.event,
            "is_rejected": side.is_rejected,
            "expires_at": self._table.expires_at(),
        }
        item = self._table.update(
            _item_id(case),
            "SET #side = :side, expires_at = :expires_at",
            condition=f"{_IF_FREE} OR ({_IF_NEWER} AND #side.document_id = :id)"
            if side.is_rejected
            else f"{_IF_FREE} OR {_IF_NEWER} OR {_IF_OTHER_IS_REJECTED}",
            names={"#side": _side_attribute(side)},
            values={":side": fields, ":sort_key": side.sort_key, ":id": side.document_id, ":yes": True},
            returns="ALL_NEW",
        ).item
        expired = [one for one in _SIDES if one in item and not self._is_current(item[one])]
        for attribute in expired:
            # The new side has extended the item's life: without this the expired side and its pair would live on in it.
            self._remove_side(case, attribute, if_unchanged=("expires_at", item[attribute]["expires_at"]))
        pairs = {_completed_attribute(_SIDES[attribute][0]) for attribute in expired}
        return self._case({name: value for name, value in item.items() if name not in pairs})

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        # The event is stored first, so that the id in a case always leads to one.
        self._table.put(_completed_item_id(event_id), {"event": event})
        attribute = _completed_attribute(front.kind)
        write = self._table.update(
            _item_id(case),
            "SET #completed = :event_id",
            condition="#front.sort_key = :front AND #back.sort_key = :back",
            names={"#completed": attribute, "#front": _side_attribute(front), "#back": _side_attribute(back)},
            values={":event_id": event_id, ":front": front.sort_key, ":back": back.sort_key},
            returns="UPDATED_OLD",
        )
        if not write.applied:
            self._table.delete(_completed_item_id(event_id))
        elif (replaced := write.item.get(attribute, event_id)) != event_id:
            self._table.delete(_completed_item_id(replaced))

    def get(self, case: str) -> Case | None:
        item = self._table.get(_item_id(case))
        return self._case(item) if item else None

    def completed_event(self, event_id: str) -> str | None:
        item = self._table.get(_completed_item_id(event_id))
        return item["event"] if item else None

    def remove_side(self, case: str, *, document_id: str) -> None:
        item = self._table.get(_item_id(case), include_expired=True) or {}  # an expired side is removed, too
        for attribute in _SIDES:
            if attribute in item and item[attribute]["document_id"] == document_id:
                self._remove_side(case, attribute, if_unchanged=("document_id", document_id))

    def _remove_side(self, case: str, attribute: str, *, if_unchanged: tuple[str, Any]) -> None:
        """Remove a side, its pair's id and its pair's event, if a field of the side still has this value."""
        field, value = if_unchanged
        completed = _completed_attribute(_SIDES[attribute][0])
        write = self._table.update(
            _item_id(case),
            "REMOVE #side, #completed",
            condition="#side.#field = :value",
            names={"#side": attribute, "#completed": completed, "#field": field},
            values={":value": value},
            returns="UPDATED_OLD",
        )
        if write.applied and completed in write.item:
            self._table.delete(_completed_item_id(write.item[completed]))

    def _is_current(self, side: Item) -> bool:
        return bool(side["expires_at"] >= self._table.now())

    def _case(self, item: Item) -> Case:
        return Case(
            sides=tuple(
                CaseSide(
                    kind=kind,
                    side=side,
                    document_id=item[attribute]["document_id"],
                    sort_key=item[attribute]["sort_key"],
                    event=item[attribute]["event"],
                    is_rejected=item[attribute].get("is_rejected", False),
                )
                for attribute, (kind, side) in _SIDES.items()
                if attribute in item and self._is_current(item[attribute])
            ),
            completed={kind: item[_completed_attribute(kind)] for kind in Kind if _completed_attribute(kind) in item},
        )


def _item_id(case: str) -> str:
    return f"case#{case}"


def _completed_item_id(event_id: str) -> str:
    return f"completed#{event_id}"


def _side_attribute(side: CaseSide) -> str:
    return f"{side.kind}_{side.side}"


def _completed_attribute(kind: Kind) -> str:
    return f"{kind}_completed"
