"""Requests' bodies: bounded in size, in time, and in how many of them are in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request

from recognizer.wire.refusal import Refusal
from recognizer.wire.request_parameters import BODY_LIMIT

MEMORY_LIMIT: Final = 8 * BODY_LIMIT
"""Bytes of bodies at a time, of those that arrive and those whose signature is being checked."""
SECONDS: Final = 60.0
"""In which a body must be there: a caller who sends a byte now and then would keep what it has sent in memory."""
_DRAIN_LIMIT: Final = 8 * BODY_LIMIT
"""So much of a refused body is read and thrown away, so that its sender gets to see the answer."""


class RequestBodies:
    """All bodies in memory. Belongs to one event loop."""

    def __init__(self, *, memory_limit: int = MEMORY_LIMIT, seconds: float = SECONDS) -> None:
        self._room = memory_limit
        self._seconds = seconds

    @asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[bytes]:
        """Have the body in memory for the block.

        Raises ``Refusal`` if it is larger than ``BODY_LIMIT``, comes too slowly or finds no room, ``ClientDisconnect``.
        """
        body = bytearray()
        try:
            await self._receive(body, request)
            yield bytes(body)
        finally:
            self._drop(body)

    async def _receive(self, body: bytearray, request: Request) -> None:
        refusal: Refusal | None = None
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                async for piece in request.stream():
                    size += len(piece)
                    refusal = self._refusal(size, len(piece)) or refusal
                    if refusal is None:
                        self._room -= len(piece)
                        body += piece
                    else:
                        self._drop(body)
                    if size > _DRAIN_LIMIT:
                        break
        except TimeoutError:
            late = f"The request did not arrive within {self._seconds:g} seconds."
            raise Refusal("InvalidParameter", late, hang_up=True) from None
        if refusal is not None:
            raise refusal

    def _refusal(self, size: int, piece: int) -> Refusal | None:
        if size > BODY_LIMIT:
            return Refusal("RequestSizeLimitExceeded", hang_up=True)
        return Refusal("RequestLimitExceeded", hang_up=True) if piece > self._room else None

    def _drop(self, body: bytearray) -> None:
        self._room += len(body)
        body.clear()
