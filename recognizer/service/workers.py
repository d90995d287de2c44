"""Whoever reads the cards that the server was sent: threads of this process, or ``reading_processes``."""

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
"""A reading that takes longer hangs: thirty times what a hard photograph takes."""
OCR_FAILED: Final = "FailedOperation.OcrFailed"
"""For a card that hangs or ends who reads it."""


class Reader(Protocol):
    """Reads one card: ``card_reader.read_card`` or ``fake_provider.RecordedAnswers``."""

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        """Return what it says. Raises ``Refusal``."""


class ReadCard(Protocol):
    """Reads one card beside the event loop."""

    async def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        """Return what it says. Raises ``Refusal``, and ``ReaderFailed``."""


class WorkerPool(Protocol):
    """A number of readers. Belongs to one event loop."""

    @property
    def count(self) -> int:
        """How many cards are read at a time."""

    @property
    def ready(self) -> int:
        """How many of the readers could read now, or are reading."""

    @property
    def replaced(self) -> int:
        """How many readers have died and been replaced so far."""

    async def start(self) -> None:
        """Return once the first reader is ready. Raises ``ReadersDidNotStart``."""

    def acquire(self) -> AbstractAsyncContextManager[ReadCard]:
        """Wait for a reader and have it for the block. First come, first served."""

    async def stop(self) -> None:
        """Let every reader go; none may be reading any more."""


class WorkerFailed(Exception):  # noqa: N818
    """A reader met what it does not know; ``cause`` is the name of the exception's class, nothing of a card."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class WorkersDidNotStart(Exception):  # noqa: N818
    """Nobody can read: the models are missing, or the packages around them."""


class ThreadWorkers:
    """Readers in threads of this process: for recorded answers, and where one card is read at a time anyway."""

    def __init__(self, read: Reader, count: int = 1, *, read_timeout: float = READ_TIMEOUT_SECONDS) -> None:
        self._read = read
        self.count = self.ready = count
        self.replaced = 0
        self._read_timeout = read_timeout
        self._turns = asyncio.Semaphore(count)
        self._threads = self._new_threads()

    async def start(self) -> None:
        """Return at once."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ReadCard]:
        """Wait for a thread."""
        async with self._turns:
            yield self._read_beside

    async def stop(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.count, thread_name_prefix="reading")

    async def _read_beside(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
        work = partial(self._read, image, kind=kind, side=side, return_portrait=return_portrait)
        try:
            async with asyncio.timeout(self._read_timeout):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except ApiError:
            raise
        except TimeoutError:
            # A thread cannot be ended. It is left to itself, and the next calls get others.
            self._threads.shutdown(wait=False)
            self._threads = self._new_threads()
            self.replaced += 1
            raise ApiError(OCR_FAILED) from None
        except Exception as error:  # noqa: BLE001  one odd image; its text may say what is on a card
            raise WorkerFailed(type(error).__name__) from None
