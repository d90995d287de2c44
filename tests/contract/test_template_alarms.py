"""Alarms: what an operator is told of."""

from typing import Any, get_args

from permit_ocr.observability import Metric
from permit_ocr.tencent.actions import ACTIONS
from tests.contract.deployed_template import DAY_SECONDS, Resources, of_type


def test_every_dead_letter_queue_has_an_alarm(resources: Resources) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert watched == {"DeadLetterQueue", "ResultsDeadLetterQueue", "WebhookDeadLetterQueue"}


def test_an_alarm_tells_of_results_that_nobody_takes_before_they_are_deleted(
    transformed: dict[str, Any], source: dict[str, Any]
) -> None:
    """A metric of seconds, a parameter of hours: CloudWatch divides, since a template cannot multiply."""
    alarm = transformed["Resources"]["ResultsAgeAlarm"]
    hours, age = alarm["Properties"]["Metrics"]
    assert (hours["Expression"], hours["ReturnData"]) == (f"{age['Id']} / 3600", True)
    metric = age["MetricStat"]["Metric"]
    assert metric["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert metric["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["ResultsQueue", "QueueName"]}}]
    parameter = source["Parameters"]["ResultsUnreadHoursAlarm"]
    assert alarm["Properties"]["Threshold"] == {"Ref": "ResultsUnreadHoursAlarm"}
    kept = transformed["Resources"]["ResultsQueue"]["Properties"]["MessageRetentionPeriod"]
    assert parameter["MaxValue"] * 3600 <= kept - DAY_SECONDS
    assert parameter["MinValue"] == 0, "and it can be switched off where nobody is meant to take them"
    switched_on = transformed["Conditions"][alarm["Condition"]]
    assert switched_on == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ResultsUnreadHoursAlarm"}, 0]}]}


def test_alarms_tell_of_server_errors_of_the_api_and_of_functions_that_lambda_does_not_start(
    resources: Resources,
) -> None:
    errors = resources["ApiServerErrorsAlarm"]["Properties"]
    assert (errors["Namespace"], errors["MetricName"]) == ("AWS/ApiGateway", "5xx"), "as HTTP APIs call it"
    assert errors["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]
    total, *parts = resources["ThrottlesAlarm"]["Properties"]["Metrics"]
    assert total["Expression"] == "SUM(METRICS())"
    metrics = [part["MetricStat"]["Metric"] for part in parts]
    assert {metric["MetricName"] for metric in metrics} == {"Throttles"}
    watched = {metric["Dimensions"][0]["Value"]["Ref"] for metric in metrics}
    assert watched == {"UploadsFunction", "ImagesFunction", "ApiFunction"}


def test_alarms_on_our_own_metrics_watch_what_the_functions_count(resources: Resources) -> None:
    single = [alarm["Properties"] for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()]
    parts = [
        part["MetricStat"]["Metric"] for alarm in single for part in alarm.get("Metrics", []) if "MetricStat" in part
    ]
    ours = [metric for metric in single + parts if metric.get("Namespace") == "PermitOcr"]
    assert {metric["MetricName"] for metric in ours} >= {"CircuitOpened", "ActionWithdrawn", "WebhookSecretUnusable"}
    assert {metric["MetricName"] for metric in ours} <= set(get_args(Metric.__value__))
    by_action = {
        dimension["Value"]
        for metric in ours
        if metric["MetricName"] == "ActionWithdrawn"
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "action"
    }
    assert by_action == {action.name for action in ACTIONS.values()}
