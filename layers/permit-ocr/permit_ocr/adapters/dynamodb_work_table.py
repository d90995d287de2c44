"""The port ``WorkTable`` on DynamoDB: paid answers by recognition, events by document.

Encrypted, and gone after some days (TTL).
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from permit_ocr.adapters.aws_errors import retry_later_on_aws_errors
from permit_ocr.domain.errors import Claimed, RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.answer_format import answer_fields, parse_answer
from permit_ocr.workflow.ports import Claim, KeptEvent, KeptOutcome, KeptReply, Reply

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY_SECONDS: Final = 24 * 3600
_CLAIM: Final = "SET lease_owner = :owner, lease_until = :until, expires_at = :expires REMOVE json"
_CLAIM_IF: Final = (
    "attribute_not_exists(id) OR expires_at < :now OR (attribute_not_exists(json) AND lease_until < :now)"
)
_CLAIMED_LEAST_SECONDS: Final = 1.0
_CLAIMED_MOST_SECONDS: Final = 5.0
"""A reading takes seconds: waiting for the whole lease would help only where its owner was killed."""


class DynamoDbWorkTable:
    """Items: ``id`` (``document#…`` or ``recognition#…``), ``json`` (one text), ``expires_at`` (seconds since 1970).

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

    def claim(self, recognition_id: str, kind: Kind, *, lease_seconds: float) -> KeptOutcome | Claim:
        """See the port. One conditional write: it claims, or brings back what stands in its way."""
        claim = Claim(recognition_id=recognition_id, owner=uuid4().hex)
        now = self._clock()
        with retry_later_on_aws_errors("DynamoDB"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"id": {"S": f"recognition#{recognition_id}"}},
                    UpdateExpression=_CLAIM,
                    ConditionExpression=_CLAIM_IF,
                    ExpressionAttributeValues={
                        ":owner": {"S": claim.owner},
                        ":until": {"N": f"{now + lease_seconds:.3f}"},
                        ":expires": {"N": str(round(now + self._keep_seconds))},
                        ":now": {"N": f"{now:.3f}"},
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as refused:
                stands = cast("dict[str, Any]", refused.response)["Item"]
            else:
                return claim
        if stands.get("lease_owner", {}).get("S") == claim.owner:
            return claim  # the first try of this very write had arrived, only its answer was lost
        if "json" in stands:
            return _outcome_from_json(json.loads(stands["json"]["S"]), kind)
        rest = float(stands["lease_until"]["N"]) - now
        raise Claimed(after_seconds=min(max(rest, _CLAIMED_LEAST_SECONDS), _CLAIMED_MOST_SECONDS))

    def keep_outcome(self, claim: Claim, outcome: KeptOutcome) -> None:
        """See the port."""
        with retry_later_on_aws_errors("DynamoDB"), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": f"recognition#{claim.recognition_id}"}},
                UpdateExpression="SET json = :json, expires_at = :expires REMOVE lease_owner, lease_until",
                ConditionExpression="attribute_not_exists(json)",
                ExpressionAttributeValues={
                    ":json": {"S": json.dumps(_outcome_to_json(outcome), ensure_ascii=False)},
                    ":expires": {"N": str(round(self._clock() + self._keep_seconds))},
                },
            )

    def give_back(self, claim: Claim) -> None:
        """See the port. A claim that was taken over is left alone."""
        with retry_later_on_aws_errors("DynamoDB"), suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": f"recognition#{claim.recognition_id}"}},
                UpdateExpression="SET lease_until = :past",
                ConditionExpression="lease_owner = :owner AND attribute_not_exists(json)",
                ExpressionAttributeValues={":past": {"N": "0"}, ":owner": {"S": claim.owner}},
            )

    def kept_event(self, document_id: str) -> KeptEvent | None:
        """See the port."""
        text = self._get(f"document#{document_id}")
        return KeptEvent(**json.loads(text)) if text else None

    def keep_event(self, document_id: str, kept: KeptEvent) -> None:
        """See the port."""
        said = {"event": kept.event, "published": kept.published}
        self._put(f"document#{document_id}", json.dumps(said, ensure_ascii=False))

    def _get(self, item_id: str) -> str | None:
        with retry_later_on_aws_errors("DynamoDB"):
            item = self._client.get_item(TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True).get(
                "Item"
            )
        # DynamoDB deletes an expired item within days, not at once.
        if not item or float(item["expires_at"]["N"]) < self._clock():
            return None
        return item["json"]["S"]

    def _put(self, item_id: str, text: str) -> None:
        expires_at = round(self._clock() + self._keep_seconds)
        with retry_later_on_aws_errors("DynamoDB"):
            self._client.put_item(
                TableName=self._table,
                Item={"id": {"S": item_id}, "json": {"S": text}, "expires_at": {"N": str(expires_at)}},
            )


def _outcome_to_json(outcome: KeptOutcome) -> dict[str, Any]:
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
        "portrait_key": outcome.portrait_key,
    }


def _outcome_from_json(said: dict[str, Any], kind: Kind) -> KeptOutcome:
    if refused := said.get("rejected"):
        return RejectDocument(refused["code"], refused["meaning"], refused["advice"], request_id=refused["request_id"])
    reply = Reply(
        answer=parse_answer(ACTIONS[kind], said["answer"]),
        endpoint=said["endpoint"],
        request_id=said["request_id"],
        attempts=said["attempts"],
        milliseconds=said["milliseconds"],
    )
    return KeptReply(reply=reply, portrait_key=said["portrait_key"])
