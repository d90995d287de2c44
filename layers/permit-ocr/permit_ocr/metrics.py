"""The metrics that alarms and the dashboard use, written by Powertools in CloudWatch's embedded format.

``Metric`` and the values of each dimension are all that can be recorded, because every combination that occurs is
charged. ``service``, the stack's name, is a dimension of all of them.

| dimensions        | metrics                                                                                       |
|-------------------|-----------------------------------------------------------------------------------------------|
| service           | requests to the API, results by verdict and their latency, reminders, the webhook secret      |
| service, function | each invocation of a queue's function: its oldest deferred message, and messages that fail    |
| service, reason   | messages that are retried                                                                     |
| service, action   | calls to the provider, their latency, what it refuses                                         |
| service, field,   | fields that reviewers confirmed and corrected                                                 |
| reader            |                                                                                               |
"""

import os
import threading
import time
from typing import Final, Literal

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from permit_ocr.domain.verdict import Verdict

type Metric = Literal[
    "ApiRequests",
    "ActionWithdrawn",
    "CircuitOpen",  # 1 when the provider refuses the account, 0 when it answers
    "QuotaExceeded",
    "ProviderCalls",
    "ProviderMilliseconds",  # of an answered request, with waiting for its slot and repeated calls
    "ResultsAccepted",
    "ResultsIncomplete",
    "ResultsForReview",
    "ResultsRejected",
    "DocumentRejected",  # unreadable: there is no verdict
    "SecondsToResult",  # from the upload to its result
    "OldestDeferredSeconds",  # 0 if no message of the batch was deferred
    "MessagesDeferred",
    "MessagesFailing",  # each message once, with its third failure
    "OldestReviewSeconds",  # of all open reviews; 0 if there is none
    "FieldsConfirmed",  # by a reviewer
    "FieldsCorrected",
    "RemindersSent",
    "RemindersLateSeconds",  # since the first day began of which not all are sent; 0 if they are
    "WebhookSecretUnusable",  # 1 when nothing can be signed, 0 when a webhook was signed
]
type Reader = Literal["provider", "recognizer"]
type QueueFunction = Literal["uploads", "images", "webhooks"]
type Reason = Literal[
    "quota", "circuit", "time", "in-progress", "provider", "aws", "webhook", "bug"
]  # why a message is retried

_UNITS: Final[dict[Metric, MetricUnit]] = {
    "ProviderMilliseconds": MetricUnit.Milliseconds,
    "SecondsToResult": MetricUnit.Seconds,
    "RemindersLateSeconds": MetricUnit.Seconds,
    "OldestDeferredSeconds": MetricUnit.Seconds,
    "OldestReviewSeconds": MetricUnit.Seconds,
}
"""All others are counts."""
_RESULTS: Final[dict[Verdict, Metric]] = {
    Verdict.ACCEPTED: "ResultsAccepted",
    Verdict.INCOMPLETE: "ResultsIncomplete",
    Verdict.REVIEW: "ResultsForReview",
    Verdict.REJECTED: "ResultsRejected",
}
_SERVICE: Final = os.environ.get("POWERTOOLS_SERVICE_NAME", "permit-ocr")
_lines: Final[dict[tuple[tuple[str, str], ...], EphemeralMetrics]] = {}
"""By dimensions: the embedded format has one value of a dimension for a whole line."""
_lock: Final = threading.Lock()


def record_metric(
    metric: Metric,
    value: float = 1,
    *,
    action: str | None = None,
    function: QueueFunction | None = None,
    reason: Reason | None = None,
    field: str | None = None,
    reader: Reader | None = None,
) -> None:
    """Add a value to a metric of this invocation; without one, count one. ``field`` is a field's name in the answer."""
    dimensions = {"action": action, "function": function, "reason": reason, "field": field, "reader": reader}
    given = tuple((name, text) for name, text in dimensions.items() if text)
    with _lock:
        if given not in _lines:
            _lines[given] = EphemeralMetrics(namespace="PermitOcr", service=_SERVICE)
            if given:
                _lines[given].set_default_dimensions(**dict(given))
        _lines[given].add_metric(metric, _UNITS.get(metric, MetricUnit.Count), value)


def count_result(verdict: Verdict | None, seconds: float | None) -> None:
    """Count a result by its verdict, None for an unreadable document; ``seconds`` are those since the upload."""
    record_metric(_RESULTS[verdict] if verdict else "DocumentRejected")
    if seconds is not None:
        record_metric("SecondsToResult", seconds)


def count_field(field: str, *, is_corrected: bool, is_recognizer: bool) -> None:
    """Count a field that a reviewer has checked: by its name in the answer and by what read it, never by its value."""
    reader: Reader = "recognizer" if is_recognizer else "provider"
    record_metric("FieldsCorrected" if is_corrected else "FieldsConfirmed", field=field, reader=reader)


def flush_metrics(*, started: float | None = None) -> None:
    """Write what was recorded since the last flush, a line for each combination of dimensions.

    ``started`` is when the invocation started, in seconds since 1970: Lambda's own metrics have that time as well, so
    that an alarm can compare them.
    """
    with _lock:
        for metrics in _lines.values():
            if metrics.metric_set:
                metrics.set_timestamp(round((started or time.time()) * 1000))
                metrics.flush_metrics()
