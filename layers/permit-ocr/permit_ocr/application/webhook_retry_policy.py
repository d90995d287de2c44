"""When a webhook that was not delivered is tried again: for 24 hours, ever less often.

After about 5 s, 30 s, 2, 10 and 30 minutes, 1 and 2 hours, then every 4 hours, and for the last time when it is a day
old. A fifth is jitter, so that what failed together does not come together.
"""

import random
from typing import Final

RETRY_FOR_SECONDS: Final = 24 * 3600.0
_PAUSES: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)
_JITTER: Final = 0.2


def seconds_until_retry(*, attempts: int, age_seconds: float, at_least: float = 0.0) -> float | None:
    """Return how long a webhook waits that has failed ``attempts`` times, or None if that was its last attempt.

    ``at_least`` is what the receiver asked for. ``age_seconds`` is the time since it was published.
    """
    left = RETRY_FOR_SECONDS - age_seconds
    if left <= 0:
        return None
    pause = _PAUSES[min(attempts, len(_PAUSES)) - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret
    return min(max(pause, at_least), max(left, 1.0))
