"""The port ``ReminderProgress`` on DynamoDB: the item ``progress`` of the table of watched cards, which never expires.

It has ``day``, ``last_day``, ``position`` and ``queues`` of ``Progress``, the dates in ISO 8601, and ``lease_owner``
and ``lease_until``, in seconds since 1970. It has no attribute of the table's indexes, so it is in none.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.application.reminders.ports import Progress
from permit_ocr.domain.errors import InProgress
from permit_ocr.dynamodb_table import Item, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ID: Final = "progress"


class DynamoDbReminderProgress:
    """Each change is one conditional write."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        self._table = Table(client, table, clock=clock)

    def get(self) -> Progress | None:
        return _progress(self._table.get(_ID, include_expired=True) or {})

    def acquire_lease(self, owner: str, *, seconds: float) -> Progress | None:
        write = self._table.update(
            _ID,
            "SET lease_owner = :owner, lease_until = :until",
            condition="attribute_not_exists(lease_until) OR lease_until < :now OR lease_owner = :owner",
            values={":owner": owner, ":until": self._table.now() + seconds},
            returns="ALL_NEW",
        )
        if not write.applied:
            raise InProgress(after_seconds=max(write.item["lease_until"] - self._table.now(), 1.0))
        return _progress(write.item)

    def store(self, owner: str, progress: Progress) -> bool:
        values: dict[str, Any] = {"day": progress.day.isoformat(), "queues": progress.queues}
        if progress.valid_until:
            values["last_day"] = progress.valid_until.isoformat()
        if progress.position:
            values["position"] = progress.position
        unset = [name for name in ("last_day", "position") if name not in values]
        write = self._table.update(
            _ID,
            "SET "
            + ", ".join(f"#{name} = :{name}" for name in values)
            + (" REMOVE " + ", ".join(f"#{name}" for name in unset) if unset else ""),
            condition="lease_owner = :owner AND lease_until >= :now",
            names={f"#{name}": name for name in (*values, *unset)},
            values={f":{name}": value for name, value in values.items()} | {":owner": owner},
        )
        return write.applied

    def release_lease(self, owner: str) -> None:
        self._table.update(
            _ID, "SET lease_until = :past", condition="lease_owner = :owner", values={":past": 0, ":owner": owner}
        )


def _progress(item: Item) -> Progress | None:
    if "day" not in item:
        return None
    last_day = item.get("last_day")
    return Progress(
        day=date.fromisoformat(item["day"]),
        valid_until=date.fromisoformat(last_day) if last_day else None,
        position=item.get("position"),
        queues=item["queues"],
    )
