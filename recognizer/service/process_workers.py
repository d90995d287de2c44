"""The processes that read: one card each at a time, replaced when they die, gone when the server is.

Processes, not threads: an image that crashes a decoder or a model costs its own caller an error and the others nothing;
and each has an interpreter of its own, so that they do not wait for each other.
"""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.answer_format import parse_answer
from recognizer.cpu_count import available_cpus
from recognizer.reading.result import Reading
from recognizer.service.process_hardening import disable_dumps
from recognizer.service.worker_process import ANSWER_LENGTH, request_head
from recognizer.service.workers import OCR_FAILED, READ_TIMEOUT_SECONDS, ReadCard, WorkerFailed, WorkersDidNotStart
from recognizer.wire.api_error import ApiError

log = logging.getLogger(__name__)

PROGRAM: Final = (sys.executable, "-P", "-m", "recognizer.service.worker_process")
_START_SECONDS: Final = 120.0
_END_SECONDS: Final = 3.0
_RESTART_DELAYS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next try where one process after the other does not even start."""
_INHERITED_VARIABLES: Final = (
    *("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
"""Of the server's variables; the others, the account's among them, are none of the business of who decodes images."""
# Memory freed by one thread serves the others: 100 MB less for each process, measured, and no slower.
_ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}


class ProcessWorkers:
    """``count`` processes. Belongs to one event loop; ``start`` it, and ``stop`` it once nothing is read any more."""

    def __init__(
        self, count: int, *, program: Sequence[str] = PROGRAM, read_timeout: float = READ_TIMEOUT_SECONDS
    ) -> None:
        self.count = count
        self.replaced = 0
        self._reading = 0
        self._program = program
        self._read_timeout = read_timeout
        self._alive: set[_Worker] = set()
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        self._supervisors: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> int:
        """How many processes have loaded their models and live."""
        return len(self._alive)

    async def start(self) -> None:
        """Start the first process and return when it is ready; the others follow. Raises ``ReadersDidNotStart``.

        From now on nobody can look into this process, least of all those that it starts.
        """
        disable_dumps()
        first = await self._start_process()
        if first is None:
            raise WorkersDidNotStart
        self._welcome(first)
        starts: list[_Worker | None] = [first] + [None] * (self.count - 1)
        self._supervisors = [asyncio.create_task(self._supervise(process)) for process in starts]

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ReadCard]:
        """Wait for a process and have it for the block."""
        process = await self._free.get()
        while not process.is_alive:
            process = await self._free.get()
        self._reading += 1
        try:
            yield partial(process.read, threads=max(1, available_cpus() // self._reading))
        finally:
            self._reading -= 1
            if process.is_reading:  # the caller was cancelled: what it asked for would be the next caller's answer
                process.kill()
            else:
                self._free.put_nowait(process)

    async def stop(self) -> None:
        """End all processes."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        await asyncio.gather(*(process.end() for process in self._alive))
        self._alive.clear()

    def _welcome(self, process: "_Worker") -> None:
        self._alive.add(process)
        self._free.put_nowait(process)

    async def _supervise(self, process: "_Worker | None") -> None:
        """See to it that there is a process in this place, for ever."""
        failures = 0
        while True:
            if process is None:
                process = await self._start_process()
                if process is None:
                    await asyncio.sleep(_RESTART_DELAYS[min(failures, len(_RESTART_DELAYS) - 1)])
                    failures += 1
                    continue
                self._welcome(process)
            failures = 0
            status = await process.wait()
            self._alive.discard(process)
            self.replaced += 1
            log.error("reading_process=ended status=%d", status)
            process = None

    async def _start_process(self) -> "_Worker | None":
        """Return a process that is ready, or None if there was none to be had, or it ended or hung before it was."""
        try:
            process = _Worker(await self._new_process(), self._read_timeout)
        except OSError as error:  # too many processes or open files, too little memory: that may pass
            log.error("reading_process=did-not-start errno=%s", error.errno)  # noqa: TRY400  its own words
            return None
        try:
            async with asyncio.timeout(_START_SECONDS):
                await process.receive()
        except (TimeoutError, OSError, EOFError, ValueError):
            status = await process.wait_or_kill()  # it may still be saying why
            log.error("reading_process=did-not-start status=%d", status)  # noqa: TRY400  its own words
            return None
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        return process

    async def _new_process(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._program,
            stdin=PIPE,
            stdout=PIPE,
            env={name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ} | _ENVIRONMENT,
            start_new_session=True,  # Ctrl-C is for the server, which lets a card begun be finished
        )


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, process: Process, read_timeout: float) -> None:
        self._process = process
        self._read_timeout = read_timeout
        self.is_reading = False

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def read(
        self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool, threads: int
    ) -> Reading:
        """Read one card. Raises ``Refusal``, also for a card that ends the process or keeps it too long."""
        self.is_reading = True
        try:
            async with asyncio.timeout(self._read_timeout):
                head = request_head(image, kind=kind, side=side, return_portrait=return_portrait, threads=threads)
                self._send(head, image)
                said = await self.receive()
        except (TimeoutError, OSError, EOFError, ValueError):
            self.kill()
            raise ApiError(OCR_FAILED) from None
        self.is_reading = False
        if "refused" in said:
            raise ApiError(said["refused"])
        if "failed" in said:
            raise WorkerFailed(said["failed"])
        return Reading(parse_answer(ACTIONS[kind], said["answer"]), said["confidences"])

    def _send(self, *parts: bytes) -> None:
        """Hand over what is to be read. Not waited for: a process that takes nothing does not answer either."""
        assert self._process.stdin is not None  # noqa: S101  it was asked for
        self._process.stdin.writelines(parts)

    async def receive(self) -> dict[str, Any]:
        """Return its next answer. Raises ``EOFError`` where there is none."""
        assert self._process.stdout is not None  # noqa: S101  it was asked for
        (length,) = ANSWER_LENGTH.unpack(await self._process.stdout.readexactly(ANSWER_LENGTH.size))
        said: dict[str, Any] = json.loads(await self._process.stdout.readexactly(length))
        return said

    async def wait(self) -> int:
        """Wait for its end and return the exit status, the negative signal of one that was killed."""
        return await self._process.wait()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def wait_or_kill(self) -> int:
        """Wait for its end, bring it about if it does not come, and return the exit status."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                return await self.wait()
        self.kill()
        return await self.wait()

    async def end(self) -> None:
        """Have it end by itself, kill it if it does not."""
        assert self._process.stdin is not None  # noqa: S101  it was asked for
        self._process.stdin.close()
        await self.wait_or_kill()
