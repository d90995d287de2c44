"""Clients of moto's server, and the deployment of a stack to it."""

import io
import json
import os
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.account import CREDENTIALS, REGION
from sandbox.errors import SandboxError
from sandbox.iam.enforcement import POLICIES_PATH
from sandbox.processes import Processes
from sandbox.template.deployed_stack import Bucket, DeployedStack, read_stack
from sandbox.template.for_moto import adapt_for_moto
from sandbox.template.transform import ARTEFACTS_BUCKET, Json, artefact_keys

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

STACK: Final = "permit-ocr"
SERVER: Final = "moto"


class LocalAws:
    """Clients of one moto server. Calls block: make them from threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint: Final = endpoint
        self._session = boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def client(self, service: str, *, access_key: str | None = None) -> Any:  # noqa: ANN401  depends on the service
        """Return a client of ``service``, by default the operator's. It does not retry: the server is near."""
        config = Config(retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=50)
        keys = {"aws_access_key_id": access_key, "aws_secret_access_key": "test"} if access_key else {}
        return self._session.client(service, endpoint_url=self.endpoint, config=config, **keys)  # type: ignore[call-overload]

    def enforce(self, stack: DeployedStack) -> None:
        """Allow the functions only what the deployed policies allow. Raises ``SandboxError``."""
        stack.policies.check(
            notifications=[
                (bucket.name, entry["QueueArn"])
                for bucket in stack.buckets
                for entry in bucket.notifications.get("QueueConfigurations", ())
            ],
            log_groups=[(function.role, function.log_group) for function in stack.functions],
        )
        response = httpx.put(
            f"{self.endpoint}{POLICIES_PATH}", json=asdict(stack.policies), trust_env=False, timeout=10
        )
        response.raise_for_status()

    def deploy(self, cloudformation: Json, parameters: Mapping[str, str], build: Path) -> DeployedStack:
        """Create the stack and return it. Parameters that the template does not declare are ignored.

        Raises ``SandboxError``.
        """
        self._store_artefacts(artefact_keys(cloudformation))
        declared = {name: value for name, value in parameters.items() if name in cloudformation.get("Parameters", {})}
        service = self.client("cloudformation")
        try:
            service.create_stack(
                StackName=STACK,
                TemplateBody=json.dumps(adapt_for_moto(cloudformation)),
                Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in declared.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            )
            stack = service.describe_stacks(StackName=STACK)["Stacks"][0]
        except (ClientError, BotoCoreError) as error:
            raise SandboxError(f"the template does not deploy: {error}") from error
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise SandboxError(f"the template does not deploy: the stack is in {stack['StackStatus']}")
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return read_stack(cloudformation, outputs, build)

    def configure_bucket(self, bucket: Bucket) -> None:
        """Set the bucket properties that moto's CloudFormation ignores."""
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
        """Return a function's configuration, its environment variables resolved."""
        configuration: Json = self.client("lambda").get_function_configuration(FunctionName=name)
        return configuration

    def queue_url(self, sqs: "SQSClient", arn_or_url: str) -> str:
        """Return the URL of a queue on this server. CloudFormation returns the one in the real region."""
        return sqs.get_queue_url(QueueName=arn_or_url.replace("/", ":").rpartition(":")[2])["QueueUrl"]

    def _store_artefacts(self, keys: set[str]) -> None:
        """Store an empty package for each function and layer: moto requires one and never runs it."""
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as package:
            package.writestr("empty", "")
        service = self.client("s3")
        service.create_bucket(Bucket=ARTEFACTS_BUCKET)
        for key in keys:
            service.put_object(Bucket=ARTEFACTS_BUCKET, Key=key, Body=empty.getvalue())


async def start_aws(processes: Processes, port: int, root: Path) -> LocalAws:
    """Start moto's server and return once it answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    await processes.start(
        SERVER,
        [sys.executable, "-m", "sandbox.aws.server", str(port)],
        environment={**environment, **CREDENTIALS, "AWS_DEFAULT_REGION": REGION},
        directory=root,
    )
    await processes.wait_until_healthy(SERVER, f"http://127.0.0.1:{port}/moto-api/")
    return LocalAws(f"http://127.0.0.1:{port}")
