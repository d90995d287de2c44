"""Reading beside the event loop, by a bounded number of threads, with a bounded number waiting."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from permit_ocr.domain.answers import Answer, MainlandPermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading_pool import CallerGone, ReadingPool
from recognizer.wire.refusal import Refusal


@dataclass
class SlowReader:
    """Reads when the test lets it, and knows how many it read at a time."""

    go: threading.Event = field(default_factory=threading.Event)
    now: int = 0
    most: int = 0
    images: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Answer:  # noqa: ARG002
        with self.lock:
            self.images.append(image)
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go.wait(5)
        with self.lock:
            self.now -= 1
        return MainlandPermitAnswer(Name=image.decode())


async def here() -> bool:
    return False


async def gone() -> bool:
    return True


def reading(pool: ReadingPool, name: str, is_gone: Callable[[], Awaitable[bool]] = here) -> asyncio.Task[Answer]:
    read = pool.read(name.encode(), kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False, is_gone=is_gone)
    return asyncio.ensure_future(read)


def test_so_many_are_read_at_a_time_and_the_loop_goes_on() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        pool = ReadingPool(reader, workers=2, waiting=3)
        calls = [reading(pool, str(number)) for number in range(5)]
        for _ in range(20):
            await asyncio.sleep(0.005)  # the loop runs while the threads are at it
        assert reader.most == 2
        reader.go.set()
        assert [answer.Name for answer in await asyncio.gather(*calls)] == ["0", "1", "2", "3", "4"]
        assert reader.most == 2
        pool.close()

    asyncio.run(scenario())


def test_one_call_too_many_is_refused_at_once_and_the_next_one_finds_room_again() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        pool = ReadingPool(reader, workers=1, waiting=1)
        calls = [reading(pool, "read"), reading(pool, "waits")]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match=r"RequestLimitExceeded"):
            await reading(pool, "too many")
        reader.go.set()
        await asyncio.gather(*calls)
        assert await reading(pool, "later") == MainlandPermitAnswer(Name="later")
        pool.close()

    asyncio.run(scenario())


def test_nothing_is_read_for_a_caller_who_hung_up_while_waiting() -> None:
    async def scenario() -> None:
        reader = SlowReader()
        pool = ReadingPool(reader, workers=1, waiting=1)
        reader.go.set()
        with pytest.raises(CallerGone):
            await reading(pool, "gone", gone)
        assert await reading(pool, "here") == MainlandPermitAnswer(Name="here")
        assert reader.images == [b"here"]
        pool.close()

    asyncio.run(scenario())
