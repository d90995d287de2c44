"""The provider's quota: a number of calls per calendar second and action. Rejected calls count too."""

import threading
import time
from collections.abc import Callable

from recognizer.wire.api_error import ApiError


class RateLimit:
    """Counts the calls of each action in the calendar second in which they arrive. Thread-safe.

    The window is fixed, not sliding: 20 calls at 0.9 s and 20 at 1.1 s are within the quota.
    """

    def __init__(self, calls_per_second: int, clock: Callable[[], float] = time.time) -> None:
        self.calls_per_second = calls_per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}

    def admit(self, action: str) -> int:
        """Count a call and return its number within the second. A limit of 0 means unlimited.

        Raises ``ApiError`` if the quota of this second is used up.
        """
        second = int(self._clock())
        with self._lock:
            counted_second, counted = self._windows.get(action, (second, 0))
            counted = counted + 1 if counted_second == second else 1
            self._windows[action] = (second, counted)
        if 0 < self.calls_per_second < counted:
            raise ApiError.rate_limited(counted, self.calls_per_second)
        return counted
