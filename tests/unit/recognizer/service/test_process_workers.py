"""The process pool: real processes with a scripted reader."""

import asyncio
import errno
import logging
import os
import signal
import sys
from ast import literal_eval
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.domain.card.answers import (
    MainlandPermitAnswer,
    MainlandPermitBack,
    Portrait,
    PortraitPlace,
    ResidencePermitAnswer,
)
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from recognizer.reading.result import Reading
from recognizer.service.process_workers import ProcessWorkers
from recognizer.service.workers import WorkerFailed, WorkersDidNotStart
from recognizer.wire.api_error import ApiError

PROGRAM = (sys.executable, str(Path(__file__).with_name("scripted_worker_process.py")))
OCR_FAILED = r"^FailedOperation\.OcrFailed$"


@asynccontextmanager
async def processes(count: int = 1, **options: Any) -> AsyncIterator[ProcessWorkers]:
    async with asyncio.timeout(120):
        started = ProcessWorkers(count, program=PROGRAM, **options)
        await started.start()
        try:
            yield started
        finally:
            await started.stop()


async def read(
    workers: ProcessWorkers,
    image: bytes = b"image",
    kind: Kind = Kind.MAINLAND_PERMIT,
    side: Side | None = None,
    *,
    return_portrait: bool = False,
) -> Reading:
    async with workers.acquire() as read_card:
        return await read_card(image, kind=kind, side=side, return_portrait=return_portrait)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  processes have no event for it
        await asyncio.sleep(0.01)


def children() -> set[int]:
    """Return the live child processes, without zombies."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(process.name))
    return found


def run(scenario: Coroutine[Any, Any, None]) -> None:
    before = children()
    asyncio.run(scenario)
    assert children() <= before, "a process was left behind"


def test_a_card_is_read_with_all_its_fields() -> None:
    async def scenario() -> None:
        async with processes() as workers:
            place = PortraitPlace(X=1, Y=2, Width=3, Height=4)
            portrait = Portrait(PortraitImage="cG8=", ImageCoordinates=place)
            assert await read(workers, kind=Kind.RESIDENCE_PERMIT, return_portrait=True) == Reading(
                ResidencePermitAnswer(Name="李港安", CardType=1, PortraitImageInfo=portrait),
                ReaderReport(confidences={"Name": 0.25}),
            )
            back = MainlandPermitBack(Name="back", HistoryNumber="5")
            answer = MainlandPermitAnswer(MainlandTravelPermitBackInfos=back, WarnCardInfos=(-9102, -9109))
            assert await read(workers, side=Side.BACK) == Reading(answer)

    run(scenario())


def test_the_largest_image_gets_through() -> None:
    async def scenario() -> None:
        async with processes() as workers:
            answer = (await read(workers, bytes(7 * 1024 * 1024))).answer
            assert isinstance(answer, MainlandPermitAnswer)
            assert answer.MainlandTravelPermitBackInfos is not None
            assert answer.MainlandTravelPermitBackInfos.HistoryNumber == str(7 * 1024 * 1024)

    run(scenario())


def test_an_error_code_is_returned_but_not_an_exceptions_message() -> None:
    async def scenario() -> None:
        async with processes() as workers:
            with pytest.raises(ApiError, match=r"^FailedOperation\.ImageNoText$"):
                await read(workers, b"refuse")
            with pytest.raises(WorkerFailed, match=r"^ValueError$"):
                await read(workers, b"fail")
            assert (await read(workers)).report.confidences == {}
            assert (workers.ready, workers.replaced) == (1, 0)

    run(scenario())


def test_output_of_libraries_is_discarded(capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with processes() as workers:
            await read(workers, b"print")
            await read(workers)

    run(scenario())
    assert capfd.readouterr() == ("", "")


def test_a_crashed_process_fails_its_call_and_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with processes() as workers:
            for _ in range(2):
                with pytest.raises(ApiError, match=OCR_FAILED):
                    await read(workers, b"crash")
                assert (await read(workers)).report.confidences == {}
            assert (workers.ready, workers.replaced) == (1, 2)

    caplog.set_level(logging.DEBUG, "recognizer")
    run(scenario())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("recognizer")] == [
        "worker_process=ended status=-9"
    ] * 2


def test_other_workers_continue_when_one_dies() -> None:
    async def scenario() -> None:
        async with processes(2) as workers:
            await until(lambda: workers.ready == 2)
            outcomes = await asyncio.gather(
                *(read(workers, image) for image in (b"crash", b"1", b"2", b"3")), return_exceptions=True
            )
            assert [isinstance(outcome, ApiError) for outcome in outcomes] == [True, False, False, False]
            await until(lambda: (workers.ready, workers.replaced) == (2, 1))

    run(scenario())


def test_a_killed_idle_process_is_replaced_unnoticed() -> None:
    async def scenario() -> None:
        before = children()
        async with processes() as workers:
            for process in children() - before:
                os.kill(process, signal.SIGKILL)
            await until(lambda: workers.replaced == 1)
            assert (await read(workers)).report.confidences == {}

    run(scenario())


def test_a_hanging_process_is_replaced() -> None:
    async def scenario() -> None:
        async with processes(read_timeout=0.2) as workers:
            with pytest.raises(ApiError, match=OCR_FAILED):
                await read(workers, b"hang")
            await until(lambda: (workers.ready, workers.replaced) == (1, 1))

    run(scenario())


def test_a_cancelled_callers_answer_goes_to_nobody_else() -> None:
    async def scenario() -> None:
        async with processes() as workers:
            cancelled = asyncio.ensure_future(read(workers, b"hang"))
            await until(workers._idle.empty)
            cancelled.cancel()
            assert await read(workers, kind=Kind.RESIDENCE_PERMIT) == Reading(
                ResidencePermitAnswer(Name="李港安", CardType=1), ReaderReport(confidences={"Name": 0.25})
            )
            assert workers.replaced == 1

    run(scenario())


def test_workers_ignore_signals_to_the_process_group() -> None:
    async def scenario() -> None:
        before = children()
        async with processes() as workers:
            for process in children() - before:
                for number in (signal.SIGINT, signal.SIGTERM):
                    os.kill(process, number)
            await read(workers)
            assert workers.replaced == 0

    run(scenario())


async def circumstances(workers: ProcessWorkers) -> dict[str, Any]:
    answer = (await read(workers, b"circumstances")).answer
    assert isinstance(answer, MainlandPermitAnswer)
    found: dict[str, Any] = literal_eval(answer.Name)
    return found


def test_workers_do_not_get_the_accounts_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RECOGNIZER_SECRET_ID", "RECOGNIZER_SECRET_KEY", "RECOGNIZER_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "secret")

    async def scenario() -> None:
        async with processes() as workers:
            variables = (await circumstances(workers))["variables"]
            assert "PATH" in variables
            assert not {name for name in variables if name.startswith(("RECOGNIZER_", "AWS_"))}

    run(scenario())


def test_workers_dump_no_core_and_have_a_memory_limit() -> None:
    async def scenario() -> None:
        async with processes() as workers:
            found = await circumstances(workers)
            assert found["core"] == (0, 0)
            assert 0 < found["data"][1] < 8 * 1024**3
            with pytest.raises(WorkerFailed, match=r"^MemoryError$"):
                await read(workers, b"bomb")
            assert (workers.ready, workers.replaced) == (1, 0)

    run(scenario())


@pytest.mark.slow
def test_a_lone_read_uses_all_cpus_and_parallel_ones_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.service.process_workers.available_cpus", lambda: 4)

    async def scenario() -> None:
        async with processes(2) as workers:
            await until(lambda: workers.ready == 2)
            assert (await circumstances(workers))["threads"] == 4
            both = await asyncio.gather(circumstances(workers), circumstances(workers))
            assert sorted(one["threads"] for one in both) == [2, 4]  # the first one started alone
            assert (await circumstances(workers))["threads"] == 4

    run(scenario())


class ProcessShortage:
    """A system that cannot start a process for the next ``tries_left`` attempts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries_left = 0
        self._create = asyncio.create_subprocess_exec
        monkeypatch.setattr(asyncio, "create_subprocess_exec", self)

    async def __call__(self, *program: Any, **options: Any) -> asyncio.subprocess.Process:
        if self.tries_left:
            self.tries_left -= 1
            raise OSError(errno.EAGAIN, "too many processes")
        return await self._create(*program, **options)


def test_a_worker_is_restarted_when_processes_are_available_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shortage = ProcessShortage(monkeypatch)
    monkeypatch.setattr("recognizer.service.process_workers._RESTART_DELAYS", (0.01,))

    async def scenario() -> None:
        async with processes() as workers:
            shortage.tries_left = 2
            with pytest.raises(ApiError, match=OCR_FAILED):
                await read(workers, b"crash")
            assert (await read(workers)).report.confidences == {}
            assert shortage.tries_left == 0

    run(scenario())
    assert caplog.text.count(f"worker_process=did-not-start errno={errno.EAGAIN}") == 2


def test_the_pool_does_not_start_without_available_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    ProcessShortage(monkeypatch).tries_left = 1

    async def scenario() -> None:
        with pytest.raises(WorkersDidNotStart):
            await ProcessWorkers(1, program=PROGRAM).start()

    run(scenario())


def test_the_pool_does_not_start_if_its_process_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        with pytest.raises(WorkersDidNotStart):
            await ProcessWorkers(2, program=(*PROGRAM, "does-not-start")).start()

    run(scenario())
    assert "worker_process=did-not-start status=7" in caplog.text
