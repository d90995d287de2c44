"""The one queue before whoever reads: a bounded number of calls is inside, any further one is refused at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading
from recognizer.service.workers import WorkerPool
from recognizer.wire.api_error import ApiError

QUEUE_TIMEOUT_SECONDS: Final = 30.0
"""Somebody who waited so long for a reader is told to come again: there may be none."""


class CallerDisconnected(Exception):  # noqa: N818  no error: nobody is left to tell
    """The caller hung up before its turn came."""


class RecognitionQueue:
    """``waiting`` calls may wait for the ``readers``. Belongs to one event loop.

    ``inside`` calls have a place, of ``room`` places; ``waiting`` of them wait for a reader.
    """

    def __init__(self, workers: WorkerPool, *, waiting: int, queue_timeout: float = QUEUE_TIMEOUT_SECONDS) -> None:
        self.workers = workers
        self.inside = 0
        self.waiting = 0
        self.room = workers.count + waiting
        self._queue_timeout = queue_timeout

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place in the queue for the block: so many images are in memory and no more.

        Raises ``Refusal`` if there is no place.
        """
        if self.inside >= self.room:
            raise ApiError("RequestLimitExceeded")
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def read(
        self,
        image: bytes,
        *,
        kind: Kind,
        side: Side | None,
        return_portrait: bool,
        is_disconnected: Callable[[], Awaitable[bool]],
    ) -> Reading:
        """Wait for a turn and read; to be called in a ``place``.

        Raises ``CallerGone``, ``Refusal`` where no reader came free in time, and what the reader raises.
        """
        async with AsyncExitStack() as acquire:
            self.waiting += 1
            try:
                async with asyncio.timeout(self._queue_timeout):
                    read_card = await acquire.enter_async_context(self.workers.acquire())
            except TimeoutError:
                raise ApiError("ServiceUnavailable") from None
            finally:
                self.waiting -= 1
            if await is_disconnected():
                raise CallerDisconnected
            return await read_card(image, kind=kind, side=side, return_portrait=return_portrait)
