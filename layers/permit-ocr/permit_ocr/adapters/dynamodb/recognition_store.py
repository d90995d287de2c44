"""The port ``RecognitionStore`` on DynamoDB: one item for each recognition, encrypted and deleted by TTL.

| attribute of ``recognition#ID``  | set                                                                          |
|----------------------------------|------------------------------------------------------------------------------|
| ``expires_at``                   | always                                                                       |
| ``document_id``, ``used_until``  | the document that first wanted it, until that is deleted, and how long that  |
|                                  | document is kept; every other one has an item of its own (``references``)    |
| ``use_token``                    | random, new with every document that begins to use it: see                   |
|                                  | ``remove_reference``                                                         |
| ``lease_owner``, ``lease_until`` | while a document pays for it                                                 |
| ``outcome``, ``reusable_until``  | from then on: JSON of the provider's answer or refusal, and how long another |
|                                  | document may use it                                                          |

All times are seconds since 1970. An item outlives ``reusable_until`` if a document began to use it later: deleting that
document must still show who else uses the portrait.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from permit_ocr.adapters.dynamodb.references import References
from permit_ocr.application.ports import Lease, OcrResponse, StoredRecognition
from permit_ocr.domain.errors import InProgress, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.dynamodb_table import Item, WorkTableAdapter, Write
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.report_format import parse_report, report_as_json
from permit_ocr.tencent.response_format import parse_answer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SET_LEASE: Final = (
    "SET lease_owner = :owner, lease_until = :until, expires_at = :expires_at, use_token = :owner{} "
    "REMOVE outcome, reusable_until"
)
_LEASE_NEW: Final = _SET_LEASE.format(", document_id = :document_id, used_until = :expires_at")
_IF_NEW: Final = "attribute_not_exists(id) OR expires_at < :now"
_LEASE_AGAIN: Final = _SET_LEASE.format("")
_LEASE_AGAIN_AS_FIRST: Final = _SET_LEASE.format(", used_until = :expires_at")
_IF_FREE: Final = "(attribute_not_exists(outcome) AND lease_until < :now) OR reusable_until < :now"
_SET_OUTCOME: Final = (
    "SET outcome = :outcome, expires_at = :expires_at, reusable_until = :expires_at, {}, "
    "use_token = if_not_exists(use_token, :owner) REMOVE lease_owner, lease_until"
)
_IF_NO_OUTCOME: Final = "attribute_not_exists(outcome)"
_STORE_AS_FIRST: Final = _SET_OUTCOME.format("document_id = :document_id, used_until = :expires_at")
# After all its documents were deleted there is no item any more. This makes one that the late document deletes.
_IF_FIRST: Final = f"{_IF_NO_OUTCOME} AND (attribute_not_exists(document_id) OR document_id = :document_id)"
_STORE: Final = _SET_OUTCOME.format(
    "document_id = if_not_exists(document_id, :document_id), used_until = if_not_exists(used_until, :expires_at)"
)
_LEAST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 5.0
"""A recognition takes seconds. Waiting for the whole lease would only help if its owner was killed."""


class DynamoDbRecognitionStore(WorkTableAdapter):
    """Each step is one conditional write, and one or two more to use it again or as another than the first document."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        table: str,
        references_table: str,
        keep_days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(client, table=table, keep_days=keep_days, clock=clock)
        self._references = References(client, table=references_table, clock=clock)

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredRecognition | Lease:
        # One write takes the lease, or returns the item that prevents it. More are needed to use the outcome of another
        # document's recognition, or to take over an expired one.
        lease = Lease(recognition_id=recognition_id, owner=uuid4().hex, document_id=document_id)
        write = self._write_lease(lease, lease_seconds, _LEASE_NEW, condition=_IF_NEW)
        if self._has_lease(write, lease):
            return lease
        self._check_not_in_progress(write.item)
        is_first = write.item.get("document_id") == document_id and write.item["used_until"] >= self._table.now()
        if not is_first:
            # Before anything that changes ``use_token``: see ``remove_reference``.
            expires_at = self._table.expires_at()
            self._references.add(_item_id(recognition_id), document_id=document_id, expires_at=expires_at)
        if self._is_free(write.item):
            expression = _LEASE_AGAIN_AS_FIRST if is_first else _LEASE_AGAIN
            write = self._write_lease(lease, lease_seconds, expression, condition=_IF_FREE)
            if self._has_lease(write, lease):
                return lease
            self._check_not_in_progress(write.item)
        self._begin_use(lease, is_first=is_first)
        return _outcome_from_json(json.loads(write.item["outcome"]), kind)

    def _write_lease(self, lease: Lease, seconds: float, expression: str, *, condition: str) -> Write:
        return self._table.update(
            _item_id(lease.recognition_id),
            expression,
            condition=condition,
            values={
                ":owner": lease.owner,
                ":until": self._table.now() + seconds,
                ":document_id": lease.document_id,
            },
        )

    @staticmethod
    def _has_lease(write: Write, lease: Lease) -> bool:
        # botocore repeats a write whose response was lost: then it is not applied, and the lease is already ours.
        return write.applied or write.item.get("lease_owner") == lease.owner

    def _check_not_in_progress(self, item: Item) -> None:
        """Raise ``InProgress`` if another document has the lease, or if the item was deleted meanwhile."""
        if "outcome" not in item and not self._is_free(item):
            seconds_left = item.get("lease_until", 0) - self._table.now()
            raise InProgress(after_seconds=min(max(seconds_left, _LEAST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS))

    def _is_free(self, item: Item) -> bool:
        until = item.get("reusable_until" if "outcome" in item else "lease_until")
        return until is not None and bool(until < self._table.now())

    def _begin_use(self, lease: Lease, *, is_first: bool) -> None:
        """Keep an outcome as long as a document that uses it from now on.

        Raises ``InProgress`` if the outcome was deleted meanwhile.
        """
        write = self._table.update(
            _item_id(lease.recognition_id),
            "SET expires_at = :expires_at, use_token = :owner" + (", used_until = :expires_at" if is_first else ""),
            condition="attribute_exists(outcome)",
            values={":owner": lease.owner},
        )
        if not write.applied:
            raise InProgress(after_seconds=_LEAST_WAIT_SECONDS)

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        item_id = _item_id(lease.recognition_id)
        values = {
            ":outcome": json.dumps(_outcome_to_json(outcome), ensure_ascii=False),
            ":document_id": lease.document_id,
            ":owner": lease.owner,
        }
        write = self._table.update(item_id, _STORE_AS_FIRST, condition=_IF_FIRST, values=values)
        if not write.applied and "outcome" not in write.item:
            self._table.update(item_id, _STORE, condition=_IF_NO_OUTCOME, values=values)

    def release_lease(self, lease: Lease) -> None:
        # A lease that another document has taken over stays.
        self._table.update(
            _item_id(lease.recognition_id),
            "SET lease_until = :past",
            condition="lease_owner = :owner AND attribute_not_exists(outcome)",
            values={":past": 0, ":owner": lease.owner},
        )

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        # A document's own reference goes first: of two that remove theirs at the same time, the later sees no other.
        # A new one is added before ``use_token`` changes: either it is seen here, or the deletion fails.
        item_id = _item_id(recognition_id)
        self._references.remove(item_id, document_id=document_id)
        while True:
            item = self._table.get(item_id, include_expired=True)
            if item is None:
                return True
            if item.get("document_id") == document_id:
                values = {":document_id": document_id}
                self._table.update(
                    item_id, "REMOVE document_id, used_until", condition="document_id = :document_id", values=values
                )
                continue
            first_uses_it = "document_id" in item and item["used_until"] >= self._table.now()
            if first_uses_it or self._references.exist(item_id):
                return False
            unused = "attribute_not_exists(use_token) OR use_token = :use_token"
            values = {":use_token": item.get("use_token", "")}
            if self._table.delete(item_id, condition=unused, values=values).applied:
                return True


def _item_id(recognition_id: str) -> str:
    return f"recognition#{recognition_id}"


def _outcome_to_json(outcome: StoredRecognition) -> dict[str, Any]:
    if isinstance(outcome, RejectDocument):
        return {"rejected": {name: getattr(outcome, name) for name in ("code", "meaning", "advice", "request_id")}}
    return asdict(outcome) | {"report": report_as_json(outcome.report)}


def _outcome_from_json(stored: dict[str, Any], kind: Kind) -> StoredRecognition:
    if rejected := stored.get("rejected"):
        return RejectDocument(**rejected)
    # Fields that a later version of this code added are ignored.
    known = {field.name: stored[field.name] for field in fields(OcrResponse) if field.name in stored}
    known["answer"] = parse_answer(ACTIONS[kind], stored["answer"])
    known["report"] = parse_report(ACTIONS[kind], stored.get("report", stored))  # earlier: only confidences
    return OcrResponse(**known)
