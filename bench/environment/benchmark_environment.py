"""An environment for benchmarks of single functions: moto, a fake provider, and functions in AWS's emulator.

The application's functions, the baseline's and the minimal handlers run alike: the built artefact and what AWS's
runtime provides, nothing else. No queue is polled and no bucket sends events; a benchmark invokes the functions itself.
"""

import asyncio
import base64
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from bench.environment.build import APPLICATION_BUILD, BASELINE_BUILD, BASELINE_TEMPLATE, ROOT
from bench.environment.fake_provider import AMPLE_CAPACITY, FakeProvider
from bench.environment.lambda_emulator import EmulatedFunction, LambdaEmulator
from bench.environment.photos import specimen_photo
from recognizer.wire.common_parameters import LOCAL_CREDENTIALS
from sandbox.account import ACCOUNT_ID, REGION
from sandbox.aws.client import LocalAws, start_aws
from sandbox.http_api.events import HttpRequest, request_event
from sandbox.lambda_runtime.environment_variables import environment_variables, link_runtime_packages
from sandbox.lambda_runtime.invocation import Json
from sandbox.lambda_runtime.sqs_event import sqs_record
from sandbox.ports import free_ports
from sandbox.processes import Processes
from sandbox.settings import environment_overrides
from sandbox.template.deployed_stack import DeployedStack, Function
from sandbox.template.transform import transform

_MINIMAL_HANDLERS: Final = ROOT / "bench" / "minimal_handlers"
_KEY_PREFIX: Final = "uploads/mainland-permit/"
NO_RATE_LIMIT: Final = {"MainlandPermitRate": "1000", "ResidencePermitRate": "1000"}
"""Template parameters with which the rate limiter delays nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkEnvironment:
    """Everything a benchmark needs.

    ``functions`` by name: the application's by logical id, ``baseline-…``, ``lean-…`` (the baseline with the runtime's
    boto3 instead of its own) and ``minimal-…``.
    """

    cloud: LocalAws
    provider: FakeProvider
    emulator: LambdaEmulator
    functions: Mapping[str, EmulatedFunction]
    deployed: DeployedStack

    def upload(self, count: int, *, size: int | None = None) -> list[Json]:
        """Upload this many different photos, of ``size`` bytes if given, and return the S3 event record of each."""
        s3 = self.cloud.client("s3")
        return [self._upload(s3, specimen_photo(size)) for _ in range(count)]

    def _upload(self, s3: Any, content: bytes) -> Json:  # noqa: ANN401  boto3's
        bucket = self.deployed.outputs["UploadBucketName"]
        key = f"{_KEY_PREFIX}{secrets.token_hex(8)}.jpg"
        stored = s3.put_object(Bucket=bucket, Key=key, Body=content)
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": "2026-11-21T00:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                "object": {
                    "key": key,
                    "size": len(content),
                    "eTag": stored["ETag"].strip('"'),
                    "versionId": stored["VersionId"],
                },
            },
        }


def sqs_event(s3_records: Sequence[Json]) -> Json:
    """Return a batch of the intake queue with a message for each S3 event record."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:intake"
    messages = (
        {
            "MessageId": secrets.token_hex(16),
            "ReceiptHandle": "none",
            "Body": json.dumps({"Records": [one]}),
            "MD5OfBody": "",
            "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1000))},
        }
        for one in s3_records
    )
    return {"Records": [sqs_record(message, queue_arn=arn, region=REGION) for message in messages]}


def s3_event(s3_record: Json) -> Json:
    """Return the event with which S3 invokes a function directly."""
    return {"Records": [s3_record]}


def api_event() -> Json:
    """Return the event of an API request with a new photo."""
    body = {"document": "mainland-permit", "image_base64": base64.b64encode(specimen_photo()).decode()}
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
async def benchmark_environment(
    *, latency: float = 0.0, quota: int = 0, parameters: Mapping[str, str] | None = None
) -> AsyncIterator[BenchmarkEnvironment]:
    """Provide an environment during the ``async with`` block; both applications must have been built.

    The provider takes ``latency`` seconds and admits ``quota`` calls a second (0: no limit). ``parameters`` are the
    template's.
    """
    with tempfile.TemporaryDirectory(prefix="permit-ocr-bench-") as directory:
        state = Path(directory)
        ocr_port, aws_port = free_ports(2)
        provider = FakeProvider(ocr_port, state)
        async with Processes(state / "logs", state / "endpoints.json") as processes:
            options = [f"--latency={latency}", f"--rate-limit={quota}", *AMPLE_CAPACITY]
            await asyncio.to_thread(provider.start, *options)
            try:
                cloud = await start_aws(processes, aws_port, ROOT)
                runtime = link_runtime_packages(state / "runtime")
                deployed = await asyncio.to_thread(_deploy, cloud, provider, dict(parameters or {}))
                yield BenchmarkEnvironment(
                    cloud=cloud,
                    provider=provider,
                    emulator=LambdaEmulator(processes),
                    functions=_application(deployed, cloud, runtime) | _others(cloud, provider, runtime),
                    deployed=deployed,
                )
            finally:
                await asyncio.to_thread(provider.stop)


def _deploy(cloud: LocalAws, provider: FakeProvider, parameters: dict[str, str]) -> DeployedStack:
    host = provider.endpoint.removeprefix("http://")
    account = {"secret_id": LOCAL_CREDENTIALS.secret_id, "secret_key": LOCAL_CREDENTIALS.secret_key}
    values = {
        "CredentialsSecret": cloud.store_secret("permit-ocr/provider", account),
        "ResidencePermitEndpoint": host,
        "MainlandPermitEndpoint": host,
        **parameters,
    }
    deployed = cloud.deploy(transform(APPLICATION_BUILD / "template.yaml"), values, APPLICATION_BUILD)
    for bucket in deployed.buckets:
        cloud.configure_bucket(replace(bucket, notifications={}))
    return deployed


def _application(deployed: DeployedStack, cloud: LocalAws, runtime: Path) -> dict[str, EmulatedFunction]:
    return {
        function.logical_id: _emulated(function, cloud.function_configuration(function.name), cloud, runtime)
        for function in deployed.functions
    }


def _others(cloud: LocalAws, provider: FakeProvider, runtime: Path) -> dict[str, EmulatedFunction]:
    """Return the baseline's functions and the minimal handlers, with the same bucket and their own results queue."""
    queue = cloud.client("sqs").create_queue(QueueName="baseline-results")["QueueUrl"]
    template = yaml_parse(BASELINE_TEMPLATE.read_text(encoding="utf-8"))
    common = template["Globals"]["Function"]
    variables = {
        **{name: value for name, value in common["Environment"]["Variables"].items() if isinstance(value, str)},
        "TENCENTCLOUD_SECRET_ID": LOCAL_CREDENTIALS.secret_id,
        "TENCENTCLOUD_SECRET_KEY": LOCAL_CREDENTIALS.secret_key,
        "OCR_ENDPOINT": provider.endpoint.removeprefix("http://"),
        "OCR_SCHEME": "http",
        "RESULTS_QUEUE_URL": queue,
    }
    handlers = {
        f"minimal-{path.stem}": (_MINIMAL_HANDLERS, f"{path.stem}.handler")
        for path in sorted(_MINIMAL_HANDLERS.glob("*.py"))
    }
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            handler = resource["Properties"]["Handler"]
            handlers[f"baseline-{name}"] = BASELINE_BUILD / name, handler
            handlers[f"lean-{name}"] = _without_boto3(BASELINE_BUILD / name, runtime.parent / f"lean-{name}"), handler
    return {
        name: _emulated(
            Function(logical_id=name, name=name, task_root=root, layers=(), json_logs=False, log_level=None),
            {**common, "Handler": handler, "Environment": {"Variables": variables}},
            cloud,
            runtime,
        )
        for name, (root, handler) in handlers.items()
    }


def _without_boto3(artefact: Path, directory: Path) -> Path:
    """Fill ``directory`` with links to the content of ``artefact``, without boto3, which the runtime has, too."""
    directory.mkdir()
    for path in artefact.iterdir():
        if not path.name.startswith(("boto3", "botocore", "s3transfer")):
            (directory / path.name).symlink_to(path)
    return directory


def _emulated(function: Function, configuration: Json, cloud: LocalAws, runtime: Path) -> EmulatedFunction:
    return EmulatedFunction(
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
