"""A batch's records and a function's report of failed items have Lambda's shapes."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.lambda_runtime.sqs_event import failed_messages, sqs_record

EVENTS = Path(__file__).parents[4] / "events"
ARN = "arn:aws:sqs:us-east-1:123456789012:intake"


def response(payload: Any, *, function_error: bool = False) -> InvocationResult:
    return InvocationResult(payload=json.dumps(payload).encode(), function_error=function_error)


def message(**changes: Any) -> dict[str, Any]:
    return {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "b",
        "MD5OfBody": "5",
        "Attributes": {"SenderId": "s"},
    } | changes


def test_a_record_has_exactly_the_members_of_the_sample_event() -> None:
    sample = json.loads((EVENTS / "sqs-s3-object-created.json").read_text())["Records"][0]
    record = sqs_record(message(), queue_arn=ARN, region="us-east-1")
    assert record.keys() == sample.keys()
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", ARN)


def test_message_attributes_have_lambdas_names() -> None:
    attributes = {
        "text": {"DataType": "String", "StringValue": "x"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    record = sqs_record(message(MessageAttributes=attributes, MD5OfMessageAttributes="6"), queue_arn=ARN, region="r")
    empty: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"] == {
        "text": {"stringValue": "x", "dataType": "String"} | empty,
        "bytes": {"binaryValue": "AAE=", "dataType": "Binary"} | empty,
    }
    assert record["md5OfMessageAttributes"] == "6"


@pytest.mark.parametrize("report", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_report_means_that_every_item_succeeded(report: Any) -> None:
    assert failed_messages(response(report), ["a", "b"], reports_item_failures=True) == set()


def test_reported_items_stay_on_the_queue() -> None:
    report = {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}
    assert failed_messages(response(report), ["a", "b"], reports_item_failures=True) == {"b"}


@pytest.mark.parametrize(
    "report",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ["a"]}]},
        {"batchItemFailures": [{"identifier": "a"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "of no message"}]},
        {"batchItemFailures": "a"},
        ["a"],
        "done",
    ],
)
def test_an_invalid_report_fails_the_whole_batch(report: Any) -> None:
    assert failed_messages(response(report), ["a", "b"], reports_item_failures=True) == {"a", "b"}


def test_a_report_that_is_not_json_fails_the_whole_batch() -> None:
    result = InvocationResult(payload=b"{", function_error=False)
    assert failed_messages(result, ["a", "b"], reports_item_failures=True) == {"a", "b"}


def test_a_report_is_ignored_unless_the_mapping_asks_for_it() -> None:
    report = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_messages(response(report), ["a", "b"], reports_item_failures=False) == set()


@pytest.mark.parametrize("reports", [True, False])
def test_a_failed_function_fails_the_whole_batch(*, reports: bool) -> None:
    result = response({"batchItemFailures": []}, function_error=True)
    assert failed_messages(result, ["a", "b"], reports_item_failures=reports) == {"a", "b"}
