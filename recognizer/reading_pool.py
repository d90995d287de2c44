"""Reading is processor time, so a few threads do it and a bounded number of calls wait: the event loop never does."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from permit_ocr.domain.answers import Answer
from permit_ocr.domain.permits import Kind, Side
from recognizer.wire.refusal import Refusal


class Reader(Protocol):
    """Reads one card: ``recognizer.card_reader.read_card``, or ``recognizer.rehearsal.RecordedAnswers``."""

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Answer:
        """Return the answer. Raises ``Refusal``."""


class CallerGone(Exception):  # noqa: N818  no error: nobody is left to tell
    """The caller hung up before its turn came."""


class ReadingPool:
    """At most ``workers`` cards are read and ``waiting`` calls wait at a time. Belongs to one event loop."""

    def __init__(self, read: Reader, *, workers: int, waiting: int) -> None:
        self._read = read
        self._room = workers + waiting
        self._inside = 0
        self._turn = asyncio.Semaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")

    async def read(
        self,
        image: bytes,
        *,
        kind: Kind,
        side: Side | None,
        return_portrait: bool,
        is_gone: Callable[[], Awaitable[bool]],
    ) -> Answer:
        """Wait for a turn and read. Raises ``Refusal`` if too many wait, ``CallerGone``, and what the reader raises."""
        if self._inside >= self._room:
            raise Refusal("RequestLimitExceeded")
        self._inside += 1
        try:
            async with self._turn:
                if await is_gone():
                    raise CallerGone
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads,
                    lambda: self._read(image, kind=kind, side=side, return_portrait=return_portrait),
                )
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Wait for what is being read and end the threads."""
        self._threads.shutdown()
