"""Functions as Lambda runs them: AWS's runtime interface emulator around awslambdaric and the built artefact.

A function sees its own directory, its layers, the standard library and the few packages that AWS's runtime brings
(``RUNTIME_PACKAGES``): what is missing from a layer is missing here too.
"""

import asyncio
import importlib.metadata
import json
import os
import platform
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import samcli  # type: ignore[import-untyped]

from sandbox.cloud import CREDENTIALS, Cloud
from sandbox.lambda_events import Outcome
from sandbox.processes import Processes, SandboxError
from sandbox.processor_share import make_group, share_of
from sandbox.template import REGION, Deployed, Function, Json

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html and what these need.
RUNTIME_PACKAGES: Final = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
API_CONCURRENCY: Final = 10  # of a function's requests at once; more wait, where Lambda would start more environments
START_SECONDS: Final = 20.0
SLACK_SECONDS: Final = 15.0  # of an invocation beyond the function's timeout, which the emulator itself enforces
_WITHIN_GROUP: Final = Path(__file__).parent / "awslambdaric_in_group.py"
_ERROR_KEYS: Final = {"errorMessage", "errorType", "requestId", "stackTrace"}
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def machine_architecture() -> str:
    """Return this machine's processor as SAM calls it, x86_64 or arm64.

    Raises ``SandboxError`` for any other machine, and off Linux.
    """
    if sys.platform != "linux":
        raise SandboxError(f"the sandbox runs on Linux, as AWS's emulator does; this is {sys.platform}")
    try:
        return _ARCHITECTURES[platform.machine().lower()]
    except KeyError:
        raise SandboxError(f"Lambda runs on x86_64 and arm64; this machine is {platform.machine()}") from None


def link_runtime(directory: Path) -> Path:
    """Make ``directory`` hold links to the packages of AWS's runtime, and nothing else, and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, Path] = {}
    for package in RUNTIME_PACKAGES:
        distribution = importlib.metadata.distribution(package)
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith(".dist-info"):
                wanted[top] = Path(str(distribution.locate_file(top)))
    for there in directory.iterdir():
        if there.name not in wanted or there.readlink() != wanted[there.name]:
            there.unlink()
    for name, target in wanted.items():
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(target)
    return directory


def function_environment(
    function: Function, configuration: Json, *, runtime: Path, aws_endpoint: str
) -> dict[str, str]:
    """Return a function's environment variables: its own as deployed and those that Lambda adds, no others."""
    # Layers are unpacked over each other, so of two with the same file the later one's counts.
    path = [function.task_root, *(layer / "python" for layer in reversed(function.layers)), runtime]
    environment = {
        **{name: str(value) for name, value in configuration.get("Environment", {}).get("Variables", {}).items()},
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(function.task_root),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's file system is read-only
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "TZ": ":UTC",
        "_HANDLER": configuration["Handler"],
    }
    if function.json_logs:
        environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        environment["AWS_LAMBDA_LOG_LEVEL"] = function.log_level or "INFO"
    return environment


class FunctionRuns:
    """One function's execution environments: started when none is free, kept warm, one invocation at a time in each."""

    def __init__(
        self,
        function: Function,
        configuration: Json,
        *,
        processes: Processes,
        environment: Mapping[str, str],
        most: int,
        processors: float | None = None,
    ) -> None:
        """``processors`` is the part of one that each environment is held within; None for all that there are."""
        self.function: Final = function
        self._timeout = float(configuration["Timeout"])
        self._handler: str = configuration["Handler"]
        self._processes = processes
        self._environment = environment
        self._processors = processors
        self._free: list[_Environment] = []
        self._started = 0
        self._room = asyncio.Semaphore(most)

    async def invoke(self, event: Json) -> Outcome:
        """Run the function once. Its failures, timeouts and crashes are outcomes, not exceptions."""
        payload = json.dumps(event, ensure_ascii=False).encode()
        async with self._room:
            try:
                environment = await self._free_or_new()
            except SandboxError as error:
                return _error("Sandbox.EmulatorFailed", str(error))
            outcome, alive = await environment.invoke(payload)
            if alive:
                self._free.append(environment)
            else:
                await self._processes.stop(environment.name)
        return outcome

    async def _free_or_new(self) -> "_Environment":
        """Return a free environment, or a new one. One whose runtime was killed meanwhile would never answer."""
        while self._free:
            environment = self._free.pop()
            if self._processes.has_children(environment.name):
                return environment
            await self._processes.stop(environment.name)
        return await self._start()

    async def _start(self) -> "_Environment":
        self._started += 1
        environment = _Environment(f"{self.function.logical_id}-{self._started}", self._timeout)
        command = [sys.executable, "-S", *self._client(environment.name), self._handler]
        await environment.start(self._processes, command, self._environment, self.function.task_root)
        return environment

    def _client(self, name: str) -> list[str]:
        """Return how Python runs AWS's runtime client: in a control group of its own, if it has a share."""
        if self._processors is None:
            return ["-m", "awslambdaric"]
        return ["-P", str(_WITHIN_GROUP), str(make_group(self._processes.mark, name, self._processors))]


def emulator() -> Path:
    """Return AWS's runtime interface emulator, which comes inside SAM's package."""
    return Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine_architecture()}"


class _Environment:
    """One emulator with its runtime process, which it starts anew by itself after a timeout or a crash."""

    def __init__(self, name: str, timeout: float) -> None:
        self.name: Final = name
        self._timeout = timeout
        self._address = ""
        self._client = httpx.AsyncClient(
            trust_env=False,
            timeout=httpx.Timeout(timeout + SLACK_SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def start(
        self, processes: Processes, command: list[str], environment: Mapping[str, str], directory: Path
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            # Nothing holds a free port until the emulator takes it: if another program is faster, the emulator ends.
            invoke_port, runtime_port = free_ports(2)
            process = await processes.start(
                self.name,
                [
                    emulator(),
                    "--runtime-interface-emulator-address",
                    f"127.0.0.1:{invoke_port}",
                    "--runtime-api-address",
                    f"127.0.0.1:{runtime_port}",
                    *command,
                ],
                environment=environment,
                directory=directory,
            )
            self._address = f"http://127.0.0.1:{invoke_port}/2015-03-31/functions/function/invocations"
            while process.returncode is None:
                if await _takes_connections(invoke_port):
                    return
                if time.monotonic() > deadline:
                    raise SandboxError(f"{self.name} did not start: see {processes.log(self.name)}")
                await asyncio.sleep(0.01)

    async def invoke(self, payload: bytes) -> tuple[Outcome, bool]:
        """Return the outcome, and whether this environment can be used again."""
        try:
            answer = await self._client.post(self._address, content=payload)
        except httpx.HTTPError as error:
            return _error("Sandbox.EmulatorFailed", type(error).__name__), False
        return outcome_of(answer.status_code, answer.content), True


def outcome_of(status: int, body: bytes) -> Outcome:
    """Return what the emulator's answer means.

    It answers 200 to nearly everything: an exception is known by the four keys that awslambdaric gives it, a timeout by
    its sentence (which is not JSON, as every answer of a function is). A crash and a failed import are 502.
    """
    try:
        said: Any = json.loads(body or b"null")
    except ValueError:
        return _error("Sandbox.Timedout", body.decode(errors="replace"))
    failed = status != httpx.codes.OK or (isinstance(said, dict) and said.keys() == _ERROR_KEYS)
    return Outcome(payload=body, function_error=failed)


def free_ports(count: int) -> list[int]:
    """Return loopback ports that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()


async def _takes_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def prepare_runs(
    deployed: Deployed,
    cloud: Cloud,
    processes: Processes,
    runtime: Path,
    *,
    aws_endpoint: str,
    processor_shares: bool = False,
    memory_size: int | None = None,
) -> dict[str, FunctionRuns]:
    """Return the runs of every deployed function by its name; no environment is started before it is needed.

    With ``processor_shares`` each has the part of a processor that comes with the function's memory size, which is
    ``memory_size`` where it is given.
    """
    runs = {}
    for function in deployed.functions:
        configuration = cloud.function_configuration(function.name)
        if memory_size is not None:
            configuration["MemorySize"] = memory_size
        polled = sum(
            mapping.maximum_concurrency for mapping in deployed.mappings if mapping.function_name == function.name
        )
        runs[function.name] = FunctionRuns(
            function,
            configuration,
            processes=processes,
            environment=function_environment(function, configuration, runtime=runtime, aws_endpoint=aws_endpoint),
            most=polled + API_CONCURRENCY,
            processors=share_of(int(configuration["MemorySize"])) if processor_shares else None,
        )
    return runs


def _error(kind: str, message: str) -> Outcome:
    return Outcome(payload=json.dumps({"errorType": kind, "errorMessage": message}).encode(), function_error=True)
