"""A deployment on an in-memory AWS (moto)."""

from dataclasses import replace

import boto3
import pytest

from cli.deployment import Deployment

REGION = "us-east-1"


@pytest.fixture
def work(deployment: Deployment) -> Deployment:
    """Return the deployment with its work table and a client of its logs."""
    deployment.dynamodb.create_table(
        TableName=deployment.work_table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return replace(deployment, cloudwatch_logs=boto3.client("logs", region_name=REGION))


@pytest.fixture
def deployment(aws: None, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    s3 = boto3.client("s3", region_name=REGION)
    sqs = boto3.client("sqs", region_name=REGION)
    s3.create_bucket(Bucket="uploads-bucket")
    s3.put_bucket_versioning(Bucket="uploads-bucket", VersioningConfiguration={"Status": "Enabled"})
    here = Deployment(
        s3=s3,
        sqs=sqs,
        dynamodb=boto3.client("dynamodb", region_name=REGION),
        upload_bucket="uploads-bucket",
        upload_prefix="uploads/",
        work_table="work",
        intake_queue_url=sqs.create_queue(QueueName="intake")["QueueUrl"],
        dead_letter_queue_url=sqs.create_queue(QueueName="dead-letters")["QueueUrl"],
        results_queue_url="",
    )
    for command in ("redrive", "backfill"):
        monkeypatch.setattr(f"cli.commands.{command}.find_deployment", lambda _: here)
    return here
