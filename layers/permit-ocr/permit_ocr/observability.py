"""Logs, written by Powertools. The parameters of ``log_event`` are all that can be logged.

None of them takes text from a card, a request or a vendor.
"""

import logging
import os
import time
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Literal

from aws_lambda_powertools import Logger

from permit_ocr.metrics import flush_metrics
from permit_ocr.trace_context import continue_trace, current_trace_id, traceparent_of_invocation

type LogEvent = Literal[
    "ocr_call_failed",
    "document_done",
    "document_deferred",  # not counted as a failure
    "document_failed",
    "document_deleted",
    "case_deleted",
    "audit_not_written",
    "document_sent_to_dead_letter_queue",
    "conversion_enqueued",
    "document_converted",
    "circuit_opened",
    "circuit_closed",
    "circuit_mark_not_written",
    "republish_enqueued",
    "review_decided",
    "decision_not_published",
    "portrait_not_stored",
    "image_not_stored",
    "dead_letter_not_sent",
    "visibility_not_changed",
    "reminders_sent",
    "reminders_failed",
    "webhook_delivered",
    "webhook_failed",
    "webhook_sent_to_dead_letter_queue",
    "webhook_secret_unusable",
    "unexpected_error",
]
_LEVELS: Final[dict[LogEvent, int]] = {
    "dead_letter_not_sent": logging.WARNING,
    "audit_not_written": logging.ERROR,
    "document_deferred": logging.WARNING,
    "document_failed": logging.WARNING,
    "document_sent_to_dead_letter_queue": logging.ERROR,
    "circuit_mark_not_written": logging.WARNING,
    "circuit_opened": logging.ERROR,
    "decision_not_published": logging.WARNING,
    "portrait_not_stored": logging.WARNING,
    "image_not_stored": logging.WARNING,
    "republish_enqueued": logging.WARNING,
    "reminders_failed": logging.WARNING,
    "unexpected_error": logging.ERROR,
    "visibility_not_changed": logging.WARNING,
    "webhook_failed": logging.WARNING,
    "webhook_sent_to_dead_letter_queue": logging.ERROR,
    "webhook_secret_unusable": logging.ERROR,
}
"""Events that an operator should look at. All others are INFO."""

_SERVICE: Final = os.environ.get("POWERTOOLS_SERVICE_NAME", "permit-ocr")
# Lambda filters lines by their level only where the timestamp is RFC 3339.
_logger: Final = Logger(service=_SERVICE, use_rfc3339=True, location=None)
_WRITE: Final = {logging.INFO: _logger.info, logging.WARNING: _logger.warning, logging.ERROR: _logger.error}


def log_event(
    event: LogEvent,
    *,
    document_id: str | None = None,
    action: str | None = None,
    code: str | None = None,
    request_id: str | None = None,
    milliseconds: int | None = None,
    documents: int | None = None,
    messages: int | None = None,
) -> None:
    """Write one line of JSON. ``code`` and ``request_id`` are the provider's or ours; ``document_id`` is opaque."""
    fields = {
        "document_id": document_id,
        "action": action,
        "code": code,
        "request_id": request_id,
        "milliseconds": milliseconds,
        "documents": documents,
        "messages": messages,
        "trace_id": current_trace_id(),
    }
    known = {name: value for name, value in fields.items() if value is not None}
    _WRITE[_LEVELS.get(event, logging.INFO)](event, extra=known)


def log_unexpected_error(error: BaseException, *, document_id: str | None = None) -> None:
    """Write the type and the place of an error outside our error tree. Its text may hold anything: it is left out."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{place[0].filename.rpartition('/')[2]}:{place[0].lineno}" if place else "?"
    fields = {
        "document_id": document_id,
        "error_type": type(error).__name__,
        "where": where,
        "trace_id": current_trace_id(),
    }
    _logger.error("unexpected_error", extra=fields)


def observed[Handler: Callable[..., Any]](handler: Handler) -> Handler:
    """Give a Lambda handler's log lines the ids of request and trace, and flush its metrics with each invocation."""

    @wraps(handler)
    def with_metrics(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  the handler's
        started = time.time()
        continue_trace(traceparent_of_invocation(os.environ.get("_X_AMZN_TRACE_ID")))
        try:
            return handler(*arguments, **named)
        finally:
            flush_metrics(started=started)

    return _logger.inject_lambda_context(with_metrics)  # type: ignore[return-value]


# The SDKs log requests with their bodies at DEBUG. Whatever level the function is set to, they stay at WARNING.
for _name in ("boto3", "botocore", "s3transfer", "requests"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# At WARNING it prints headers it cannot parse and certificates of another name: text from the other end.
logging.getLogger("urllib3").setLevel(logging.ERROR)
