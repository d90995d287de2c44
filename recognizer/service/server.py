"""Both OCR actions over HTTP, as the provider serves them: signature, quota, parameters, then the card.

Logs are an allow-list: request id, action, code, milliseconds. Images, text, headers and URLs are never logged.
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
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from permit_ocr.tencent.actions import QUOTA_PER_SECOND
from recognizer.reading.result import Reading
from recognizer.service.fake_provider import CONNECTION_FAULTS, Fault, FaultInjector
from recognizer.service.malloc_settings import mmap_large_buffers
from recognizer.service.metrics import Metrics
from recognizer.service.recognition_queue import CallerDisconnected, RecognitionQueue
from recognizer.service.workers import WorkerFailed, WorkerPool
from recognizer.wire.api_error import ApiError
from recognizer.wire.common_parameters import (
    ACTION_BY_NAME,
    LOCAL_CREDENTIALS,
    Credentials,
    authenticated_action,
    check_headers,
)
from recognizer.wire.connection import Connection
from recognizer.wire.connection_faults import fault_response
from recognizer.wire.download import DownloadRules, download_image
from recognizer.wire.rate_limit import RateLimit
from recognizer.wire.request_body import RequestBodies
from recognizer.wire.request_parameters import IMAGE_LIMIT, QUERY_LIMIT, RequestParameters, parse_parameters
from recognizer.wire.response import error_response, success_response, wants_report

log = logging.getLogger(__name__)

_HEADERS_LIMIT: Final = 256 * 1024
"""Largest request line plus headers. Leaves room to answer a query above ``QUERY_LIMIT`` with a proper error."""
_CONCURRENT_CHECKS: Final = 2
"""Bodies that are verified and parsed at a time: each takes three times its size in memory meanwhile."""
_UNKNOWN: Final = "FailedOperation.UnKnowError"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How the server behaves. ``waiting`` calls may wait for a worker; further ones are rejected."""

    credentials: Credentials | None = LOCAL_CREDENTIALS
    """The account that callers sign with; None where IAM has authenticated every caller."""
    calls_per_second: int = QUOTA_PER_SECOND
    download_rules: DownloadRules = field(default_factory=DownloadRules)
    fault_injector: FaultInjector = field(default_factory=FaultInjector)
    placeholders: bool = False
    """Whether residence permits have ``response.PLACEHOLDERS`` instead of empty strings."""
    waiting: int = 16
    grace_seconds: int = 30
    """How long calls in progress may take after the server is told to stop."""


def recognizer_app(
    workers: WorkerPool, settings: ServerSettings, *, is_stopping: Callable[[], bool] = lambda: False
) -> Starlette:
    """Return the ASGI application. The caller starts and stops ``workers``.

    An injected hang ends once ``is_stopping`` returns true.
    """
    service = _Service(workers, settings, is_stopping)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ready\n") if workers.ready else PlainTextResponse("no worker is ready\n", 503)

    async def metrics(_: Request) -> Response:
        return Response(service.metrics.render(), media_type=CONTENT_TYPE_LATEST)

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


def serve(listener: socket.socket, workers: WorkerPool, settings: ServerSettings, *, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, finish the calls in progress, then return. Calls ``ready`` once it serves.

    Raises ``WorkersDidNotStart``.
    """
    mmap_large_buffers()
    server = _Server(
        uvicorn.Config(
            recognizer_app(workers, settings, is_stopping=lambda: server.should_exit),
            http=Connection,
            lifespan="off",
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEADERS_LIMIT,
            timeout_graceful_shutdown=settings.grace_seconds,
        ),
        workers,
        ready,
    )
    # uvicorn raises the signals again after it has stopped. Stopping on request is a success, so they are ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, workers: WorkerPool, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._workers = workers
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._workers.start()
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._workers.stop()


class _Service:
    """The application at ``/`` and the state its calls share: quota, metrics, queue."""

    def __init__(self, workers: WorkerPool, settings: ServerSettings, is_stopping: Callable[[], bool]) -> None:
        self._settings = settings
        self._is_stopping = is_stopping
        self._rate_limit = RateLimit(settings.calls_per_second)
        self._bodies = RequestBodies()
        self._checks = asyncio.Semaphore(_CONCURRENT_CHECKS)
        self.queue = RecognitionQueue(workers, waiting=settings.waiting)
        self.metrics = Metrics(self.queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call of any HTTP method."""
        response = await self.call(Request(scope, receive))
        await response(scope, receive, send)

    async def call(self, request: Request) -> Response:
        """Answer one call. Unless the connection breaks, the response is well-formed and has HTTP status 200."""
        started, request_id = time.perf_counter(), str(uuid4())
        code, response = "OK", Response()
        try:
            code, response = await self._recognize(request, request_id)
        except ApiError as error:
            code, response = error.code, error_response(request_id, error)
        except (CallerDisconnected, ClientDisconnect):
            code = "caller-gone"
        except WorkerFailed as error:
            code, response = _UNKNOWN, error_response(request_id, ApiError(_UNKNOWN))
            log.error("request_id=%s worker=%s", request_id, error.cause)  # noqa: TRY400
        except Exception as error:  # noqa: BLE001  the last resort; the message could contain text from a card
            code, response = "InternalError", error_response(request_id, ApiError("InternalError"))
            log.error("request_id=%s unexpected=%s", request_id, type(error).__name__)  # noqa: TRY400
        action = request.headers.get("x-tc-action", "")
        action = action if action in ACTION_BY_NAME else "-"
        seconds = time.perf_counter() - started
        self.metrics.count_response(action, code, seconds)
        log.info("request_id=%s action=%s code=%s ms=%d", request_id, action, code, seconds * 1000)
        return response

    async def _recognize(self, request: Request, request_id: str) -> tuple[str, Response]:
        parameters = await self._parse_request(request)
        fault = self._settings.fault_injector.next_fault()
        await self._settings.fault_injector.delay()
        if fault is not None:
            return fault.name, self._fault_response(fault, request_id)
        reading = await self._read(parameters, request)
        report, placeholders = wants_report(request.headers), self._settings.placeholders
        return "OK", success_response(request_id, parameters, reading, report=report, placeholders=placeholders)

    async def _parse_request(self, request: Request) -> RequestParameters:
        if request.method not in {"GET", "POST"}:
            raise ApiError("UnsupportedProtocol")
        query = request.scope["query_string"].decode("latin-1")
        if len(query) > QUERY_LIMIT:
            raise ApiError("RequestSizeLimitExceeded", close_connection=True)
        async with self._bodies.receive(request, self._header_error(request)) as body, self._checks:
            # Hashing and parsing megabytes would block every other call, so it happens outside the event loop.
            action = await asyncio.to_thread(
                authenticated_action,
                method=request.method,
                query=query,
                headers=request.headers,
                body=body,
                credentials=self._settings.credentials,
            )
            self._admit(action.name)
            content_type = request.headers.get("content-type", "")
            return await asyncio.to_thread(
                parse_parameters, action, method=request.method, content_type=content_type, query=query, body=body
            )

    def _header_error(self, request: Request) -> ApiError | None:
        try:
            check_headers(headers=request.headers, credentials=self._settings.credentials)
        except ApiError as error:
            return error
        return None

    async def _read(self, parameters: RequestParameters, request: Request) -> Reading:
        with self.queue.slot():
            image = parameters.image or b""
            if parameters.image_url is not None:
                image = await download_image(
                    parameters.image_url, rules=self._settings.download_rules, limit=IMAGE_LIMIT
                )
            return await self.queue.read(
                image,
                kind=parameters.action.kind,
                side=parameters.side,
                return_portrait=parameters.return_portrait,
                is_disconnected=request.is_disconnected,
            )

    def _admit(self, action: str) -> None:
        try:
            self._rate_limit.admit(action)
        except ApiError:
            self.metrics.count_arrival(action, admitted=False)
            raise
        self.metrics.count_arrival(action, admitted=True)

    def _fault_response(self, fault: Fault, request_id: str) -> Response:
        if fault.http_status is not None:
            return PlainTextResponse("injected fault\n", fault.http_status)
        if fault.name in CONNECTION_FAULTS:
            return fault_response(fault.name, is_stopping=self._is_stopping)
        return error_response(request_id, ApiError(fault.name))
