"""Functions run as Lambda runs them: AWS's emulator around awslambdaric and the built artefact."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx

from sandbox.aws.client import LocalAws
from sandbox.errors import SandboxError
from sandbox.lambda_runtime.cpu_quota import cpus_for, create_cgroup
from sandbox.lambda_runtime.emulator import emulator_path, failed_invocation, invocation_result
from sandbox.lambda_runtime.environment_variables import environment_variables
from sandbox.lambda_runtime.invocation import InvocationResult, Json
from sandbox.ports import free_ports
from sandbox.processes import Processes
from sandbox.template.deployed_stack import DeployedStack, Function

API_CONCURRENCY: Final = 10  # concurrent requests per function; more wait, where Lambda would start more environments
START_SECONDS: Final = 20.0
EXTRA_SECONDS: Final = 15.0  # beyond the function's timeout, which the emulator itself enforces
_RUNTIME_CLIENT_IN_CGROUP: Final = Path(__file__).parent / "awslambdaric_in_cgroup.py"


class EnvironmentPool:
    """One function's execution environments: started when none is idle, kept warm, one invocation at a time in each."""

    def __init__(
        self,
        function: Function,
        configuration: Json,
        *,
        processes: Processes,
        variables: Mapping[str, str],
        max_environments: int,
        cpus: float | None = None,
    ) -> None:
        """``cpus`` limits each environment; None is unlimited."""
        self.function: Final = function
        self._timeout = float(configuration["Timeout"])
        self._handler: str = configuration["Handler"]
        self._processes = processes
        self._variables = variables
        self._cpus = cpus
        self._idle: list[_ExecutionEnvironment] = []
        self._started = 0
        self._slots = asyncio.Semaphore(max_environments)

    async def invoke(self, event: Json) -> InvocationResult:
        """Run the function once. Its failures, timeouts and crashes are results, not exceptions."""
        payload = json.dumps(event, ensure_ascii=False).encode()
        async with self._slots:
            try:
                environment = await self._idle_or_new()
            except SandboxError as error:
                return failed_invocation("Sandbox.EmulatorFailed", str(error))
            result, reusable = await environment.invoke(payload)
            if reusable:
                self._idle.append(environment)
            else:
                await self._processes.stop(environment.name)
        return result

    async def _idle_or_new(self) -> "_ExecutionEnvironment":
        """Return an idle environment, or a new one. An environment whose runtime was killed would never answer."""
        while self._idle:
            environment = self._idle.pop()
            if self._processes.has_children(environment.name):
                return environment
            await self._processes.stop(environment.name)
        return await self._start()

    async def _start(self) -> "_ExecutionEnvironment":
        self._started += 1
        environment = _ExecutionEnvironment(f"{self.function.logical_id}-{self._started}", self._timeout)
        command = [sys.executable, "-S", *self._runtime_client(environment.name), self._handler]
        await environment.start(self._processes, command, self._variables, self.function.task_root)
        return environment

    def _runtime_client(self, name: str) -> list[str]:
        """Return Python's arguments for AWS's runtime client, in its own control group if it has a CPU quota."""
        if self._cpus is None:
            return ["-m", "awslambdaric"]
        cgroup = create_cgroup(self._processes.sandbox_id, name, self._cpus)
        return ["-P", str(_RUNTIME_CLIENT_IN_CGROUP), str(cgroup)]


class _ExecutionEnvironment:
    """One emulator with its runtime process, which the emulator restarts after a timeout or a crash."""

    def __init__(self, name: str, timeout: float) -> None:
        self.name: Final = name
        self._url = ""
        self._client = httpx.AsyncClient(
            trust_env=False,
            timeout=httpx.Timeout(timeout + EXTRA_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def start(
        self, processes: Processes, command: list[str], variables: Mapping[str, str], directory: Path
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            # Another program may take a free port before the emulator does. The emulator then ends, and we try again.
            invoke_port, runtime_port = free_ports(2)
            process = await processes.start(
                self.name,
                [
                    emulator_path(),
                    "--runtime-interface-emulator-address",
                    f"127.0.0.1:{invoke_port}",
                    "--runtime-api-address",
                    f"127.0.0.1:{runtime_port}",
                    *command,
                ],
                environment=variables,
                directory=directory,
            )
            self._url = f"http://127.0.0.1:{invoke_port}/2015-03-31/functions/function/invocations"
            while process.returncode is None:
                if await _accepts_connections(invoke_port):
                    return
                if time.monotonic() > deadline:
                    raise SandboxError(f"{self.name} did not start: see {processes.log(self.name)}")
                await asyncio.sleep(0.01)

    async def invoke(self, payload: bytes) -> tuple[InvocationResult, bool]:
        """Return the result, and whether this environment can be used again."""
        try:
            response = await self._client.post(self._url, content=payload)
        except httpx.HTTPError as error:
            return failed_invocation("Sandbox.EmulatorFailed", type(error).__name__), False
        return invocation_result(response.status_code, response.content), True


async def _accepts_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def environment_pools(
    stack: DeployedStack,
    aws: LocalAws,
    processes: Processes,
    runtime: Path,
    *,
    aws_endpoint: str,
    overrides: Mapping[str, str],
    cpu_quota: bool = False,
    memory_size: int | None = None,
    enforce_iam: bool = False,
) -> dict[str, EnvironmentPool]:
    """Return a pool for every deployed function, by function name. No environment is started before it is needed.

    ``overrides`` replace environment variables, and ``memory_size`` the memory size, of every function. With
    ``cpu_quota`` each environment gets the CPU that Lambda gives its memory size. With ``enforce_iam`` each function
    signs with a key of its role.
    """
    pools = {}
    for function in stack.functions:
        configuration = aws.function_configuration(function.name)
        if memory_size is not None:
            configuration["MemorySize"] = memory_size
        polled = sum(
            mapping.maximum_concurrency
            for mapping in stack.event_source_mappings
            if mapping.function_name == function.name
        )
        pools[function.name] = EnvironmentPool(
            function,
            configuration,
            processes=processes,
            variables=environment_variables(
                function,
                configuration,
                runtime=runtime,
                aws_endpoint=aws_endpoint,
                overrides=overrides,
                enforce_iam=enforce_iam,
            ),
            max_environments=polled + API_CONCURRENCY,
            cpus=cpus_for(int(configuration["MemorySize"])) if cpu_quota else None,
        )
    return pools
