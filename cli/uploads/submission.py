"""Upload photos and wait for their results.

Results are read by document id from the work table, never from the results queue, which would take messages away from
its consumer.
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
from cli.uploads.file_names import FileNames
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.domain.identity import document_id_of_object, document_id_of_page

_POLL_SECONDS: Final = 0.25
_POLL_BATCH: Final = 50
"""Documents read per poll, in rotation, so that thousands of pending documents are not thousands of reads a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An uploaded photo; ``started_at`` is a ``time.monotonic`` value."""

    file: Path
    document_id: str
    started_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The events of one photo: one, or one per page; none if it timed out."""

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
    case: str | None = None,
) -> Submission:
    """Upload ``content`` under a key that does not reveal the file's name. Raises botocore's errors."""
    key = f"{deployment.upload_prefix}{document or 'auto'}/{uuid4().hex}{file.suffix.lower()}"
    given = {"return-portrait": str(return_portrait).lower(), "card-side": card_side, "case": case}
    FileNames(deployment.file_names).record(key, file.name)
    started_at = time.monotonic()
    stored = deployment.s3.put_object(
        Bucket=deployment.upload_bucket,
        Key=key,
        Body=content,
        ContentType=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        Metadata={name: value for name, value in given.items() if value},
    )
    document_id = document_id_of_object(
        bucket=deployment.upload_bucket, key=key, version=stored.get("VersionId"), etag=stored["ETag"]
    )
    return Submission(file=file, document_id=document_id, started_at=started_at)


def wait_for_results(
    submissions: Iterable[Submission],
    deployment: Deployment,
    *,
    timeout_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Result]:
    """Yield each submission's result as soon as it is published.

    If no result arrives for ``timeout_seconds``, the remaining submissions are yielded without events.
    """
    documents = DynamoDbDocuments(deployment.dynamodb, table=deployment.work_table, keep_days=1)
    pending = deque(submissions)
    deadline = time.monotonic() + timeout_seconds
    while pending and time.monotonic() < deadline:
        found = False
        for _ in range(min(len(pending), _POLL_BATCH)):
            submission = pending.popleft()
            if events := _events(documents, submission.document_id):
                found = True
                yield _result(submission, events)
            else:
                pending.append(submission)
        if found:
            deadline = time.monotonic() + timeout_seconds
        elif pending:
            sleep(_POLL_SECONDS)
    for submission in pending:
        yield _result(submission, ())


def _events(documents: DynamoDbDocuments, document_id: str) -> tuple[dict[str, Any], ...]:
    """Return the published events of a document, one per page; none until all pages have theirs."""
    document = documents.get(document_id)
    if document and document.pages:
        ids = [document_id_of_page(document_id, page) for page in range(1, document.pages + 1)]
        states = [documents.get(page_id) for page_id in ids]
    else:
        states = [document]
    published = [state.event for state in states if state and state.event and state.event.published]
    return tuple(json.loads(event.event) for event in published) if len(published) == len(states) else ()


def _result(submission: Submission, events: tuple[dict[str, Any], ...]) -> Result:
    seconds = time.monotonic() - submission.started_at
    return Result(submission=submission, events=events, seconds=seconds)
