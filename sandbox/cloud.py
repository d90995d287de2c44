"""AWS as the sandbox has it: moto's server, the deployed stack, and what moto's CloudFormation leaves undone."""

import asyncio
import contextlib
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox import template
from sandbox.processes import Processes, SandboxError
from sandbox.template import REGION, Bucket, Deployed, Json

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

STACK: Final = "permit-ocr"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SERVER: Final = "moto"


class Cloud:
    """Clients of one moto server. Calls block: use them from threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint: Final = endpoint
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def client(self, service: str) -> Any:  # noqa: ANN401  the kind of client depends on the name
        """Return a client of ``service`` that does not retry: the server is on this machine."""
        config = Config(retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=50)
        return self._session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]

    def deploy(self, cloudformation: Json, parameters: Mapping[str, str], build: Path) -> Deployed:
        """Create the stack and return it; parameters that the template does not have are left out.

        Raises ``SandboxError``.
        """
        self._store_artefacts(template.artefact_keys(cloudformation))
        known = {name: value for name, value in parameters.items() if name in cloudformation.get("Parameters", {})}
        service = self.client("cloudformation")
        try:
            service.create_stack(
                StackName=STACK,
                TemplateBody=json.dumps(template.for_moto(cloudformation)),
                Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in known.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            )
            stack = service.describe_stacks(StackName=STACK)["Stacks"][0]
        except (ClientError, BotoCoreError) as error:
            raise SandboxError(f"the template does not deploy: {error}") from error
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise SandboxError(f"the template does not deploy: the stack is in {stack['StackStatus']}")
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return template.read_deployed(cloudformation, outputs, build)

    def finish_bucket(self, bucket: Bucket) -> None:
        """Set what moto's CloudFormation leaves out of a bucket."""
        service = self.client("s3")
        if bucket.versioned:
            service.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        if bucket.notifications:
            service.put_bucket_notification_configuration(
                Bucket=bucket.name, NotificationConfiguration=bucket.notifications
            )

    def store_secret(self, name: str, value: Mapping[str, str] | str) -> str:
        """Store a secret, as text or as JSON, and return its ARN."""
        text = value if isinstance(value, str) else json.dumps(value)
        arn: str = self.client("secretsmanager").create_secret(Name=name, SecretString=text)["ARN"]
        return arn

    def function_configuration(self, name: str) -> Json:
        """Return a function's configuration with its variables resolved."""
        configuration: Json = self.client("lambda").get_function_configuration(FunctionName=name)
        return configuration

    def queue_url(self, sqs: "SQSClient", arn_or_url: str) -> str:
        """Return the URL of a queue on this server; CloudFormation gives the one in the real region."""
        return sqs.get_queue_url(QueueName=arn_or_url.replace("/", ":").rpartition(":")[2])["QueueUrl"]

    def _store_artefacts(self, keys: set[str]) -> None:
        """Moto wants a package for each function and layer; it never runs one, so an empty one does."""
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as package:
            package.writestr("empty", "")
        service = self.client("s3")
        service.create_bucket(Bucket=template.ARTEFACTS_BUCKET)
        for key in keys:
            service.put_object(Bucket=template.ARTEFACTS_BUCKET, Key=key, Body=empty.getvalue())


async def start_cloud(processes: Processes, port: int, root: Path) -> Cloud:
    """Start moto's server and return when it answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    await processes.start(
        SERVER,
        [sys.executable, "-m", "sandbox.cloud_server", str(port)],
        environment={**environment, **CREDENTIALS, "AWS_DEFAULT_REGION": REGION},
        directory=root,
    )
    await wait_until_healthy(processes, SERVER, f"http://127.0.0.1:{port}/moto-api/")
    return Cloud(f"http://127.0.0.1:{port}")


async def wait_until_healthy(processes: Processes, name: str, url: str, *, seconds: float = 60) -> None:
    """Return when ``name`` answers 200 at ``url``.

    Raises ``SandboxError`` when it ends or takes too long.
    """
    deadline = time.monotonic() + seconds
    async with httpx.AsyncClient(trust_env=False, timeout=seconds) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            if processes.first_ended(name) or time.monotonic() > deadline:
                raise SandboxError(f"{name} did not start: see {processes.log(name)}")
            await asyncio.sleep(0.02)
