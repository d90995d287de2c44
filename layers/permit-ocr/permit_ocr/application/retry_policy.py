"""When a message shows again.

Two cases. *Waiting* is not the document's failure: the quota is taken up, another has the same image, the line is
stopped. It may last for days, so the wait grows with the message's age: it costs the message at most a twentieth of the
time it has waited already, and days of it take some hundred receives. *Failing* is counted, and the wait grows with the
count.
"""

import random
from typing import Final

from permit_ocr.domain.errors import CircuitOpen, Deferred, NotPublished, RetryableError

LONGEST_VISIBILITY_SECONDS: Final = 12 * 3600 - 60
"""SQS's own limit is twelve hours from the receive, and an invocation may last 45 seconds."""
_SHARE_OF_AGE: Final = 1 / 20
_LONGEST_WAIT_SECONDS: Final = 3600.0
_LEAST_JITTER_SECONDS: Final = 3.0
_LINE_STOPPED_SECONDS: Final = 60.0
_AFTER_FAILURE_SECONDS: Final = (10.0, 60.0, 900.0, 7200.0, 14_400.0)
"""Least waits after the first failure, the second and so on, and after every one beyond them."""
_JITTER_AFTER_FAILURE: Final = 1 / 4


class NotStarted(Deferred):
    """The invocation had no time left to begin this document; the next one may begin it at once."""

    def __init__(self) -> None:
        super().__init__(
            "Deadline", "There was no time left to begin.", "Nothing: it is tried again by itself.", after_seconds=0
        )


def is_deferral(error: Exception) -> bool:
    """Say whether ``error`` only means "not now": it is not counted, however often it happens."""
    return isinstance(error.cause if isinstance(error, NotPublished) else error, Deferred | CircuitOpen)


def deferral_delay(error: Exception, *, age_seconds: float) -> float:
    """Return how long a message of that age waits, where ``is_deferral``.

    Of a stopped line 30–60 seconds at first, so that all go on soon after a probe has succeeded.
    """
    share_of_age = min(age_seconds * _SHARE_OF_AGE, _LONGEST_WAIT_SECONDS)
    if isinstance(error, NotStarted):
        return random.uniform(0, 1)  # noqa: S311  not a secret
    if isinstance(error, CircuitOpen):
        longest = max(_LINE_STOPPED_SECONDS, share_of_age)
        return random.uniform(longest / 2, longest)  # noqa: S311
    at_least = error.after_seconds if isinstance(error, RetryableError) else 0.0
    return at_least + random.uniform(0, max(_LEAST_JITTER_SECONDS, share_of_age))  # noqa: S311


def retry_delay(error: Exception, *, failures: int) -> float:
    """Return how long a message waits after it has failed so often: soon at first, then for hours.

    Most disturbances are over in a moment. Six attempts take more than six hours: a provider that fails for an
    afternoon gives nothing up.
    """
    least = _AFTER_FAILURE_SECONDS[min(failures, len(_AFTER_FAILURE_SECONDS)) - 1]
    if isinstance(error, RetryableError):
        least = max(least, error.after_seconds)
    return least * random.uniform(1, 1 + _JITTER_AFTER_FAILURE)  # noqa: S311
