"""A handler that downloads the photo and sends a message: the minimum that this job costs."""

import os
from typing import Any

import boto3

s3 = boto3.client("s3")
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001  Lambda's signature
    """Download the photo of an S3 event and send a message."""
    record = event["Records"][0]["s3"]
    s3.get_object(Bucket=record["bucket"]["name"], Key=record["object"]["key"])["Body"].read()
    sqs.send_message(QueueUrl=os.environ["RESULTS_QUEUE_URL"], MessageBody="{}")
    return {}
