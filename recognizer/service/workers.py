"""What reads the cards: the worker pool's interface, and workers in threads. ``process_workers`` has real processes."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final, Protocol

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading
from recognizer.wire.api_error import ApiError

READ_TIMEOUT_SECONDS: Final = 30.0
"""A read that takes longer hangs: thirty times what a difficult photo takes."""
OCR_FAILED: Final = "FailedOperation.OcrFailed"
"""For a card that hangs or kills its worker."""


class Reader(Protocol):
    """Reads one card: ``card_reader.read_card`` or ``fake_provider.RecordedAnswers``."""

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        """Return the fields of the card. Raises ``ApiError``."""


class ReadCard(Protocol):
    """Reads one card without blocking the event loop."""

    async def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        """Return the fields of the card. Raises ``ApiError`` and ``WorkerFailed``."""


class WorkerPool(Protocol):
    """A fixed number of workers. Belongs to one event loop."""

    @property
    def count(self) -> int:
        """How many cards are read at a time."""

    @property
    def ready(self) -> int:
        """How many workers are idle or reading."""

    @property
    def replaced(self) -> int:
        """How many workers have died and been replaced so far."""

    async def start(self) -> None:
        """Return once the first worker is ready. Raises ``WorkersDidNotStart``."""

    def acquire(self) -> AbstractAsyncContextManager[ReadCard]:
        """Wait for a worker and hold it for the block. First come, first served."""

    async def stop(self) -> None:
        """End all workers; none may be reading."""


class WorkerFailed(Exception):
    """A worker raised an unexpected exception; ``cause`` is the name of its class and says nothing about the card."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class WorkersDidNotStart(Exception):
    """No worker can start: the models or the packages they need are missing."""


class ThreadWorkers:
    """Workers in threads of this process: for recorded answers, and where only one card is read at a time."""

    def __init__(self, read: Reader, count: int = 1, *, read_timeout: float = READ_TIMEOUT_SECONDS) -> None:
        self._read = read
        self.count = self.ready = count
        self.replaced = 0
        self._read_timeout = read_timeout
        self._idle = asyncio.Semaphore(count)
        self._threads = self._new_threads()

    async def start(self) -> None:
        """Return immediately: threads start when they are needed."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ReadCard]:
        """Wait for a thread."""
        async with self._idle:
            yield self._read_in_thread

    async def stop(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.count, thread_name_prefix="reading")

    async def _read_in_thread(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        work = partial(self._read, image, kind=kind, side=side, return_portrait=return_portrait)
        try:
            async with asyncio.timeout(self._read_timeout):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except ApiError:
            raise
        except TimeoutError:
            # A thread cannot be killed. It is abandoned, and later calls use new threads.
            self._threads.shutdown(wait=False)
            self._threads = self._new_threads()
            self.replaced += 1
            raise ApiError(OCR_FAILED) from None
        except Exception as error:  # noqa: BLE001  caused by one image; the message may contain text from the card
            raise WorkerFailed(type(error).__name__) from None
