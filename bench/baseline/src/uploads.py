"""Uploads: S3 invokes this once for every photo, and the result goes to a queue."""

import base64
import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import S3Event, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext
from recognition import recognize

logger = Logger()
metrics = Metrics()
s3 = boto3.client("s3")
sqs = boto3.client("sqs")


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@event_source(data_class=S3Event)
def handler(event: S3Event, context: LambdaContext) -> dict[str, Any]:
    """Recognise every photo of the event."""
    for record in event.records:
        key = record.s3.get_object.key
        stored = s3.get_object(Bucket=record.s3.bucket.name, Key=key)
        result = recognize(base64.b64encode(stored["Body"].read()).decode())
        sqs.send_message(QueueUrl=os.environ["RESULTS_QUEUE_URL"], MessageBody=json.dumps(result, ensure_ascii=False))
        metrics.add_metric(name="PermitsRecognized", unit=MetricUnit.Count, value=1)
        logger.info("permit recognised", request_id=result["request_id"])
    return {"recognised": len(list(event.records))}
