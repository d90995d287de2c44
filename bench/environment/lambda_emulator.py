"""Functions in AWS's runtime interface emulator: one execution environment at a time, with its reported durations.

The emulator's report gives the memory size as Max Memory Used, so the peak is read from the kernel instead.
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

_READY_SECONDS: Final = 30.0
_SLACK_SECONDS: Final = 15.0
_INIT: Final = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKE: Final = re.compile(r"INVOKE RTDONE\(status: success, .*?duration: ([\d.]+)ms\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedFunction:
    """A function with its configuration and environment variables."""

    function: Function
    configuration: Json
    variables: Mapping[str, str]

    @property
    def memory_mb(self) -> int:
        """The memory size it is deployed with."""
        return int(self.configuration["MemorySize"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Durations of one invocation in milliseconds, and its response. ``init_ms`` is 0 unless it was a cold start."""

    init_ms: float
    handler_ms: float
    response: Any


class ExecutionEnvironment:
    """One execution environment; like Lambda's, it starts the runtime at the first invocation."""

    def __init__(self, function: EmulatedFunction, url: str, log: Path, emulator_pid: int) -> None:
        self._timeout = float(function.configuration["Timeout"]) + _SLACK_SECONDS
        self._url = url
        self._log = log
        self._emulator_pid = emulator_pid
        self._invocations = 0

    async def invoke(self, event: Json) -> Invocation:
        """Invoke the function. Raises ``SandboxError`` if it fails: durations of failures would mean nothing."""
        async with httpx.AsyncClient(trust_env=False, timeout=self._timeout) as client:
            response = await client.post(self._url, json=event)
        outcome = invocation_result(response.status_code, response.content)
        if outcome.function_error:
            raise SandboxError(
                f"the function failed: {outcome.payload[:300].decode(errors='replace')}; see {self._log}"
            )
        self._invocations += 1
        invokes, inits = await self._durations()
        init_ms = inits[-1] if self._invocations == 1 else 0.0
        return Invocation(init_ms=init_ms, handler_ms=invokes[-1], response=response.json())

    async def _durations(self) -> tuple[list[float], list[float]]:
        """Return all invoke and init durations from the log, once it has those of every invocation."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            text = self._log.read_text(errors="replace")
            invokes = [float(one) for one in _INVOKE.findall(text)]
            if len(invokes) == self._invocations:
                return invokes, [float(one) for one in _INIT.findall(text)]
            await asyncio.sleep(0.01)
        raise SandboxError(f"the emulator did not report a duration: see {self._log}")

    def peak_bytes(self) -> int:
        """Return the peak resident size of the runtime process (VmHWM)."""
        status = Path(f"/proc/{self._runtime_pid()}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024

    def cpu_ms(self) -> float:
        """Return the processor time of all threads of the runtime process; 0 before it is started."""
        if not self._invocations:
            return 0.0
        return time.clock_gettime(cpu_clock(self._runtime_pid())) * 1000

    def limit_cpu(self, quota: CpuQuota) -> None:
        """Limit the runtime process to a part of a processor from now on; Lambda gives a cold start a whole one."""
        quota.apply_to(self._runtime_pid())

    def _runtime_pid(self) -> int:
        tasks = Path(f"/proc/{self._emulator_pid}/task").glob("*/children")
        (child,) = [int(child) for task in tasks for child in task.read_text().split()]
        return child


class LambdaEmulator:
    """Starts execution environments."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._started = 0

    def pool(self, function: EmulatedFunction, *, size: int) -> EnvironmentPool:
        """Return up to ``size`` execution environments of a function, which run until the processes are stopped."""
        return EnvironmentPool(
            function.function,
            function.configuration,
            processes=self._processes,
            variables=function.variables,
            max_environments=size,
        )

    @asynccontextmanager
    async def environment(self, function: EmulatedFunction) -> AsyncIterator[ExecutionEnvironment]:
        """Provide a new execution environment during the ``async with`` block."""
        self._started += 1
        name = f"{function.function.name}-{self._started}"
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
                function.configuration["Handler"],
            ],
            environment=function.variables,
            directory=function.function.task_root,
        )
        try:
            await _wait_until_listening(invoke_port)
            url = f"http://127.0.0.1:{invoke_port}/2015-03-31/functions/function/invocations"
            yield ExecutionEnvironment(function, url, self._processes.log(name), process.pid)
        finally:
            await self._processes.stop(name)


def cpu_clock(process: int) -> int:
    """Return the id of a process's CPU-time clock, as clock_getcpuclockid(3) does, which Python does not offer."""
    return ~process << 3 | 2


async def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise SandboxError("the emulator did not start")
