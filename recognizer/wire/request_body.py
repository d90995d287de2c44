"""Requests' bodies: bounded in size, in time, and in how many of them are in memory.

Who sends one has not been let in yet: a signature covers the body. So nothing is kept of the body of a call that its
headers tell will be refused, and nobody keeps others out by sending slowly.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request

from recognizer.wire.api_error import ApiError
from recognizer.wire.request_parameters import BODY_LIMIT

MEMORY_LIMIT: Final = 8 * BODY_LIMIT
"""Bytes of bodies at a time, of those that arrive and those whose signature is being checked."""
SECONDS: Final = 60.0
"""In which a body must be there: a caller who sends a little now and then would keep what it has sent in memory."""
PAUSE_SECONDS: Final = 10.0
"""How long nothing need come; after that a body must come at ``SLOWEST`` at least."""
MIN_BYTES_PER_SECOND: Final = 50_000
"""Bytes a second: what a poor mobile connection sends."""
_DRAIN_LIMIT: Final = 8 * BODY_LIMIT
"""So much of a refused body is read and thrown away, so that its sender gets to see the answer."""


class RequestBodies:
    """All bodies in memory. Belongs to one event loop."""

    def __init__(
        self, *, memory_limit: int = MEMORY_LIMIT, seconds: float = SECONDS, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._room = memory_limit
        self._seconds = seconds
        self._pause_seconds = pause_seconds

    @asynccontextmanager
    async def received(self, request: Request, refusal: ApiError | None = None) -> AsyncIterator[bytearray]:
        """Have the body in memory for the block; with a ``refusal``, nothing of it, and raise that once it is read.

        Raises ``Refusal`` if it is larger than ``BODY_LIMIT``, comes too slowly or finds no room, ``ClientDisconnect``.
        """
        body = bytearray()
        try:
            await self._receive(body, request, refusal)
            yield body
        finally:
            self._drop(body)

    async def _receive(self, body: bytearray, request: Request, refusal: ApiError | None) -> None:
        refusal = _declared_too_large(request) or refusal
        if refusal is not None and "expect" in request.headers:
            raise _closing_connection(refusal)  # the body is not sent until it is asked for
        size = 0
        patience = _Deadline(self._seconds, self._pause_seconds)
        try:
            async with asyncio.timeout_at(patience.until) as limit:
                async for piece in request.stream():
                    size += len(piece)
                    limit.reschedule(patience.after(len(piece)))
                    refusal = self._refusal(size, len(piece), refusal)
                    if refusal is None:
                        self._room -= len(piece)
                        body += piece
                    else:
                        self._drop(body)
                    if size > _DRAIN_LIMIT:
                        break
        except TimeoutError:
            raise _closing_connection(
                refusal or ApiError("InvalidParameter", "The request arrives too slowly.")
            ) from None
        if refusal is not None:
            raise refusal

    def _refusal(self, size: int, piece: int, refusal: ApiError | None) -> ApiError | None:
        """Return why a body of ``size`` bytes so far, the last of them a ``piece``, is refused; size comes first."""
        if size > BODY_LIMIT:
            return ApiError("RequestSizeLimitExceeded", close_connection=True)
        if refusal is None and piece > self._room:
            return ApiError("RequestLimitExceeded", close_connection=True)
        return refusal

    def _drop(self, body: bytearray) -> None:
        self._room += len(body)
        body.clear()


class _Deadline:
    """Until when the next piece of a body is waited for, in the event loop's time.

    It grows with what comes, and never beyond ``pause_seconds`` from then: who has sent much may not rest on that.
    """

    def __init__(self, seconds: float, pause_seconds: float) -> None:
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + seconds
        self._pause_seconds = pause_seconds
        self.until = min(self._end, self._clock() + pause_seconds)

    def after(self, size: int) -> float:
        self.until = min(self._end, self._clock() + self._pause_seconds, self.until + size / MIN_BYTES_PER_SECOND)
        return self.until


def _closing_connection(refusal: ApiError) -> ApiError:
    return ApiError(refusal.code, refusal.message, close_connection=True)


def _declared_too_large(request: Request) -> ApiError | None:
    """Return the refusal of a body that is too large by its own account."""
    length = request.headers.get("content-length", "")
    too_large = length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > BODY_LIMIT)  # noqa: PLR2004
    return ApiError("RequestSizeLimitExceeded", close_connection=True) if too_large else None
