"""Webhooks: there only where they are asked for, signed, and apart from everything else."""

import json
import re
from typing import Any

import pytest

from permit_ocr.application.webhook_retry_policy import RETRY_FOR_SECONDS
from tests.contract.deployed_template import Resources, role_statements

LONGEST_LIFE_IN_ATTEMPTS = 15
"""Attempts within a day, by ``permit_ocr.application.webhook_retry_policy``."""


def test_without_an_address_nothing_of_webhooks_is_deployed(transformed: dict[str, Any]) -> None:
    webhooks = {name: resource for name, resource in transformed["Resources"].items() if name.startswith("Webhook")}
    kinds = {resource["Type"].rpartition("::")[2] for resource in webhooks.values()}
    assert kinds >= {"Function", "EventSourceMapping", "Queue", "QueuePolicy", "Role", "LogGroup", "Alarm"}
    assert {resource.get("Condition") for resource in webhooks.values()} == {"HasWebhooks"}
    outputs = {name: said.get("Condition") for name, said in transformed["Outputs"].items() if "Webhook" in name}
    assert outputs == dict.fromkeys(("WebhookQueueUrl", "WebhookDeadLetterQueueUrl", "WebhooksRoleArn"), "HasWebhooks")
    assert transformed["Conditions"]["HasWebhooks"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookUrl"}, ""]}]}


def test_webhooks_are_signed(source: dict[str, Any]) -> None:
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
def test_a_webhooks_address_is_https_without_credentials(source: dict[str, Any], url: str, allowed: bool) -> None:  # noqa: FBT001
    assert bool(re.fullmatch(source["Parameters"]["WebhookUrl"]["AllowedPattern"], url)) is allowed


def test_webhooks_are_given_back_one_by_one_and_reach_nothing_but_their_queues_and_secret(resources: Resources) -> None:
    mapping = resources["WebhooksFunctionQueue"]["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumBatchingWindowInSeconds" not in mapping, "FIFO queues have no window"
    queue = resources["WebhookQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] > 5 * LONGEST_LIFE_IN_ATTEMPTS, "the function gives them up itself"
    assert queue["MessageRetentionPeriod"] > 2 * RETRY_FOR_SECONDS
    reached = {json.dumps(one["Resource"]) for one in role_statements(resources["WebhooksRole"])}
    assert not [resource for resource in reached if "Table" in resource or "Bucket" in resource]
