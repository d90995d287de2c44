"""The port ``Reviews`` on DynamoDB: attributes of the documents' items, and a sparse index of those that are open.

| attribute of ``document#ID``                   | set                                                              |
|------------------------------------------------|------------------------------------------------------------------|
| ``review_state``                               | ``open`` while nobody has decided: the index's partition key     |
| ``review_since``                               | when it was published                                            |
| ``review_kind``, ``_side``, ``_reasons``       | what the list shows and can be filtered by                       |
| ``review_holder``, ``review_until``            | while a reviewer has the lease                                   |
| ``decision``, ``decision_id``, ``_number``,    | from a decision: its event, its id, its number, the digest of    |
| ``_request``, ``_published``                   | its request, and whether the queue took it                       |
| ``kept_until``                                 | until a decision is published: when the document expires then    |
| ``sending_until``, ``sending_by``              | while a decision's event is being sent, and by which invocation  |

Times are in seconds since 1970. A document that needs no review has none of them, and costs nothing in the index. The
index is sorted by ``expires_at``: items that have expired, which DynamoDB deletes only within days, are not read.
"""

from typing import Any, Final
from uuid import uuid4

from permit_ocr.application.ports import OpenReview, StoredEvent
from permit_ocr.application.review.ports import (
    Conflict,
    Cursor,
    ListedReview,
    NewDecision,
    ReviewLease,
    ReviewPage,
    ReviewState,
    StoredDecision,
)
from permit_ocr.domain.errors import DecisionBeingSent, Deleted
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.dynamodb_table import Item, WorkTableAdapter

INDEX: Final = "reviews"
SENDING_SECONDS: Final = 60
"""Longer than any function runs: what has not been sent by then is not being sent any more."""
_LISTED_ATTRIBUTES: Final = (
    *("review_state", "review_since", "review_kind", "review_side", "review_reasons", "review_holder", "review_until"),
)
REVIEW_ATTRIBUTES: Final = (
    *_LISTED_ATTRIBUTES,
    *("decision", "decision_id", "decision_number", "decision_request", "decision_published", "kept_until"),
)
"""All but ``sending_until`` and ``sending_by``, which a deletion has to wait for."""
_OPEN: Final = "open"
_DAY: Final = 24 * 3600
_UNPUBLISHED_DAYS: Final = 22
"""How long a decision is kept that is not published: a day more than its message can wait, on the intake queue (7 days)
and on the dead-letter queue (14)."""
_PAGES: Final = 10
"""How many pages of the index one request reads at most to find reviews that match its filter."""
_PAGE_ITEMS: Final = 200
_ON_LIST: Final = "attribute_exists(review_since) AND attribute_not_exists(deleted) AND expires_at >= :now"
_LEASE_IS_FREE: Final = "(attribute_not_exists(review_until) OR review_until < :now OR review_holder = :holder)"
_NOT_SENDING: Final = "(attribute_not_exists(sending_until) OR sending_until < :now)"


def document_item_id(document_id: str) -> str:
    """Return the key of a document's item."""
    return f"document#{document_id}"


def opening(review: OpenReview | None) -> tuple[str, Item]:
    """Return the part of an update expression that puts a document on the list, and its values; empty for None."""
    if review is None:
        return "", {}
    expression = (
        ", review_state = :open, review_since = if_not_exists(review_since, :now), "
        "review_kind = :kind, review_side = :side, review_reasons = :reasons"
    )
    return expression, _review_values(review)


def _review_values(review: OpenReview) -> Item:
    return {
        ":open": _OPEN,
        ":kind": str(review.kind),
        ":side": str(review.side),
        ":reasons": set(review.reasons),
    }


class DynamoDbReviews(WorkTableAdapter):
    """Each change is one conditional write."""

    def page(self, *, kind: Kind | None, reason: str | None, limit: int, after: Cursor | None) -> ReviewPage:
        filters: list[str] = []
        values: dict[str, Any] = {}
        if kind:
            filters.append("review_kind = :kind")
            values[":kind"] = str(kind)
        if reason:
            filters.append("contains(review_reasons, :reason)")
            values[":reason"] = reason
        start: Item | None = _start_key(after) if after else None
        found: list[ListedReview] = []
        for _ in range(_PAGES):
            items, start = self._table.query_index(
                INDEX,
                ("review_state", _OPEN),
                filters=filters,
                values=values,
                limit=limit - len(found) if not values else _PAGE_ITEMS,
                after=start,
            )
            found += [self._listed(item) for item in items]
            if len(found) > limit:
                found = found[:limit]
                start = _start_key((found[-1].document_id, found[-1].expires_at))
            if start is None or len(found) >= limit:
                break
        # All that expire within the same second are in no order.
        return ReviewPage(reviews=sorted(found, key=lambda one: one.since), next=_cursor(start) if start else None)

    def open(self, document_id: str, review: OpenReview) -> None:
        self._table.update(
            document_item_id(document_id),
            "SET review_state = :open, review_since = if_not_exists(review_since, :now), review_kind = :kind, "
            "review_side = :side, review_reasons = :reasons",
            condition="attribute_exists(started) AND attribute_not_exists(deleted) "
            "AND attribute_not_exists(decision_id) AND expires_at >= :now",
            values=_review_values(review),
        )

    def replace_reasons(self, document_id: str, review: OpenReview | None) -> None:
        self._table.update(
            document_item_id(document_id),
            "SET review_reasons = :reasons" if review else f"REMOVE {', '.join(_LISTED_ATTRIBUTES)}",
            condition="review_state = :open",
            values=_review_values(review) if review else {":open": _OPEN},
        )

    def get(self, document_id: str) -> ReviewState | None:
        return self._state(self._table.get(document_item_id(document_id)) or {})

    def lease(self, document_id: str, *, holder: str, seconds: float) -> ReviewState | None:
        write = self._table.update(
            document_item_id(document_id),
            "SET review_holder = :holder, review_until = :until",
            condition=f"{_ON_LIST} AND {_LEASE_IS_FREE}",
            values={":holder": holder, ":until": self._table.now() + seconds},
            returns="ALL_NEW",
        )
        state = self._state(write.item)
        if state and not write.applied:
            raise Conflict(state)
        return state

    def release(self, document_id: str, *, holder: str) -> None:
        self._table.update(
            document_item_id(document_id),
            "REMOVE review_holder, review_until",
            condition="review_holder = :holder",
            values={":holder": holder},
        )

    def store_decision(self, document_id: str, new: NewDecision) -> str | None:
        decision, token = new.decision, uuid4().hex
        unchanged = "decision_id = :after" if new.after else "attribute_not_exists(decision_id)"
        write = self._table.update(
            document_item_id(document_id),
            "SET decision = :decision, decision_id = :id, decision_number = :number, decision_request = :request, "
            "decision_published = :no, sending_until = :until, sending_by = :token, "
            "kept_until = :kept, expires_at = :unpublished "
            "REMOVE review_state, review_holder, review_until",
            condition=f"{_ON_LIST} AND {_LEASE_IS_FREE} AND {unchanged} AND {_NOT_SENDING}",
            values={
                ":decision": decision.event.event,
                ":id": decision.id,
                ":number": decision.number,
                ":request": decision.request,
                ":no": False,
                ":until": self._table.now() + SENDING_SECONDS,
                ":token": token,
                ":kept": max(new.expires_at, round(self._table.now()) + _DAY),
                ":unpublished": self._table.expires_at(keep_days=_UNPUBLISHED_DAYS),
                ":holder": new.holder,
                ":after": new.after or "",
            },
        )
        if write.applied or write.item.get("sending_by") == token:  # botocore repeats a write whose response was lost
            return token
        if current := self._state(write.item):
            raise Conflict(current)
        return None

    def begin_sending(self, document_id: str, decision_id: str) -> str | None:
        token = uuid4().hex
        write = self._table.update(
            document_item_id(document_id),
            "SET sending_until = :until, sending_by = :token",
            condition=f"decision_id = :id AND decision_published = :no AND {_NOT_SENDING}",
            values={":id": decision_id, ":no": False, ":until": self._table.now() + SENDING_SECONDS, ":token": token},
        )
        if write.applied or write.item.get("sending_by") == token:
            return token
        if "deleted" in write.item:
            raise Deleted
        if write.item.get("decision_id") != decision_id or write.item["decision_published"]:
            return None
        raise DecisionBeingSent(after_seconds=max(1.0, write.item["sending_until"] - self._table.now()))

    def end_sending(self, document_id: str, token: str, *, published: bool) -> None:
        # A tombstone keeps both attributes, so that the deletion waits until they are removed here.
        write = self._table.update(
            document_item_id(document_id),
            "SET decision_published = :published"
            + (", expires_at = kept_until REMOVE kept_until, " if published else " REMOVE ")
            + "sending_until, sending_by",
            condition="sending_by = :token AND attribute_exists(decision_id)",
            values={":token": token, ":published": published},
        )
        if write.applied or "deleted" not in write.item:
            return
        self._table.update(
            document_item_id(document_id),
            "REMOVE sending_until, sending_by",
            condition="sending_by = :token",
            values={":token": token},
        )
        raise Deleted

    def _state(self, item: Item) -> ReviewState | None:
        if "deleted" in item:
            raise Deleted
        if "review_since" not in item or "event" not in item or item["expires_at"] < self._table.now():
            return None
        return ReviewState(listed=self._listed(item), result=item["event"], decision=_decision(item))

    def _listed(self, item: Item) -> ListedReview:
        has_lease = item.get("review_until", 0) >= self._table.now()
        return ListedReview(
            document_id=item["id"].partition("#")[2],
            review=OpenReview(
                kind=Kind(item["review_kind"]),
                side=Side(item["review_side"]),
                reasons=tuple(sorted(item["review_reasons"])),
            ),
            since=float(item["review_since"]),
            expires_at=int(item.get("kept_until", item["expires_at"])),
            lease=ReviewLease(holder=item["review_holder"], until=item["review_until"]) if has_lease else None,
        )


def _decision(item: Item) -> StoredDecision | None:
    if "decision_id" not in item:
        return None
    return StoredDecision(
        id=item["decision_id"],
        number=item["decision_number"],
        event=StoredEvent(event=item["decision"], published=item["decision_published"]),
        request=item["decision_request"],
    )


def _start_key(cursor: Cursor) -> dict[str, Any]:
    document_id, expires_at = cursor
    return {"id": document_item_id(document_id), "review_state": _OPEN, "expires_at": expires_at}


def _cursor(key: Item) -> Cursor:
    return key["id"].partition("#")[2], int(key["expires_at"])
