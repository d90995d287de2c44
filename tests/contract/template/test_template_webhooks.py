"""Webhooks: optional, signed, and separate from everything else."""

import json
import re
from typing import Any

import pytest

from permit_ocr.application.webhook_retry_policy import RETRY_FOR_SECONDS
from tests.contract.template.deployed_template import Resources, role_statements

ATTEMPTS_PER_DAY = 15
"""Attempts according to ``permit_ocr.application.webhook_retry_policy``."""


def test_without_a_url_no_webhook_resources_are_deployed(transformed: dict[str, Any]) -> None:
    webhooks = {name: resource for name, resource in transformed["Resources"].items() if name.startswith("Webhook")}
    kinds = {resource["Type"].rpartition("::")[2] for resource in webhooks.values()}
    assert kinds >= {"Function", "EventSourceMapping", "Queue", "QueuePolicy", "Role", "LogGroup", "Alarm"}
    assert {resource.get("Condition") for resource in webhooks.values()} == {"HasWebhooks"}
    outputs = {name: output.get("Condition") for name, output in transformed["Outputs"].items() if "Webhook" in name}
    assert outputs == dict.fromkeys(("WebhookQueueUrl", "WebhookDeadLetterQueueUrl", "WebhooksRoleArn"), "HasWebhooks")
    assert transformed["Conditions"]["HasWebhooks"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookUrl"}, ""]}]}


def test_a_webhook_url_and_a_webhook_secret_need_each_other(source: dict[str, Any]) -> None:
    rules = source["Rules"]
    for one, other in (("WebhookUrl", "WebhookSecret"), ("WebhookSecret", "WebhookUrl")):
        (rule,) = (
            rule
            for rule in rules.values()
            if rule.get("RuleCondition") == {"Fn::Not": [{"Fn::Equals": [{"Ref": one}, ""]}]}
        )
        assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": other}, ""]}]}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("", True),
        ("https://hooks.example/permit-ocr?tenant=7", True),
        ("https://hooks.example:8443", True),
        ("http://hooks.example/", False),
        ("https://user:password@hooks.example/", False),
        ("https://[::1]/", False),
        ("https://hooks.example/a b", False),
        ("hooks.example", False),
    ],
)
def test_a_webhook_url_is_https_without_credentials(source: dict[str, Any], url: str, allowed: bool) -> None:  # noqa: FBT001
    assert bool(re.fullmatch(source["Parameters"]["WebhookUrl"]["AllowedPattern"], url)) is allowed


def test_webhook_retries_stay_within_the_queues_limits(resources: Resources) -> None:
    mapping = resources["WebhooksFunctionQueue"]["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumBatchingWindowInSeconds" not in mapping, "FIFO queues have no window"
    queue = resources["WebhookQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] > 5 * ATTEMPTS_PER_DAY, (
        "the function itself sends them to the dead-letter queue"
    )
    assert queue["MessageRetentionPeriod"] > 2 * RETRY_FOR_SECONDS


def test_the_webhooks_function_reaches_only_its_queues_and_secret(resources: Resources) -> None:
    reached = {json.dumps(one["Resource"]) for one in role_statements(resources["WebhooksRole"])}
    assert not [resource for resource in reached if "Table" in resource or "Bucket" in resource]
