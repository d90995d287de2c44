"""Why a document has no result yet."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.deployment import Deployment
from cli.uploads.missing_results import explain_missing
from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.sqs.queues import SqsQueue
from permit_ocr.application.intake_messages import Page, Upload, serialize_message
from permit_ocr.domain.errors import RateLimited
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_object

UPLOAD = Upload(bucket="uploads-bucket", key="uploads/auto/1.jpg", version="v", etag="e")
ID = document_id_of_object(bucket=UPLOAD.bucket, key=UPLOAD.key, version=UPLOAD.version, etag="e")


@pytest.fixture
def sandbox(work: Deployment, tmp_path: Path) -> Deployment:
    return replace(work, log_directory=tmp_path)


def log(deployment: Deployment, *lines: dict[str, Any]) -> None:
    assert deployment.log_directory
    text = "START RequestId: 1\n" + "".join(json.dumps(line) + "\n" for line in lines) + f'{{"half {ID}'
    (deployment.log_directory / "UploadsFunction-1.log").write_text(text)


def attempt(code: str, time: str = "2026-11-29T13:00:00", *, deferred: bool = False) -> dict[str, Any]:
    message = "document_deferred" if deferred else "document_failed"
    return {"message": message, "timestamp": time, "document_id": ID, "code": code}


def test_a_dead_letter_has_its_reason_and_the_command(sandbox: Deployment) -> None:
    queue = SqsQueue(sandbox.sqs, queue_url=sandbox.dead_letter_queue_url)
    queue.send(serialize_message(UPLOAD), message_id="1", reason="InternalError", document_id=ID)
    text = explain_missing([ID], sandbox)[ID]
    assert text.startswith("it is in the dead-letter queue because of InternalError: ")
    assert text.endswith("fix the cause, then run `permit-ocr redrive --reason InternalError`")
    received = sandbox.sqs.receive_message(QueueUrl=sandbox.dead_letter_queue_url)
    assert len(received["Messages"]) == 1, "it is visible again"


def test_a_message_that_sqs_moved_is_recognised_by_its_body(sandbox: Deployment) -> None:
    page = Page(upload=UPLOAD, number=2, pages=3, image=None, rejection="Document.Damaged")
    for body in ("no event", serialize_message(page)):
        sandbox.sqs.send_message(QueueUrl=sandbox.dead_letter_queue_url, MessageBody=body)
    assert "redrive --reason ReceivedTooOften" in explain_missing([ID], sandbox)[ID]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (attempt(RateLimited(after_seconds=1).code, deferred=True), "waiting for the provider's quota"),
        (attempt("RequestLimitExceeded", deferred=True), "waiting for the provider's quota"),
        (attempt("ResourceUnavailable.InArrears", deferred=True), "refuses the account or the configuration ("),
        (attempt("NoAnswerInTime"), "its last attempt failed (NoAnswerInTime"),
        (attempt("S3.AccessDenied"), "its last attempt failed (S3.AccessDenied); it is tried again, see the log "),
        (attempt("Recognition.InProgress", deferred=True), "it has to wait (Recognition.InProgress)"),
    ],
)
def test_the_last_attempt_in_the_log_is_explained(line: dict[str, Any], text: str, sandbox: Deployment) -> None:
    log(sandbox, attempt("InternalError", "2026-11-29T12:00:00"), line, {"message": "x", "document_id": ID})
    assert text in explain_missing([ID], sandbox)[ID]


def test_without_an_attempt_the_stage_and_the_log_are_named(sandbox: Deployment) -> None:
    assert "waiting for its turn" in explain_missing([ID], sandbox)[ID]
    documents = DynamoDbDocuments(sandbox.dynamodb, table=sandbox.work_table, keep_days=1)
    documents.begin(Document(id=ID), recognition_ids=())
    assert explain_missing([ID], sandbox)[ID] == (
        f"it is being read; if that takes long, see the log {sandbox.log_directory}/UploadsFunction-*.log"
    )


@pytest.fixture
def stack(work: Deployment) -> Deployment:
    for function in ("uploads", "images"):
        work.cloudwatch_logs.create_log_group(logGroupName=f"/permit-ocr/permit-ocr/{function}")
    return work


def test_a_stacks_log_is_searched(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto ignores the JSON pattern, so the request is looked at."""
    patterns = []

    def filter_log_events(**request: Any) -> Any:
        patterns.append((request["logGroupName"], request["filterPattern"]))
        return {"events": [{"message": json.dumps(attempt("NoAnswerInTime"))}]}

    monkeypatch.setattr(stack.cloudwatch_logs, "filter_log_events", filter_log_events, raising=False)
    assert "NoAnswerInTime" in explain_missing([ID], stack)[ID]
    pattern = f'{{ $.document_id = "{ID}" }}'
    assert patterns == [(f"/permit-ocr/permit-ocr/{function}", pattern) for function in ("uploads", "images")]


def test_without_the_right_to_read_logs_the_log_is_named(work: Deployment) -> None:
    assert "see the log group /permit-ocr/permit-ocr/uploads" in explain_missing([ID], work)[ID], "it does not exist"
