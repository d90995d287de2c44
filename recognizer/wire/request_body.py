"""Request bodies, bounded in size, in time and in total memory.

Callers are not authenticated until their body has arrived, because the signature covers it. So bodies of calls whose
headers are already invalid are discarded, and slow senders cannot block others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request

from recognizer.wire.api_error import ApiError
from recognizer.wire.request_parameters import BODY_LIMIT

MEMORY_LIMIT: Final = 8 * BODY_LIMIT
"""Total bytes of all bodies that are arriving or whose signature is being checked."""
SECONDS: Final = 60.0
"""A body must be complete within this time, so that a slow sender cannot hold memory for long."""
PAUSE_SECONDS: Final = 10.0
"""A sender may pause this long; apart from that, a body must arrive at ``MIN_BYTES_PER_SECOND``."""
MIN_BYTES_PER_SECOND: Final = 50_000
"""What a poor mobile connection sends."""
_DRAIN_LIMIT: Final = 8 * BODY_LIMIT
"""Up to this much of a rejected body is read and discarded, so that its sender sees the response."""


class RequestBodies:
    """All request bodies in memory. Belongs to one event loop."""

    def __init__(
        self, *, memory_limit: int = MEMORY_LIMIT, seconds: float = SECONDS, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._free_memory = memory_limit
        self._seconds = seconds
        self._pause_seconds = pause_seconds

    @asynccontextmanager
    async def receive(self, request: Request, error: ApiError | None = None) -> AsyncIterator[bytearray]:
        """Receive the body and keep it in memory for the block. Given an ``error``, discard the body and raise it.

        Raises ``ClientDisconnect``, and ``ApiError`` if the body is larger than ``BODY_LIMIT``, arrives too slowly or
        there is no memory left for it.
        """
        body = bytearray()
        try:
            await self._receive(body, request, error)
            yield body
        finally:
            self._drop(body)

    async def _receive(self, body: bytearray, request: Request, error: ApiError | None) -> None:
        error = _declared_too_large(request) or error
        if error is not None and "expect" in request.headers:
            raise _closing_connection(error)  # the client waits for "100 Continue" before it sends the body
        size = 0
        patience = _Deadline(self._seconds, self._pause_seconds)
        try:
            async with asyncio.timeout_at(patience.until) as limit:
                async for piece in request.stream():
                    size += len(piece)
                    limit.reschedule(patience.after(len(piece)))
                    error = self._error_for(size, len(piece), error)
                    if error is None:
                        self._free_memory -= len(piece)
                        body += piece
                    else:
                        self._drop(body)
                    if size > _DRAIN_LIMIT:
                        break
        except TimeoutError:
            raise _closing_connection(
                error or ApiError("InvalidParameter", "The request arrives too slowly.")
            ) from None
        if error is not None:
            raise error

    def _error_for(self, size: int, piece: int, error: ApiError | None) -> ApiError | None:
        """Return the error for a body with ``size`` bytes so far, including the last ``piece``. The size limit wins."""
        if size > BODY_LIMIT:
            return ApiError("RequestSizeLimitExceeded", close_connection=True)
        if error is None and piece > self._free_memory:
            return ApiError("RequestLimitExceeded", close_connection=True)
        return error

    def _drop(self, body: bytearray) -> None:
        self._free_memory += len(body)
        body.clear()


class _Deadline:
    """The time by which the next piece of a body must arrive, in the event loop's time.

    It moves with the bytes received, but never more than ``pause_seconds`` ahead: sending fast earns no long pause.
    """

    def __init__(self, seconds: float, pause_seconds: float) -> None:
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + seconds
        self._pause_seconds = pause_seconds
        self.until = min(self._end, self._clock() + pause_seconds)

    def after(self, size: int) -> float:
        self.until = min(self._end, self._clock() + self._pause_seconds, self.until + size / MIN_BYTES_PER_SECOND)
        return self.until


def _closing_connection(error: ApiError) -> ApiError:
    return ApiError(error.code, error.message, close_connection=True)


def _declared_too_large(request: Request) -> ApiError | None:
    """Return the error for a body whose ``Content-Length`` is too large."""
    length = request.headers.get("content-length", "")
    too_large = length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > BODY_LIMIT)  # noqa: PLR2004
    return ApiError("RequestSizeLimitExceeded", close_connection=True) if too_large else None
