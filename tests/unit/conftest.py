"""Unit tests open no socket: the ones that try fail. AWS is moto, in memory; it answers botocore itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import botocore.loaders
import pytest
from moto import mock_aws
from pytest_socket import disable_socket

from permit_ocr import metrics, observability, trace_context

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"


@pytest.fixture(scope="session", autouse=True)
def _one_loader() -> Iterator[None]:
    """Read botocore's models once: moto makes boto3 start a new session, with megabytes of JSON, for every test."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda _path=None: loader)
        yield


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> "S3Client":
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="uploads")
    client.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def sqs(aws: None) -> "SQSClient":
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def secrets(aws: None) -> "SecretsManagerClient":
    return boto3.client("secretsmanager", region_name=REGION)


@pytest.fixture
def dynamodb(aws: None) -> "DynamoDBClient":
    client = boto3.client("dynamodb", region_name=REGION)
    client.create_table(
        TableName="work",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "review_state", "AttributeType": "S"},
            {"AttributeName": "expires_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "reviews",
                "KeySchema": [
                    {"AttributeName": "review_state", "KeyType": "HASH"},
                    {"AttributeName": "expires_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    keys = {"target": "HASH", "document_id": "RANGE"}
    client.create_table(
        TableName="references",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],  # type: ignore[typeddict-item]
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture(autouse=True)
def _nothing_of_other_tests() -> None:
    """Forget what other tests counted, and the invocation and the trace that they worked on."""
    metrics._lines.clear()
    trace_context._current.set(None)
    observability._logger.remove_keys(
        ["cold_start", "function_arn", "function_memory_size", "function_name", "function_request_id", "xray_trace_id"]
    )
