"""Batches, requests and answers have Lambda's and API Gateway's shapes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.http_api.events import HttpRequest, error_response, http_response, request_event
from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.lambda_runtime.sqs_event import failed_messages, sqs_record

EVENTS = Path(__file__).parents[3] / "events"
ARN = "arn:aws:sqs:us-east-1:123456789012:intake"


def said(answer: Any, *, function_error: bool = False) -> InvocationResult:
    return InvocationResult(payload=json.dumps(answer).encode(), function_error=function_error)


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


def test_message_attributes_are_named_as_lambda_names_them() -> None:
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


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_report_says_that_all_is_done(answer: Any) -> None:
    assert failed_messages(said(answer), ["a", "b"], reports_item_failures=True) == set()


def test_the_items_of_a_report_stay_on_the_queue() -> None:
    report = {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}
    assert failed_messages(said(report), ["a", "b"], reports_item_failures=True) == {"b"}


@pytest.mark.parametrize(
    "answer",
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
def test_an_invalid_report_fails_the_whole_batch(answer: Any) -> None:
    assert failed_messages(said(answer), ["a", "b"], reports_item_failures=True) == {"a", "b"}


def test_a_report_that_is_not_json_fails_the_whole_batch() -> None:
    outcome = InvocationResult(payload=b"{", function_error=False)
    assert failed_messages(outcome, ["a", "b"], reports_item_failures=True) == {"a", "b"}


def test_a_report_counts_only_where_the_mapping_asks_for_one() -> None:
    report = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert failed_messages(said(report), ["a", "b"], reports_item_failures=False) == set()


@pytest.mark.parametrize("reports", [True, False])
def test_a_failed_function_fails_the_whole_batch(*, reports: bool) -> None:
    outcome = said({"batchItemFailures": []}, function_error=True)
    assert failed_messages(outcome, ["a", "b"], reports_item_failures=reports) == {"a", "b"}


def request(**changes: Any) -> HttpRequest:
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/v1/recognitions",
        "raw_query": "",
        "query": [],
        "headers": [("Host", "127.0.0.1:8000"), ("Content-Type", "application/json"), ("User-Agent", "test")],
        "body": b'{"document":"auto"}',
        "source_ip": "127.0.0.1",
        "protocol": "HTTP/1.1",
    }
    return HttpRequest(**given | changes)


def event_of(http: HttpRequest, **path_parameters: str) -> dict[str, Any]:
    moment = datetime(2026, 11, 21, 4, 0, 0, 5000, tzinfo=UTC)
    return request_event(
        http, route_key="POST /v1/recognitions", path_parameters=path_parameters, request_id="id", now=moment
    )


def test_a_request_has_the_members_of_the_sample_event() -> None:
    sample = json.loads((EVENTS / "http-api-v2-recognition.json").read_text())
    event = event_of(request())
    assert set(event) <= set(sample) | {"cookies", "queryStringParameters", "pathParameters"}
    for name in ("version", "routeKey", "rawPath", "isBase64Encoded"):
        assert event[name] == sample[name]
    assert set(event["requestContext"]["http"]) == set(sample["requestContext"]["http"])
    assert event["requestContext"]["time"] == "21/Nov/2026:04:00:00 +0000"
    assert event["requestContext"]["timeEpoch"] == 1795233600005


def test_repeated_headers_and_parameters_are_joined_and_cookies_taken_out() -> None:
    http = request(
        headers=[("A", "1"), ("a", "2"), ("Cookie", "x=1; y=2")],
        query=[("q", "1"), ("q", "2")],
        raw_query="q=1&q=2",
    )
    event = event_of(http, what="it")
    assert event["headers"] == {"a": "1,2"}
    assert event["cookies"] == ["x=1", "y=2"]
    assert (event["queryStringParameters"], event["rawQueryString"]) == ({"q": "1,2"}, "q=1&q=2")
    assert event["pathParameters"] == {"what": "it"}


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json; charset=utf-8", "é".encode(), ("é", False)),
        ("text/plain", b"x", ("x", False)),
        ("application/problem+json", b"{}", ("{}", False)),
        ("application/json", b"\xff", ("/w==", True)),
        ("image/jpeg", b"x", ("eA==", True)),
        ("application/x-www-form-urlencoded", b"a=1", ("YT0x", True)),
    ],
)
def test_only_text_bodies_come_as_they_are(content_type: str, body: bytes, expected: tuple[str, bool]) -> None:
    event = event_of(request(headers=[("Content-Type", content_type)], body=body))
    assert (event["body"], event["isBase64Encoded"]) == expected


def test_a_request_without_a_body_has_no_body_member() -> None:
    assert "body" not in event_of(request(body=b""))


def test_a_structured_answer_is_sent_as_it_says() -> None:
    answer = http_response(
        said(
            {
                "statusCode": 201,
                "headers": {"Content-Type": "image/png"},
                "body": "eA==",
                "isBase64Encoded": True,
                "cookies": ["c=1"],
            }
        )
    )
    assert (answer.status, answer.body) == (201, b"x")
    assert answer.headers == [("content-type", "image/png"), ("set-cookie", "c=1")]


def test_an_answer_without_a_status_is_the_body() -> None:
    answer = http_response(said({"number": 1}))
    assert (answer.status, answer.body, answer.headers) == (
        200,
        b'{"number": 1}',
        [("content-type", "application/json")],
    )


@pytest.mark.parametrize(
    "outcome",
    [
        said({"errorMessage": "no"}, function_error=True),
        InvocationResult(payload=b"not JSON", function_error=False),
        said({"statusCode": "many"}),
        said({"statusCode": 99}),
        said({"statusCode": 200, "headers": ["a"]}),
        said({"statusCode": 200, "body": "?", "isBase64Encoded": True}),
    ],
)
def test_what_cannot_be_sent_is_an_internal_server_error(outcome: InvocationResult) -> None:
    assert http_response(outcome) == error_response(500, "Internal Server Error")
