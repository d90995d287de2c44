"""What the alarms watch."""

from typing import Any, get_args

from permit_ocr.metrics import Metric, QueueFunction
from permit_ocr.tencent.actions import ACTIONS
from tests.contract.template.deployed_template import DAY_SECONDS, Resources, alarms_in, of_type


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


def test_alarms_on_application_metrics_use_metrics_that_exist(transformed: dict[str, Any]) -> None:
    watched = {query.metric for alarm in alarms_in(transformed).values() for query in alarm.queries}
    ours = {metric for metric in watched if metric.namespace == "PermitOcr"}
    assert {metric.name for metric in ours} <= set(get_args(Metric.__value__))
    actions = {action.name for action in ACTIONS.values()}
    for name in ("ActionWithdrawn", "CircuitOpen", "QuotaExceeded", "ProviderCalls"):
        assert {dict(metric.dimensions)["action"] for metric in ours if metric.name == name} == actions
    for name in ("MessagesFailing", "OldestDeferredSeconds"):
        functions = {dict(metric.dimensions)["function"] for metric in ours if metric.name == name}
        assert functions >= {"uploads", "images"}
        assert functions <= set(get_args(QueueFunction.__value__))


def test_age_alarms_of_standard_queues_also_see_retried_messages(transformed: dict[str, Any]) -> None:
    """SQS leaves a message that was received three times out of the age, except on a FIFO queue."""
    queues = of_type(transformed["Resources"], "AWS::SQS::Queue")
    for alarm in alarms_in(transformed).values():
        for query in alarm.queries:
            if query.metric.name == "ApproximateAgeOfOldestMessage":
                (queue,) = (value for name, value in query.metric.dimensions if name == "QueueName")
                names = {other.metric.name for other in alarm.queries}
                assert queues[queue]["Properties"].get("FifoQueue") or "OldestDeferredSeconds" in names, alarm.name


def test_every_function_has_an_alarm_on_its_errors(transformed: dict[str, Any]) -> None:
    """An import that fails, or a denied log, leaves no metric but Lambda's own."""
    errors, invocations = (
        {
            dict(query.metric.dimensions)["FunctionName"]
            for alarm in alarms_in(transformed).values()
            for query in alarm.queries
            if query.metric.name == name
        }
        for name in ("Errors", "Invocations")
    )
    functions = set(of_type(transformed["Resources"], "AWS::Lambda::Function")) - {"ConsoleFunction"}
    assert errors == functions
    assert invocations == functions - {"ExpiryFunction"}, "RemindersLateAlarm fires without its metrics"
