"""The port ``RecognitionStore`` on DynamoDB: paid answers by recognition. Encrypted, and gone after some days (TTL)."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from permit_ocr.application.ports import Lease, OcrResponse, StoredOutcome, StoredResponse
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import InProgress, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.response_format import answer_fields, parse_answer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_SECONDS: Final = 24 * 3600
_LEASE: Final = "SET lease_owner = :owner, lease_until = :until, expires_at = :expires"
_CLAIM: Final = f"{_LEASE}, documents = :document REMOVE json, answers_until"
_CLAIM_IF: Final = "attribute_not_exists(id) OR expires_at < :now"
_CLAIM_AFTER: Final = f"{_LEASE} REMOVE json, answers_until ADD documents :document"
_CLAIM_AFTER_IF: Final = "(attribute_not_exists(json) AND lease_until < :now) OR answers_until < :now"
_USED_BY: Final = "contains(documents, :document)"
_KEEP: Final = (
    "SET json = :json, expires_at = :expires, answers_until = :expires "
    "REMOVE lease_owner, lease_until ADD documents :document"
)
_CLAIMED_LEAST_SECONDS: Final = 1.0
_CLAIMED_MOST_SECONDS: Final = 5.0
"""A reading takes seconds: waiting for the whole lease would help only where its owner was killed."""


class DynamoDbRecognitionStore:
    """Items: ``id`` (``recognition#…``), ``json``, ``answers_until``, ``expires_at``, ``documents`` (who uses it).

    Times are seconds since 1970. The item outlives the time for which it answers where a document came to use it by
    then: so that, when that is deleted, it is still known whose portrait else it is.

    A recognition that was begun and has no outcome yet has ``lease_owner`` and ``lease_until`` in place of ``json``.
    """

    def __init__(
        self, client: "DynamoDBClient", *, table: str, keep_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """``keep_days`` is how long an item is kept."""
        self._client = client
        self._table = table
        self._keep_seconds = keep_days * _DAY_SECONDS
        self._clock = clock

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredOutcome | Lease:
        """See the port. One conditional write: it claims, or brings back what stands in its way.

        A second one only where the outcome of another document's reading is used, or its place is taken.
        """
        claim = Lease(recognition_id=recognition_id, owner=uuid4().hex, document_id=document_id)
        stands = self._lease(claim, lease_seconds, _CLAIM, condition=_CLAIM_IF)
        if stands and self._is_free(stands):
            stands = self._lease(claim, lease_seconds, _CLAIM_AFTER, condition=_CLAIM_AFTER_IF)
        if stands is None or stands.get("lease_owner", {}).get("S") == claim.owner:
            return claim  # also if a try of this very write had arrived, and only its answer was lost
        if "json" in stands:
            if document_id not in stands.get("documents", {}).get("SS", []):
                self._use(recognition_id, document_id)
            return _outcome_from_json(json.loads(stands["json"]["S"]), kind)
        rest = float(stands["lease_until"]["N"]) - self._clock()
        raise InProgress(after_seconds=min(max(rest, _CLAIMED_LEAST_SECONDS), _CLAIMED_MOST_SECONDS))

    def _lease(
        self, claim: Lease, lease_seconds: float, expression: str, *, condition: str
    ) -> Mapping[str, Any] | None:
        """Take a lease; return the item that stands where the condition does not hold."""
        now = self._clock()
        with translate_aws_errors("DynamoDB"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(claim.recognition_id),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={
                        ":owner": {"S": claim.owner},
                        ":until": {"N": f"{now + lease_seconds:.3f}"},
                        ":expires": self._expires(),
                        ":document": {"SS": [claim.document_id]},
                        ":now": {"N": f"{now:.3f}"},
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                stands: Mapping[str, Any] = cast("dict[str, Any]", refused.response)["Item"]
                return stands
        return None

    def _is_free(self, item: Mapping[str, Any]) -> bool:
        until = item.get("answers_until" if "json" in item else "lease_until")
        return until is not None and float(until["N"]) < self._clock()

    def _expires(self) -> Any:  # noqa: ANN401  DynamoDB's form of a number
        return {"N": str(round(self._clock() + self._keep_seconds))}

    def _use(self, recognition_id: str, document_id: str) -> None:
        """Count a document among those that use an outcome, for as long as that is known itself.

        Raises ``InProgress`` if the outcome was deleted meanwhile.
        """
        with translate_aws_errors("DynamoDB"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(recognition_id),
                    UpdateExpression="SET expires_at = :expires ADD documents :document",
                    ConditionExpression="attribute_exists(json)",
                    ExpressionAttributeValues={":document": {"SS": [document_id]}, ":expires": self._expires()},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                raise InProgress(after_seconds=_CLAIMED_LEAST_SECONDS) from None

    def store_outcome(self, claim: Lease, outcome: StoredOutcome) -> None:
        """See the port."""
        with translate_aws_errors("DynamoDB"), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(claim.recognition_id),
                UpdateExpression=_KEEP,
                ConditionExpression="attribute_not_exists(json)",
                ExpressionAttributeValues={
                    ":json": {"S": json.dumps(_outcome_to_json(outcome), ensure_ascii=False)},
                    ":expires": self._expires(),
                    ":document": {"SS": [claim.document_id]},
                },
            )

    def release_lease(self, claim: Lease) -> None:
        """See the port. A claim that was taken over is left alone."""
        with translate_aws_errors("DynamoDB"), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(claim.recognition_id),
                UpdateExpression="SET lease_until = :past",
                ConditionExpression="lease_owner = :owner AND attribute_not_exists(json)",
                ExpressionAttributeValues={":past": {"N": "0"}, ":owner": {"S": claim.owner}},
            )

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        """See the port. Each step is one conditional write, so of two documents that let go at once one is the last."""
        document = {":document": {"S": document_id}}
        while True:
            with translate_aws_errors("DynamoDB"):
                try:
                    self._client.delete_item(
                        TableName=self._table,
                        Key=_key(recognition_id),
                        ConditionExpression=f"attribute_not_exists(id) OR ({_USED_BY} AND size(documents) = :one)",
                        ExpressionAttributeValues={**document, ":one": {"N": "1"}},
                    )
                except self._client.exceptions.ConditionalCheckFailedException:
                    if not self._used_no_more(recognition_id, document_id):
                        continue  # the others have let go meanwhile
                    return False
                return True

    def _used_no_more(self, recognition_id: str, document_id: str) -> bool:
        """Take a document off those that use a reading; False if it is the only one by now."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(recognition_id),
                UpdateExpression="DELETE documents :documents",
                ConditionExpression=f"attribute_exists(id) AND (NOT {_USED_BY} OR size(documents) > :one)",
                ExpressionAttributeValues={
                    ":documents": {"SS": [document_id]},
                    ":document": {"S": document_id},
                    ":one": {"N": "1"},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(recognition_id: str) -> dict[str, Any]:
    return {"id": {"S": f"recognition#{recognition_id}"}}


def _outcome_to_json(outcome: StoredOutcome) -> dict[str, Any]:
    if isinstance(outcome, RejectDocument):
        return {
            "rejected": {
                "code": outcome.code,
                "meaning": outcome.meaning,
                "advice": outcome.advice,
                "request_id": outcome.request_id,
            }
        }
    reply = outcome.reply
    return {
        "answer": answer_fields(reply.answer),
        "endpoint": reply.endpoint,
        "request_id": reply.request_id,
        "attempts": reply.attempts,
        "milliseconds": reply.milliseconds,
        "fallback": reply.fallback,
        "confidences": dict(reply.confidences),
        "portrait_key": outcome.portrait_key,
    }


def _outcome_from_json(said: dict[str, Any], kind: Kind) -> StoredOutcome:
    if refused := said.get("rejected"):
        return RejectDocument(refused["code"], refused["meaning"], refused["advice"], request_id=refused["request_id"])
    reply = OcrResponse(
        answer=parse_answer(ACTIONS[kind], said["answer"]),
        endpoint=said["endpoint"],
        request_id=said["request_id"],
        attempts=said["attempts"],
        milliseconds=said["milliseconds"],
        fallback=said.get("fallback", False),  # the last two are not in items of the first version
        confidences=said.get("confidences", {}),
    )
    return StoredResponse(reply=reply, portrait_key=said["portrait_key"])
