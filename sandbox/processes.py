"""The sandbox's child processes: each with its own log, all ended together, even if the sandbox is killed."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from sandbox import watchdog
from sandbox.errors import SandboxError

GRACE_SECONDS: Final = 3.0


class Processes:
    """Starts programs and ends them with its block. The watchdog ends them if this process is killed first."""

    def __init__(self, logs: Path, endpoints: Path) -> None:
        self.sandbox_id: Final = secrets.token_hex(8)
        self._logs = logs
        self._endpoints = endpoints
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._watchdog: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        for old in self._logs.glob("*.log"):
            old.unlink()
        self._watchdog = subprocess.Popen(  # noqa: ASYNC220  nothing else runs yet
            [sys.executable, "-I", "-S", watchdog.__file__, self.sandbox_id, str(self._endpoints.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={},
        )
        assert self._watchdog.stdout is not None  # noqa: S101  it is a pipe
        if not await asyncio.to_thread(self._watchdog.stdout.readline):
            raise SandboxError("the watchdog process did not start")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        ends = [asyncio.ensure_future(process.wait()) for process in self._running.values()]
        if ends:
            _, late = await asyncio.wait(ends, timeout=GRACE_SECONDS)
            for end in late:
                end.cancel()
        if self._watchdog is not None and self._watchdog.stdin is not None:
            self._watchdog.stdin.close()  # it kills what is left, including the emulators' children
            if await asyncio.to_thread(self._watchdog.wait) != 0:  # it was killed
                await asyncio.to_thread(watchdog.clean_up, self.sandbox_id)

    async def start(
        self, name: str, command: Sequence[str | Path], *, environment: Mapping[str, str], directory: Path
    ) -> asyncio.subprocess.Process:
        """Start ``command`` with exactly ``environment``. Its output goes to a new log called ``name``."""
        with self.log(name).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=directory,
                env={**environment, watchdog.SANDBOX_ID_VARIABLE: self.sandbox_id},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[name] = process
        return process

    async def stop(self, name: str) -> None:
        """Kill a process and its children, and remove its control group with everything in it."""
        process = self._running.pop(name)
        with contextlib.suppress(OSError):
            for child in [process.pid, *_children(process.pid)]:
                os.kill(child, signal.SIGKILL)
        await process.wait()
        await asyncio.to_thread(watchdog.remove_cgroups, self.sandbox_id, name)

    def has_children(self, name: str) -> bool:
        """Return whether a process runs and has running children. A killed child stays listed for a while."""
        process = self._running[name].pid
        try:
            return _is_alive(process) and any(_is_alive(child) for child in _children(process))
        except OSError:  # it has ended
            return False

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self._logs / f"{name}.log"

    async def wait_until_healthy(self, name: str, url: str, *, timeout_seconds: float = 60) -> None:
        """Return when ``url``, served by ``name``, answers 200.

        Raises ``SandboxError`` when the process ends or takes too long.
        """
        deadline = time.monotonic() + timeout_seconds
        async with httpx.AsyncClient(trust_env=False, timeout=timeout_seconds) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(url)).status_code == httpx.codes.OK:
                        return
                if self.first_ended(name) or time.monotonic() > deadline:
                    raise SandboxError(f"{name} did not start: see {self.log(name)}")
                await asyncio.sleep(0.02)

    async def wait_until_one_ends(self, *names: str) -> str:
        """Return the name of the first of ``names``, or of the watchdog, that ends."""
        while True:
            if self._watchdog is None or self._watchdog.poll() is not None:
                return "the watchdog process"
            if name := self.first_ended(*names):
                return name
            await asyncio.sleep(0.2)

    def first_ended(self, *names: str) -> str | None:
        """Return the first of ``names`` that has ended, or None."""
        return next(
            (name for name in names if (p := self._running.get(name)) is None or p.returncode is not None), None
        )


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _is_alive(process: int) -> bool:
    """Return whether a process has neither ended nor been killed.

    Between a kill and its end, a process looks like any other, but the SIGKILL stays among the signals pending for the
    whole process (``ShdPnd``).
    """
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines)
        killed = int(status["ShdPnd"], 16) >> (signal.SIGKILL - 1) & 1
        return status["State"][0] not in "ZX" and not killed
    return False
