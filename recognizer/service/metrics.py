"""What the server counted, as text for Prometheus: actions, codes and numbers, nothing of any card or caller."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from recognizer.service.recognition_queue import RecognitionQueue

_PREFIX: Final = "permit_ocr_recognizer"
_BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram's buckets in seconds."""


class Metrics:
    """Calls by action and code, and the busiest calendar second. Any thread may call it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._within: defaultdict[str, Counter[float]] = defaultdict(Counter)
        self._second: dict[tuple[str, str], tuple[int, int]] = {}
        self._busiest: dict[tuple[str, str], int] = {}

    def count_arrival(self, action: str, *, admitted: bool) -> None:
        """Count an authenticated call in its calendar second; ``admitted`` unless the quota refused it."""
        second = int(self._clock())
        with self._lock:
            for state in ("arrived", "admitted") if admitted else ("arrived",):
                key = (action, state)
                last, counted = self._second.get(key, (second, 0))
                counted = counted + 1 if last == second else 1
                self._second[key] = (second, counted)
                self._busiest[key] = max(self._busiest.get(key, 0), counted)

    def count_response(self, action: str, code: str, seconds: float) -> None:
        """Count a finished call; ``code`` is ``OK``, an error code or a fault's name."""
        with self._lock:
            self._calls[action, code] += 1
            self._seconds[action] += seconds
            self._within[action].update(bound for bound in _BOUNDS if seconds <= bound)

    def text(self, queue: RecognitionQueue) -> str:
        """Return all of it, and how things stand with the queue and its readers, in Prometheus's text format."""
        with self._lock:
            return "\n".join([*self._calls_text(), *self._seconds_text(), *self._busiest_text(), *_queue(queue)]) + "\n"

    def _calls_text(self) -> Iterator[str]:
        yield from _about("calls_total", "counter", "Calls answered, by action and code.")
        for (action, code), count in sorted(self._calls.items()):
            yield f'{_PREFIX}_calls_total{{action="{action}",code="{code}"}} {count}'

    def _seconds_text(self) -> Iterator[str]:
        yield from _about("call_seconds", "histogram", "Seconds from a call's arrival to its answer.")
        for action, total in sorted(self._seconds.items()):
            count = sum(calls for (called, _), calls in self._calls.items() if called == action)
            for bound in _BOUNDS:
                yield f'{_PREFIX}_call_seconds_bucket{{action="{action}",le="{bound}"}} {self._within[action][bound]}'
            yield f'{_PREFIX}_call_seconds_bucket{{action="{action}",le="+Inf"}} {count}'
            yield f'{_PREFIX}_call_seconds_sum{{action="{action}"}} {total:.6f}'
            yield f'{_PREFIX}_call_seconds_count{{action="{action}"}} {count}'

    def _busiest_text(self) -> Iterator[str]:
        yield from _about("busiest_second_calls", "gauge", "Most authenticated calls in one calendar second.")
        for (action, state), most in sorted(self._busiest.items()):
            yield f'{_PREFIX}_busiest_second_calls{{action="{action}",state="{state}"}} {most}'


def _about(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {meaning}"
    yield f"# TYPE {_PREFIX}_{name} {kind}"


def _queue(queue: RecognitionQueue) -> Iterator[str]:
    workers = queue.workers
    for name, kind, meaning, value in (
        ("calls_inside", "gauge", "Calls whose image is in memory: fetched, waiting or being read.", queue.inside),
        ("calls_waiting", "gauge", "Calls that wait for a reader.", queue.waiting),
        ("calls_inside_limit", "gauge", "Calls inside at most; further ones are refused.", queue.room),
        ("readers", "gauge", "Readers that should be there.", workers.count),
        ("readers_ready", "gauge", "Readers that are there.", workers.ready),
        ("readers_replaced_total", "counter", "Readers that died and were replaced.", workers.replaced),
    ):
        yield from _about(name, kind, meaning)
        yield f"{_PREFIX}_{name} {value}"
