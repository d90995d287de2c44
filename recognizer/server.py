"""Both OCR actions over HTTP, as the provider serves them: signature, quota, parameters, then the card.

Logs are an allow-list: request id, action, code, milliseconds. No image, text, header or URL ever gets into them.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from permit_ocr.tencent.actions import QUOTA_PER_SECOND
from recognizer.counters import Counters
from recognizer.readers import ReaderFailed, Readers
from recognizer.reading.outcome import Reading
from recognizer.reading_queue import CallerGone, ReadingQueue
from recognizer.rehearsal import CONNECTION_FAULTS, Fault, Rehearsal
from recognizer.returned_memory import return_large_buffers
from recognizer.wire.broken_connections import broken_response
from recognizer.wire.common_parameters import (
    ACTION_BY_NAME,
    LOCAL_CREDENTIALS,
    Credentials,
    authenticated_action,
    check_head,
)
from recognizer.wire.connection import Connection
from recognizer.wire.download import DownloadRules, download_image
from recognizer.wire.rate_limit import RateLimit
from recognizer.wire.refusal import Refusal
from recognizer.wire.request_body import RequestBodies
from recognizer.wire.request_parameters import IMAGE_LIMIT, QUERY_LIMIT, Wanted, wanted
from recognizer.wire.wire_answer import wants_confidences, wire_answer, wire_error

log = logging.getLogger(__name__)

_HEAD_LIMIT: Final = 256 * 1024
"""Largest request line and headers together: room for a query above ``QUERY_LIMIT`` to be refused in form."""
_CHECKED_AT_ONCE: Final = 2
"""Bodies whose signature is checked and which are parsed: each takes three times its size meanwhile."""
_UNKNOWN: Final = "FailedOperation.UnKnowError"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the server behaves. Besides those whose card is being read, ``waiting`` calls may wait; more are refused."""

    credentials: Credentials | None = LOCAL_CREDENTIALS
    """The account that callers sign with; None where nobody gets here whom IAM has not let in."""
    calls_per_second: int = QUOTA_PER_SECOND
    download_rules: DownloadRules = field(default_factory=DownloadRules)
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    placeholders: bool = False
    """Whether residence permits have ``wire_answer.PLACEHOLDERS`` in place of empty texts."""
    waiting: int = 16
    grace_seconds: int = 30
    """How long calls already begun may take once the server is told to stop."""


def recognizer_app(
    readers: Readers, settings: ServerSettings, *, is_stopping: Callable[[], bool] = lambda: False
) -> Starlette:
    """Return the ASGI application; ``readers`` are the caller's to start and to stop.

    A call that hangs on purpose ends once ``is_stopping``.
    """
    service = _Service(readers, settings, is_stopping)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ready\n") if readers.ready else PlainTextResponse("no reader is ready\n", 503)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(service.counters.text(service.queue))

    return Starlette(routes=[Route("/", service), Route("/health", health), Route("/metrics", metrics)])


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to ``host`` and ``port`` (0: any free one). Raises ``OSError`` if it is taken."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, readers: Readers, settings: ServerSettings, *, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, finish the calls begun, then return. Calls ``ready`` once calls are answered.

    Raises ``ReadersDidNotStart``.
    """
    return_large_buffers()
    server = _Server(
        uvicorn.Config(
            recognizer_app(readers, settings, is_stopping=lambda: server.should_exit),
            http=Connection,
            lifespan="off",
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD_LIMIT,
            timeout_graceful_shutdown=settings.grace_seconds,
        ),
        readers,
        ready,
    )
    # uvicorn raises the signals again once it has stopped; having stopped as told is a success, so they find nobody.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, readers: Readers, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._readers = readers
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._readers.start()
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._readers.stop()


class _Service:
    """The application at ``/``, and what its calls share: quota, counters, the queue."""

    def __init__(self, readers: Readers, settings: ServerSettings, is_stopping: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_stopping = is_stopping
        self._rate_limit = RateLimit(settings.calls_per_second)
        self._bodies = RequestBodies()
        self._checking = asyncio.Semaphore(_CHECKED_AT_ONCE)
        self.counters = Counters()
        self.queue = ReadingQueue(readers, waiting=settings.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, by whatever method it comes."""
        response = await self.call(Request(scope, receive))
        await response(scope, receive, send)

    async def call(self, request: Request) -> Response:
        """Answer one call: every outcome but a broken connection is a well-formed answer with HTTP status 200."""
        started, request_id = time.perf_counter(), str(uuid4())
        code, response = "OK", Response()
        try:
            code, response = await self._outcome(request, request_id)
        except Refusal as refusal:
            code, response = refusal.code, wire_error(request_id, refusal)
        except (CallerGone, ClientDisconnect):
            code = "caller-gone"
        except ReaderFailed as error:
            code, response = _UNKNOWN, wire_error(request_id, Refusal(_UNKNOWN))
            log.error("request_id=%s reader=%s", request_id, error.cause)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001  the last resort; the error's text could say what is on a card
            code, response = "InternalError", wire_error(request_id, Refusal("InternalError"))
            log.error("request_id=%s unexpected=%s", request_id, type(error).__name__)  # noqa: TRY400
        action = request.headers.get("x-tc-action", "")
        action = action if action in ACTION_BY_NAME else "-"
        seconds = time.perf_counter() - started
        self.counters.answered(action, code, seconds)
        log.info("request_id=%s action=%s code=%s ms=%d", request_id, action, code, seconds * 1000)
        return response

    async def _outcome(self, request: Request, request_id: str) -> tuple[str, Response]:
        asked = await self._asked(request)
        fault = self._settings.rehearsal.next_fault()
        await self._settings.rehearsal.delay()
        if fault is not None:
            return fault.name, self._befallen(fault, request_id)
        reading = await self._read(asked, request)
        confidences, placeholders = wants_confidences(request.headers), self._settings.placeholders
        return "OK", wire_answer(request_id, asked, reading, confidences=confidences, placeholders=placeholders)

    async def _asked(self, request: Request) -> Wanted:
        if request.method not in {"GET", "POST"}:
            raise Refusal("UnsupportedProtocol")
        query = request.scope["query_string"].decode("latin-1")
        if len(query) > QUERY_LIMIT:
            raise Refusal("RequestSizeLimitExceeded", hang_up=True)
        async with self._bodies.received(request, self._refused_by_its_head(request)) as body, self._checking:
            # Hashing and parsing megabytes would hold up everybody's calls: it is done beside the event loop.
            action = await asyncio.to_thread(
                authenticated_action,
                method=request.method,
                query=query,
                headers=request.headers,
                body=body,
                credentials=self._settings.credentials,
            )
            self._count_in(action.name)
            content_type = request.headers.get("content-type", "")
            return await asyncio.to_thread(
                wanted, action, method=request.method, content_type=content_type, query=query, body=body
            )

    def _refused_by_its_head(self, request: Request) -> Refusal | None:
        try:
            check_head(headers=request.headers, credentials=self._settings.credentials)
        except Refusal as refusal:
            return refusal
        return None

    async def _read(self, asked: Wanted, request: Request) -> Reading:
        with self.queue.place():
            image = asked.image or b""
            if asked.image_url is not None:
                image = await download_image(asked.image_url, rules=self._settings.download_rules, limit=IMAGE_LIMIT)
            return await self.queue.read(
                image,
                kind=asked.action.kind,
                side=asked.side,
                return_portrait=asked.return_portrait,
                is_gone=request.is_disconnected,
            )

    def _count_in(self, action: str) -> None:
        try:
            self._rate_limit.admit(action)
        except Refusal:
            self.counters.arrived(action, admitted=False)
            raise
        self.counters.arrived(action, admitted=True)

    def _befallen(self, fault: Fault, request_id: str) -> Response:
        if fault.http_status is not None:
            return PlainTextResponse("rehearsed fault\n", fault.http_status)
        if fault.name in CONNECTION_FAULTS:
            return broken_response(fault.name, is_stopping=self._is_stopping)
        return wire_error(request_id, Refusal(fault.name))
