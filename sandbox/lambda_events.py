"""The shapes in which Lambda and its callers talk: batches of SQS, requests and answers of an HTTP API."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

type Json = dict[str, Any]

ACCOUNT: Final = "123456789012"  # moto's
PAYLOAD_LIMIT: Final = 6 * 1024 * 1024  # bytes of a synchronous invocation, both ways
_TEXT_TYPES: Final = ("application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an invocation came to: the function's answer, or an error that Lambda reports in place of one."""

    payload: bytes
    function_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as the API received it; ``headers`` in order, with repetitions; ``path`` decoded, ``raw_query`` not."""

    method: str
    path: str
    raw_query: str
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An answer to send; ``headers`` may repeat a name (Set-Cookie)."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def sqs_record(message: Mapping[str, Any], *, queue_arn: str, region: str) -> Json:
    """Return a received message as one of an event's ``Records``.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    """
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _message_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def failed_messages(outcome: Outcome, ids: Sequence[str], *, reports_item_failures: bool) -> set[str]:
    """Return the ids of a batch that stay on the queue.

    All of them when the function failed or its report is not valid: not JSON, or with an identifier that is missing,
    empty, or of no message in the batch.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if outcome.function_error:
        return set(ids)
    if not reports_item_failures:
        return set()
    named = _reported(outcome.payload)
    if named is None or any(name not in ids for name in named):
        return set(ids)
    return {identifier for identifier in ids if identifier in named}


def http_event(
    request: HttpRequest, *, route_key: str, path_parameters: Mapping[str, str], request_id: str, now: datetime
) -> Json:
    """Return the event of a request, payload format 2.0.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower != "cookie":
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    cookies = [part for name, value in request.headers if name.lower() == "cookie" for part in value.split("; ")]
    query: dict[str, str] = {}
    for name, value in request.query:
        query[name] = f"{query[name]},{value}" if name in query else value
    event: Json = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "sandbox",
            "domainName": headers.get("host", ""),
            "domainPrefix": "sandbox",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _event_body(request.body, headers.get("content-type", ""))
    return event


def http_answer(outcome: Outcome) -> HttpAnswer:
    """Return what the API answers: what the function says, or 500 when it failed or said nothing that can be sent."""
    if outcome.function_error:
        return problem(500, "Internal Server Error")
    try:
        said = json.loads(outcome.payload)
    except ValueError:
        return problem(500, "Internal Server Error")
    if not isinstance(said, dict) or "statusCode" not in said:
        body = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return HttpAnswer(status=200, headers=[("content-type", "application/json")], body=body.encode())
    try:
        return _structured_answer(said)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return problem(500, "Internal Server Error")


def problem(status: int, message: str) -> HttpAnswer:
    """Return an answer of API Gateway itself."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpAnswer(status=status, headers=[("content-type", "application/json")], body=body)


def _reported(payload: bytes) -> list[Any] | None:
    """Return what a report names, valid identifiers or not; nothing for an empty one, None for what is no report."""
    try:
        answer = json.loads(payload or b"null") or {}
    except ValueError:
        return None
    failures = (answer.get("batchItemFailures") or []) if isinstance(answer, dict) else None
    if not isinstance(failures, list):
        return None
    return [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]


def _structured_answer(said: Json) -> HttpAnswer:
    status = int(said["statusCode"])
    if not 100 <= status <= 599:  # noqa: PLR2004  HTTP's status codes
        raise ValueError("not a status code")
    headers = [(name.lower(), str(value)) for name, value in (said.get("headers") or {}).items()]
    if all(name != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", cookie) for cookie in said.get("cookies") or []]
    body = said.get("body") or ""
    return HttpAnswer(
        status=status,
        headers=headers,
        body=base64.b64decode(body, validate=True) if said.get("isBase64Encoded") else str(body).encode(),
    )


def _event_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Text types come as they are, everything else (forms as well) in Base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _message_attribute(value: Mapping[str, Any]) -> Json:
    attribute: Json = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
