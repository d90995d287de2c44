"""What SQS reports about queues, which moto does not: their visible messages and the age of the oldest one."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

from moto.sqs import models as sqs

QUEUE_METRICS_PATH: Final = "/sandbox/queue-metrics"
_LEFT_OUT_AFTER: Final = 3
"""Receives after which a standard queue's metric leaves a message out.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""


class QueueMetrics:
    """WSGI middleware that adds ``GET /sandbox/queue-metrics``: a JSON object of metrics by queue."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401  WSGI's
        """Answer one request."""
        if environ.get("PATH_INFO") != QUEUE_METRICS_PATH:
            return self._application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(queue_metrics()).encode()]


def queue_metrics() -> dict[str, dict[str, float]]:
    """Return SQS's metrics by queue: visible messages, and the age of the oldest one in seconds."""
    regions = (region for account in sqs.sqs_backends.values() for region in account.values())
    queues = [queue for region in regions for queue in list(region.queues.values())]
    return {queue.name: _metrics_of(queue) for queue in queues}


def _metrics_of(queue: Any) -> dict[str, float]:  # noqa: ANN401  moto's
    now = time.time()
    messages = list(queue._messages)  # noqa: SLF001  moto has no public way
    fifo = queue.name.endswith(".fifo")
    counted = [one for one in messages if fifo or int(one.approximate_receive_count or 0) < _LEFT_OUT_AFTER]
    return {
        "ApproximateNumberOfMessagesVisible": sum(one.visible for one in messages),
        "ApproximateAgeOfOldestMessage": max((now - float(one.sent_timestamp) / 1000 for one in counted), default=0.0),
    }
