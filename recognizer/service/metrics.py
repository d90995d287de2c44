"""Prometheus metrics of the server: actions, codes and numbers, nothing about a card or a caller."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recognizer.service.recognition_queue import RecognitionQueue

_NAMESPACE: Final = "permit_ocr_recognizer"
_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds."""

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Calls by action and code, the busiest calendar second, and the state of the queue. Thread-safe.

    Everything is counted in the server process, so the worker processes need no metrics of their own.
    """

    def __init__(self, queue: RecognitionQueue, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._current_second: dict[tuple[str, str], tuple[int, int]] = {}
        self._busiest: dict[tuple[str, str], int] = {}
        self._registry = registry = CollectorRegistry()
        self._calls = Counter(
            f"{_NAMESPACE}_calls", "Calls answered, by action and code.", ("action", "code"), registry=registry
        )
        self._seconds = Histogram(
            f"{_NAMESPACE}_call_seconds",
            "Seconds from a call's arrival to its response.",
            ("action",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._busiest_second = Gauge(
            f"{_NAMESPACE}_busiest_second_calls",
            "Most authenticated calls in one calendar second.",
            ("action", "state"),
            registry=registry,
        )
        registry.register(_QueueCollector(queue))

    def count_arrival(self, action: str, *, admitted: bool) -> None:
        """Count an authenticated call in its calendar second; ``admitted`` unless the quota rejected it."""
        second = int(self._clock())
        with self._lock:
            for state in ("arrived", "admitted") if admitted else ("arrived",):
                key = (action, state)
                last_second, calls = self._current_second.get(key, (second, 0))
                calls = calls + 1 if last_second == second else 1
                self._current_second[key] = (second, calls)
                self._busiest[key] = max(self._busiest.get(key, 0), calls)
                self._busiest_second.labels(*key).set(self._busiest[key])

    def count_response(self, action: str, code: str, seconds: float) -> None:
        """Count a finished call; ``code`` is ``OK``, an error code or the name of an injected fault."""
        self._calls.labels(action, code).inc()
        self._seconds.labels(action).observe(seconds)

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)


class _QueueCollector(Collector):
    """Reads the state of the queue and its workers when Prometheus scrapes."""

    def __init__(self, queue: RecognitionQueue) -> None:
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        queue, workers = self._queue, self._queue.workers
        for name, description, value in (
            ("calls_in_flight", "Calls whose image is in memory: downloading, waiting or being read.", queue.in_flight),
            ("calls_waiting", "Calls waiting for a worker.", queue.waiting),
            ("calls_in_flight_limit", "Maximum of calls_in_flight; further calls are rejected.", queue.capacity),
            ("workers", "Configured workers.", workers.count),
            ("workers_ready", "Workers that are ready.", workers.ready),
        ):
            yield GaugeMetricFamily(f"{_NAMESPACE}_{name}", description, value=value)
        yield CounterMetricFamily(
            f"{_NAMESPACE}_workers_replaced", "Workers that died and were replaced.", value=workers.replaced
        )
