"""Starts everything in the sandbox in parallel, supervises it and stops it."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox import project
from sandbox.account import REGION
from sandbox.aws.client import SERVER, LocalAws, start_aws
from sandbox.cloudwatch.recorder import Recorder, watch, write_definitions
from sandbox.errors import SandboxError
from sandbox.event_sources import event_sources
from sandbox.http_api.api_reference import ApiReference
from sandbox.http_api.server import ApiServer, HttpApi
from sandbox.http_api.specimens import with_specimens
from sandbox.lambda_runtime.account_concurrency import AccountConcurrency
from sandbox.lambda_runtime.cpu_quota import require_cgroups
from sandbox.lambda_runtime.emulator import machine_architecture
from sandbox.lambda_runtime.environment_variables import link_runtime_packages
from sandbox.lambda_runtime.execution_environments import environment_pools
from sandbox.lambda_runtime.invocation import Invoke
from sandbox.ports import claim_ports
from sandbox.processes import Processes
from sandbox.settings import (
    CREDENTIALS_SECRET,
    OcrServer,
    Settings,
    environment_overrides,
    other_ocr_server,
    recognizer_server,
    template_parameters,
)
from sandbox.template.deployed_stack import DeployedStack
from sandbox.template.transform import transform
from sandbox.today import watch_date

RECOGNIZER: Final = "recognizer"

type Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox that is ready; ``endpoints`` is the content of its endpoints file."""

    endpoints: dict[str, str]
    stack: DeployedStack
    seconds: float


@contextlib.asynccontextmanager
async def running_sandbox(settings: Settings, report: Report) -> AsyncIterator[Sandbox]:
    """Run a sandbox for the ``async with`` block; ``report`` receives a line for each step. Raises ``SandboxError``.

    The block is cancelled when one of the processes ends or the polling fails.
    """
    began = time.monotonic()
    endpoints_file = settings.state / "endpoints.json"
    _prepare_state(settings, endpoints_file)
    if settings.cpu_quota:
        require_cgroups()
    ports = _claim_ports(settings)
    ocr_server = _ocr_server(settings, ports)
    parameters = template_parameters(settings, ocr_server)
    async with (
        Processes(settings.state / "logs", endpoints_file) as processes,
        _first_sandbox_error(),
        asyncio.TaskGroup() as tasks,
    ):
        aws, build = await _start_all(settings, ports, processes, report)
        stack, webhook_secret = await _deploy(aws, build, ocr_server, parameters)
        report(
            f"deployed; functions: {len(stack.functions)}, event source mappings: {len(stack.event_source_mappings)}, "
            f"routes: {len(stack.routes)}"
        )
        recorder = Recorder(settings.state)
        functions = _functions(settings, stack, aws, processes, ocr_server=ocr_server, recorder=recorder)
        http_api = recorder.responses(HttpApi(stack.routes, functions, cors=stack.cors))
        api = ApiServer(ApiReference(with_specimens(http_api, settings.root)), ports["--api-port"])
        supervised = [SERVER, *([RECOGNIZER] if settings.ocr_endpoint is None else [])]
        background = [
            tasks.create_task(service)
            for service in (
                api.serve(),
                *(
                    source.run()
                    for source in event_sources(settings, stack, aws, functions, recorder=recorder, report=report)
                ),
                watch_date(settings.today_file, report),
                watch(recorder, settings.state, aws_endpoint=aws.endpoint, alarms=stack.alarms, report=report),
                _fail_when_one_ends(processes, supervised),
            )
        ]
        if settings.enforce_iam:
            await asyncio.to_thread(aws.enforce, stack)
            report(f"enforcing IAM policies; roles: {len(stack.policies.roles)}")
        for bucket in stack.buckets:
            await asyncio.to_thread(aws.configure_bucket, bucket)
        while not api.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        endpoints = _endpoints(settings, ports, ocr_server, stack, aws) | webhook_secret
        project.write_endpoints(endpoints_file, {**endpoints, "sandbox_id": processes.sandbox_id})
        try:
            yield Sandbox(endpoints=endpoints, stack=stack, seconds=time.monotonic() - began)
        finally:
            endpoints_file.unlink(missing_ok=True)
            for task in background:
                task.cancel()


async def run_until_stopped(settings: Settings, report: Report, ready: Callable[[Sandbox], None]) -> None:
    """Run a sandbox until SIGINT, SIGTERM or SIGHUP. Raises ``SandboxError``."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine always runs in a task

    def handle_signal() -> None:
        # Nothing waits for the event until the sandbox is ready; before that, the start itself is cancelled.
        (stop.set if started else task.cancel)()

    started = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, handle_signal)
    with contextlib.suppress(asyncio.CancelledError):
        async with running_sandbox(settings, report) as sandbox:
            started = True
            ready(sandbox)
            await stop.wait()
            report("stopping")


def _prepare_state(settings: Settings, endpoints_file: Path) -> None:
    """Remove what an earlier sandbox left, and write the date. Raises ``SandboxError`` if one is running here."""
    if address := project.running_address(endpoints_file):
        raise SandboxError(
            f"a sandbox is running here already, at {address}/ ({endpoints_file}): use it or stop it first"
        )
    endpoints_file.unlink(missing_ok=True)
    settings.today_file.unlink(missing_ok=True)
    if settings.today:
        settings.today_file.parent.mkdir(parents=True, exist_ok=True)
        settings.today_file.write_text(settings.today.isoformat(), encoding="utf-8")


def _claim_ports(settings: Settings) -> dict[str, int]:
    wanted = {"--api-port": settings.api_port, "--aws-port": settings.aws_port}
    if settings.ocr_endpoint is None:
        wanted["--ocr-port"] = settings.ocr_port
    return claim_ports(wanted)


def _ocr_server(settings: Settings, ports: dict[str, int]) -> OcrServer:
    if settings.ocr_endpoint is not None:
        return other_ocr_server(settings.ocr_endpoint)
    return recognizer_server(ports["--ocr-port"])


async def _start_all(
    settings: Settings, ports: dict[str, int], processes: Processes, report: Report
) -> tuple[LocalAws, Path]:
    """Build, start moto and start the recogniser, all in parallel."""

    async def build() -> Path:
        directory = await project.build(processes, settings.root, machine_architecture())
        report("built")
        return directory

    async def start_moto() -> LocalAws:
        aws = await start_aws(processes, ports["--aws-port"], settings.root)
        report(f"AWS (moto) at {aws.endpoint}")
        return aws

    async def start_recognizer() -> None:
        if settings.ocr_endpoint is None:
            endpoint = await _start_recognizer(processes, ports["--ocr-port"], settings.root)
            report(f"recogniser at {endpoint}")

    report("starting: the build, AWS (moto), the recogniser")
    async with asyncio.TaskGroup() as group:
        moto, built = group.create_task(start_moto()), group.create_task(build())
        group.create_task(start_recognizer())
    return moto.result(), built.result()


async def _start_recognizer(processes: Processes, port: int, root: Path) -> str:
    # Presigned URLs of the sandbox's S3 are http, and on this machine.
    download_options = ["--allow-http", "--allow-private"]
    program = Path(sys.executable).parent / "permit-ocr"
    command: list[str | Path] = [program, "recognizer", f"--port={port}", *download_options]
    credentials = {
        "RECOGNIZER_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
        "RECOGNIZER_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        "RECOGNIZER_TOKEN": LOCAL_CREDENTIALS.token,
    }
    await processes.start(RECOGNIZER, command, environment={**os.environ, **credentials}, directory=root)
    endpoint = f"http://127.0.0.1:{port}"
    await processes.wait_until_healthy(RECOGNIZER, f"{endpoint}/health")
    return endpoint


async def _deploy(
    aws: LocalAws, build: Path, ocr_server: OcrServer, parameters: Mapping[str, str]
) -> tuple[DeployedStack, dict[str, str]]:
    """Deploy; return the stack and, if there are webhooks, the ``webhook_secret`` that their receiver verifies with."""
    cloudformation = await asyncio.to_thread(transform, build / "template.yaml")
    await asyncio.to_thread(aws.store_secret, CREDENTIALS_SECRET, ocr_server.credentials)
    webhook_secret = {}
    if name := parameters.get("WebhookSecret"):
        webhook_secret = {"webhook_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}
        await asyncio.to_thread(aws.store_secret, name, webhook_secret["webhook_secret"])
    return await asyncio.to_thread(aws.deploy, cloudformation, parameters, build), webhook_secret


def _functions(
    settings: Settings,
    stack: DeployedStack,
    aws: LocalAws,
    processes: Processes,
    *,
    ocr_server: OcrServer,
    recorder: Recorder,
) -> dict[str, Invoke]:
    """Return how to invoke each function, within the account's concurrency and with its metrics."""
    write_definitions(settings.state, stack.alarms, stack.dashboards)
    pools = environment_pools(
        stack,
        aws,
        processes,
        link_runtime_packages(settings.state / "runtime"),
        aws_endpoint=settings.functions_aws_endpoint or aws.endpoint,
        overrides=environment_overrides(
            ocr_server.scheme,
            today_file=settings.today_file,
            ocr_timeout_seconds=ocr_server.timeout_seconds,
        ),
        cpu_quota=settings.cpu_quota,
        memory_size=settings.memory_size,
        enforce_iam=settings.enforce_iam,
    )
    account = AccountConcurrency(settings.account_concurrency, recorder.throttle)
    return account.limit({name: recorder.invocations(name, pool.invoke) for name, pool in pools.items()})


def _endpoints(
    settings: Settings, ports: dict[str, int], ocr_server: OcrServer, stack: DeployedStack, aws: LocalAws
) -> dict[str, str]:
    sqs = aws.client("sqs")
    outputs = stack.outputs
    endpoints = {
        "aws_endpoint": aws.endpoint,
        "region": REGION,
        "api_url": f"http://127.0.0.1:{ports['--api-port']}",
        "ocr_endpoint": ocr_server.endpoint,
        "upload_bucket": outputs["UploadBucketName"],
        "upload_prefix": outputs["UploadPrefix"],
        "work_table": outputs["WorkTableName"],
        "logs": str(settings.state / "logs"),
        "today_file": str(settings.today_file),
    }
    if "ExpiriesTableName" in outputs:
        endpoints["expiries_table"] = outputs["ExpiriesTableName"]
    return endpoints | {queue_endpoint(name): aws.queue_url(sqs, url) for name, url in stack.queues.items()}


def queue_endpoint(logical_id: str) -> str:
    """Return the name of a queue in the endpoints file: ``dead_letter_queue_url`` for ``DeadLetterQueue``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower() + "_url"


async def _fail_when_one_ends(processes: Processes, names: list[str]) -> None:
    name = await processes.wait_until_one_ends(*names)
    raise SandboxError(f"{name} has ended" + (f": see {processes.log(name)}" if name in names else ""))


@contextlib.asynccontextmanager
async def _first_sandbox_error() -> AsyncIterator[None]:
    """Raise only the first ``SandboxError`` of a task group's exception group."""
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
