"""One trace from an upload or a request to its result: what is continued, and what starts one."""

import contextvars
import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from permit_ocr.adapters.sqs.queues import SqsEventPublisher, SqsQueue
from permit_ocr.application.intake_messages import RepublishMessage
from permit_ocr.entrypoints.sqs_batch import messages_in_batch
from permit_ocr.observability import log_event, observed
from permit_ocr.trace_context import (
    continue_trace,
    current_trace_id,
    current_traceparent,
    is_traceparent,
    traceparent_of_invocation,
    traceparent_of_message,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
XRAY_TRACE_ID = "5759e988bd862e3fe1be46a994272793"


def ids(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=length, max_size=length)


@given(st.sampled_from(["00", "01", "7f", "fe"]), ids(32), ids(16), ids(2))
def test_a_traceparent_is_valid_unless_an_id_is_zero(version: str, trace_id: str, parent_id: str, flags: str) -> None:
    valid = bool(int(trace_id, 16) and int(parent_id, 16))
    assert is_traceparent(f"{version}-{trace_id}-{parent_id}-{flags}") is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (TRACEPARENT, True),
        (TRACEPARENT.upper(), False),
        (f"{TRACEPARENT}-more", False),
        (f"01{TRACEPARENT[2:]}-more", True),
        (f"01{TRACEPARENT[2:]}more", False),
        (f"ff{TRACEPARENT[2:]}", False),
        (f" {TRACEPARENT}", False),
        (f"{TRACEPARENT}\n", False),
        (f"01{TRACEPARENT[2:]}-{'x' * 500}", False),
        ("", False),
        (None, False),
    ],
)
def test_w3cs_rules_for_a_traceparent(text: str | None, valid: bool) -> None:  # noqa: FBT001
    assert is_traceparent(text) is valid


@given(st.text())
@example(XRAY)
@example("Root=1-00000000-000000000000000000000000")
def test_whatever_the_runtime_reports_a_valid_trace_is_started(text: str) -> None:
    assert is_traceparent(traceparent_of_invocation(text))


def test_xrays_trace_is_continued() -> None:
    assert traceparent_of_invocation(XRAY)[3:35] == XRAY_TRACE_ID
    assert traceparent_of_message({"AWSTraceHeader": XRAY}, {}, message_id="1")[3:35] == XRAY_TRACE_ID


def test_an_attribute_of_the_message_wins_if_it_is_valid() -> None:
    for value, trace_id in ((TRACEPARENT, TRACE_ID), ("nonsense", XRAY_TRACE_ID)):
        attributes = {"traceparent": {"stringValue": value}}
        traceparent = traceparent_of_message({"AWSTraceHeader": XRAY}, attributes, message_id="1")
        assert traceparent[3:35] == trace_id


@given(st.uuids(version=4))
def test_a_message_without_a_trace_has_the_same_one_on_every_retry(message_id: UUID) -> None:
    first, second = (traceparent_of_message({}, {}, message_id=str(message_id)) for _ in range(2))
    assert first == second
    assert is_traceparent(first)
    assert is_traceparent(traceparent_of_message({}, {}, message_id="no uuid"))


def test_an_invalid_traceparent_changes_nothing() -> None:
    def current_after(text: str | None) -> str | None:
        continue_trace(TRACEPARENT)
        continue_trace(text)
        return current_trace_id()

    for text in (None, "", "nonsense"):
        assert contextvars.Context().run(current_after, text) == TRACE_ID
    assert contextvars.Context().run(current_traceparent) is None


def test_a_trace_follows_a_message_through_a_queue(sqs: "SQSClient") -> None:
    urls = [sqs.create_queue(QueueName="q")["QueueUrl"]]
    urls.append(sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"])

    def send() -> None:
        continue_trace(TRACEPARENT)
        SqsQueue(sqs, queue_url=urls[0]).enqueue(RepublishMessage(document_id="0f"))
        SqsQueue(sqs, queue_url=urls[0]).enqueue_all([])
        SqsQueue(sqs, queue_url=urls[0]).send("{}", message_id="1", reason="x", document_id=None)
        SqsEventPublisher(sqs, queue_url=urls[1]).publish("{}", event_id="1")

    contextvars.Context().run(send)
    received: list[Any] = []
    for url in urls:
        messages = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )["Messages"]
        received += messages
    records = [
        {
            "messageId": one["MessageId"],
            "receiptHandle": one["ReceiptHandle"],
            "body": one["Body"],
            "attributes": one["Attributes"],
            "messageAttributes": {
                name: {"stringValue": value["StringValue"]} for name, value in one["MessageAttributes"].items()
            },
        }
        for one in received
    ]
    assert [message.traceparent for message in messages_in_batch({"Records": records})] == [TRACEPARENT] * 3


def test_every_log_line_of_an_invocation_has_a_trace_id(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Context:
        function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"

    @observed
    def handler(_event: dict[str, Any], _context: Context) -> str | None:
        log_event("document_done")
        return current_trace_id()

    for xray in (XRAY, "", "nonsense"):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", xray)
        trace_id = contextvars.Context().run(handler, {}, Context())
        assert trace_id
        assert re.fullmatch("[0-9a-f]{32}", trace_id)
        assert xray != XRAY or trace_id == XRAY_TRACE_ID
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert all(line["trace_id"] == trace_id for line in lines if "message" in line)
