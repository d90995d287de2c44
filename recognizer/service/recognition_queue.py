"""The queue in front of the workers. It holds a bounded number of calls and rejects any further one immediately."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading
from recognizer.service.workers import WorkerPool
from recognizer.wire.api_error import ApiError

QUEUE_TIMEOUT_SECONDS: Final = 30.0
"""A caller that has waited this long for a worker is told to retry: there may be no worker at all."""


class CallerDisconnected(Exception):
    """The caller hung up before a worker was free."""


class RecognitionQueue:
    """Up to ``waiting`` calls wait for one of the ``workers``. Belongs to one event loop.

    ``in_flight`` of ``capacity`` slots are taken; ``waiting`` of those calls wait for a worker.
    """

    def __init__(self, workers: WorkerPool, *, waiting: int, queue_timeout: float = QUEUE_TIMEOUT_SECONDS) -> None:
        self.workers = workers
        self.in_flight = 0
        self.waiting = 0
        self.capacity = workers.count + waiting
        self._queue_timeout = queue_timeout

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot for the block. The slots bound the number of images in memory.

        Raises ``ApiError`` if no slot is free.
        """
        if self.in_flight >= self.capacity:
            raise ApiError("RequestLimitExceeded")
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def read(
        self,
        image: bytes,
        *,
        kind: Kind,
        side: Side | None,
        return_portrait: bool,
        is_disconnected: Callable[[], Awaitable[bool]],
    ) -> Reading:
        """Wait for a worker and read the card. Call it while holding a ``slot``.

        Raises ``CallerDisconnected``, ``ApiError`` if no worker was free in time, and whatever the worker raises.
        """
        async with AsyncExitStack() as stack:
            self.waiting += 1
            try:
                async with asyncio.timeout(self._queue_timeout):
                    read_card = await stack.enter_async_context(self.workers.acquire())
            except TimeoutError:
                raise ApiError("ServiceUnavailable") from None
            finally:
                self.waiting -= 1
            if await is_disconnected():
                raise CallerDisconnected
            return await read_card(image, kind=kind, side=side, return_portrait=return_portrait)
