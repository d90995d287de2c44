"""The tables: retention and access."""

import re
from typing import Any

from tests.contract.template.deployed_template import Resources, listed, of_type, role_statements, with_condition


def test_the_tables_of_documents_expire_and_have_no_backups(resources: Resources) -> None:
    keys = {"WorkTable": ["id"], "ReferencesTable": ["target", "document_id"], "ExpiriesTable": ["id"]}
    assert of_type(resources, "AWS::DynamoDB::Table").keys() == {*keys, "LimiterTable"}
    for name, expected in keys.items():
        properties = resources[name]["Properties"]
        assert [key["AttributeName"] for key in properties["KeySchema"]] == expected
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        encryption = with_condition(properties["SSESpecification"], "HasEncryptionKey", holds=False)
        assert encryption == {"SSEEnabled": True, "SSEType": "KMS"}
        assert "PointInTimeRecoverySpecification" not in properties


def test_functions_may_only_update_the_limiter_table(resources: Resources) -> None:
    """Items must not be replaced unconditionally, and an update returns the item."""
    table = {"Fn::GetAtt": ["LimiterTable", "Arn"]}
    for role in of_type(resources, "AWS::IAM::Role").values():
        allowed = [one["Action"] for one in role_statements(role) if table in listed(one["Resource"])]
        assert allowed in ([], ["dynamodb:UpdateItem"])
    assert resources["LimiterTable"]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_indexes_of_watched_cards_hold_only_keys(resources: Resources) -> None:
    """What is found in an index is read from the table: a card that was just deleted may still be in the index."""
    indexes = resources["ExpiriesTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert {one["IndexName"]: [key["AttributeName"] for key in one["KeySchema"]] for one in indexes} == {
        "by_last_day": ["valid_until", "document_id"],
        "by_document": ["document_id"],
    }
    assert {one["Projection"]["ProjectionType"] for one in indexes} == {"KEYS_ONLY"}


def test_without_notices_there_is_nothing_of_the_reminders(transformed: dict[str, Any]) -> None:
    resources = transformed["Resources"]
    of_reminders = {name for name in resources if re.match("Expir|Reminder", name)}
    assert {resources[name]["Type"] for name in of_reminders} >= {"AWS::DynamoDB::Table", "AWS::Scheduler::Schedule"}
    assert {resources[name].get("Condition") for name in of_reminders} == {"HasReminders"}
    assert transformed["Parameters"]["ExpiryNoticeDays"]["Default"] == ""
