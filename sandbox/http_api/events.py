"""Requests and responses of an HTTP API, as Lambda's payload format 2.0."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sandbox.account import ACCOUNT_ID
from sandbox.lambda_runtime.invocation import InvocationResult, Json

_TEXT_TYPES: Final = ("application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request. ``headers`` keep their order and repetitions; ``path`` is decoded, ``raw_query`` is not."""

    method: str
    path: str
    raw_query: str
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response; ``headers`` may repeat a name (Set-Cookie)."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def request_event(
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
            "accountId": ACCOUNT_ID,
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


def http_response(result: InvocationResult) -> HttpResponse:
    """Return the API's response to an invocation: 500 if the function failed or its response is malformed."""
    if result.function_error:
        return error_response(500, "Internal Server Error")
    try:
        payload = json.loads(result.payload)
    except ValueError:
        return error_response(500, "Internal Server Error")
    if not isinstance(payload, dict) or "statusCode" not in payload:
        body = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        return HttpResponse(status=200, headers=[("content-type", "application/json")], body=body.encode())
    try:
        return _structured_response(payload)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return error_response(500, "Internal Server Error")


def error_response(status: int, message: str) -> HttpResponse:
    """Return a response of API Gateway itself."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpResponse(status=status, headers=[("content-type", "application/json")], body=body)


def _structured_response(payload: Json) -> HttpResponse:
    status = int(payload["statusCode"])
    if not 100 <= status <= 599:  # noqa: PLR2004  HTTP's status codes
        raise ValueError("not a status code")
    headers = [(name.lower(), str(value)) for name, value in (payload.get("headers") or {}).items()]
    if all(name != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", cookie) for cookie in payload.get("cookies") or []]
    body = payload.get("body") or ""
    return HttpResponse(
        status=status,
        headers=headers,
        body=base64.b64decode(body, validate=True) if payload.get("isBase64Encoded") else str(body).encode(),
    )


def _event_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the event's body and whether it is Base64: text types are not, everything else (forms too) is."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
