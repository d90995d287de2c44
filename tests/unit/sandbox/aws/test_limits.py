"""What AWS refuses and moto accepts is refused in the sandbox."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.dynamodb.models.table import Table

from sandbox.aws.limits import ITEM_BYTES, MESSAGE_BYTES, RefusedRequests, limit_items, sqs_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KEY = {"id": {"S": "1"}}


@pytest.fixture
def _limited() -> Iterator[None]:
    replaced = [(LimitedSizeDict, "__setitem__"), (Table, "put_item"), (DynamoDBBackend, "update_item")]
    before = [(owner, name, getattr(owner, name)) for owner, name in replaced]
    limit_items()
    yield
    for owner, name, method in before:
        setattr(owner, name, method)


@pytest.mark.usefixtures("_limited")
def test_an_item_ends_at_400_kb(dynamodb: "DynamoDBClient") -> None:
    fits = "x" * (ITEM_BYTES - len("id") - 1 - len("a"))
    dynamodb.put_item(TableName="work", Item={**KEY, "a": {"S": fits}})
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName="work", Item={**KEY, "a": {"S": fits + "x"}})
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.update_item(
            TableName="work", Key=KEY, UpdateExpression="SET b = :b", ExpressionAttributeValues={":b": {"S": "x"}}
        )
    assert "b" not in dynamodb.get_item(TableName="work", Key=KEY)["Item"]


@pytest.mark.usefixtures("_limited")
def test_a_set_that_grows_is_refused_at_the_limit(dynamodb: "DynamoDBClient") -> None:
    """The documents of a recognition were such a set."""

    def add(first: int) -> None:
        ids = {":ids": {"SS": [f"{number:032}" for number in range(first, first + 1000)]}}
        dynamodb.update_item(TableName="work", Key=KEY, UpdateExpression="ADD ids :ids", ExpressionAttributeValues=ids)

    for first in range(0, 12_000, 1000):
        add(first)
    with pytest.raises(ClientError, match="ValidationException"):
        add(12_000)
    assert len(dynamodb.get_item(TableName="work", Key=KEY)["Item"]["ids"]["SS"]) == 12_000


INVALID = "InvalidParameterValue"
STANDARD, FIFO = "http://sqs/1/queue", "http://sqs/1/queue.fifo"
ATTRIBUTE = {"DataType": "String", "StringValue": "x"}


@pytest.mark.parametrize(
    ("queue", "message", "code"),
    [
        (STANDARD, {"MessageBody": "x" * MESSAGE_BYTES}, None),
        (STANDARD, {"MessageBody": "é" * (MESSAGE_BYTES // 2 + 1)}, INVALID),
        (
            STANDARD,
            {"MessageBody": "x" * MESSAGE_BYTES, "MessageAttributes": {"a": ATTRIBUTE}},
            "InvalidParameterValue",
        ),
        (
            STANDARD,
            {"MessageBody": "x", "MessageAttributes": dict.fromkeys("abcdefghijk", ATTRIBUTE)},
            "InvalidParameterValue",
        ),
        (STANDARD, {"MessageBody": ""}, "MissingParameter"),
        (STANDARD, {"MessageBody": "\x01"}, "InvalidMessageContents"),
        (STANDARD, {"MessageBody": "x", "MessageDeduplicationId": "1"}, INVALID),
        (STANDARD, {"MessageBody": "x", "MessageGroupId": "fair"}, None),
        (FIFO, {"MessageBody": "x", "MessageGroupId": "g!", "MessageDeduplicationId": "1"}, None),
        (
            FIFO,
            {"MessageBody": "x", "MessageGroupId": "g" * 129, "MessageDeduplicationId": "1"},
            "InvalidParameterValue",
        ),
        (FIFO, {"MessageBody": "x", "MessageGroupId": "a b", "MessageDeduplicationId": "1"}, INVALID),
        (FIFO, {"MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "é"}, INVALID),
    ],
)
def test_sqs_takes_messages_within_its_quotas(queue: str, message: dict[str, Any], code: str | None) -> None:
    for parameters in ({"QueueUrl": queue, **message}, {"QueueUrl": queue, "Entries": [message]}):
        error = sqs_error(parameters)
        assert (error and error[0]) == code


def status(environ: dict[str, Any]) -> str:
    started: list[str] = []

    def accept(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b""]

    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/b/k", "wsgi.input": io.BytesIO(), **environ}
    RefusedRequests(accept, clock=lambda: NOW)(request, lambda *of: started.append(of[0]))
    return started[0][:3]


def presigned(seconds_ago: int) -> str:
    signed = (NOW - timedelta(seconds=seconds_ago)).strftime("%Y%m%dT%H%M%SZ")
    return f"X-Amz-Credential=key%2F20261129%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date={signed}&X-Amz-Expires=120"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_s3_takes_signed_requests_in_time(method: str) -> None:
    def answer(**environ: str) -> str:
        return status({"REQUEST_METHOD": method, **environ})

    assert answer() == "403"
    assert answer(HTTP_AUTHORIZATION="AWS4-HMAC-SHA256 Credential=key/20261129/us-east-1/s3/aws4_request, …") == "200"
    assert answer(QUERY_STRING=presigned(119)) == "200"
    assert answer(QUERY_STRING=presigned(121)) == "403"


def test_what_is_not_aws_needs_no_signature() -> None:
    assert status({"PATH_INFO": "/moto-api/"}) == "200"
    assert status({"REQUEST_METHOD": "OPTIONS"}) == "200"


def test_a_refused_message_is_answered_as_sqs_does() -> None:
    body = json.dumps({"QueueUrl": STANDARD, "MessageBody": ""}).encode()
    target = {"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "AmazonSQS.SendMessage"}
    assert status({**target, "wsgi.input": io.BytesIO(body)}) == "400"
    body = json.dumps({"QueueUrl": STANDARD, "MessageBody": "x"}).encode()
    assert status({**target, "wsgi.input": io.BytesIO(body)}) == "200"
