"""The port ``RecognitionStore`` on DynamoDB: one item for each recognition, encrypted and deleted by TTL.

| attribute of ``recognition#ID``  | set                                                                          |
|----------------------------------|------------------------------------------------------------------------------|
| ``expires_at``                   | always                                                                       |
| ``document_ids``                 | always: the documents that use it, or want to                                |
| ``lease_owner``, ``lease_until`` | while a document pays for it                                                 |
| ``outcome``, ``reusable_until``  | from then on: JSON of the provider's answer or refusal, and how long another |
|                                  | document may use it                                                          |

All times are seconds since 1970. An item outlives ``reusable_until`` if a document began to use it later: deleting that
document must still show who else uses the portrait.
"""

import json
from dataclasses import asdict, fields
from typing import Any, Final
from uuid import uuid4

from permit_ocr.application.ports import Lease, OcrResponse, StoredRecognition
from permit_ocr.domain.errors import InProgress, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.dynamodb_table import Item, WorkTableAdapter, Write
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.report_format import parse_report, report_as_json
from permit_ocr.tencent.response_format import parse_answer

_SET_LEASE: Final = "SET lease_owner = :owner, lease_until = :until, expires_at = :expires_at"
_LEASE_NEW: Final = f"{_SET_LEASE}, document_ids = :document_ids REMOVE outcome, reusable_until"
_IF_NEW: Final = "attribute_not_exists(id) OR expires_at < :now"
_LEASE_AGAIN: Final = f"{_SET_LEASE} REMOVE outcome, reusable_until ADD document_ids :document_ids"
_IF_FREE: Final = "(attribute_not_exists(outcome) AND lease_until < :now) OR reusable_until < :now"
_STORE_OUTCOME: Final = (
    "SET outcome = :outcome, expires_at = :expires_at, reusable_until = :expires_at "
    "REMOVE lease_owner, lease_until ADD document_ids :document_ids"
)
_IS_USED: Final = "contains(document_ids, :document_id)"
_LEAST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 5.0
"""A recognition takes seconds. Waiting for the whole lease would only help if its owner was killed."""


class DynamoDbRecognitionStore(WorkTableAdapter):
    """Each step is one conditional write."""

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredRecognition | Lease:
        # One write takes the lease, or returns the item that prevents it. A second write is needed to use the outcome
        # of another document's recognition, or to take over an expired one.
        lease = Lease(recognition_id=recognition_id, owner=uuid4().hex, document_id=document_id)
        write = self._write_lease(lease, lease_seconds, _LEASE_NEW, condition=_IF_NEW)
        if not write.applied and self._is_free(write.item):
            write = self._write_lease(lease, lease_seconds, _LEASE_AGAIN, condition=_IF_FREE)
        item = write.item
        if write.applied or item.get("lease_owner") == lease.owner:
            return lease  # botocore repeats a write whose response was lost: then the lease is already ours
        if "outcome" in item:
            if document_id not in item.get("document_ids", ()):
                self._add_reference(recognition_id, document_id)
            return _outcome_from_json(json.loads(item["outcome"]), kind)
        seconds_left = item["lease_until"] - self._table.now()
        raise InProgress(after_seconds=min(max(seconds_left, _LEAST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS))

    def _write_lease(self, lease: Lease, seconds: float, expression: str, *, condition: str) -> Write:
        return self._table.update(
            _item_id(lease.recognition_id),
            expression,
            condition=condition,
            values={":owner": lease.owner, ":until": self._table.now() + seconds, ":document_ids": {lease.document_id}},
        )

    def _is_free(self, item: Item) -> bool:
        until = item.get("reusable_until" if "outcome" in item else "lease_until")
        return until is not None and bool(until < self._table.now())

    def _add_reference(self, recognition_id: str, document_id: str) -> None:
        """Add a document to those that use an outcome, and keep the item as long as the document's own.

        Raises ``InProgress`` if the outcome was deleted meanwhile.
        """
        write = self._table.update(
            _item_id(recognition_id),
            "SET expires_at = :expires_at ADD document_ids :document_ids",
            condition="attribute_exists(outcome)",
            values={":document_ids": {document_id}},
        )
        if not write.applied:
            raise InProgress(after_seconds=_LEAST_WAIT_SECONDS)

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        self._table.update(
            _item_id(lease.recognition_id),
            _STORE_OUTCOME,
            condition="attribute_not_exists(outcome)",
            values={
                ":outcome": json.dumps(_outcome_to_json(outcome), ensure_ascii=False),
                ":document_ids": {lease.document_id},
            },
        )

    def release_lease(self, lease: Lease) -> None:
        # A lease that another document has taken over stays.
        self._table.update(
            _item_id(lease.recognition_id),
            "SET lease_until = :past",
            condition="lease_owner = :owner AND attribute_not_exists(outcome)",
            values={":past": 0, ":owner": lease.owner},
        )

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        # Conditional writes: if two documents remove theirs at the same time, exactly one of them is the last.
        item_id, values = _item_id(recognition_id), {":document_id": document_id, ":one": 1}
        while True:
            is_last = f"attribute_not_exists(id) OR ({_IS_USED} AND size(document_ids) = :one)"
            if self._table.delete(item_id, condition=is_last, values=values).applied:
                return True
            others_use_it = self._table.update(
                item_id,
                "DELETE document_ids :document_ids",
                condition=f"attribute_exists(id) AND (NOT {_IS_USED} OR size(document_ids) > :one)",
                values={":document_ids": {document_id}, **values},
            )
            if others_use_it.applied:
                return False
            # Meanwhile the others have removed theirs, so this document is the last.


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
