"""Workers in threads of the server process."""

import asyncio
import threading

import pytest

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading
from recognizer.service.workers import ThreadWorkers, WorkerFailed
from recognizer.wire.api_error import ApiError


class ScriptedReader:
    """Its behaviour is scripted by the image; ``freed`` ends a hang."""

    def __init__(self) -> None:
        self.freed = threading.Event()

    def __call__(self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:  # noqa: ARG002
        match image:
            case b"hang":
                self.freed.wait(60)
            case b"refuse":
                raise ApiError("FailedOperation.ImageNoText")
            case b"fail":
                raise ValueError("张三丰")
        return Reading(MainlandPermitAnswer(Number=str(len(image))))


async def read(workers: ThreadWorkers, image: bytes) -> Reading:
    async with asyncio.timeout(30), workers.acquire() as read_card:
        return await read_card(image, kind=Kind.MAINLAND_PERMIT, side=None, return_portrait=False)


def test_an_api_error_is_raised_and_of_others_only_the_class() -> None:
    async def scenario() -> None:
        workers = ThreadWorkers(ScriptedReader())
        with pytest.raises(ApiError, match=r"^FailedOperation\.ImageNoText$"):
            await read(workers, b"refuse")
        with pytest.raises(WorkerFailed, match=r"^ValueError$") as raised:
            await read(workers, b"fail")
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__

    asyncio.run(scenario())


def test_a_hanging_read_times_out_and_the_next_one_works() -> None:
    async def scenario() -> None:
        reader = ScriptedReader()
        workers = ThreadWorkers(reader, read_timeout=0.1)
        try:
            for replaced in (1, 2):
                with pytest.raises(ApiError, match=r"^FailedOperation\.OcrFailed$"):
                    await read(workers, b"hang")
                assert workers.replaced == replaced
            assert (await read(workers, b"image")).answer == MainlandPermitAnswer(Number="5")
        finally:
            reader.freed.set()

    asyncio.run(scenario())
