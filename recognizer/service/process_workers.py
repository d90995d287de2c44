"""Worker processes: each reads one card at a time, is replaced when it dies, and ends with the server.

Processes instead of threads: an image that crashes a decoder or a model fails only its own call, and the workers do
not wait for each other's interpreter lock.
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
from permit_ocr.process_hardening import disable_dumps
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.report_format import parse_report
from permit_ocr.tencent.response_format import parse_answer
from recognizer.cpu_count import available_cpus
from recognizer.reading.result import Reading
from recognizer.service.worker_process import RESPONSE_LENGTH, request_header
from recognizer.service.workers import OCR_FAILED, READ_TIMEOUT_SECONDS, ReadCard, WorkerFailed, WorkersDidNotStart
from recognizer.wire.api_error import ApiError

log = logging.getLogger(__name__)

PROGRAM: Final = (sys.executable, "-P", "-m", "recognizer.service.worker_process")
_START_SECONDS: Final = 120.0
_END_SECONDS: Final = 3.0
_RESTART_DELAYS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next attempt when processes repeatedly fail to start."""
_INHERITED_VARIABLES: Final = (
    *("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
"""The only environment variables a worker gets. It decodes untrusted images, so it must not see the account's."""
ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}
"""With a single arena, threads reuse each other's freed memory: measured 60 MB less for each process, and no slower."""


class ProcessWorkers:
    """A pool of ``count`` processes. Belongs to one event loop; ``stop`` it when no card is being read."""

    def __init__(
        self, count: int, *, program: Sequence[str] = PROGRAM, read_timeout: float = READ_TIMEOUT_SECONDS
    ) -> None:
        self.count = count
        self.replaced = 0
        self._busy = 0
        self._program = program
        self._read_timeout = read_timeout
        self._alive: set[_Worker] = set()
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._supervisors: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> int:
        """How many processes are alive and have loaded their models."""
        return len(self._alive)

    async def start(self) -> None:
        """Return when the first process is ready; the others follow. Raises ``WorkersDidNotStart``.

        Also closes this process to others of the same user, the workers included.
        """
        disable_dumps()
        first = await self._start_worker()
        if first is None:
            raise WorkersDidNotStart
        self._add(first)
        starts: list[_Worker | None] = [first] + [None] * (self.count - 1)
        self._supervisors = [asyncio.create_task(self._supervise(worker)) for worker in starts]

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[ReadCard]:
        """Wait for a process and hold it for the block."""
        worker = await self._idle.get()
        while not worker.is_alive:
            worker = await self._idle.get()
        self._busy += 1
        try:
            yield partial(worker.read, threads=max(1, available_cpus() // self._busy))
        finally:
            self._busy -= 1
            if worker.is_busy:  # the caller was cancelled; its answer must not go to the next caller
                worker.kill()
            else:
                self._idle.put_nowait(worker)

    async def stop(self) -> None:
        """End all processes."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._alive))
        self._alive.clear()

    def _add(self, worker: "_Worker") -> None:
        self._alive.add(worker)
        self._idle.put_nowait(worker)

    async def _supervise(self, worker: "_Worker | None") -> None:
        """Keep one process running, replacing it whenever it ends."""
        failures = 0
        while True:
            if worker is None:
                worker = await self._start_worker()
                if worker is None:
                    await asyncio.sleep(_RESTART_DELAYS[min(failures, len(_RESTART_DELAYS) - 1)])
                    failures += 1
                    continue
                self._add(worker)
            failures = 0
            status = await worker.wait()
            self._alive.discard(worker)
            self.replaced += 1
            log.error("worker_process=ended status=%d", status)
            worker = None

    async def _start_worker(self) -> "_Worker | None":
        """Return a process that is ready, or None if it could not be started, ended early or hung."""
        try:
            worker = _Worker(await self._new_process(), self._read_timeout)
        except OSError as error:  # too many processes or open files, too little memory: may be temporary
            log.error("worker_process=did-not-start errno=%s", error.errno)  # noqa: TRY400  no traceback in the log
            return None
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker.receive()
        except (TimeoutError, OSError, EOFError, ValueError):
            status = await worker.wait_or_kill()  # it may still be printing the reason
            log.error("worker_process=did-not-start status=%d", status)  # noqa: TRY400  no traceback in the log
            return None
        except asyncio.CancelledError:
            worker.kill()
            await worker.wait()
            raise
        return worker

    async def _new_process(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._program,
            stdin=PIPE,
            stdout=PIPE,
            env={name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ} | ENVIRONMENT,
            start_new_session=True,  # Ctrl-C must only reach the server, which lets cards in progress finish
        )


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, process: Process, read_timeout: float) -> None:
        self._process = process
        self._read_timeout = read_timeout
        self.is_busy = False

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def read(
        self, image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool, threads: int
    ) -> Reading:
        """Read one card. Raises ``ApiError``, also if the card crashes the process or takes too long."""
        self.is_busy = True
        try:
            async with asyncio.timeout(self._read_timeout):
                header = request_header(image, kind=kind, side=side, return_portrait=return_portrait, threads=threads)
                self._send(header, image)
                message = await self.receive()
        except (TimeoutError, OSError, EOFError, ValueError):
            self.kill()
            raise ApiError(OCR_FAILED) from None
        self.is_busy = False
        if "refused" in message:
            raise ApiError(message["refused"])
        if "failed" in message:
            raise WorkerFailed(message["failed"])
        action = ACTIONS[kind]
        return Reading(parse_answer(action, message["answer"]), parse_report(action, message["report"]))

    def _send(self, *parts: bytes) -> None:
        """Send a request without draining: a process that does not read its input does not answer either."""
        assert self._process.stdin is not None  # noqa: S101  stdin=PIPE
        self._process.stdin.writelines(parts)

    async def receive(self) -> dict[str, Any]:
        """Return the next message. Raises ``EOFError`` if the process has closed its output."""
        assert self._process.stdout is not None  # noqa: S101  stdout=PIPE
        (length,) = RESPONSE_LENGTH.unpack(await self._process.stdout.readexactly(RESPONSE_LENGTH.size))
        message: dict[str, Any] = json.loads(await self._process.stdout.readexactly(length))
        return message

    async def wait(self) -> int:
        """Wait for the exit status; negative for a signal."""
        return await self._process.wait()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def wait_or_kill(self) -> int:
        """Wait a few seconds for the exit, then kill, and return the exit status."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                return await self.wait()
        self.kill()
        return await self.wait()

    async def end(self) -> None:
        """Close the input, which ends the process; kill it if it does not end."""
        assert self._process.stdin is not None  # noqa: S101  stdin=PIPE
        self._process.stdin.close()
        await self.wait_or_kill()
