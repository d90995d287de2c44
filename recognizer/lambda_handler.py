"""Both OCR actions as a Lambda function: the event of a function URL or an HTTP API is a call of the same application.

Who may call is IAM's to say. IAM's signature and the provider's both travel in ``Authorization``, so that a call can
carry only one of them: what IAM has let in is not asked for the other, and what IAM did not see is refused.
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
"""With a download and its own work the function is done before its time is: an answer, not a 5xx."""

type Event = dict[str, Any]
type Answer = dict[str, Any]

logging.getLogger().setLevel(logging.WARNING)
logging.getLogger("recognizer").setLevel(logging.INFO)
card_reader.load()  # while the environment starts, which is the time when a function has a whole processor


def handler(event: Event, _context: object) -> Answer:
    """Answer one call. ``event``: payload format 2.0 of a function URL or an HTTP API, behind IAM."""
    if not _is_authenticated_by_iam(event):
        refusal = error_response(str(uuid4()), ApiError("AuthFailure.UnauthorizedOperation"))
        return _http(403, refusal.raw_headers, bytes(refusal.body))
    return _loop().run_until_complete(_answer(event))


def _is_authenticated_by_iam(event: Event) -> bool:
    """Say whether the event names who signed it, which only IAM's own check puts there."""
    context = event.get("requestContext") or {}
    iam = (context.get("authorizer") or {}).get("iam") or {}
    return "http" in context and bool(iam.get("userArn"))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _application() -> Starlette:
    """Return the server's application; one call at a time, as Lambda has it, and no quota: IAM's and Lambda's hold."""
    settings = ServerSettings(credentials=None, calls_per_second=0)
    workers = ThreadWorkers(card_reader.read_card, read_timeout=_READ_TIMEOUT_SECONDS)
    return recognizer_app(workers, settings)


async def _answer(event: Event) -> Answer:
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    asked = [{"type": "http.request", "body": content, "more_body": False}]
    said: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401  ASGI
        if asked:
            return asked.pop()
        return await asyncio.get_running_loop().create_future()  # the caller waits and says nothing more

    async def send(message: Any) -> None:  # noqa: ANN401  ASGI
        said.append(message)

    await _application()(_scope(event), receive, send)
    start, *pieces = said
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
