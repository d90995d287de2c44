"""The template's alarms, evaluated on the metrics of a run as CloudWatch evaluates them.

An alarm is evaluated once a minute, on a window that ends with that minute and slides with it. The window is
``EvaluationPeriods`` long. If at least ``DatapointsToAlarm`` of its periods breach, the state is ALARM. Missing data
counts as not breaching, with ``breaching`` as breaching, and with ``ignore`` leaves the state as it is while the whole
window has none.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html

Not modelled: how late a metric arrives in CloudWatch, and anomaly detection.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from sandbox.cloudwatch.expressions import evaluate
from sandbox.cloudwatch.metrics import MetricId, Metrics

type State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_COMPARISONS: Final = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_MINUTE: Final = 60
NO_ID: Final = ""
"""The id of the HTTP API, which moto's CloudFormation does not create."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One metric of an alarm or of a dashboard's widget."""

    id: str
    metric: MetricId
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm; ``period`` in seconds, ``expression`` empty for one that watches a single metric."""

    name: str
    queries: Sequence[Query]
    expression: str
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    comparison: str
    threshold: float
    missing: str

    @property
    def window_seconds(self) -> int:
        """How far an evaluation looks back."""
        return self.period * self.evaluation_periods

    def value(self, metrics: Metrics, *, end: float) -> float | None:
        """Return the value of the period that ends at ``end``; None if there is no data."""
        values = {
            query.id: metrics.statistic(query.metric, query.statistic, start=end - self.period, end=end)
            for query in self.queries
        }
        return evaluate(self.expression or self.queries[0].id, values, period=self.period)

    def state_at(self, metrics: Metrics, *, end: float, before: State) -> State:
        """Return the state after the evaluation at ``end``, which follows the state ``before``."""
        values = [self.value(metrics, end=end - number * self.period) for number in range(self.evaluation_periods)]
        return self.state(values, before=before)

    def state(self, values: Sequence[float | None], *, before: State) -> State:
        """Return the state after the state ``before``, from the values of the window's periods."""
        known = [value for value in values if value is not None]
        breaching = sum(_COMPARISONS[self.comparison](value, self.threshold) for value in known)
        if self.missing == "breaching":
            breaching += len(values) - len(known)
        if breaching >= self.datapoints_to_alarm:
            return "ALARM"
        return before if self.missing == "ignore" and not known else "OK"

    def changes(self, metrics: Metrics, *, start: float, end: float) -> list[tuple[float, State]]:
        """Return when the state changed to what, evaluated every minute from ``start`` to ``end``."""
        state: State = "INSUFFICIENT_DATA"
        changes: list[tuple[float, State]] = []
        value = cache(lambda end: self.value(metrics, end=end))
        for minute in range(int(start // _MINUTE) + 1, int(end // _MINUTE) + 1):
            periods = range(self.evaluation_periods)
            values = [value(minute * _MINUTE - number * self.period) for number in periods]
            now = self.state(values, before=state)
            if now != state:
                changes.append((minute * _MINUTE, now))
            state = now
        return changes


def read_alarms(resolved: Mapping[str, Mapping[str, Any]]) -> list[Alarm]:
    """Return the alarms in their resolved properties, by logical id."""
    return [_alarm(name, properties) for name, properties in resolved.items()]


def _alarm(name: str, properties: Mapping[str, Any]) -> Alarm:
    evaluation_periods = int(properties["EvaluationPeriods"])
    if parts := [part for part in properties.get("Metrics", []) if part]:  # moto keeps AWS::NoValue, as null
        (expression,) = (part["Expression"] for part in parts if "Expression" in part)
        stats = [(part["Id"], part["MetricStat"]) for part in parts if "MetricStat" in part]
        queries = [Query(id=one, metric=metric_id(stat["Metric"]), statistic=stat["Stat"]) for one, stat in stats]
        (period,) = {int(stat["Period"]) for _, stat in stats}
    else:
        expression, period = "", int(properties["Period"])
        queries = [Query(id="m", metric=metric_id(properties), statistic=properties["Statistic"])]
    return Alarm(
        name=name,
        queries=queries,
        expression=expression,
        period=period,
        evaluation_periods=evaluation_periods,
        datapoints_to_alarm=int(properties.get("DatapointsToAlarm", evaluation_periods)),
        comparison=properties["ComparisonOperator"],
        threshold=float(properties["Threshold"]),
        missing=properties["TreatMissingData"],
    )


def metric_id(properties: Mapping[str, Any]) -> MetricId:
    """Return the metric in CloudFormation's properties."""
    dimensions: Iterable[Mapping[str, str]] = properties.get("Dimensions", [])
    return MetricId(
        properties["Namespace"],
        properties["MetricName"],
        frozenset((one["Name"], str(one.get("Value", NO_ID))) for one in dimensions),
    )
