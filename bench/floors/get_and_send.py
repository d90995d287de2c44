"""The least this job can cost: the photograph is got, a result is sent, and nothing is done in between."""

import os
from typing import Any

import boto3

s3 = boto3.client("s3")
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Get the photograph of S3's event and send a message."""
    place = event["Records"][0]["s3"]
    s3.get_object(Bucket=place["bucket"]["name"], Key=place["object"]["key"])["Body"].read()
    sqs.send_message(QueueUrl=os.environ["RESULTS_QUEUE_URL"], MessageBody="{}")
    return {}
