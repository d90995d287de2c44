"""Everything of the sandbox together: started in parallel, watched, stopped."""

import asyncio
import base64
import contextlib
import os
import re
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox import parameters, project
from sandbox.cloud import SERVER, Cloud, start_cloud, wait_until_healthy
from sandbox.http_api import ApiServer, HttpApi
from sandbox.mappings import Poller, SqsQueue
from sandbox.processes import Processes, SandboxError
from sandbox.processor_share import require_groups
from sandbox.runtime import FunctionRuns, link_runtime, machine_architecture, prepare_runs
from sandbox.template import REGION, Deployed, read_source, transform

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

RULES_OF_DEPLOYMENTS: Final = {
    "ProviderIsCalledWithTls",  # the recogniser is on this machine
    "WebhookTargetsArePublic",  # and so may the receiver of webhooks be
    "ConsoleNeedsTokens",  # nobody has to sign what the sandbox's API is asked
    "SnapshotsAreOfWhatIsDeployed",  # nothing is published here
}
_LOCAL_RECEIVER: Final = re.compile(r"http://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[!-~]{0,512})?")
"""An address of ``WebhookUrl`` that deployments refuse; here ``WebhookTargets=local`` allows it."""
_LOCAL_ISSUER: Final = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}(/[A-Za-z0-9._~/-]{0,512})?")
"""An issuer of tokens on this machine: deployments refuse it, as API Gateway takes https alone."""

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
    recogniser = _recogniser(settings, ports)
    given = deployed_with(settings, recogniser)
    async with (
        Processes(settings.state / "logs", endpoints) as processes,
        _failures_in_one_line(),
        asyncio.TaskGroup() as tasks,
    ):
        cloud, build = await _start_all(settings, ports, processes, say)
        deployed, webhook_secret = await _deploy(cloud, build, recogniser, given)
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
        said = _endpoints(settings, ports, recogniser, deployed, cloud) | webhook_secret
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


def _recogniser(settings: Settings, ports: dict[str, int]) -> Recogniser:
    if settings.ocr_endpoint is not None:
        return other_recogniser(settings.ocr_endpoint)
    host = f"127.0.0.1:{ports['--ocr-port']}"
    return Recogniser(endpoint=f"http://{host}", scheme="http", host=host, credentials=_LOCAL)


def deployed_with(settings: Settings, recogniser: Recogniser) -> dict[str, str]:
    """Return the parameters that the template is deployed with here.

    Raises ``SandboxError`` for what CloudFormation would refuse, but for what only concerns deployments.
    """
    template = read_source(settings.root / "template.yaml")
    ours = {
        "CredentialsSecret": SECRET_NAME,
        "OcrScheme": recogniser.scheme,
        "Console": "enabled",
        "ResidencePermitEndpoint": recogniser.host,
        "MainlandPermitEndpoint": recogniser.host,
        **(_FOR_THE_RECOGNISER if settings.ocr_endpoint is None else {}),
    }
    there = template.get("Parameters", {})
    given = {**{name: value for name, value in ours.items() if name in there}, **settings.parameters}
    local = given.get("WebhookTargets") == "local"
    parameters.check(
        template,
        given,
        without_rules=RULES_OF_DEPLOYMENTS,
        also_allowed={"JwtIssuer": _LOCAL_ISSUER} | ({"WebhookUrl": _LOCAL_RECEIVER} if local else {}),
    )
    if given.get("WebhookSecret", "").startswith("arn:"):
        raise SandboxError("--parameter WebhookSecret: give a name; the sandbox makes the secret of that name itself")
    return given


async def _start_all(settings: Settings, ports: dict[str, int], processes: Processes, say: Say) -> tuple[Cloud, Path]:
    """Build, start moto and start the recogniser, all at once."""

    async def built() -> Path:
        directory = await project.build(processes, settings.root, machine_architecture())
        say("built")
        return directory

    async def cloud() -> Cloud:
        started = await start_cloud(processes, ports["--aws-port"], settings.root)
        say(f"AWS (moto) at {started.endpoint}")
        return started

    async def recogniser() -> None:
        if settings.ocr_endpoint is None:
            endpoint = await _start_recogniser(processes, ports["--ocr-port"], settings.root)
            say(f"recogniser at {endpoint}")

    say("starting: the build, AWS (moto), the recogniser")
    async with asyncio.TaskGroup() as group:
        parts = group.create_task(cloud()), group.create_task(built())
        group.create_task(recogniser())
    return parts[0].result(), parts[1].result()


async def _start_recogniser(processes: Processes, port: int, root: Path) -> str:
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
    return endpoint


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


async def _deploy(
    cloud: Cloud, build: Path, recogniser: Recogniser, given: Mapping[str, str]
) -> tuple[Deployed, dict[str, str]]:
    """Deploy; return the stack, and what ``webhook_secret`` the receiver of webhooks checks, if there is one."""
    cloudformation = await asyncio.to_thread(transform, build / "template.yaml")
    await asyncio.to_thread(cloud.store_secret, SECRET_NAME, recogniser.credentials)
    webhook_secret = {}
    if name := given.get("WebhookSecret"):
        webhook_secret = {"webhook_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}
        await asyncio.to_thread(cloud.store_secret, name, webhook_secret["webhook_secret"])
    return await asyncio.to_thread(cloud.deploy, cloudformation, given, build), webhook_secret


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
