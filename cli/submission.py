"""Sending photographs and waiting for what they came to.

Results are read by document id from the work table, never from the results queue: that would take messages away from
their consumer.
"""

import json
import mimetypes
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cli.deployment import Deployment
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.domain.identity import document_id_of_object, document_id_of_page

_POLL_SECONDS: Final = 0.25
_ASKED_AT_ONCE: Final = 50
"""Documents asked for before the next pause, in turn: thousands that wait must not be thousands of reads a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One photograph that was uploaded; ``began`` is on ``time.monotonic``'s clock."""

    file: Path
    document_id: str
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one photograph came to: its event, or one for each page; none if they were not there in time."""

    submission: Submission
    events: tuple[dict[str, Any], ...]
    seconds: float


def submit(
    file: Path,
    content: bytes,
    deployment: Deployment,
    *,
    document: str | None,
    card_side: str | None,
    return_portrait: bool = False,
) -> Submission:
    """Upload the ``content`` of ``file`` under a key that says nothing of its name; return how to find its result.

    Raises botocore's errors.
    """
    key = f"{deployment.upload_prefix}{document or 'auto'}/{uuid4().hex}{file.suffix.lower()}"
    metadata = {"return-portrait": str(return_portrait).lower()} | ({"card-side": card_side} if card_side else {})
    began = time.monotonic()
    stored = deployment.s3.put_object(
        Bucket=deployment.upload_bucket,
        Key=key,
        Body=content,
        ContentType=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        Metadata=metadata,
    )
    document_id = document_id_of_object(
        bucket=deployment.upload_bucket, key=key, version=stored.get("VersionId"), etag=stored["ETag"]
    )
    return Submission(file=file, document_id=document_id, began=began)


def results(
    submissions: Iterable[Submission],
    deployment: Deployment,
    *,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Result]:
    """Yield each submission's result as soon as it is published.

    If there has been none for ``timeout_seconds``, whatever is missing comes at the end, without events.
    """
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    waiting = deque(submissions)
    give_up = time.monotonic() + timeout_seconds
    while waiting and time.monotonic() < give_up:
        found = False
        for _ in range(min(len(waiting), _ASKED_AT_ONCE)):
            submission = waiting.popleft()
            if events := _events(documents, submission.document_id):
                found = True
                yield _result(submission, events)
            else:
                waiting.append(submission)
        if found:
            give_up = time.monotonic() + timeout_seconds
        elif waiting:
            sleep(_POLL_SECONDS)
    for submission in waiting:
        yield _result(submission, ())


def _events(documents: DynamoDbDocuments, document_id: str) -> tuple[dict[str, Any], ...]:
    """Return a document's published event, or those of all its pages; none until they are there."""
    record = documents.get(document_id)
    if record and record.pages:
        ids = [document_id_of_page(document_id, page) for page in range(1, record.pages + 1)]
        records = [documents.get(page_id) for page_id in ids]
    else:
        records = [record]
    kept = [one.event for one in records if one and one.event and one.event.published]
    return tuple(json.loads(event.event) for event in kept) if len(kept) == len(records) else ()


def _result(submission: Submission, events: tuple[dict[str, Any], ...]) -> Result:
    seconds = time.monotonic() - submission.began
    return Result(submission=submission, events=events, seconds=seconds)
