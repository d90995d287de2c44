"""Injected faults below the protocol: connections that are reset, hang or break off."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT: Final = "permit_ocr.transport"
_HTML: Final = b"<html><body>Bad gateway</body></html>"
_POLL_SECONDS: Final = 0.2


class FaultInjectingProtocol(H11Protocol):
    """uvicorn's HTTP protocol. It passes the transport to the application, so that it can break the connection."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401  as uvicorn's
        super().__init__(*args, **settings)
        application = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI
            scope.setdefault("extensions", {})[_TRANSPORT] = self.transport
            await application(scope, receive, send)

        self.app = with_transport


def fault_response(fault: str, *, is_stopping: Callable[[], bool]) -> Response:
    """Return the response for one of ``CONNECTION_FAULTS``. A hang ends in a reset once ``is_stopping``."""
    if fault == "html":
        return Response(_HTML, media_type="text/html")
    if fault == "truncated":
        return _Truncated()
    return _Hanging(is_stopping) if fault == "hang" else _Resetting()


class _Resetting(Response):
    """Ends the connection with RST, as if the peer had crashed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI
        transport: asyncio.Transport = scope["extensions"][_TRANSPORT]
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _disconnected(receive)


class _Hanging(_Resetting):
    """Never answers; waits for the caller to disconnect."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        super().__init__()
        self._is_stopping = is_stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while not self._is_stopping():
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await _disconnected(receive)
                    return
            except TimeoutError:
                continue
        await super().__call__(scope, receive, send)


class _Truncated(Response):
    """Promises more bytes than it sends, then closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        half = b'{"Response": {"RequestId": "'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(2 * len(half)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport: asyncio.Transport = scope["extensions"][_TRANSPORT]
        transport.close()
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
