"""Finding the deployment to use."""

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cli.deployment import DeploymentNotFound, find_deployment

REGION = "eu-west-3"
OUTPUTS = (
    *("UploadBucketName", "UploadPrefix", "WorkTableName"),
    *("IntakeQueueUrl", "DeadLetterQueueUrl", "ResultsQueueUrl"),
)


@pytest.mark.parametrize("other", [None, "us-east-1"])
def test_a_stack_is_looked_up_in_the_region_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, other: str | None
) -> None:
    """``AWS_REGION`` applies, as in the AWS CLI; boto3 itself reads only ``AWS_DEFAULT_REGION``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    if other:
        monkeypatch.setenv("AWS_DEFAULT_REGION", other)
    monkeypatch.setenv("AWS_REGION", REGION)
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": f"the {name}"} for name in OUTPUTS},
    }
    with mock_aws():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="permit-ocr", TemplateBody=json.dumps(template)
        )
        found = find_deployment("permit-ocr")
    assert found.upload_bucket == "the UploadBucketName"
    assert found.sqs.meta.region_name == REGION


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No region and no credentials, wherever they might come from."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_a_missing_region_says_what_to_set(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeploymentNotFound, match=r"the stack permit-ocr: no AWS region is set\. Set AWS_REGION"):
        find_deployment("permit-ocr")


def test_missing_credentials_say_what_to_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_REGION", REGION)
    with pytest.raises(DeploymentNotFound, match=r"there are no AWS credentials\. Set AWS_PROFILE"):
        find_deployment("permit-ocr")


def test_a_missing_stack_is_named_with_its_region(environment: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.setenv(name, "test")
    environment.setenv("AWS_REGION", REGION)
    with mock_aws(), pytest.raises(DeploymentNotFound, match=f"the stack other in {REGION}: .*does not exist"):
        find_deployment("other")
