"""Each alarm fires once for a trouble that lasts, soon after it begins, and is OK again after it is over.

The metrics of each trouble are computed from what emits them: retry delays, probes, visibility timeouts. While it lasts
other documents succeed, so that there is always data that does not breach.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.alarms.groups import GROUPS, NOT_CAUSED
from permit_ocr.application.retry_policy import deferral_delay, retry_delay
from permit_ocr.application.webhook_retry_policy import webhook_retry_delay
from permit_ocr.domain.errors import CircuitOpen, RateLimited, RetryableError
from permit_ocr.rate_limit.circuit_breaker import _FIRST_PROBE_SECONDS, _LONGEST_PROBE_SECONDS
from sandbox.cloudwatch.alarms import Alarm, State
from sandbox.cloudwatch.metrics import DataPoint, MetricId, Metrics
from tests.contract.template.deployed_template import alarms_in

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
INVOCATION_SECONDS: Final = 45.0
"""The longest invocation of a queue's function."""
STACK: Final = "AWS::StackName"
FUNCTIONS: Final = {"uploads": "UploadsFunction", "images": "ImagesFunction", "webhooks": "WebhooksFunction"}

type Points = Iterator[DataPoint]
type Cause = Callable[[float, float, float], Points]
"""The metrics of a trouble from a start to an end, with a document every so many seconds."""


def ours(time: float, name: str, value: float = 1, **dimensions: str) -> DataPoint:
    return DataPoint(MetricId("PermitOcr", name, frozenset({("service", STACK), *dimensions.items()})), time, value)


def aws(time: float, namespace: str, name: str, value: float, **dimension: str) -> DataPoint:
    return DataPoint(MetricId(f"AWS/{namespace}", name, frozenset(dimension.items())), time, value)


def every(start: float, end: float, seconds: float) -> Iterator[float]:
    time = start
    while time < end:
        yield time
        time += seconds


def attempts(sent: float, end: float, delay: Callable[[int, float], float | None]) -> Iterator[tuple[int, float]]:
    """Yield the number and the time of each attempt at one message."""
    number, time = 1, sent
    while time < end:
        yield number, time
        waits = delay(number, time - sent)
        if waits is None:
            return
        number, time = number + 1, time + waits + random.uniform(0, 1)


def failing(function: str, delay: Callable[[int, float], float | None]) -> Cause:
    def points(start: float, end: float, gap: float) -> Points:
        for sent in every(start, end, gap):
            yield from (
                ours(time, "MessagesFailing", function=function)
                for number, time in attempts(sent, end, delay)
                if number == 3
            )

    return points


def failing_uploads(number: int, _age: float) -> float | None:
    return retry_delay(RetryableError("InternalError", "", ""), attempt=number) if number < 6 else None


def failing_webhooks(number: int, age: float) -> float | None:
    return webhook_retry_delay(attempts=number, age_seconds=age)


def waiting(function: str, error: Exception) -> Cause:
    """One document that waits as long as the trouble lasts: the fewer wait, the longer are the gaps."""

    def points(start: float, end: float, _gap: float) -> Points:
        for _, time in attempts(start, end, lambda _, age: deferral_delay(error, age_seconds=age)):
            yield ours(time, "OldestDeferredSeconds", time - start, function=function)

    return points


def circuit(action: str) -> Cause:
    def points(start: float, end: float, _gap: float) -> Points:
        seconds, time = float(_FIRST_PROBE_SECONDS), start
        while time < end:
            yield ours(time, "CircuitOpen", action=action)
            # A probe needs a document, and those that wait come back once an hour at least.
            time += seconds + random.uniform(0, min(HOUR, (time - start) / 20))
            seconds = min(2 * seconds, _LONGEST_PROBE_SECONDS)

    return points


def again_and_again(point: Callable[[float], DataPoint], seconds: float) -> Cause:
    return lambda start, end, _gap: (point(time) for time in every(start, end, seconds))


def per_document(point: Callable[[float], DataPoint]) -> Cause:
    return lambda start, end, gap: (point(time) for time in every(start, end, gap))


def function_errors(function: str, visibility_timeout: float) -> Cause:
    """Fail with every invocation; the message is back after the visibility timeout."""
    seconds = visibility_timeout + INVOCATION_SECONDS
    return again_and_again(lambda time: aws(time, "Lambda", "Errors", 1, FunctionName=function), seconds)


def stalled(queue: str) -> Cause:
    def points(start: float, end: float, _gap: float) -> Points:
        for time in every(start, end, 60):
            yield aws(time, "SQS", "ApproximateNumberOfMessagesVisible", 1, QueueName=queue)
            yield aws(time, "SQS", "NumberOfMessagesReceived", 0, QueueName=queue)

    return points


def oldest_review(start: float, end: float, _gap: float) -> Points:
    for time in every(start, end, 900):
        yield ours(time, "OldestReviewSeconds", time - start)


def messages_on(queue: str) -> Cause:
    return again_and_again(lambda time: aws(time, "SQS", "ApproximateNumberOfMessagesVisible", 1, QueueName=queue), 60)


def oldest_on(queue: str) -> Cause:
    def points(start: float, end: float, _gap: float) -> Points:
        for time in every(start, end, 60):
            yield aws(time, "SQS", "ApproximateAgeOfOldestMessage", time - start, QueueName=queue)

    return points


def no_metrics(function: str) -> Cause:
    """Run a function; the metrics in its log, those of ``healthy``, do not arrive."""
    return per_document(lambda time: aws(time, "Lambda", "Invocations", 1, FunctionName=function))


def late_reminders(start: float, end: float, _gap: float) -> Points:
    for time in every(start, end, 120):
        yield ours(time, "RemindersLateSeconds", time - start)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What sets off an alarm: the metrics it causes, and the minutes until the alarm has to fire."""

    cause: Cause
    within: float
    lasts: float = 4 * HOUR
    documents_every: tuple[float, float] = (5.0, 600.0)


TROUBLES: Final = {
    # An outage is seen after the third failure, a minute and a half after the first.
    "UploadsFailingAlarm": Trouble(failing("uploads", failing_uploads), 4),
    "ImagesFailingAlarm": Trouble(failing("images", failing_uploads), 4),
    "WebhooksFailingAlarm": Trouble(failing("webhooks", failing_webhooks), 4),
    "IntakeStalledAlarm": Trouble(stalled("IntakeQueue"), 5),
    "ImagesStalledAlarm": Trouble(stalled("ImagesQueue"), 5),
    "WebhooksStalledAlarm": Trouble(stalled("WebhookQueue"), 5),
    "ResidencePermitCircuitAlarm": Trouble(circuit("HmtResidentPermitOCR"), 1, lasts=2 * DAY),
    "MainlandPermitCircuitAlarm": Trouble(circuit("MainlandPermitOCR"), 1, lasts=2 * DAY),
    "UploadsErrorsAlarm": Trouble(function_errors("UploadsFunction", 270), 1),
    "ImagesErrorsAlarm": Trouble(function_errors("ImagesFunction", 270), 1),
    "WebhooksErrorsAlarm": Trouble(function_errors("WebhooksFunction", 180), 1),
    "ApiErrorsAlarm": Trouble(
        again_and_again(lambda time: aws(time, "Lambda", "Errors", 1, FunctionName="ApiFunction"), 300), 1
    ),
    "ApiServerErrorsAlarm": Trouble(
        again_and_again(lambda time: aws(time, "ApiGateway", "5xx", 1, ApiId="HttpApi"), 40), 5
    ),
    "ThrottlesAlarm": Trouble(
        again_and_again(lambda time: aws(time, "Lambda", "Throttles", 1, FunctionName="UploadsFunction"), 300), 1
    ),
    "DeadLetterAlarm": Trouble(messages_on("DeadLetterQueue"), 1),
    "ResultsDeadLetterAlarm": Trouble(messages_on("ResultsDeadLetterQueue"), 1),
    "WebhookDeadLetterAlarm": Trouble(messages_on("WebhookDeadLetterQueue"), 1),
    # These begin with the first document that waits; only one that waits for long is a trouble.
    "IntakeAgeAlarm": Trouble(waiting("uploads", CircuitOpen("", "", "")), 18, lasts=2 * DAY),
    "ImagesAgeAlarm": Trouble(waiting("images", RateLimited(after_seconds=1)), 18, lasts=2 * DAY),
    "WebhookAgeAlarm": Trouble(oldest_on("WebhookQueue"), 64),
    "ResultsAgeAlarm": Trouble(oldest_on("ResultsQueue"), 24 * 60 + 16, lasts=2 * DAY),
    "WebhookSecretAlarm": Trouble(per_document(lambda time: ours(time, "WebhookSecretUnusable")), 1),
    "ActionWithdrawnAlarm": Trouble(
        # An endpoint is called again after five minutes, or as a probe of its open circuit.
        again_and_again(lambda time: ours(time, "ActionWithdrawn", action="MainlandPermitOCR"), 900),
        1,
    ),
    "QuotaExceededAlarm": Trouble(
        per_document(lambda time: ours(time, "QuotaExceeded", action="MainlandPermitOCR")), 1
    ),
    "RejectionsAlarm": Trouble(
        again_and_again(lambda time: ours(time, "DocumentRejected"), 30), 52
    ),  # 120 an hour, above 100
    "SpendAlarm": Trouble(
        again_and_again(lambda time: ours(time, "ProviderCalls", 100, action="MainlandPermitOCR"), 100), 14 * 60, DAY
    ),  # 3,600 an hour, above 50,000 a day
    # Measured by a schedule: the default is a day.
    "ReviewAgeAlarm": Trouble(oldest_review, 24 * 60 + 16, lasts=2 * DAY),
    "RemindersLateAlarm": Trouble(late_reminders, 4 * 60 + 16, lasts=DAY),
    "RemindersFailingAlarm": Trouble(
        again_and_again(lambda time: aws(time, "Lambda", "Errors", 1, FunctionName="ExpiryFunction"), 120), 1
    ),
    **{
        f"{name.removesuffix('Function')}MetricsMissingAlarm": Trouble(no_metrics(name), 31)
        for name in (*FUNCTIONS.values(), "ApiFunction")
    },
}


def healthy(start: float, end: float) -> Points:
    """Yield what other documents emit that succeed meanwhile."""
    for time in every(start, end, 97):
        for function, name in FUNCTIONS.items():
            yield aws(time, "Lambda", "Invocations", 1, FunctionName=name)
            yield ours(time, "OldestDeferredSeconds", 0, function=function)
            yield aws(time, "Lambda", "Errors", 0, FunctionName=name)
        yield ours(time, "RemindersLateSeconds", 0)


def after(end: float) -> Points:
    """Yield what is emitted once the trouble is over."""
    for time in every(end, end + 3 * HOUR, 60):
        yield ours(time, "WebhookSecretUnusable", 0)
        yield ours(time, "OldestReviewSeconds", 0)
        for action in ("HmtResidentPermitOCR", "MainlandPermitOCR"):
            yield ours(time, "CircuitOpen", 0, action=action)


SILENT: Final = {name for name in TROUBLES if name.endswith("MetricsMissingAlarm")}


def is_lost(point: DataPoint, *, start: float, end: float) -> bool:
    """Return whether a metric in a log does not arrive from ``start`` to ``end``."""
    return point.metric.namespace == "PermitOcr" and start <= point.time < end


def changes(alarm: Alarm, trouble: Trouble, *, start: float, gap: float) -> list[tuple[float, State]]:
    end = start + trouble.lasts
    metrics = Metrics()
    watched = {query.metric for query in alarm.queries}
    for points in (trouble.cause(start, end, gap), healthy(start - HOUR, end + 3 * HOUR), after(end)):
        metrics.add(
            point
            for point in points
            if point.metric in watched and not (alarm.name in SILENT and is_lost(point, start=start, end=end))
        )
    return alarm.changes(metrics, start=start - HOUR, end=end + 3 * HOUR + (DAY if alarm.period == DAY else 0))


def test_every_alarm_has_its_trouble(transformed: dict[str, Any]) -> None:
    assert set(TROUBLES) == set(alarms_in(transformed))


def test_the_benchmark_causes_the_trouble_of_every_alarm(transformed: dict[str, Any]) -> None:
    caused = {alarm for group in GROUPS for trouble in group.troubles for alarm in trouble.alarms}
    assert caused | NOT_CAUSED.keys() == set(alarms_in(transformed))


@pytest.mark.parametrize("name", TROUBLES)
def test_an_alarm_fires_once_for_a_trouble_and_ends_with_it(name: str, transformed: dict[str, Any]) -> None:
    alarm, trouble = alarms_in(transformed)[name], TROUBLES[name]

    @settings(max_examples=4)
    @given(st.floats(0, 300), st.floats(*trouble.documents_every))
    def fires_once(phase: float, gap: float) -> None:
        start = 20_000 * DAY + phase
        fired = [(time - start, state) for time, state in changes(alarm, trouble, start=start, gap=gap)]
        alarms = [seconds for seconds, state in fired if state == "ALARM"]
        assert len(alarms) == 1, fired
        assert alarms[0] <= trouble.within * 60 + 60, "and a minute, since alarms are evaluated once a minute"
        assert fired[-1][1] == "OK"
        assert fired[-1][0] >= trouble.lasts - alarm.window_seconds - trouble.documents_every[1]

    fires_once()


def test_a_single_document_that_can_never_succeed_fires_once(transformed: dict[str, Any]) -> None:
    """Its later retries, hours apart, are no news."""
    alarm = alarms_in(transformed)["UploadsFailingAlarm"]
    start = 20_000 * DAY
    once = Trouble(lambda start, end, _gap: failing("uploads", failing_uploads)(start, end, DAY), 4)
    states = [state for _, state in changes(alarm, once, start=start, gap=DAY)]
    assert states == ["OK", "ALARM", "OK"]


@pytest.mark.parametrize("name", sorted(SILENT))
def test_missing_metrics_are_noticed_while_other_functions_are_idle(name: str, transformed: dict[str, Any]) -> None:
    alarm, function = alarms_in(transformed)[name], name.removesuffix("MetricsMissingAlarm") + "Function"
    start, end = 20_000 * DAY, 20_000 * DAY + HOUR
    metrics = Metrics()
    metrics.add(aws(time, "Lambda", "Invocations", 1, FunctionName=function) for time in every(start, end, 60))
    fired = [time - start for time, state in alarm.changes(metrics, start=start - HOUR, end=end) if state == "ALARM"]
    assert len(fired) == 1
    assert fired[0] <= 600, "docs/operations.md"


def test_reminders_that_do_not_run_are_noticed_within_15_minutes(transformed: dict[str, Any]) -> None:
    alarm = alarms_in(transformed)["RemindersLateAlarm"]
    start, stopped = 20_000 * DAY, 20_000 * DAY + HOUR
    metrics = Metrics()
    metrics.add(ours(time, "RemindersLateSeconds", 0) for time in every(start, stopped, 120))
    fired = [
        time - stopped
        for time, state in alarm.changes(metrics, start=start + HOUR / 2, end=stopped + HOUR)
        if state == "ALARM"
    ]
    assert len(fired) == 1
    assert fired[0] <= 16 * 60


def test_a_disturbance_of_seconds_fires_nothing(transformed: dict[str, Any]) -> None:
    start = 20_000 * DAY
    for name in ("UploadsFailingAlarm", "ImagesFailingAlarm"):
        short = Trouble(TROUBLES[name].cause, 4, lasts=30)
        states = [state for _, state in changes(alarms_in(transformed)[name], short, start=start, gap=5)]
        assert "ALARM" not in states


@pytest.mark.parametrize("name", ["UploadsErrorsAlarm", "IntakeAgeAlarm", "ActionWithdrawnAlarm"])
def test_an_alarm_that_looks_back_one_minute_would_fire_again_and_again(name: str, transformed: dict[str, Any]) -> None:
    alarm = replace(alarms_in(transformed)[name], period=60, evaluation_periods=1, datapoints_to_alarm=1)
    states = [state for _, state in changes(alarm, TROUBLES[name], start=20_000 * DAY, gap=60)]
    assert states.count("ALARM") > 5
