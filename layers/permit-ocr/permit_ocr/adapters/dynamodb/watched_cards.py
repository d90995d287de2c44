"""The port ``WatchedCards`` on DynamoDB: one item for each card, encrypted and deleted by TTL.

| item                    | attributes                                                                                |
|-------------------------|-------------------------------------------------------------------------------------------|
| ``document#ID``         | a card without a case: ``document_id``, ``kind``, ``valid_until``, ``watched_on``,        |
|                         | ``sort_key``, ``revision``, and ``expires_at``, in seconds since 1970                     |
| ``case#DIGEST#KIND``    | a card of a case: the same, and ``case``. So a newer card takes an older one's place      |

| index           | key                              | finds                                   |
|-----------------|----------------------------------|-----------------------------------------|
| ``by_last_day`` | ``valid_until``, ``document_id`` | the cards of a day                      |
| ``by_document`` | ``document_id``                  | a card whose case is not known any more |

Indexes have only keys, and lag behind by a moment. What is found in one is then read from the table itself, so that a
card that was deleted or replaced is not found.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from permit_ocr.application.reminders.ports import WatchPage
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import case_digest
from permit_ocr.domain.permits import Kind
from permit_ocr.dynamodb_table import Item, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP_DAYS_AFTER_EXPIRY: Final = 31
"""After the last day of validity. The last reminder is due on the day after it; days that were missed are caught up."""
_IF_FREE: Final = (
    "attribute_not_exists(id) OR expires_at < :now OR (#document_id = :document_id AND #revision < :revision)"
)
_IF_NEWER: Final = f"{_IF_FREE} OR (#document_id <> :document_id AND #sort_key < :sort_key)"


class DynamoDbWatchedCards:
    """Each change is one conditional write."""

    def __init__(self, client: "DynamoDBClient", *, table: str, clock: Callable[[], float] = time.time) -> None:
        self._table = Table(client, table, clock=clock)

    def put(self, watch: Watch, *, replaces: bool = True) -> None:
        values = {
            "document_id": watch.document_id,
            "kind": watch.kind,
            "valid_until": watch.valid_until.isoformat(),
            "watched_on": watch.watched_on.isoformat(),
            "sort_key": watch.sort_key,
            "revision": watch.revision,
            "expires_at": _expires_at(watch.valid_until),
        } | ({"case": watch.case} if watch.case else {})
        self._table.update(
            _case_item_id(watch.case, watch.kind) if watch.case else _document_item_id(watch.document_id),
            "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            condition=_IF_NEWER if replaces else _IF_FREE,
            names={f"#{name}": name for name in values},
            values={f":{name}": value for name, value in values.items()},
        )

    def watched(self, document_ids: Sequence[str]) -> Sequence[str]:
        found = {item["document_id"] for item in self._table.get_all([_document_item_id(one) for one in document_ids])}
        return [one for one in document_ids if one in found or self._ids_in_cases(one)]

    def remove(self, document: Document) -> None:
        if document.case:
            item_ids = [_case_item_id(document.case, kind) for kind in Kind]
        else:  # or its case is not known any more: then the card has been in the index for days
            item_ids = list({_document_item_id(document.id), *self._ids_in_cases(document.id)})
        for item_id in item_ids:
            self._table.delete(item_id, condition="document_id = :document_id", values={":document_id": document.id})

    def remove_case(self, case: str, *, until: str) -> Sequence[str]:
        removed = []
        for item_id in (_case_item_id(case, kind) for kind in Kind):
            item = self._table.get(item_id, include_expired=True)
            if item and item["sort_key"] <= until:
                values = {":sort_key": item["sort_key"]}
                if self._table.delete(item_id, condition="sort_key = :sort_key", values=values).applied:
                    removed.append(item["document_id"])
        return removed

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> WatchPage:
        day = valid_until.isoformat()
        start = None
        if after:
            document_id, _, item_id = after.partition(" ")
            start = {"valid_until": day, "document_id": document_id, "id": item_id}
        keys, last = self._table.query_index(
            "by_last_day", ("valid_until", day), limit=limit, after=start, include_expired=True
        )
        # While a card of a case is being replaced, the index may have both keys of its item.
        items = {item["id"]: item for item in self._table.get_all(list({key["id"] for key in keys}))}
        found = (items.get(key["id"]) for key in keys)
        return WatchPage(
            # A card that was replaced since, or corrected, has another document or day.
            watches=tuple(
                _watch(item)
                for key, item in zip(keys, found, strict=True)
                if item and (item["valid_until"], item["document_id"]) == (day, key["document_id"])
            ),
            following=f"{last['document_id']} {last['id']}" if last else None,
        )

    def _ids_in_cases(self, document_id: str) -> list[str]:
        keys, _ = self._table.query_index(
            "by_document", ("document_id", document_id), limit=len(Kind) + 1, include_expired=True
        )
        return [key["id"] for key in keys]


def _document_item_id(document_id: str) -> str:
    return f"document#{document_id}"


def _case_item_id(case: str, kind: Kind) -> str:
    return f"case#{case_digest(case)}#{kind}"


def _expires_at(valid_until: date) -> int:
    end = datetime(valid_until.year, valid_until.month, valid_until.day, tzinfo=UTC) + timedelta(
        days=KEEP_DAYS_AFTER_EXPIRY
    )
    return round(end.timestamp())


def _watch(item: Item) -> Watch:
    return Watch(
        document_id=item["document_id"],
        case=item.get("case"),
        kind=Kind(item["kind"]),
        valid_until=date.fromisoformat(item["valid_until"]),
        watched_on=date.fromisoformat(item["watched_on"]),
        sort_key=item["sort_key"],
        revision=item["revision"],
    )
