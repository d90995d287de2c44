"""The port ``CaseIndex`` on DynamoDB: the documents of each case, encrypted and deleted by TTL.

| item                                           | attributes                                                         |
|------------------------------------------------|--------------------------------------------------------------------|
| ``case#DIGEST`` in the references table        | one for each document: ``started``, from which it can be erased    |
| ``case_deleted#DIGEST`` in the work table      | ``deleted_at``, in seconds since 1970                              |

The digest is that of the case's name, which may be a customer's.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS, parse_started, serialize_started
from permit_ocr.adapters.dynamodb.references import References
from permit_ocr.application.ports import CaseDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import case_digest
from permit_ocr.dynamodb_table import WorkTableAdapter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbCaseIndex(WorkTableAdapter):
    """``keep_days`` is how long anything of a document is kept: its photo, in most deployments."""

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

    def enlist(self, document: Document, recognition_ids: Sequence[str] = ()) -> bool:
        if not document.case:
            return False
        return self._references.add(
            _target(document.case),
            document_id=document.id,
            expires_at=self._table.expires_at(),
            started=serialize_started(document, recognition_ids),
            replaces=bool(recognition_ids),
        )

    def deleted_at(self, case: str) -> float | None:
        item = self._table.get(_tombstone_id(case))
        return item["deleted_at"] if item else None

    def mark_deleted(self, case: str) -> None:
        expires_at = self._table.expires_at(keep_days=TOMBSTONE_DAYS)
        self._table.put(_tombstone_id(case), {"deleted_at": self._table.now(), "expires_at": expires_at})

    def documents(self, case: str) -> Iterator[CaseDocument]:
        for started in self._references.started(_target(case)):
            document, recognition_ids = parse_started(started)
            yield CaseDocument(document=document, recognition_ids=recognition_ids)

    def remove(self, case: str, *, document_id: str) -> None:
        self._references.remove(_target(case), document_id=document_id)


def _target(case: str) -> str:
    return f"case#{case_digest(case)}"


def _tombstone_id(case: str) -> str:
    return f"case_deleted#{case_digest(case)}"
