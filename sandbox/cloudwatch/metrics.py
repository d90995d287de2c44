"""Data points of metrics, and their statistics by period."""

import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class MetricId:
    """What identifies a metric."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class DataPoint:
    """One value of a metric; ``time`` in seconds since 1970."""

    metric: MetricId
    time: float
    value: float


def embedded_data_points(line: str) -> list[DataPoint]:
    """Return the data points in a log line in CloudWatch's embedded metric format; none for any other line.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    if '"_aws"' not in line:
        return []
    try:
        record = json.loads(line)
    except ValueError:
        return []
    header = record.get("_aws") if isinstance(record, dict) else None
    if not isinstance(header, dict):
        return []
    return [
        DataPoint(MetricId(directive["Namespace"], metric["Name"], _dimensions(names, record)), time, float(value))
        for time in [header["Timestamp"] / 1000]
        for directive in header["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for metric in directive["Metrics"]
        for value in _values(record[metric["Name"]])
    ]


def _dimensions(names: Iterable[str], record: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((name, record[name]) for name in names)


def _values(value: Any) -> list[float]:  # noqa: ANN401  JSON
    return value if isinstance(value, list) else [value]


@dataclass(slots=True)
class Metrics:
    """The data points of a run, in any order."""

    _times: dict[MetricId, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    _sorted: bool = True

    def add(self, points: Iterable[DataPoint]) -> None:
        """Add data points."""
        for point in points:
            self._times[point.metric].append((point.time, point.value))
            self._sorted = False

    def ids(self) -> Iterator[MetricId]:
        """Yield the metrics that have data."""
        yield from self._times

    def span(self) -> tuple[float, float]:
        """Return the times of the first and the last data point."""
        times = [time for points in self._times.values() for time, _ in points]
        return min(times), max(times)

    def statistic(self, metric: MetricId, statistic: str, *, start: float, end: float) -> float | None:
        """Return a statistic of the values from ``start`` until before ``end``; None if there are none."""
        if not self._sorted:
            for points in self._times.values():
                points.sort()
            self._sorted = True
        points = self._times.get(metric, [])
        values = [value for _, value in points[bisect_left(points, (start,)) : bisect_left(points, (end,))]]
        return _statistic(values, statistic) if values else None


_STATISTICS: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "Sum": math.fsum,
    "Maximum": max,
    "Minimum": min,
    "Average": lambda values: math.fsum(values) / len(values),
    "SampleCount": len,
}


def _statistic(values: list[float], statistic: str) -> float:
    if statistic.startswith("p"):
        ranked = sorted(values)
        return ranked[max(0, math.ceil(float(statistic[1:]) / 100 * len(ranked)) - 1)]
    return float(_STATISTICS[statistic](values))
