"""When an undelivered webhook is retried: for 24 hours, at growing intervals.

After about 5 s, 30 s, 2, 10 and 30 minutes, 1 and 2 hours, then every 4 hours, and for the last time when it is a day
old. Each delay varies by a fifth either way, so that webhooks that failed together are not retried together.
"""

import random
from typing import Final

GONE: Final = "Webhook.Gone"
"""The code of the receiver's 410: it wants no more of these events, so there is no further attempt."""
RETRY_FOR_SECONDS: Final = 24 * 3600.0
_DELAYS_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)
_JITTER: Final = 0.2


def webhook_retry_delay(*, attempts: int, age_seconds: float, at_least: float = 0.0) -> float | None:
    """Return the seconds until a webhook that has failed ``attempts`` times is retried; None after the last attempt.

    ``at_least`` is what the receiver asked for. ``age_seconds`` is the time since the event was published.
    """
    left = RETRY_FOR_SECONDS - age_seconds
    if left <= 0:
        return None
    delay = _DELAYS_SECONDS[min(attempts, len(_DELAYS_SECONDS)) - 1]
    delay *= random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  not a secret
    return min(max(delay, at_least), max(left, 1.0))
