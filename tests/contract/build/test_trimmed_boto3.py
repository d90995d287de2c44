"""The trimmed boto3 of the third-party layer makes every AWS call of the application."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

from permit_ocr.settings import Settings
from tests.contract.every_aws_call import PRESIGNING

ROOT = Path(__file__).parents[3]
BUILT = ROOT / ".aws-sam" / "build"
SOURCES = ROOT / "layers" / "permit-ocr" / "permit_ocr"
SERVICES = ("dynamodb", "logs", "s3", "secretsmanager", "sqs")
REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    subprocess.run([ROOT / "layers" / "build.sh"], check=True, timeout=300)


@pytest.fixture
def aws() -> Iterator[str]:
    """Run moto and return its address."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(aws: str, service: str) -> Any:
    session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    return session.client(service, endpoint_url=aws)


def deployed(aws: str) -> dict[str, str]:
    """Create what the application uses, with all of boto3. Return the environment of the functions."""
    s3, sqs = client(aws, "s3"), client(aws, "sqs")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for table, keys in {"limiter": ["id"], "references": ["target", "document_id"]}.items():
        client(aws, "dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    for table, resource in {"expiries": "ExpiriesTable", "work": "WorkTable"}.items():
        properties = resources[resource]["Properties"]
        client(aws, "dynamodb").create_table(TableName=table, **{name: properties[name] for name in names})
    secrets = {
        "provider": json.dumps({"secret_id": "id", "secret_key": "key"}),
        "webhooks": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    for name, text in secrets.items():
        client(aws, "secretsmanager").create_secret(Name=name, SecretString=text)
    client(aws, "logs").create_log_group(logGroupName="audit")
    intake = sqs.create_queue(QueueName="intake")["QueueUrl"]
    fifo = sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sqs.send_message(QueueUrl=intake, MessageBody="{}")
    (message,) = sqs.receive_message(QueueUrl=intake)["Messages"]
    return {
        **{field.name.upper(): "1" for field in dataclasses.fields(Settings)},
        "OCR_SITE": "intl",
        "CREDENTIALS_SECRET": "provider",
        "WEBHOOK_SECRET": "webhooks",
        "UPLOAD_BUCKET": "bucket",
        "UPLOAD_PREFIX": "uploads/",
        "INTAKE_QUEUE_URL": intake,
        **dict.fromkeys(("RESULTS_QUEUE_URL", "WEBHOOK_QUEUE_URL", "WEBHOOK_DEAD_LETTER_QUEUE_URL"), fifo),
        "WORK_TABLE": "work",
        "REFERENCES_TABLE": "references",
        "EXPIRIES_TABLE": "expiries",
        "EXPIRY_NOTICE_DAYS": "60,30,0",
        "LIMITER_TABLE": "limiter",
        "AUDIT_LOG_GROUP": "audit",
        "RECEIPT_HANDLE": message["ReceiptHandle"],
    }


def operations_in_sources() -> set[str]:
    """Return the operations, and the presigning methods, that the package's sources name as a method or in quotes."""
    session = boto3.Session()._session
    operations = {
        operation: xform_name(operation)
        for service in SERVICES
        for operation in session.get_service_model(service).operation_names
    } | {name: name for name in PRESIGNING}
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    names = set(re.findall(r'client\.(\w+)|\.(\w+)\(|"(\w+)"', text))
    words = {word for alternatives in names for word in alternatives}
    return {operation for operation, method in operations.items() if method in words}


def test_the_trimmed_package_makes_every_aws_call(aws: str) -> None:
    layers = [BUILT / layer / "python" for layer in ("ThirdPartyLayer", "PermitOcrLayer")]
    done = subprocess.run(
        [sys.executable, "-S", "-P", ROOT / "tests" / "contract" / "every_aws_call.py"],
        env={
            **deployed(aws),
            **KEYS,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, layers)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ENDPOINT_URL": aws,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    assert Path(printed["boto3"]).is_relative_to(BUILT / "ThirdPartyLayer")
    assert set(printed["called"]) == operations_in_sources()
