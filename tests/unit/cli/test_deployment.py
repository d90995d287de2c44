"""Finding the deployment to use."""

import json

import boto3
import pytest
from moto import mock_aws

from cli.deployment import stack_deployment

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
        found = stack_deployment("permit-ocr")
    assert found.upload_bucket == "the UploadBucketName"
    assert found.sqs.meta.region_name == REGION
