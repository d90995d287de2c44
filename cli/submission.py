"""Sending photographs and waiting for what they came to.

Results are read by document id from the work table, never from the results queue: that would take messages away from
their consumer.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cli.deployment import Deployment
from permit_ocr.adapters.dynamodb_work_table import DynamoDbWorkTable
from permit_ocr.domain.identity import document_id_of_object

_POLL_SECONDS: Final = 0.25
_CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One photograph that was uploaded; ``began`` is on ``time.monotonic``'s clock."""

    file: Path
    document_id: str
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one photograph came to: the event, or None if there was none in time."""

    submission: Submission
    event: dict[str, Any] | None
    seconds: float


def submit(
    file: Path, deployment: Deployment, *, document: str | None, card_side: str | None, return_portrait: bool = False
) -> Submission:
    """Upload ``file`` under a key that says nothing of its name, and return how to find its result.

    Raises ``OSError`` or botocore's errors.
    """
    content = file.read_bytes()
    key = f"{deployment.upload_prefix}{document or 'auto'}/{uuid4().hex}{file.suffix.lower()}"
    metadata = {"return-portrait": str(return_portrait).lower()} | ({"card-side": card_side} if card_side else {})
    began = time.monotonic()
    stored = deployment.s3.put_object(
        Bucket=deployment.upload_bucket,
        Key=key,
        Body=content,
        ContentType=_CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream"),
        Metadata=metadata,
    )
    document_id = document_id_of_object(
        bucket=deployment.upload_bucket, key=key, version=stored.get("VersionId"), etag=stored["ETag"]
    )
    return Submission(file=file, document_id=document_id, began=began)


def results(
    submissions: Sequence[Submission],
    deployment: Deployment,
    *,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Result]:
    """Yield each submission's result as soon as it is published.

    Whatever is missing ``timeout_seconds`` after the last upload comes at the end.
    """
    work = DynamoDbWorkTable(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    waiting = list(submissions)
    give_up = time.monotonic() + timeout_seconds
    while waiting and time.monotonic() < give_up:
        for submission in tuple(waiting):
            kept = work.kept_event(submission.document_id)
            if kept and kept.published:
                waiting.remove(submission)
                yield _result(submission, json.loads(kept.event))
        if waiting:
            sleep(_POLL_SECONDS)
    for submission in waiting:
        yield _result(submission, None)


def _result(submission: Submission, event: dict[str, Any] | None) -> Result:
    seconds = time.monotonic() - submission.began
    return Result(submission=submission, event=event, seconds=seconds)
