"""The dashboard shows only metrics that the code or AWS emits, and draws from the metrics of a run."""

import json
import re
from typing import Any, get_args

import pytest

from permit_ocr.metrics import Metric, QueueFunction, Reason
from permit_ocr.tencent.actions import ACTIONS
from sandbox.cloudwatch.dashboard import draw, metrics_of
from sandbox.cloudwatch.metrics import DataPoint, MetricId, Metrics
from tests.contract.template.deployed_template import of_type

OF_AWS = {
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""
STACK = "permit-ocr"


@pytest.fixture(scope="module")
def dashboard(transformed: dict[str, Any]) -> dict[str, Any]:
    """Return the dashboard's body as of a stack: names of queues as the template gives them, parameters as defaults."""
    resources, parameters = transformed["Resources"], transformed["Parameters"]

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.endswith(".QueueName"):
            given = resources[name.removesuffix(".QueueName")]["Properties"].get(
                "QueueName", {"Fn::Sub": name.removesuffix(".QueueName")}
            )
            return re.sub(r"\$\{([\w.:]+)\}", value, given["Fn::Sub"])
        return {"AWS::StackName": STACK, "AWS::Region": "eu-central-1"}.get(name) or str(parameters[name]["Default"])

    text = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body: dict[str, Any] = json.loads(re.sub(r"\$\{([\w.:]+)\}", value, text))
    return body


def shown(dashboard: dict[str, Any]) -> set[MetricId]:
    return {
        metric
        for widget in dashboard["widgets"]
        if widget["type"] == "metric"
        for metric in metrics_of(widget["properties"])
    }


def test_every_metric_shown_is_emitted(dashboard: dict[str, Any], transformed: dict[str, Any]) -> None:
    queues = {
        properties["QueueName"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
        for queue in of_type(transformed["Resources"], "AWS::SQS::Queue").values()
        if isinstance((properties := queue["Properties"]).get("QueueName"), dict)
    }
    values = {
        "service": {STACK},
        "action": {action.name for action in ACTIONS.values()},
        "function": set(get_args(QueueFunction.__value__)),
        "reason": set(get_args(Reason.__value__)),
        "QueueName": queues | {"DeadLetterQueue"},
    }
    for metric in shown(dashboard):
        assert metric.name in OF_AWS.get(metric.namespace, set(get_args(Metric.__value__))), metric
        for name, value in metric.dimensions:
            assert value in values[name], metric


def test_all_reasons_and_results_are_shown(dashboard: dict[str, Any]) -> None:
    metrics = shown(dashboard)
    reasons = {dict(metric.dimensions)["reason"] for metric in metrics if metric.name == "MessagesDeferred"}
    assert reasons == set(get_args(Reason.__value__))
    results = {name for name in get_args(Metric.__value__) if name.startswith("Results")}
    assert results <= {metric.name for metric in metrics}


def test_log_widgets_read_log_groups_of_the_template(dashboard: dict[str, Any], transformed: dict[str, Any]) -> None:
    groups = {
        str(group["Properties"]["LogGroupName"]["Fn::Sub"]).replace("${AWS::StackName}", STACK)
        for group in of_type(transformed["Resources"], "AWS::Logs::LogGroup").values()
    }
    for widget in dashboard["widgets"]:
        if widget["type"] == "log":
            named = set(re.findall(r"SOURCE '([^']+)'", widget["properties"]["query"]))
            assert named
            assert named <= groups


def test_widgets_do_not_overlap(dashboard: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for widget in dashboard["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_dashboard_draws_what_was_recorded(dashboard: dict[str, Any]) -> None:
    metrics = Metrics()
    metrics.add(DataPoint(metric, 1000.0 + step, step) for metric in shown(dashboard) for step in range(1, 50))
    logs = ["START", '{"message": "document_failed", "code": "InternalError"}', '{"message": "x"}', "{"]
    svg = draw(dashboard, metrics, logs, start=1000, end=1060)
    texts = set(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    for widget in dashboard["widgets"]:
        assert widget["properties"]["title"] in texts
    assert {"accepted", "InternalError", "travel permits"} <= texts
