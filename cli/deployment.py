"""Find the deployment to use: the sandbox running in this checkout, or a deployed stack."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from sandbox.errors import SandboxError
from sandbox.project import find_root, state_directory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


class DeploymentNotFound(Exception):
    """No sandbox or stack was found. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A running system: AWS clients and resource names."""

    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"
    upload_bucket: str
    upload_prefix: str
    work_table: str
    intake_queue_url: str
    dead_letter_queue_url: str
    results_queue_url: str
    webhook_queue_url: str | None = None
    """None if webhooks are not configured."""
    api_url: str | None = None
    stack: str = "permit-ocr"
    cloudwatch_logs: Any = None
    cloudwatch: Any = None
    """None for the sandbox, whose metrics are in its logs."""
    log_directory: Path | None = None
    """Where the sandbox writes the functions' logs; None for a deployed stack."""
    file_names: Path | None = None
    """Where the sandbox keeps the names of uploaded files; None for a deployed stack."""
    today_file: Path | None = None
    """Where the sandbox keeps its date, if it has another one; None for a deployed stack."""


def find_deployment(stack: str | None) -> Deployment:
    """Return the stack of this name, or without a name the sandbox. Raises ``DeploymentNotFound``."""
    return _stack_deployment(stack) if stack else _sandbox_deployment()


def _sandbox_deployment() -> Deployment:
    """Return the sandbox running in this checkout. Raises ``DeploymentNotFound``."""
    try:
        endpoints_file = state_directory(find_root(Path.cwd())) / "endpoints.json"
        endpoints = json.loads(endpoints_file.read_text())
    except (OSError, ValueError, SandboxError):
        raise DeploymentNotFound(
            "no sandbox is running here: start one in this checkout with `permit-ocr up`, or name a stack with --stack"
        ) from None
    return replace(
        deployment_from_endpoints(endpoints),
        file_names=endpoints_file.with_name("file-names.jsonl"),
        today_file=Path(endpoints["today_file"]),
    )


def deployment_from_endpoints(endpoints: Mapping[str, str]) -> Deployment:
    """Return the sandbox with these endpoints, the contents of its ``endpoints.json``."""
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  the sandbox accepts any
        region_name=endpoints["region"],
    )
    outputs = {
        "UploadBucketName": endpoints["upload_bucket"],
        "UploadPrefix": endpoints["upload_prefix"],
        "WorkTableName": endpoints["work_table"],
        "IntakeQueueUrl": endpoints["intake_queue_url"],
        "DeadLetterQueueUrl": endpoints["dead_letter_queue_url"],
        "ResultsQueueUrl": endpoints["results_queue_url"],
    }
    optional = {"ApiUrl": "api_url", "WebhookQueueUrl": "webhook_queue_url"}
    outputs |= {output: endpoints[name] for output, name in optional.items() if name in endpoints}
    return replace(
        _deployment(session, outputs, endpoint_url=endpoints["aws_endpoint"]), log_directory=Path(endpoints["logs"])
    )


def _stack_deployment(stack: str) -> Deployment:
    """Return the deployed stack of this name in the current account and region. Raises ``DeploymentNotFound``."""
    # boto3 reads only AWS_DEFAULT_REGION; the AWS CLI reads both variables.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    if session.region_name is None:
        raise DeploymentNotFound(
            f"cannot look for the stack {stack}: no AWS region is set. "
            "Set AWS_REGION, such as AWS_REGION=eu-central-1, or run `aws configure`"
        )
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except NoCredentialsError:
        raise DeploymentNotFound(
            f"cannot look for the stack {stack}: there are no AWS credentials. Set AWS_PROFILE, or run `aws configure`"
        ) from None
    except (ClientError, BotoCoreError) as error:
        text = error.response["Error"]["Message"] if isinstance(error, ClientError) else str(error)
        raise DeploymentNotFound(f"cannot read the stack {stack} in {session.region_name}: {text}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    try:
        return replace(
            _deployment(session, outputs, endpoint_url=None),
            stack=stack,
            cloudwatch_logs=session.client("logs"),
            cloudwatch=session.client("cloudwatch"),
        )
    except KeyError as missing:
        raise DeploymentNotFound(f"the stack {stack} has no output {missing}: is it from this template?") from None


def _deployment(session: boto3.Session, outputs: dict[str, str], *, endpoint_url: str | None) -> Deployment:
    def client(service: str) -> Any:  # noqa: ANN401  the dataclass fields are typed
        return session.client(service, endpoint_url=endpoint_url)  # type: ignore[call-overload]

    return Deployment(
        s3=client("s3"),
        sqs=client("sqs"),
        dynamodb=client("dynamodb"),
        upload_bucket=outputs["UploadBucketName"],
        upload_prefix=outputs["UploadPrefix"],
        work_table=outputs["WorkTableName"],
        intake_queue_url=outputs["IntakeQueueUrl"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        results_queue_url=outputs["ResultsQueueUrl"],
        webhook_queue_url=outputs.get("WebhookQueueUrl"),
        api_url=outputs.get("ApiUrl"),
    )
