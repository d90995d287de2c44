"""Find out why documents have no result yet: from the dead-letter queue, the functions' logs and the work table."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from cli.deployment import Deployment
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.application.intake_messages import MeasureReviewsMessage, Page, UnreadableEvent, document_of
from permit_ocr.domain.errors import RateLimited
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.tencent.error_table import UNLISTED, Outcome, look_up

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MOST_DEAD_LETTERS: Final = 1000
"""Messages of the dead-letter queue that are looked at."""
_MOST_IN_LOG: Final = 20
"""Documents that are looked for in the log: one request each."""
_LOOK_SECONDS: Final = 30
_REQUEST_LIMIT: Final = 10
_RECEIVED_TOO_OFTEN: Final = "ReceivedTooOften"
_QUOTA: Final = RateLimited(after_seconds=0).code


@dataclass(frozen=True, slots=True, kw_only=True)
class _LastAttempt:
    """The last line that the log has about a document: why it failed or has to wait."""

    time: str
    code: str
    is_deferral: bool


def explain_missing(document_ids: Sequence[str], deployment: Deployment) -> dict[str, str]:
    """Return for each document why it has no result, as a clause. Raises botocore's errors and ``RetryableError``."""
    dead = _dead_letters(set(document_ids), deployment)
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    explained = {}
    for number, document_id in enumerate(document_ids):
        if document_id in dead:
            explained[document_id] = _in_dead_letter_queue(dead[document_id])
            continue
        last = _last_attempt(document_id, deployment) if number < _MOST_IN_LOG else None
        if last:
            explained[document_id] = _waiting(last, deployment)
        elif (state := documents.get(document_id)) and (state.document or state.pages):
            explained[document_id] = f"it is being read; if that takes long, see {_log(deployment)}"
        else:
            explained[document_id] = (
                f"it is waiting for its turn; if nothing is read at all, see {_log(deployment)} and the alarms"
            )
    return explained


def _in_dead_letter_queue(reason: str) -> str:
    return (
        f"it is in the dead-letter queue because of {reason}{_meaning(reason)}; "
        f"fix the cause, then run `permit-ocr redrive --reason {reason}`"
    )


def _waiting(last: _LastAttempt, deployment: Deployment) -> str:
    outcome = look_up(last.code).outcome
    if last.code == _QUOTA or (last.is_deferral and outcome is Outcome.DEFER):
        return "it is waiting for the provider's quota; it is read as soon as there is some"
    if outcome is Outcome.OPEN_CIRCUIT:
        return (
            f"the provider refuses the account or the configuration ({last.code}); "
            "documents wait until that is fixed, and are then read"
        )
    what = "it has to wait" if last.is_deferral else "its last attempt failed"
    return f"{what} ({last.code}{_meaning(last.code)}); it is tried again, see {_log(deployment)}"


def _meaning(code: str) -> str:
    row = look_up(code)
    return f": {row.meaning.rstrip('.')}" if row is not UNLISTED else ""


def _log(deployment: Deployment) -> str:
    if deployment.log_directory:
        return f"the log {deployment.log_directory}/UploadsFunction-*.log"
    return f"the log group {_log_group(deployment, 'uploads')}"


def _log_group(deployment: Deployment, function: str) -> str:
    return f"/permit-ocr/{deployment.stack}/{function}"


def _dead_letters(document_ids: set[str], deployment: Deployment) -> dict[str, str]:
    """Return the reason of each of these documents that is in the dead-letter queue. The messages stay there."""
    found: dict[str, str] = {}
    handles: list[str] = []
    try:
        while len(found) < len(document_ids) and len(handles) < _MOST_DEAD_LETTERS:
            received = deployment.sqs.receive_message(
                QueueUrl=deployment.dead_letter_queue_url,
                MaxNumberOfMessages=_REQUEST_LIMIT,
                VisibilityTimeout=_LOOK_SECONDS,
                MessageAttributeNames=["reason"],
            ).get("Messages", [])
            if not received:
                break
            handles += [message["ReceiptHandle"] for message in received]
            for message in received:
                attributes = message.get("MessageAttributes", {})
                reason = attributes["reason"]["StringValue"] if "reason" in attributes else _RECEIVED_TOO_OFTEN
                found |= dict.fromkeys(document_ids.intersection(_ids_in(message, deployment.upload_prefix)), reason)
    finally:
        for start in range(0, len(handles), _REQUEST_LIMIT):
            deployment.sqs.change_message_visibility_batch(
                QueueUrl=deployment.dead_letter_queue_url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for index, handle in enumerate(handles[start : start + _REQUEST_LIMIT])
                ],
            )
    return found


def _ids_in(message: "MessageTypeDef", upload_prefix: str) -> Iterator[str]:
    """Yield the ids of the documents that a dead letter is about; of a page, that of its file."""
    try:
        for one in messages_in_body(message["Body"]):
            if isinstance(one, MeasureReviewsMessage):
                continue
            yield document_of(one.upload if isinstance(one, Page) else one, upload_prefix=upload_prefix).id
    except UnreadableEvent:
        return


def _last_attempt(document_id: str, deployment: Deployment) -> _LastAttempt | None:
    """Return the last failure or deferral of a document; None if the log has none or may not be read."""
    lines = _lines_in_files(document_id, deployment) if deployment.log_directory else _events(document_id, deployment)
    attempts = [
        _LastAttempt(time=line["timestamp"], code=line["code"], is_deferral=line["message"] == "document_deferred")
        for line in lines
        if line.get("document_id") == document_id and "code" in line
    ]
    return max(attempts, key=lambda attempt: attempt.time, default=None)


def _lines_in_files(document_id: str, deployment: Deployment) -> Iterator[dict[str, Any]]:
    assert deployment.log_directory  # noqa: S101  checked by the caller
    for file in deployment.log_directory.glob("*Function*.log"):
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from _parse(line for line in lines if document_id in line)


def _events(document_id: str, deployment: Deployment) -> Iterator[dict[str, Any]]:
    for function in ("uploads", "images"):
        try:
            found = deployment.cloudwatch_logs.filter_log_events(
                logGroupName=_log_group(deployment, function), filterPattern=f'{{ $.document_id = "{document_id}" }}'
            )
        except (ClientError, BotoCoreError):  # a caller who uploads need not have the right to read logs
            return
        yield from _parse(event["message"] for event in found["events"])


def _parse(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue
