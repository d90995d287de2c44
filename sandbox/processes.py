"""The sandbox's child processes: each with a log of its own, all ended together, whatever becomes of the sandbox."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sandbox import guardian

GRACE_SECONDS: Final = 3.0


class SandboxError(Exception):
    """Why the sandbox cannot run, in one line for its user."""


class Processes:
    """Starts programs and ends them with its block; ``guardian`` ends them if this process does not get that far."""

    def __init__(self, logs: Path, endpoints: Path) -> None:
        self.mark: Final = secrets.token_hex(8)
        self._logs = logs
        self._endpoints = endpoints
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._guardian: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        for old in self._logs.glob("*.log"):
            old.unlink()
        self._guardian = subprocess.Popen(  # noqa: ASYNC220  nothing else runs yet
            [sys.executable, "-I", "-S", guardian.__file__, self.mark, str(self._endpoints.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={},
        )
        assert self._guardian.stdout is not None  # noqa: S101  it was asked for
        if not await asyncio.to_thread(self._guardian.stdout.readline):
            raise SandboxError("the guardian process did not start")
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
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()  # it kills what is left, RIE's own children included
            if await asyncio.to_thread(self._guardian.wait) != 0:  # it was killed itself
                await asyncio.to_thread(guardian.clean_up, self.mark)

    async def start(
        self, name: str, command: Sequence[str | Path], *, environment: Mapping[str, str], directory: Path
    ) -> asyncio.subprocess.Process:
        """Start ``command`` with exactly ``environment``; its output goes to a new log of that name."""
        with self.log(name).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=directory,
                env={**environment, guardian.MARK_VARIABLE: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[name] = process
        return process

    async def stop(self, name: str) -> None:
        """Kill a process and its children at once, and its control group with what is left in it."""
        process = self._running.pop(name)
        with contextlib.suppress(OSError):
            for child in [process.pid, *_children(process.pid)]:
                os.kill(child, signal.SIGKILL)
        await process.wait()
        await asyncio.to_thread(guardian.remove_groups, self.mark, name)

    def has_children(self, name: str) -> bool:
        """Say whether a process runs and has any of its own that do; one that was killed is listed for a while."""
        process = self._running[name].pid
        try:
            return _runs(process) and any(_runs(child) for child in _children(process))
        except OSError:  # it has ended itself
            return False

    def log(self, name: str) -> Path:
        """Return where the output of ``name`` goes."""
        return self._logs / f"{name}.log"

    async def one_ended(self, *names: str) -> str:
        """Return the name of the first of ``names`` that ends, or the guardian's if it does."""
        while True:
            if self._guardian is None or self._guardian.poll() is not None:
                return "the guardian process"
            if name := self.first_ended(*names):
                return name
            await asyncio.sleep(0.2)

    def first_ended(self, *names: str) -> str | None:
        """Return one of ``names`` that runs no more, None while all do."""
        return next(
            (name for name in names if (p := self._running.get(name)) is None or p.returncode is not None), None
        )


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _runs(process: int) -> bool:
    """Say whether a process neither has ended nor is about to: between a kill and its end it looks like any other.

    A SIGKILL stays among the signals that wait for the whole process (``ShdPnd``) until nothing is left of it.
    """
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        said = dict(line.split(":\t", 1) for line in lines)
        killed = int(said["ShdPnd"], 16) >> (signal.SIGKILL - 1) & 1
        return said["State"][0] not in "ZX" and not killed
    return False
