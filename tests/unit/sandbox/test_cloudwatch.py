"""The sandbox's metrics and alarms: metric math, statistics, missing data, what is recorded."""

import asyncio
import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.denials import DENIALS_PATH, Denials
from sandbox.aws.queue_metrics import QUEUE_METRICS_PATH, QueueMetrics, queue_metrics
from sandbox.cloudwatch.alarms import State, read_alarms
from sandbox.cloudwatch.expressions import evaluate
from sandbox.cloudwatch.metrics import DataPoint, MetricId, Metrics, embedded_data_points
from sandbox.cloudwatch.recorder import RecordedMetrics, Recorder
from sandbox.lambda_runtime.account_concurrency import AccountConcurrency
from sandbox.lambda_runtime.invocation import InvocationResult, Json
from sandbox.lambda_runtime.sqs_poller import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

METRIC = MetricId("N", "M")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + 2 * b", 7),
        ("a / b", 1 / 3),
        ("a / (b - b)", None),
        ("a + none", None),
        ("IF(a < b AND b == 3, 10, 20)", 10),
        ("IF(a > b OR a != 1, 10, 20)", 20),
        ("IF(none > 0, 1, 0)", None),
        ("FILL(none, 5) + FILL(a, 5)", 6),
        ("MAX([a, b, none])", 3),
        ("SUM([none])", None),
        ("SUM(METRICS())", 4),
        ("100 * b / PERIOD(b)", 1),
    ],
)
def test_metric_math(expression: str, value: float | None) -> None:
    assert evaluate(expression, {"a": 1.0, "b": 3.0, "none": None}, period=300) == value


@pytest.mark.parametrize("expression", ["SEARCH('x')", "a[0]", "1 +", "IF(a)"])
def test_metric_math_that_is_not_supported_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        evaluate(expression, {"a": 1.0})


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_statistics_of_a_period(values: list[float]) -> None:
    metrics = Metrics()
    metrics.add(DataPoint(METRIC, 60.0 + number / len(values), value) for number, value in enumerate(values))
    metrics.add([DataPoint(METRIC, 61.0, 1e9)])  # the next period

    def statistic(name: str) -> float | None:
        return metrics.statistic(METRIC, name, start=60, end=61)

    assert statistic("Maximum") == max(values)
    assert statistic("Minimum") == min(values)
    assert statistic("SampleCount") == len(values)
    assert statistic("Sum") == pytest.approx(sum(values), abs=1e-3)
    assert statistic("p100") == max(values)
    assert metrics.statistic(METRIC, "Sum", start=0, end=60) is None


def test_embedded_metrics_are_read_and_other_lines_are_not() -> None:
    directive = {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "M"}, {"Name": "O"}]}
    header = {"Timestamp": 5000, "CloudWatchMetrics": [directive]}
    line = json.dumps({"_aws": header, "service": "s", "M": [1, 2], "O": 3})
    points = [(point.metric.name, point.time, point.value) for point in embedded_data_points(line)]
    assert points == [("M", 5, 1), ("M", 5, 2), ("O", 5, 3)]
    for other in ("START", '{"message": "x"}', '"_aws"', '{"_aws": 1}', '{"_aws'):
        assert embedded_data_points(other) == []


@pytest.mark.parametrize(
    ("missing", "values", "states"),
    [
        ("notBreaching", [0, 1, None, None, 0], ["OK", "ALARM", "OK"]),
        ("ignore", [0, 1, None, None, 0], ["OK", "ALARM", "OK"]),
        ("ignore", [0, 1, None, None, None], ["OK", "ALARM"]),
        ("ignore", [None, None], []),
    ],
)
def test_missing_data(missing: str, values: list[float | None], states: list[State]) -> None:
    properties = {
        "Namespace": "N",
        "MetricName": "M",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "TreatMissingData": missing,
    }
    (alarm,) = read_alarms({"A": properties})
    metrics = Metrics()
    metrics.add(DataPoint(METRIC, 60.0 * minute, value) for minute, value in enumerate(values) if value is not None)
    changes = alarm.changes(metrics, start=0, end=60.0 * len(values))
    assert [state for _, state in changes] == states


def test_invocations_responses_and_receives_are_recorded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    (tmp_path / "logs").mkdir()

    async def invoke(event: Json) -> InvocationResult:
        return InvocationResult(payload=b"", function_error=event["fails"])

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503})
        await send({"type": "http.response.body"})

    class Queue:
        async def receive(self, count: int, wait: float) -> Sequence[Message]:
            assert wait
            return [{}] * count

        async def delete(self, messages: Sequence[Message]) -> None:
            assert messages

    async def run() -> None:
        for fails in (True, False):
            await recorder.invocations("f", invoke)({"fails": fails})

        async def send(_message: Any) -> None:
            pass

        await recorder.responses(application)({}, None, send)
        queue = recorder.receives("q", Queue())
        await queue.delete(await queue.receive(3, 1.0))

    asyncio.run(run())
    metrics = RecordedMetrics(tmp_path).refresh()
    start, end = metrics.span()
    sums = {
        metric.name: metrics.statistic(metric, "Sum", start=start, end=end + 1)
        for metric in metrics.ids()
        if metric.name not in {"Duration", "Latency"}
    }
    assert sums == {"Invocations": 2, "Errors": 1, "Count": 1, "5xx": 1, "NumberOfMessagesReceived": 3}


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    recorder, recorded = Recorder(tmp_path), RecordedMetrics(tmp_path)
    for _ in range(3):
        recorder.record("N", {"M": 1}, at=60.0)
        recorded.refresh()
    assert recorded.metrics.statistic(MetricId("N", "M"), "SampleCount", start=0, end=61) == 3


def test_the_age_of_the_oldest_leaves_out_what_was_received_three_times(sqs: "SQSClient") -> None:
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    ages = []
    for _ in range(3):
        sqs.receive_message(QueueUrl=url)
        ages.append(queue_metrics()["q"]["ApproximateAgeOfOldestMessage"])
    assert ages[1] > 0
    assert ages[2] == 0
    answer = QueueMetrics(lambda *_: [b"moto"])
    assert answer({"PATH_INFO": "/"}, lambda *_: None) == [b"moto"]
    (body,) = answer({"PATH_INFO": QUEUE_METRICS_PATH}, lambda *_: None)
    assert json.loads(body)["q"]["ApproximateNumberOfMessagesVisible"] == 1


def test_only_named_calls_are_denied() -> None:
    denials = Denials(lambda *_: [b"moto"])

    def call(method: str, *, target: str = "", path: str = "/", body: bytes = b"") -> bytes:
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO(body)}
        return b"".join(denials(environ | ({"HTTP_X_AMZ_TARGET": target} if target else {}), lambda *_: None))

    assert call("GET") == b"moto"
    call("PUT", path=DENIALS_PATH, body=b'["S3 GET", "DynamoDB", "SQS ReceiveMessage -intake"]')
    assert b"AccessDenied" in call("GET")
    assert call("PUT") == b"moto"
    assert b"AccessDenied" in call("POST", target="DynamoDB_20120810.PutItem")
    assert b"AccessDenied" in call("POST", target="AmazonSQS.ReceiveMessage", body=b"the-intake")
    assert call("POST", target="AmazonSQS.ReceiveMessage", body=b"results") == b"moto"
    assert call("POST", target="AmazonSQS.SendMessage", body=b"the-intake") == b"moto"


def test_invocations_beyond_the_accounts_quota_are_refused_and_recorded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    (tmp_path / "logs").mkdir()

    async def invoke(_event: Json) -> InvocationResult:
        await asyncio.sleep(0.01)
        return InvocationResult(payload=b"", function_error=False)

    async def run() -> list[InvocationResult]:
        functions = AccountConcurrency(2, recorder.throttle).limit({"f": invoke, "g": invoke})
        together = await asyncio.gather(functions["f"]({}), functions["g"]({}), functions["f"]({}))
        return [*together, await functions["f"]({})]

    assert [result.function_error for result in asyncio.run(run())] == [False, False, True, False]
    (throttles,) = RecordedMetrics(tmp_path).refresh().ids()
    assert throttles == MetricId("AWS/Lambda", "Throttles", frozenset({("FunctionName", "f")}))
