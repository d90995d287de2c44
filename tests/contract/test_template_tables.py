"""The tables: retention and access."""

from tests.contract.deployed_template import Resources, listed, of_type, role_statements, with_condition


def test_the_tables_of_documents_expire_and_have_no_backups(resources: Resources) -> None:
    assert of_type(resources, "AWS::DynamoDB::Table").keys() == {"WorkTable", "ReferencesTable", "LimiterTable"}
    keys = {"WorkTable": ["id"], "ReferencesTable": ["target", "document_id"]}
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
