"""What the server counted, as text for Prometheus: actions, codes and numbers, nothing of any card or caller."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

_PREFIX: Final = "permit_ocr_recognizer"


class Counters:
    """Calls by action and code, and the busiest calendar second. Any thread may call it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._second: dict[tuple[str, str], tuple[int, int]] = {}
        self._busiest: dict[tuple[str, str], int] = {}

    def arrived(self, action: str, *, admitted: bool) -> None:
        """Count an authenticated call in its calendar second; ``admitted`` unless the quota refused it."""
        second = int(self._clock())
        with self._lock:
            for state in ("arrived", "admitted") if admitted else ("arrived",):
                key = (action, state)
                last, counted = self._second.get(key, (second, 0))
                counted = counted + 1 if last == second else 1
                self._second[key] = (second, counted)
                self._busiest[key] = max(self._busiest.get(key, 0), counted)

    def answered(self, action: str, code: str, seconds: float) -> None:
        """Count a finished call; ``code`` is ``OK``, an error code or a fault's name."""
        with self._lock:
            self._calls[action, code] += 1
            self._seconds[action] += seconds

    def text(self) -> str:
        """Return all of it in Prometheus's text format."""
        with self._lock:
            calls = sorted(self._calls.items())
            seconds = sorted(self._seconds.items())
            busiest = sorted(self._busiest.items())
        lines = [
            f"# HELP {_PREFIX}_calls_total Calls answered, by action and code.",
            f"# TYPE {_PREFIX}_calls_total counter",
            *(f'{_PREFIX}_calls_total{{action="{a}",code="{code}"}} {count}' for (a, code), count in calls),
            f"# HELP {_PREFIX}_call_seconds_total Seconds from a call's arrival to its answer, added up.",
            f"# TYPE {_PREFIX}_call_seconds_total counter",
            *(f'{_PREFIX}_call_seconds_total{{action="{a}"}} {total:.6f}' for a, total in seconds),
            f"# HELP {_PREFIX}_busiest_second_calls Most authenticated calls in one calendar second.",
            f"# TYPE {_PREFIX}_busiest_second_calls gauge",
            *(f'{_PREFIX}_busiest_second_calls{{action="{a}",state="{state}"}} {most}' for (a, state), most in busiest),
        ]
        return "\n".join(lines) + "\n"
