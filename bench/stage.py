"""A stage to measure on: moto, a provider that answers from recordings, and functions in AWS's emulator.

Our functions, the baseline's and the floors' run alike: the built artefact, what AWS's runtime brings, nothing else. No
queue is polled and no bucket announces anything: whoever measures invokes.
"""

import asyncio
import base64
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from bench.emulated import Emulator, Runnable
from bench.rehearsal import ANSWER, ROOT, Provider
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.aws.account import ACCOUNT_ID, REGION
from sandbox.aws.client import LocalAws, start_aws
from sandbox.errors import SandboxError
from sandbox.http_api.events import HttpRequest, request_event
from sandbox.lambda_runtime.environment_variables import environment_variables, link_runtime_packages
from sandbox.lambda_runtime.invocation import Json
from sandbox.lambda_runtime.sqs_event import sqs_record
from sandbox.ports import free_ports
from sandbox.processes import Processes
from sandbox.settings import environment_overrides
from sandbox.template.deployed_stack import DeployedStack, Function
from sandbox.template.transform import transform

BUILT: Final = ROOT / ".aws-sam" / "build"
BASELINE: Final = ROOT / ".cache" / "baseline"
_BASELINE_TEMPLATE: Final = ROOT / "bench" / "baseline" / "template.yaml"
FLOORS: Final = ROOT / "bench" / "floors"
PHOTOGRAPH: Final = ROOT / "events" / "specimens" / "hk-macao-permit-front-1.jpg"
KEY_PREFIX: Final = "uploads/mainland-permit/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that is ready.

    ``runnables`` by name: ours by logical id, ``baseline-…``, ``lean-…`` (the baseline with the runtime's boto3) and
    ``floor-…``.
    """

    cloud: LocalAws
    provider: Provider
    emulator: Emulator
    runnables: Mapping[str, Runnable]
    deployed: DeployedStack

    @property
    def bucket(self) -> str:
        """The upload bucket."""
        return self.deployed.outputs["UploadBucketName"]

    def store(self, count: int, *, size: int | None = None) -> list[Json]:
        """Store so many different photographs and return S3's event record of each.

        With ``size`` each has as many bytes: a JPEG may be followed by anything.
        """
        s3 = self.cloud.client("s3")
        return [self._store(s3, photograph(size)) for _ in range(count)]

    def _store(self, s3: Any, content: bytes) -> Json:  # noqa: ANN401  boto3's
        key = f"{KEY_PREFIX}{secrets.token_hex(8)}.jpg"
        stored = s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": "2026-11-21T00:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": self.bucket, "arn": f"arn:aws:s3:::{self.bucket}"},
                "object": {
                    "key": key,
                    "size": len(content),
                    "eTag": stored["ETag"].strip('"'),
                    "versionId": stored["VersionId"],
                },
            },
        }


def photograph(size: int | None = None) -> bytes:
    """Return a photograph that no other is like: in its picture, since what comes after that is not sent."""
    content = PHOTOGRAPH.read_bytes()
    chance = secrets.token_bytes(max(16, (size or 0) - len(content))).replace(b"\xff", b"\x00")
    return content[:-2] + chance + content[-2:]


def batch_event(records: Sequence[Json]) -> Json:
    """Return the event of one batch of the intake queue, a message for each of S3's records."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:intake"
    messages = (
        {
            "MessageId": secrets.token_hex(16),
            "ReceiptHandle": "none",
            "Body": json.dumps({"Records": [one]}),
            "MD5OfBody": "",
        }
        for one in records
    )
    return {"Records": [sqs_record(message, queue_arn=arn, region=REGION) for message in messages]}


def s3_event(record: Json) -> Json:
    """Return the event with which S3 invokes a function itself."""
    return {"Records": [record]}


def api_event() -> Json:
    """Return the event of a request that hands in a photograph of its own."""
    body = {"document": "mainland-permit", "image_base64": base64.b64encode(photograph()).decode()}
    request = HttpRequest(
        method="POST",
        path="/v1/recognitions",
        raw_query="",
        query=[],
        headers=[("content-type", "application/json"), ("host", "localhost")],
        body=json.dumps(body).encode(),
        source_ip="127.0.0.1",
        protocol="HTTP/1.1",
    )
    return request_event(
        request,
        route_key="POST /v1/recognitions",
        path_parameters={},
        request_id=secrets.token_hex(16),
        now=datetime.now(UTC),
    )


@asynccontextmanager
async def stage(
    *, latency: float = 0.0, quota: int = 0, parameters: Mapping[str, str] | None = None
) -> AsyncIterator[Stage]:
    """Set the stage for the ``async with`` block; ``parameters`` are the template's.

    The provider takes ``latency`` seconds and admits ``quota`` calls a second (0: all). Both applications must be built
    (``build``).
    """
    with tempfile.TemporaryDirectory(prefix="permit-ocr-bench-") as directory:
        state = Path(directory)
        recorded = state / "answers.json"
        recorded.write_text(json.dumps({"sequence": {"MainlandPermitOCR": [asdict(ANSWER)]}}, ensure_ascii=False))
        ocr_port, aws_port = free_ports(2)
        provider = Provider(ocr_port, recorded)
        async with Processes(state / "logs", state / "endpoints.json") as processes:
            await asyncio.to_thread(
                provider.start, f"--latency={latency}", "--workers=64", "--waiting=256", f"--rate-limit={quota}"
            )
            try:
                cloud = await start_aws(processes, aws_port, ROOT)
                runtime = link_runtime_packages(state / "runtime")
                deployed = await asyncio.to_thread(_deploy, cloud, provider, dict(parameters or {}))
                runnables = _ours(deployed, cloud, runtime) | _others(cloud, provider, runtime)
                yield Stage(
                    cloud=cloud, provider=provider, emulator=Emulator(processes), runnables=runnables, deployed=deployed
                )
            finally:
                await asyncio.to_thread(provider.stop)


def build() -> None:
    """Build both applications, unless they are built. Raises ``SandboxError``."""
    _run([ROOT / "layers" / "build.sh"])
    inputs = b"".join(path.read_bytes() for path in sorted(_BASELINE_TEMPLATE.parent.rglob("*")) if path.is_file())
    made_from = BASELINE / "made-from"
    if made_from.is_file() and made_from.read_bytes() == inputs:
        return
    sam: list[str | Path] = [ROOT / ".venv" / "bin" / "sam", "build", f"--template={_BASELINE_TEMPLATE}"]
    _run([*sam, f"--build-dir={BASELINE}"])
    made_from.write_bytes(inputs)


def _run(command: Sequence[str | Path]) -> None:
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"{command[0]} failed: {done.stderr[-2000:]}")


def _deploy(cloud: LocalAws, provider: Provider, parameters: dict[str, str]) -> DeployedStack:
    host = provider.endpoint.removeprefix("http://")
    account = {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}
    given = {
        "CredentialsSecret": cloud.store_secret("permit-ocr/provider", account),
        "ResidencePermitEndpoint": host,
        "MainlandPermitEndpoint": host,
        **parameters,
    }
    deployed = cloud.deploy(transform(BUILT / "template.yaml"), given, BUILT)
    for bucket in deployed.buckets:
        cloud.configure_bucket(replace(bucket, notifications={}))
    return deployed


def _ours(deployed: DeployedStack, cloud: LocalAws, runtime: Path) -> dict[str, Runnable]:
    return {
        function.logical_id: _runnable(function, cloud.function_configuration(function.name), cloud, runtime)
        for function in deployed.functions
    }


def _others(cloud: LocalAws, provider: Provider, runtime: Path) -> dict[str, Runnable]:
    """Return the baseline's functions and the floors', with the same bucket and a queue of their own."""
    queue = cloud.client("sqs").create_queue(QueueName="baseline-results")["QueueUrl"]
    template = yaml_parse(_BASELINE_TEMPLATE.read_text(encoding="utf-8"))
    common = template["Globals"]["Function"]
    variables = {
        **{name: value for name, value in common["Environment"]["Variables"].items() if isinstance(value, str)},
        "TENCENTCLOUD_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
        "TENCENTCLOUD_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        "OCR_ENDPOINT": provider.endpoint.removeprefix("http://"),
        "OCR_SCHEME": "http",
        "RESULTS_QUEUE_URL": queue,
    }
    handlers = {f"floor-{path.stem}": (FLOORS, f"{path.stem}.handler") for path in sorted(FLOORS.glob("*.py"))}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            handler = resource["Properties"]["Handler"]
            handlers[f"baseline-{name}"] = BASELINE / name, handler
            handlers[f"lean-{name}"] = _without_boto3(BASELINE / name, runtime.parent / f"lean-{name}"), handler
    return {
        name: _runnable(
            Function(logical_id=name, name=name, task_root=root, layers=(), json_logs=False, log_level=None),
            {**common, "Handler": handler, "Environment": {"Variables": variables}},
            cloud,
            runtime,
        )
        for name, (root, handler) in handlers.items()
    }


def _without_boto3(artefact: Path, directory: Path) -> Path:
    """Make ``directory`` hold links to what is in ``artefact``, but for what the runtime has too, and return it."""
    directory.mkdir()
    for path in artefact.iterdir():
        if not path.name.startswith(("boto3", "botocore", "s3transfer")):
            (directory / path.name).symlink_to(path)
    return directory


def _runnable(function: Function, configuration: Json, cloud: LocalAws, runtime: Path) -> Runnable:
    return Runnable(
        function=function,
        configuration=configuration,
        variables=environment_variables(
            function,
            configuration,
            runtime=runtime,
            aws_endpoint=cloud.endpoint,
            overrides=environment_overrides("http"),
        ),
    )
