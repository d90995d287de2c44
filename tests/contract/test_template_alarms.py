"""What the alarms watch."""

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


def test_an_alarm_fires_before_unread_results_are_deleted(transformed: dict[str, Any], source: dict[str, Any]) -> None:
    """A template cannot multiply, so a mapping translates the days of the parameter."""
    alarm = transformed["Resources"]["ResultsAgeAlarm"]
    watched = alarm["Properties"]
    assert watched["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert watched["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["ResultsQueue", "QueueName"]}}]
    days = {"Ref": "ResultsRetentionDays"}
    assert watched["Threshold"] == {"Fn::FindInMap": ["ResultsRetention", days, "AlarmSeconds"]}
    kept = transformed["Resources"]["ResultsQueue"]["Properties"]["MessageRetentionPeriod"]
    assert kept == {"Fn::FindInMap": ["ResultsRetention", days, "Seconds"]}
    mapping = transformed["Mappings"]["ResultsRetention"]
    assert list(mapping) == source["Parameters"]["ResultsRetentionDays"]["AllowedValues"]
    assert mapping["0"]["Seconds"] == 60, "the least that SQS allows"
    for text, seconds in list(mapping.items())[1:]:
        assert seconds["Seconds"] == int(text) * DAY_SECONDS
        assert 0 < seconds["AlarmSeconds"] <= min(DAY_SECONDS, seconds["Seconds"] / 2)
    switched_on = transformed["Conditions"][alarm["Condition"]]
    assert switched_on == {"Fn::Not": [{"Fn::Equals": [days, "0"]}]}


def test_alarms_watch_server_errors_of_the_api_and_throttled_functions(
    resources: Resources,
) -> None:
    errors = resources["ApiServerErrorsAlarm"]["Properties"]
    assert (errors["Namespace"], errors["MetricName"]) == ("AWS/ApiGateway", "5xx"), "the metric's name for HTTP APIs"
    assert errors["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]
    total, *parts = resources["ThrottlesAlarm"]["Properties"]["Metrics"]
    assert total["Expression"] == "SUM(METRICS())"
    metrics = [part["MetricStat"]["Metric"] for part in parts]
    assert {metric["MetricName"] for metric in metrics} == {"Throttles"}
    watched = {metric["Dimensions"][0]["Value"]["Ref"] for metric in metrics}
    assert watched == {"UploadsFunction", "ImagesFunction", "ApiFunction"}


def test_alarms_on_application_metrics_use_metrics_that_exist(resources: Resources) -> None:
    single = [alarm["Properties"] for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()]
    parts = [
        part["MetricStat"]["Metric"] for alarm in single for part in alarm.get("Metrics", []) if "MetricStat" in part
    ]
    application = [metric for metric in single + parts if metric.get("Namespace") == "PermitOcr"]
    assert {metric["MetricName"] for metric in application} >= {
        "CircuitOpened",
        "ActionWithdrawn",
        "WebhookSecretUnusable",
    }
    assert {metric["MetricName"] for metric in application} <= set(get_args(Metric.__value__))
    by_action = {
        dimension["Value"]
        for metric in application
        if metric["MetricName"] == "ActionWithdrawn"
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "action"
    }
    assert by_action == {action.name for action in ACTIONS.values()}
