"""Both OCR actions as a Lambda function: an event of a function URL or an HTTP API becomes a call of the ASGI app.

IAM decides who may call. IAM's signature and the provider's both use the ``Authorization`` header, so a call can have
only one of them. Calls authenticated by IAM need no provider signature; all others are rejected.
"""

import asyncio
import base64
import logging
from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from uuid import uuid4

from starlette.applications import Starlette

from recognizer.service import card_reader
from recognizer.service.server import ServerSettings, recognizer_app
from recognizer.service.workers import ThreadWorkers
from recognizer.wire.api_error import ApiError
from recognizer.wire.response import error_response

_READ_TIMEOUT_SECONDS: Final = 20.0
"""Leaves enough of the function's timeout for a download and the response, so that callers get no 5xx."""

type Event = dict[str, Any]
type Answer = dict[str, Any]

logging.getLogger().setLevel(logging.WARNING)
logging.getLogger("recognizer").setLevel(logging.INFO)
card_reader.load()  # during init, when a function has a full CPU


def handler(event: Event, _context: object) -> Answer:
    """Answer one call. ``event``: payload format 2.0 of a function URL or an HTTP API, behind IAM."""
    if not _is_authenticated_by_iam(event):
        error = error_response(str(uuid4()), ApiError("AuthFailure.UnauthorizedOperation"))
        return _http(403, error.raw_headers, bytes(error.body))
    return _loop().run_until_complete(_answer(event))


def _is_authenticated_by_iam(event: Event) -> bool:
    """Tell whether the event names the signer, which only IAM's check adds."""
    context = event.get("requestContext") or {}
    iam = (context.get("authorizer") or {}).get("iam") or {}
    return "http" in context and bool(iam.get("userArn"))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _application() -> Starlette:
    """Return the server's application. Lambda sends one call at a time, and its concurrency replaces the quota."""
    settings = ServerSettings(credentials=None, calls_per_second=0)
    workers = ThreadWorkers(card_reader.read_card, read_timeout=_READ_TIMEOUT_SECONDS)
    return recognizer_app(workers, settings)


async def _answer(event: Event) -> Answer:
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    request = [{"type": "http.request", "body": content, "more_body": False}]
    messages: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401  ASGI
        if request:
            return request.pop()
        return await asyncio.get_running_loop().create_future()  # the caller sends nothing more

    async def send(message: Any) -> None:  # noqa: ANN401  ASGI
        messages.append(message)

    await _application()(_scope(event), receive, send)
    start, *pieces = messages
    return _http(start["status"], start["headers"], b"".join(piece.get("body", b"") for piece in pieces))


def _http(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Answer:
    return {
        "statusCode": status,
        "headers": {name.decode(): value.decode() for name, value in headers},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def _scope(event: Event) -> dict[str, Any]:
    path = event.get("rawPath") or "/"
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": event["requestContext"]["http"]["method"],
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": (event.get("rawQueryString") or "").encode(),
        "headers": [
            (name.lower().encode(), value.encode("utf-8", "replace"))
            for name, value in event.get("headers", {}).items()
        ],
    }
