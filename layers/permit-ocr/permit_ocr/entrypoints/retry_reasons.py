"""Why a message is retried: the values of the metrics' dimension ``reason``."""

from typing import Final

from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.aws_errors import SERVICES
from permit_ocr.domain.errors import CircuitOpen, Deferred, InProgress, NotPublished, PermitOcrError, RetryableError
from permit_ocr.metrics import Reason

WAITING: Final[frozenset[Reason]] = frozenset({"quota", "circuit", "time", "in-progress"})
"""The reasons for which nothing has failed."""


def reason_of(error: Exception) -> Reason:
    """Return why the message whose processing ended with ``error`` is retried."""
    cause = error.cause if isinstance(error, NotPublished) else error
    if not isinstance(cause, PermitOcrError):
        return "bug"
    source = cause.code.partition(".")[0]
    reason: Reason = "provider"
    match cause:
        case _ if source in SERVICES:
            reason = "aws"
        case CircuitOpen():
            reason = "circuit"
        case InProgress():
            reason = "in-progress"
        case NotStarted() | Deferred(code="Deadline"):
            reason = "time"
        case Deferred():
            reason = "quota"
        case RetryableError() if source == "Webhook":
            reason = "webhook"
    return reason
