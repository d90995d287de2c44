"""Both OCR actions over HTTP, as the provider serves them: signature, quota, parameters, then the card.

Logs are an allow-list: request id, action, code, milliseconds. No image, text, header or URL ever gets into them.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from permit_ocr.tencent.actions import QUOTA_PER_SECOND
from recognizer.counters import Counters
from recognizer.reading_pool import CallerGone, Reader, ReadingPool
from recognizer.rehearsal import CONNECTION_FAULTS, Fault, Rehearsal
from recognizer.wire.broken_connections import BreakableProtocol, broken_response
from recognizer.wire.common_parameters import ACTION_BY_NAME, LOCAL_CREDENTIALS, Credentials, authenticated_action
from recognizer.wire.download import DownloadRules, download
from recognizer.wire.rate_limit import RateLimit
from recognizer.wire.refusal import Refusal
from recognizer.wire.request_parameters import BODY_LIMIT, IMAGE_LIMIT, QUERY_LIMIT, Wanted, wanted
from recognizer.wire.wire_answer import wire_answer, wire_error

log = logging.getLogger(__name__)

_DRAIN_LIMIT: Final = 8 * BODY_LIMIT
"""So much of an oversized body is read and thrown away, so that its sender gets to see the answer."""
_HEAD_LIMIT: Final = 256 * 1024
"""Largest request line and headers together: room for a query above ``QUERY_LIMIT`` to be refused in form."""
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the server behaves. ``workers`` cards are read and ``waiting`` calls wait at a time; more are refused."""

    credentials: Credentials = LOCAL_CREDENTIALS
    calls_per_second: int = QUOTA_PER_SECOND
    download_rules: DownloadRules = field(default_factory=DownloadRules)
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    workers: int = 2
    waiting: int = 16
    grace_seconds: int = 30
    """How long calls already begun may take once the server is told to stop."""


def recognizer_app(
    read: Reader, settings: ServerSettings, *, is_stopping: Callable[[], bool] = lambda: False
) -> Starlette:
    """Return the ASGI application. A call that hangs on purpose ends once ``is_stopping``."""
    service = _Service(read, settings, is_stopping)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.pool.close)

    def health(_: Request) -> Response:
        return PlainTextResponse("ready\n")

    def metrics(_: Request) -> Response:
        return PlainTextResponse(service.counters.text())

    return Starlette(
        lifespan=lifespan,
        routes=[Route("/", service.call, methods=_METHODS), Route("/health", health), Route("/metrics", metrics)],
    )


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


def serve(listener: socket.socket, read: Reader, settings: ServerSettings, *, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, finish the calls begun, then return. Calls ``ready`` once calls are answered."""
    server = _Server(
        uvicorn.Config(
            recognizer_app(read, settings, is_stopping=lambda: server.should_exit),
            http=BreakableProtocol,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD_LIMIT,
            timeout_graceful_shutdown=settings.grace_seconds,
        ),
        ready,
    )
    # uvicorn raises the signals again once it has stopped; having stopped as told is a success, so they find nobody.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class _Service:
    """What the calls share: quota, counters, threads."""

    def __init__(self, read: Reader, settings: ServerSettings, is_stopping: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_stopping = is_stopping
        self._rate_limit = RateLimit(settings.calls_per_second)
        self.counters = Counters()
        self.pool = ReadingPool(read, workers=settings.workers, waiting=settings.waiting)

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
        image = asked.image
        if asked.image_url is not None:
            image = await download(asked.image_url, rules=self._settings.download_rules, limit=IMAGE_LIMIT)
        answer = await self.pool.read(
            image or b"",
            kind=asked.action.kind,
            side=asked.side,
            return_portrait=asked.return_portrait,
            is_gone=request.is_disconnected,
        )
        return "OK", wire_answer(request_id, asked, answer)

    async def _asked(self, request: Request) -> Wanted:
        if request.method not in {"GET", "POST"}:
            raise Refusal("UnsupportedProtocol")
        query = request.scope["query_string"].decode("latin-1")
        if len(query) > QUERY_LIMIT:
            raise Refusal("RequestSizeLimitExceeded")
        body = await _body(request)
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


async def _body(request: Request) -> bytes:
    """Return the body. Raises ``Refusal`` if it is larger than ``BODY_LIMIT``, ``ClientDisconnect``."""
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_LIMIT:
            body += chunk
        elif size > _DRAIN_LIMIT:
            break
    if size > BODY_LIMIT:
        raise Refusal("RequestSizeLimitExceeded")
    return bytes(body)
