"""The HTTP API: recognises one photo, returns the result and sends it to the queue."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from recognition import recognize

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver()
sqs = boto3.client("sqs")


@app.post("/v1/recognitions")
def recognitions() -> dict[str, Any]:
    """Recognise one photo."""
    result = recognize(app.current_event.json_body["image_base64"])
    sqs.send_message(QueueUrl=os.environ["RESULTS_QUEUE_URL"], MessageBody=json.dumps(result, ensure_ascii=False))
    metrics.add_metric(name="PermitsRecognized", unit=MetricUnit.Count, value=1)
    return result


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle one request."""
    return app.resolve(event, context)
