"""When a document that is not done is retried, and when its message goes to the dead-letter queue.

| why it is not done                | counted | waits                                                                 |
|-----------------------------------|---------|-----------------------------------------------------------------------|
| the message cannot be parsed      |         | not at all: it goes to the dead-letter queue immediately              |
| no time left to start it          | no      | up to 1 s                                                             |
| the circuit is open               | no      | 30-60 s; after 20 minutes a 40th to a 20th of its age, at most 1 h    |
| any other ``Deferred`` (no quota) | no      | ``after_seconds``, plus up to a 20th of its age (3 s at least, 1 h at |
|                                   |         | most)                                                                 |
| any other error                   | yes     | 10 s, 1 min, 15 min, 2 h, then 4 h each time, plus up to a quarter    |
| a failure that cannot be counted  | no      | like any other ``Deferred``                                           |

An error's ``after_seconds`` wins if it is longer than the delay after a failure. A failure cannot be counted while
DynamoDB does not take the write.

After ``MAXIMUM_ATTEMPTS`` counted failures, or when it is six days old, the message goes to the dead-letter queue.

A call to the provider that may have been charged is never repeated within a delivery, and its failure is counted. So a
document costs at most ``MAXIMUM_ATTEMPTS`` charged calls for each action, until an operator redrives it.

A deferral is not the document's failure and may last for days. The wait grows with the message's age, so that days of
waiting take some hundred receives, and a document loses at most a twentieth of the time it has waited already.

That is the intake queue. The images queue waits as after a failure, however the attempt ended, and counts receives
instead: its ``maxReceiveCount`` of 20 sends the message to the dead-letter queue. Webhooks have another policy:
``webhook_retry_policy``.
"""

import random
from dataclasses import dataclass
from typing import Final, Protocol

from permit_ocr.application.intake_messages import UnreadableEvent
from permit_ocr.domain.errors import CircuitOpen, Deferred, NotPublished, RetryableError

MAXIMUM_ATTEMPTS: Final = 6
"""They take six to eight hours, which outlasts most outages; each further one would take about four."""
MAXIMUM_AGE_SECONDS: Final = 6 * 24 * 3600
"""A day before the intake queue would drop the message; the dead-letter queue keeps it for another 14 days."""
MAXIMUM_VISIBILITY_SECONDS: Final = 12 * 3600 - 60
"""SQS's own limit is twelve hours from the receive, and an invocation may last 45 seconds."""
_FAILURE_DELAYS_SECONDS: Final = (10.0, 60.0, 900.0, 7200.0, 14_400.0)
"""Minimum after the first failure, the second and so on; the last one repeats."""
_FAILURE_JITTER: Final = 1 / 4
_CIRCUIT_OPEN_SECONDS: Final = 60.0
_SHARE_OF_AGE: Final = 1 / 20
_MAXIMUM_DEFERRAL_SECONDS: Final = 3600.0
_DEFERRAL_JITTER_SECONDS: Final = 3.0


class NotStarted(Deferred):
    """The invocation has no time left to start this document; the next one may start it immediately."""

    def __init__(self) -> None:
        super().__init__(
            "Deadline",
            "There was no time left to begin.",
            "No action needed; it is retried automatically.",
            after_seconds=0,
        )


class FailureCounts(Protocol):
    """How often the work of each message has failed. SQS counts receives, which include deferrals."""

    def count(self, message_id: str) -> int:
        """Count one failure and return the total. Raises ``RetryableError``."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When a message is retried."""

    seconds: float | None
    """None if it goes to the dead-letter queue."""
    failures: int | None = None
    """How often its work has failed, this time included; None if this time was not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Decides about the messages of the intake queue."""

    failures: FailureCounts
    maximum_attempts: int

    def retry(self, error: Exception, *, message_id: str, age_seconds: float) -> Retry:
        """Return when a message of that age is retried, after ``error``."""
        if isinstance(error, UnreadableEvent):
            return Retry(None)
        give_up = age_seconds > MAXIMUM_AGE_SECONDS
        if not is_deferral(error):
            try:
                failures = self.failures.count(message_id)
            except RetryableError:  # a failure that AWS cannot count must not use up the attempts
                pass
            else:
                give_up = give_up or failures >= self.maximum_attempts
                return Retry(None if give_up else retry_delay(error, attempt=failures), failures)
        return Retry(None if give_up else deferral_delay(error, age_seconds=age_seconds))


def is_deferral(error: Exception) -> bool:
    """Tell whether ``error`` is not counted as a failure, however often it happens."""
    return isinstance(error.cause if isinstance(error, NotPublished) else error, Deferred | CircuitOpen)


def deferral_delay(error: Exception, *, age_seconds: float) -> float:
    """Return the seconds until a deferred message of that age is retried."""
    share_of_age = min(age_seconds * _SHARE_OF_AGE, _MAXIMUM_DEFERRAL_SECONDS)
    if isinstance(error, NotStarted):
        return random.uniform(0, 1)  # noqa: S311  not a secret
    if isinstance(error, CircuitOpen):
        # Short at first, so that all documents continue soon after a probe has succeeded.
        maximum = max(_CIRCUIT_OPEN_SECONDS, share_of_age)
        return random.uniform(maximum / 2, maximum)  # noqa: S311
    minimum = error.after_seconds if isinstance(error, RetryableError) else 0.0
    return minimum + random.uniform(0, max(_DEFERRAL_JITTER_SECONDS, share_of_age))  # noqa: S311


def retry_delay(error: Exception, *, attempt: int) -> float:
    """Return the seconds until a message is retried after its first failed ``attempt``, its second and so on.

    Most disturbances are over in a moment, so the first delays are short. Six attempts take more than six hours, so
    a provider that fails for an afternoon sends nothing to the dead-letter queue.
    """
    minimum = _FAILURE_DELAYS_SECONDS[min(attempt, len(_FAILURE_DELAYS_SECONDS)) - 1]
    if isinstance(error, RetryableError):
        minimum = max(minimum, error.after_seconds)
    return minimum * random.uniform(1, 1 + _FAILURE_JITTER)  # noqa: S311
