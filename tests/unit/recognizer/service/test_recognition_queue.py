"""A bounded number of cards is read outside the event loop, and a bounded number of calls waits."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from recognizer.reading.result import Reading
from recognizer.service.recognition_queue import CallerDisconnected, RecognitionQueue
from recognizer.service.workers import ReadCard, ThreadWorkers
from recognizer.wire.api_error import ApiError


def reading_of(name: str) -> Reading:
    return Reading(MainlandPermitAnswer(Name=name), ReaderReport(confidences={"Name": 0.5}))


@dataclass
class SlowReader:
    """Reads when the test lets it, and records how many cards it read at a time."""

    go: threading.Event = field(default_factory=threading.Event)
    now: int = 0
    most: int = 0
    images: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:  # noqa: ARG002
        with self.lock:
            self.images.append(image)
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go.wait(30)
        with self.lock:
            self.now -= 1
        return reading_of(image.decode())


class NoFreeWorkers(ThreadWorkers):
    """A pool in which no worker is ever free."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ReadCard]:
        await asyncio.Event().wait()
        yield self._read_in_thread


async def here() -> bool:
    return False


async def gone() -> bool:
    return True


async def read(queue: RecognitionQueue, name: str, is_disconnected: Callable[[], Awaitable[bool]] = here) -> Reading:
    with queue.slot():
        return await queue.read(
            name.encode(), kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, is_disconnected=is_disconnected
        )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  threads have no event for it
            await asyncio.sleep(0.005)


def test_reads_run_in_parallel_without_blocking_the_event_loop() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        queue = RecognitionQueue(ThreadWorkers(reader, 2), waiting=3)
        calls = [asyncio.ensure_future(read(queue, str(number))) for number in range(5)]
        await until(lambda: reader.now == 2)  # the loop runs while the threads read
        assert (queue.in_flight, queue.waiting) == (5, 3)
        reader.go.set()
        assert await asyncio.gather(*calls) == [reading_of(str(number)) for number in range(5)]
        assert (reader.most, queue.in_flight, queue.waiting) == (2, 0, 0)
        await queue.workers.stop()

    asyncio.run(scenario())


def test_a_full_queue_rejects_immediately_and_accepts_again_later() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        queue = RecognitionQueue(ThreadWorkers(reader, 1), waiting=1)
        calls = [asyncio.ensure_future(read(queue, name)) for name in ("read", "waits")]
        await until(lambda: queue.in_flight == 2)
        with pytest.raises(ApiError, match=r"^RequestLimitExceeded$"):
            await read(queue, "too many")
        reader.go.set()
        await asyncio.gather(*calls)
        assert await read(queue, "later") == reading_of("later")
        assert reader.images == [b"read", b"waits", b"later"]
        await queue.workers.stop()

    asyncio.run(scenario())


def test_a_disconnected_caller_costs_no_read() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        queue = RecognitionQueue(ThreadWorkers(reader, 1), waiting=1)
        reader.go.set()
        with pytest.raises(CallerDisconnected):
            await read(queue, "gone", gone)
        assert await read(queue, "here") == reading_of("here")
        assert reader.images == [b"here"]
        await queue.workers.stop()

    asyncio.run(scenario())


def test_waiting_for_a_worker_times_out() -> None:
    async def scenario() -> None:
        queue = RecognitionQueue(NoFreeWorkers(SlowReader()), waiting=1, queue_timeout=0.01)
        with pytest.raises(ApiError, match=r"^ServiceUnavailable$"):
            await read(queue, "waits")
        assert (queue.in_flight, queue.waiting) == (0, 0)
        await queue.workers.stop()

    asyncio.run(scenario())
