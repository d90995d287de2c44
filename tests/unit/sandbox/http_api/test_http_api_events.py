"""Requests and responses have the shapes of API Gateway's payload format 2.0."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.http_api.events import HttpRequest, error_response, http_response, request_event
from sandbox.lambda_runtime.invocation import InvocationResult

EVENTS = Path(__file__).parents[4] / "events"


def response(payload: Any, *, function_error: bool = False) -> InvocationResult:
    return InvocationResult(payload=json.dumps(payload).encode(), function_error=function_error)


def request(**changes: Any) -> HttpRequest:
    fields: dict[str, Any] = {
        "method": "POST",
        "path": "/v1/recognitions",
        "raw_query": "",
        "query": [],
        "headers": [("Host", "127.0.0.1:8000"), ("Content-Type", "application/json"), ("User-Agent", "test")],
        "body": b'{"document":"auto"}',
        "source_ip": "127.0.0.1",
        "protocol": "HTTP/1.1",
    }
    return HttpRequest(**fields | changes)


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


def test_repeated_headers_and_parameters_are_joined_and_cookies_listed() -> None:
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
def test_bodies_other_than_text_are_base64(content_type: str, body: bytes, expected: tuple[str, bool]) -> None:
    event = event_of(request(headers=[("Content-Type", content_type)], body=body))
    assert (event["body"], event["isBase64Encoded"]) == expected


def test_a_request_without_a_body_has_no_body_member() -> None:
    assert "body" not in event_of(request(body=b""))


def test_a_structured_response_sets_status_headers_and_body() -> None:
    answer = http_response(
        response(
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


def test_a_response_without_a_status_is_the_body() -> None:
    answer = http_response(response({"number": 1}))
    assert (answer.status, answer.body, answer.headers) == (
        200,
        b'{"number": 1}',
        [("content-type", "application/json")],
    )


@pytest.mark.parametrize(
    "result",
    [
        response({"errorMessage": "no"}, function_error=True),
        InvocationResult(payload=b"not JSON", function_error=False),
        response({"statusCode": "many"}),
        response({"statusCode": 99}),
        response({"statusCode": 200, "headers": ["a"]}),
        response({"statusCode": 200, "body": "?", "isBase64Encoded": True}),
    ],
)
def test_a_failed_or_malformed_response_is_an_internal_server_error(result: InvocationResult) -> None:
    assert http_response(result) == error_response(500, "Internal Server Error")
