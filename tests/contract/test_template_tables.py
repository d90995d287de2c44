"""The tables: what is remembered, and what is not."""

from tests.contract.deployed_template import Resources, decided, listed, of_type, role_statements


def test_the_work_table_forgets_and_keeps_no_backup_of_what_it_forgot(resources: Resources) -> None:
    assert of_type(resources, "AWS::DynamoDB::Table").keys() == {"WorkTable", "LimiterTable"}
    properties = resources["WorkTable"]["Properties"]
    assert properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    encryption = decided(properties["SSESpecification"], "HasEncryptionKey", holds=False)
    assert encryption == {"SSEEnabled": True, "SSEType": "KMS"}
    assert "PointInTimeRecoverySpecification" not in properties


def test_functions_change_the_limiter_table_and_neither_read_nor_write_it_otherwise(resources: Resources) -> None:
    """Without a condition nothing there may be replaced, and an update returns what it found."""
    table = {"Fn::GetAtt": ["LimiterTable", "Arn"]}
    for role in of_type(resources, "AWS::IAM::Role").values():
        allowed = [one["Action"] for one in role_statements(role) if table in listed(one["Resource"])]
        assert allowed in ([], ["dynamodb:UpdateItem"])
    assert resources["LimiterTable"]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
