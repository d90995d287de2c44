"""A function in AWS's runtime interface emulator, one environment at a time, with the durations it tells.

Max Memory Used of its report is the memory size, whatever was used; the kernel says what the runtime's process took.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import CpuQuota
from sandbox.lambda_runtime.emulator import emulator_path, invocation_result
from sandbox.lambda_runtime.execution_environments import EnvironmentPool
from sandbox.lambda_runtime.invocation import Json
from sandbox.ports import free_ports
from sandbox.processes import Processes
from sandbox.template.deployed_stack import Function

START_SECONDS: Final = 30.0
_SLACK_SECONDS: Final = 15.0
_INIT: Final = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKE: Final = re.compile(r"INVOKE RTDONE\(status: success, .*?duration: ([\d.]+)ms\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """A function with its configuration and environment variables, ready to be run any number of times."""

    function: Function
    configuration: Json
    variables: Mapping[str, str]

    @property
    def memory_mb(self) -> int:
        """The memory size it is deployed with."""
        return int(self.configuration["MemorySize"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Milliseconds that the emulator saw. ``init`` is 0 for an environment that was warm."""

    init: float
    handler: float
    answer: Any


class Environment:
    """One execution environment, started with the first invocation, as Lambda does."""

    def __init__(self, runnable: Runnable, address: str, log: Path, emulator_pid: int) -> None:
        self._timeout = float(runnable.configuration["Timeout"]) + _SLACK_SECONDS
        self._address = address
        self._log = log
        self._emulator_pid = emulator_pid
        self._invocations = 0

    async def invoke(self, event: Json) -> Invocation:
        """Run the function once. Raises ``SandboxError`` if it fails: a measurement of failures is none."""
        async with httpx.AsyncClient(trust_env=False, timeout=self._timeout) as client:
            answer = await client.post(self._address, json=event)
        outcome = invocation_result(answer.status_code, answer.content)
        if outcome.function_error:
            raise SandboxError(
                f"the function failed: {outcome.payload[:300].decode(errors='replace')}; see {self._log}"
            )
        self._invocations += 1
        invokes, inits = await self._durations()
        return Invocation(init=inits[-1] if self._invocations == 1 else 0.0, handler=invokes[-1], answer=answer.json())

    async def _durations(self) -> tuple[list[float], list[float]]:
        """Return what the log says, once it has said it for every invocation."""
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            text = self._log.read_text(errors="replace")
            invokes = [float(one) for one in _INVOKE.findall(text)]
            if len(invokes) == self._invocations:
                return invokes, [float(one) for one in _INIT.findall(text)]
            await asyncio.sleep(0.01)
        raise SandboxError(f"the emulator told no duration: see {self._log}")

    def peak_bytes(self) -> int:
        """Return the most memory the runtime's process has held (VmHWM)."""
        status = Path(f"/proc/{self._runtime()}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024

    def processor_ms(self) -> float:
        """Return the processor time the runtime's process has taken, of all its threads; 0 before it is started."""
        if not self._invocations:
            return 0.0
        return time.clock_gettime(processor_clock(self._runtime())) * 1000

    def hold(self, share: CpuQuota) -> None:
        """Keep the runtime within a part of a processor from now on; Lambda gives a start a whole one."""
        share.apply_to(self._runtime())

    def _runtime(self) -> int:
        tasks = Path(f"/proc/{self._emulator_pid}/task").glob("*/children")
        (child,) = [int(child) for task in tasks for child in task.read_text().split()]
        return child


class Emulator:
    """Starts environments one after the other."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._started = 0

    def runs(self, runnable: Runnable, *, most: int) -> EnvironmentPool:
        """Return the invocations of a function: in up to ``most`` environments at once, which end with the stage."""
        return EnvironmentPool(
            runnable.function,
            runnable.configuration,
            processes=self._processes,
            variables=runnable.variables,
            max_environments=most,
        )

    @asynccontextmanager
    async def environment(self, runnable: Runnable) -> AsyncIterator[Environment]:
        """Give a new environment for the ``async with`` block."""
        self._started += 1
        name = f"{runnable.function.name}-{self._started}"
        invoke_port, runtime_port = free_ports(2)
        process = await self._processes.start(
            name,
            [
                emulator_path(),
                f"--runtime-interface-emulator-address=127.0.0.1:{invoke_port}",
                f"--runtime-api-address=127.0.0.1:{runtime_port}",
                sys.executable,
                "-S",
                "-m",
                "awslambdaric",
                runnable.configuration["Handler"],
            ],
            environment=runnable.variables,
            directory=runnable.function.task_root,
        )
        try:
            await _until_it_listens(invoke_port)
            address = f"http://127.0.0.1:{invoke_port}/2015-03-31/functions/function/invocations"
            yield Environment(runnable, address, self._processes.log(name), process.pid)
        finally:
            await self._processes.stop(name)


def processor_clock(process: int) -> int:
    """Return the clock of a process's processor time, as clock_getcpuclockid(3) does, which Python has not."""
    return ~process << 3 | 2


async def _until_it_listens(port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise SandboxError("the emulator did not start")
