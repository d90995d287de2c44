"""Everything of the sandbox together: started in parallel, watched, stopped."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox import project
from sandbox.cloud import SERVER, Cloud, start_cloud, wait_until_healthy
from sandbox.http_api import ApiServer, HttpApi
from sandbox.mappings import Poller, SqsQueue
from sandbox.processes import Processes, SandboxError
from sandbox.processor_share import require_groups
from sandbox.runtime import FunctionRuns, link_runtime, machine_architecture, prepare_runs
from sandbox.template import REGION, Deployed, transform

RECOGNIZER: Final = "recognizer"
SECRET_NAME: Final = "permit-ocr/ocr-credentials"  # noqa: S105  a name
_LOCAL: Final = {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}
_CREDENTIAL_VARIABLES: Final = {
    "secret_id": "TENCENTCLOUD_SECRET_ID",
    "secret_key": "TENCENTCLOUD_SECRET_KEY",
    "token": "TENCENTCLOUD_TOKEN",
}

# It reads two cards at a time: more would only wait there, and on a busy machine longer than a call may take.
_FOR_THE_RECOGNISER: Final = {"OcrTimeoutSeconds": "25", "MaximumConcurrency": "2", "BatchSize": "5"}

type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``permit-ocr up`` was asked for; a port 0 is any free one."""

    root: Path
    state: Path
    api_port: int
    aws_port: int
    ocr_port: int
    ocr_endpoint: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for the template's parameters, in place of its defaults."""
    functions_aws_endpoint: str | None = None
    """What the functions call as AWS: something that stands before moto and passes their calls on."""
    processor_shares: bool = False
    """Whether each environment is held within the part of a processor that Lambda gives its memory size."""
    memory_size: int | None = None
    """MB that every function is deployed with, in place of the template's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recogniser:
    """The OCR server that the functions call."""

    endpoint: str
    scheme: str
    host: str
    credentials: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that is ready; ``endpoints`` is what its file says."""

    endpoints: dict[str, str]
    deployed: Deployed
    seconds: float


@contextlib.asynccontextmanager
async def sandbox(settings: Settings, say: Say) -> AsyncIterator[Sandbox]:
    """Run a sandbox for the ``async with`` block; ``say`` is told each step in a line. Raises ``SandboxError``.

    The block is cancelled when one of the processes ends or the polling fails.
    """
    began = time.monotonic()
    endpoints = settings.state / "endpoints.json"
    if project.is_running(endpoints):
        raise SandboxError(f"a sandbox is running here already ({endpoints}): stop it first")
    endpoints.unlink(missing_ok=True)
    if settings.processor_shares:
        require_groups()
    ports = _claim_ports(settings)
    async with (
        Processes(settings.state / "logs", endpoints) as processes,
        _failures_in_one_line(),
        asyncio.TaskGroup() as tasks,
    ):
        cloud, build, recogniser = await _start_all(settings, ports, processes, say)
        deployed = await _deploy(settings, cloud, build, recogniser)
        say(
            f"deployed {len(deployed.functions)} functions, {len(deployed.mappings)} event source mappings, "
            f"{len(deployed.routes)} routes"
        )
        runs = prepare_runs(
            deployed,
            cloud,
            processes,
            link_runtime(settings.state / "runtime"),
            aws_endpoint=settings.functions_aws_endpoint or cloud.endpoint,
            processor_shares=settings.processor_shares,
            memory_size=settings.memory_size,
        )
        api = ApiServer(HttpApi(deployed.routes, {name: run.invoke for name, run in runs.items()}), ports["--api-port"])
        background = [
            tasks.create_task(api.serve()),
            *(tasks.create_task(p.run()) for p in _pollers(deployed, cloud, runs, say)),
        ]
        watched = [SERVER, *([RECOGNIZER] if settings.ocr_endpoint is None else [])]
        background.append(tasks.create_task(_fail_when_one_ends(processes, watched)))
        for bucket in deployed.buckets:
            await asyncio.to_thread(cloud.finish_bucket, bucket)
        while not api.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        said = _endpoints(settings, ports, recogniser, deployed, cloud)
        project.write_endpoints(endpoints, {**said, "mark": processes.mark})
        try:
            yield Sandbox(endpoints=said, deployed=deployed, seconds=time.monotonic() - began)
        finally:
            endpoints.unlink(missing_ok=True)
            for task in background:
                task.cancel()


async def run(settings: Settings, say: Say, ready: Callable[[Sandbox], None]) -> None:
    """Run a sandbox until SIGINT or SIGTERM. Raises ``SandboxError``."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  this is a coroutine, so it runs in one

    def asked() -> None:
        # Before it is ready there is nobody to wait for the event: the start itself is cancelled.
        (stop.set if started else task.cancel)()

    started = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked)
    with contextlib.suppress(asyncio.CancelledError):
        async with sandbox(settings, say) as running:
            started = True
            ready(running)
            await stop.wait()
            say("stopping")


def _claim_ports(settings: Settings) -> dict[str, int]:
    wanted = {"--api-port": settings.api_port, "--aws-port": settings.aws_port}
    if settings.ocr_endpoint is None:
        wanted["--ocr-port"] = settings.ocr_port
    return project.claim_ports(wanted)


async def _start_all(
    settings: Settings, ports: dict[str, int], processes: Processes, say: Say
) -> tuple[Cloud, Path, Recogniser]:
    """Build, start moto and start the recogniser, all at once."""

    async def built() -> Path:
        directory = await project.build(processes, settings.root, machine_architecture())
        say("built")
        return directory

    async def cloud() -> Cloud:
        started = await start_cloud(processes, ports["--aws-port"], settings.root)
        say(f"AWS (moto) at {started.endpoint}")
        return started

    async def recogniser() -> Recogniser:
        if settings.ocr_endpoint is not None:
            return other_recogniser(settings.ocr_endpoint)
        started = await _start_recogniser(processes, ports["--ocr-port"], settings.root)
        say(f"recogniser at {started.endpoint}")
        return started

    say("starting: the build, AWS (moto), the recogniser")
    async with asyncio.TaskGroup() as group:
        parts = group.create_task(cloud()), group.create_task(built()), group.create_task(recogniser())
    return parts[0].result(), parts[1].result(), parts[2].result()


async def _start_recogniser(processes: Processes, port: int, root: Path) -> Recogniser:
    # A presigned URL of the sandbox's S3 is http, and on this machine.
    images = ["--allow-http", "--allow-private"]
    command: list[str | Path] = [Path(sys.executable).parent / "permit-ocr", "recognizer", f"--port={port}", *images]
    account = {
        "RECOGNIZER_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
        "RECOGNIZER_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        "RECOGNIZER_TOKEN": LOCAL_CREDENTIALS.token,
    }
    await processes.start(RECOGNIZER, command, environment={**os.environ, **account}, directory=root)
    endpoint = f"http://127.0.0.1:{port}"
    await wait_until_healthy(processes, RECOGNIZER, f"{endpoint}/health")
    return Recogniser(endpoint=endpoint, scheme="http", host=f"127.0.0.1:{port}", credentials=_LOCAL)


def other_recogniser(endpoint: str) -> Recogniser:
    """Return the server at ``endpoint``, with the environment's credentials or, without TLS, the sandbox's own.

    Raises ``SandboxError`` for what is no http or https endpoint, and for https without credentials.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise SandboxError(f"--ocr-endpoint is {endpoint}; it must be http://HOST:PORT or https://HOST, without a path")
    credentials = {key: value for key, name in _CREDENTIAL_VARIABLES.items() if (value := os.environ.get(name))}
    if not {"secret_id", "secret_key"} <= credentials.keys():
        if parts.scheme == "https":
            raise SandboxError(
                "--ocr-endpoint with https needs TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY in the environment"
            )
        credentials = _LOCAL
    return Recogniser(endpoint=endpoint.rstrip("/"), scheme=parts.scheme, host=parts.netloc, credentials=credentials)


async def _deploy(settings: Settings, cloud: Cloud, build: Path, recogniser: Recogniser) -> Deployed:
    cloudformation = await asyncio.to_thread(transform, build / "template.yaml")
    secret = await asyncio.to_thread(cloud.store_secret, SECRET_NAME, recogniser.credentials)
    parameters = {
        "CredentialsSecret": secret,
        "OcrScheme": recogniser.scheme,
        "Console": "enabled",
        "ResidencePermitEndpoint": recogniser.host,
        "MainlandPermitEndpoint": recogniser.host,
        **(_FOR_THE_RECOGNISER if settings.ocr_endpoint is None else {}),
        **settings.parameters,
    }
    if unknown := settings.parameters.keys() - cloudformation.get("Parameters", {}).keys():
        raise SandboxError(f"--parameter {min(unknown)}: the template has no such parameter")
    return await asyncio.to_thread(cloud.deploy, cloudformation, parameters, build)


def _pollers(deployed: Deployed, cloud: Cloud, runs: dict[str, FunctionRuns], say: Say) -> list[Poller]:
    sqs = cloud.client("sqs")
    return [
        Poller(
            mapping,
            SqsQueue(sqs, cloud.queue_url(sqs, mapping.queue_arn)),
            runs[mapping.function_name].invoke,
            report=say,
        )
        for mapping in deployed.mappings
        if mapping.enabled
    ]


def _endpoints(
    settings: Settings, ports: dict[str, int], recogniser: Recogniser, deployed: Deployed, cloud: Cloud
) -> dict[str, str]:
    sqs = cloud.client("sqs")
    outputs = deployed.outputs
    values = {
        "aws_endpoint": cloud.endpoint,
        "region": REGION,
        "api_url": f"http://127.0.0.1:{ports['--api-port']}",
        "ocr_endpoint": recogniser.endpoint,
        "upload_bucket": outputs["UploadBucketName"],
        "upload_prefix": outputs["UploadPrefix"],
        "work_table": outputs["WorkTableName"],
        "logs": str(settings.state / "logs"),
    }
    queues = {
        "intake_queue_url": "IntakeQueueUrl",
        "dead_letter_queue_url": "DeadLetterQueueUrl",
        "results_queue_url": "ResultsQueueUrl",
        "webhook_queue_url": "WebhookQueueUrl",
        "webhook_dead_letter_queue_url": "WebhookDeadLetterQueueUrl",
    }
    # Without webhooks their queues are not there.
    there = {name: output for name, output in queues.items() if output in outputs}
    return values | {name: cloud.queue_url(sqs, outputs[output]) for name, output in there.items()}


async def _fail_when_one_ends(processes: Processes, names: list[str]) -> None:
    name = await processes.one_ended(*names)
    raise SandboxError(f"{name} has ended" + (f": see {processes.log(name)}" if name in names else ""))


@contextlib.asynccontextmanager
async def _failures_in_one_line() -> AsyncIterator[None]:
    """Raise the first ``SandboxError`` of the group that a task group raises."""
    try:
        yield
    except BaseExceptionGroup as group:
        known = group.subgroup(SandboxError)
        if known is None:
            raise
        first: BaseException = known
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
