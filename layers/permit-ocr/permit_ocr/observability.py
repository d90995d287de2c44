"""The log and the metrics: an allow-list by signature.

What has no parameter here cannot be logged, and no parameter takes text from outside. Lambda's runtime makes JSON of a
line and of what comes with it (``LogFormat`` in the template), so there is no library to load for it.
"""

import json
import logging
import os
import sys
import time
import traceback
from typing import Final, Literal

_logger: Final = logging.getLogger("permit-ocr")
_NAMESPACE: Final = "PermitOcr"

type LogEvent = Literal[
    "ocr_refused",
    "document_done",
    "document_to_decode",
    "document_decoded",
    "document_deferred",
    "document_deleted",
    "document_given_up",
    "circuit_opened",
    "circuit_closed",
    "circuit_mark_not_written",
    "publish_handed_over",
    "portrait_not_stored",
    "visibility_not_changed",
    "webhook_deferred",
    "webhook_delivered",
    "webhook_given_up",
    "webhook_secret_unusable",
    "unexpected_error",
]
type Metric = Literal[
    "ActionDeprecated",
    "ActionWithdrawn",
    "CircuitOpened",
    "QuotaExceeded",
    "ProviderCalls",
    "DocumentRejected",
    "DocumentGivenUp",
    "WebhookSecretUnusable",
]

_GRAVE: Final[dict[LogEvent, int]] = {
    "document_deferred": logging.WARNING,
    "document_given_up": logging.ERROR,
    "circuit_mark_not_written": logging.WARNING,
    "circuit_opened": logging.ERROR,
    "portrait_not_stored": logging.WARNING,
    "publish_handed_over": logging.WARNING,
    "unexpected_error": logging.ERROR,
    "visibility_not_changed": logging.WARNING,
    "webhook_deferred": logging.WARNING,
    "webhook_given_up": logging.ERROR,
    "webhook_secret_unusable": logging.ERROR,
}
"""Happenings that somebody should know of, with their levels."""


def _level(happening: LogEvent) -> int:
    return _GRAVE.get(happening, logging.INFO)


def log_event(
    happening: LogEvent,
    *,
    document_id: str | None = None,
    action: str | None = None,
    code: str | None = None,
    request_id: str | None = None,
    milliseconds: int | None = None,
    documents: int | None = None,
) -> None:
    """Write one line of JSON. ``code`` and ``request_id`` are the provider's or ours, ``document_id`` is opaque."""
    said = {
        "document_id": document_id,
        "action": action,
        "code": code,
        "request_id": request_id,
        "milliseconds": milliseconds,
        "documents": documents,
    }
    known = {name: value for name, value in said.items() if value is not None}
    _logger.log(_level(happening), happening, extra=known)


def log_provider_error(happening: LogEvent, *, action: str, code: str, request_id: str | None) -> None:
    """Write one line that an alarm's reader looks for."""
    _logger.log(_level(happening), happening, extra={"action": action, "code": code, "request_id": request_id})


def log_unexpected_error(error: BaseException, *, document_id: str | None = None) -> None:
    """Write the type and the place of an error that no class of ours foresaw.

    Its text may hold anything, so it is left out.
    """
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{place[0].filename.rpartition('/')[2]}:{place[0].lineno}" if place else "?"
    happening: LogEvent = "unexpected_error"
    _logger.log(
        _level(happening),
        happening,
        extra={"document_id": document_id, "error_type": type(error).__name__, "where": where},
    )


def count_metric(metric: Metric, *, action: str | None = None) -> None:
    """Add one to a metric, by action where that matters: a line from which CloudWatch makes it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    dimensions = {"service": os.environ.get("METRICS_SERVICE", "permit-ocr")}
    if action:
        dimensions["action"] = action
    measured = {
        "Namespace": _NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [measured]}, **dimensions, metric: 1}
    sys.stdout.write(json.dumps(line) + "\n")


# The SDKs log requests with their bodies at DEBUG: whatever level the function is set to, they stay at WARNING.
for _name in ("boto3", "botocore", "s3transfer", "requests"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# At WARNING it prints headers that it cannot read and certificates of another name: text of whoever answers.
logging.getLogger("urllib3").setLevel(logging.ERROR)
