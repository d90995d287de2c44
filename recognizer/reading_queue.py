"""The one queue before whoever reads: a bounded number of calls is inside, any further one is refused at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Final

from permit_ocr.domain.permits import Kind, Side
from recognizer.readers import Readers
from recognizer.reading.outcome import Reading
from recognizer.wire.refusal import Refusal

LONGEST_WAIT_SECONDS: Final = 30.0
"""Somebody who waited so long for a reader is told to come again: there may be none."""


class CallerGone(Exception):  # noqa: N818  no error: nobody is left to tell
    """The caller hung up before its turn came."""


class ReadingQueue:
    """``waiting`` calls may wait for the ``readers``. Belongs to one event loop.

    ``inside`` calls have a place, of ``room`` places; ``waiting`` of them wait for a reader.
    """

    def __init__(self, readers: Readers, *, waiting: int, longest_wait: float = LONGEST_WAIT_SECONDS) -> None:
        self.readers = readers
        self.inside = 0
        self.waiting = 0
        self.room = readers.count + waiting
        self._longest_wait = longest_wait

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place in the queue for the block: so many images are in memory and no more.

        Raises ``Refusal`` if there is no place.
        """
        if self.inside >= self.room:
            raise Refusal("RequestLimitExceeded")
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
        is_gone: Callable[[], Awaitable[bool]],
    ) -> Reading:
        """Wait for a turn and read; to be called in a ``place``.

        Raises ``CallerGone``, ``Refusal`` where no reader came free in time, and what the reader raises.
        """
        async with AsyncExitStack() as turn:
            self.waiting += 1
            try:
                async with asyncio.timeout(self._longest_wait):
                    read_card = await turn.enter_async_context(self.readers.turn())
            except TimeoutError:
                raise Refusal("ServiceUnavailable") from None
            finally:
                self.waiting -= 1
            if await is_gone():
                raise CallerGone
            return await read_card(image, kind=kind, side=side, return_portrait=return_portrait)
