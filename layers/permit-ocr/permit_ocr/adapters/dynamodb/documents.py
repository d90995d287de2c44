"""The port ``Documents`` on DynamoDB: what each document came to. In the work table: encrypted, gone after some days.

An item has ``id`` (``document#…``) and ``expires_at`` (seconds since 1970), and of these what is known so far:
``upload_until``, ``pages``, ``begun`` (JSON: the document and its readings), ``json`` (its event, and whether it is
published), or ``deleted``, then with ``begun`` only until all of it is erased, but for its case.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from permit_ocr.application.ports import DocumentState, StoredEvent
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.events import Document, parse_document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_SECONDS: Final = 24 * 3600
TOMBSTONE_DAYS: Final = 36
"""A day longer than messages of a document may lie on the intake queue (7 days), the images queue (7), for its pages on
the intake queue again, and on the dead-letter queue (14)."""
_NEW: Final = "attribute_not_exists(id) OR expires_at < :now"
_KNOWN: Final = "expires_at >= :now"
_NOT_DELETED: Final = "attribute_not_exists(deleted) OR expires_at < :now"


class DynamoDbDocuments:
    """Reads and changes the items of documents, each change one conditional write."""

    def __init__(
        self, client: "DynamoDBClient", *, table: str, keep_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """``keep_days`` is how long an item is kept."""
        self._client = client
        self._table = table
        self._keep_seconds = keep_days * _DAY_SECONDS
        self._clock = clock

    def register(self, document_id: str, *, upload_until: float | None = None) -> DocumentState | None:
        """See the port."""
        until = {":until": {"N": f"{upload_until:.0f}"}} if upload_until is not None else {}
        stands = self._change(
            document_id,
            f"SET expires_at = :expires{', upload_until = :until' if until else ''} REMOVE begun, json, deleted, pages",
            condition=_NEW,
            values=until,
        )
        return _record(stands) if stands else None

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        """See the port."""
        begun = _begun(document, recognition_ids)
        stands = self._change(
            document.id,
            "SET begun = :begun, expires_at = :expires REMOVE upload_until, json, deleted",
            condition=f"{_NEW} OR (attribute_not_exists(json) AND attribute_not_exists(deleted))",
            values={":begun": {"S": begun}},
        )
        if not stands:
            return None
        record = _record(stands)
        if record.deleted:
            raise Deleted
        return record.event

    def record_pages(self, document_id: str, *, pages: int) -> None:
        """See the port."""
        stands = self._change(
            document_id,
            "SET pages = :pages, expires_at = :expires REMOVE upload_until, deleted",
            condition=_NOT_DELETED,
            values={":pages": {"N": str(pages)}},
        )
        if stands:
            raise Deleted

    def store_event(self, document_id: str, kept: StoredEvent) -> None:
        """See the port."""
        text = json.dumps({"event": kept.event, "published": kept.published}, ensure_ascii=False)
        stands = self._change(
            document_id,
            "SET json = :json, expires_at = :expires REMOVE deleted",
            condition=_NOT_DELETED,
            values={":json": {"S": text}},
        )
        if stands:
            raise Deleted

    def get(self, document_id: str) -> DocumentState | None:
        """See the port."""
        with translate_aws_errors("DynamoDB"):
            item = self._client.get_item(TableName=self._table, Key=_key(document_id), ConsistentRead=True).get("Item")
        # DynamoDB deletes an expired item within days, not at once.
        return _record(item) if item and float(item["expires_at"]["N"]) >= self._clock() else None

    def mark_deleted(self, document_id: str, *, unknown_too: bool = False) -> DocumentState | None:
        """See the port."""
        expires = str(round(self._clock() + TOMBSTONE_DAYS * _DAY_SECONDS))
        condition = f"{_NEW} OR {_KNOWN}"
        with translate_aws_errors("DynamoDB"):
            try:
                item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(document_id),
                    UpdateExpression="SET deleted = :yes, expires_at = :expires REMOVE json, upload_until",
                    ConditionExpression=condition if unknown_too else _KNOWN,
                    ExpressionAttributeValues={
                        ":yes": {"BOOL": True},
                        ":expires": {"N": expires},
                        ":now": self._now(),
                    },
                    ReturnValues="ALL_NEW",
                )["Attributes"]
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
        return _record(item)

    def purge(self, document_id: str, *, case: str | None) -> None:
        """See the port."""
        rest = {":rest": {"S": _begun(Document(id=document_id, case=case), ())}} if case else {}
        self._change(
            document_id,
            "SET begun = :rest REMOVE pages" if rest else "REMOVE begun, pages",
            condition="deleted = :yes",
            values={":yes": {"BOOL": True}, **rest},
        )

    def _change(
        self, document_id: str, expression: str, *, condition: str, values: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Change an item; return the item as it stands where the condition does not hold."""
        known = {":expires": {"N": str(round(self._clock() + self._keep_seconds))}, ":now": self._now(), **values}
        # DynamoDB refuses a value that no expression uses.
        used = {name: value for name, value in known.items() if name in f"{expression} {condition}"}
        with translate_aws_errors("DynamoDB"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(document_id),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ExpressionAttributeValues=used,
                )
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                stands: Mapping[str, Any] = cast("dict[str, Any]", refused.response).get("Item", {})
                return stands
        return None

    def _now(self) -> Any:  # noqa: ANN401  DynamoDB's form of a number
        return {"N": f"{self._clock():.3f}"}


def _key(document_id: str) -> dict[str, Any]:
    return {"id": {"S": f"document#{document_id}"}}


def _begun(document: Document, recognition_ids: Sequence[str]) -> str:
    return json.dumps({"document": asdict(document), "recognition_ids": list(recognition_ids)}, default=_iso)


def _record(item: Mapping[str, Any]) -> DocumentState:
    begun = json.loads(item["begun"]["S"]) if "begun" in item else {"recognition_ids": []}
    return DocumentState(
        document=parse_document(begun["document"]) if "document" in begun else None,
        recognition_ids=tuple(begun["recognition_ids"]),
        event=StoredEvent(**json.loads(item["json"]["S"])) if "json" in item else None,
        upload_until=float(item["upload_until"]["N"]) if "upload_until" in item else None,
        pages=int(item["pages"]["N"]) if "pages" in item else None,
        deleted="deleted" in item,
    )


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
