"""What an invocation records: its log, the audit trail and the traces."""

import contextvars
import copy
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from permit_ocr.application.intake_messages import MeasureReviewsMessage, Upload, document_of
from permit_ocr.application.ports import Submission, Unready
from permit_ocr.domain.errors import CircuitOpen, Deferred, PermitOcrError, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.entrypoints.upload_events import messages_in_body
from permit_ocr.trace_context import continue_trace, current_traceparent
from tests.unit.entrypoints.uploads.invocation import (
    BATCH,
    DIRECT,
    ONE_UPLOAD,
    REPUBLISH,
    ROLE,
    FakeImages,
    Queues,
    message,
    run,
)
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world


@pytest.mark.parametrize("body", [None, '{"republish": {"document_id": "%s"}}'])
def test_the_log_names_the_document_that_was_deleted(caplog: pytest.LogCaptureFixture, body: str | None) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    here = world(MAINLAND_FRONT)
    run(message(), here)
    (document_id,) = here.documents.states
    here.documents.mark_deleted(document_id)
    run(message() if body is None else {"Records": [ONE_UPLOAD["Records"][0] | {"body": body % document_id}]}, here)
    (logged,) = [record for record in caplog.records if record.message == "document_deleted"]
    assert logged.__dict__["document_id"] == document_id


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (RetryableError("InternalError", "", ""), "document_failed"),
        (Deferred("Deadline", "", ""), "document_deferred"),
        (CircuitOpen("ResourceUnavailable.InArrears", "", ""), "document_deferred"),
    ],
)
def test_the_log_tells_counted_failures_from_deferrals(
    error: PermitOcrError, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="permit-ocr")
    run(message(), world(error))
    assert [(record.message, record.__dict__["code"]) for record in caplog.records] == [(event, error.code)]


def test_the_log_of_a_batch_has_no_key_and_no_text_of_a_card(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    run(BATCH, world(MAINLAND_FRONT, MAINLAND_FRONT, RetryableError("InternalError", "", "")))
    run(BATCH, world(CircuitOpen("AuthFailure", "", "")))
    printed = repr([vars(record) for record in caplog.records]) + capsys.readouterr().out
    assert "document_done" in printed
    for secret in ("uploads/residence-permit/1.jpg", "H12345678", "样本", "YANG"):
        assert secret not in printed


def test_every_document_is_in_the_audit_trail_before_it_is_read() -> None:
    here = world(*[MAINLAND_FRONT] * len(BATCH["Records"]))
    run(BATCH, here)
    documents = {
        document_of(one, upload_prefix="uploads/").id
        for record in BATCH["Records"]
        for one in messages_in_body(record["body"])
        if not isinstance(one, MeasureReviewsMessage)
    }
    assert {line.document_id for line in here.audit.lines} == documents
    assert {(line.caller, line.action, line.request_id) for line in here.audit.lines} == {
        (ROLE, "read_upload", "request-1")
    }


@pytest.mark.parametrize("event", [ONE_UPLOAD, REPUBLISH])
def test_without_the_audit_trail_nothing_is_read_and_nothing_counted(event: dict[str, Any]) -> None:
    here, images, queues = world(MAINLAND_FRONT), FakeImages(), Queues()
    here.audit.fails = True
    again, _ = run(event, here, images=images, queues=queues)
    assert again == [event["Records"][0]["messageId"]]
    assert (images.fetched, here.results.sent, queues.failures, queues.dead) == (0, [], {}, [])


def test_a_direct_event_without_the_audit_trail_is_retried_by_lambda() -> None:
    here = world(MAINLAND_FRONT)
    here.audit.fails = True
    with pytest.raises(Deferred):
        run(DIRECT, here)
    assert here.results.sent == []


@dataclass
class TracedImages(FakeImages):
    """The first upload has a trace of its own, as one through the API."""

    traces: list[str | None] = field(default_factory=list)

    def fetch(self, upload: Upload, document: Document) -> Submission | Unready:
        self.traces.append(current_traceparent())
        continue_trace(f"00-{'a' * 32}-{'b' * 16}-00" if len(self.traces) == 1 else None)
        return super().fetch(upload, document)


@pytest.mark.parametrize("is_direct", [True, False])
def test_an_upload_does_not_get_the_trace_of_the_one_before(*, is_direct: bool) -> None:
    two = copy.deepcopy(DIRECT)
    two["Records"] = [copy.deepcopy(DIRECT["Records"][0]) for _ in range(2)]
    for number, record in enumerate(two["Records"]):
        record["s3"]["object"]["key"] = f"uploads/mainland-permit/{number}.jpg"
    event = two if is_direct else {"Records": [message()["Records"][0] | {"body": json.dumps(two)}]}
    images = TracedImages()

    def invocation() -> None:
        continue_trace(f"00-{'c' * 32}-{'d' * 16}-00")
        run(event, world(MAINLAND_FRONT, MAINLAND_FRONT), images=images)

    contextvars.Context().run(invocation)
    first, second = images.traces
    assert first == second
