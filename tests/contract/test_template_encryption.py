"""Encryption with the services' default keys, or with the operator's own key."""

import json

from tests.contract.deployed_template import (
    Resources,
    listed,
    of_type,
    role_statements,
    with_condition,
)


def test_an_operators_key_encrypts_everything_with_personal_data(
    resources: Resources,
) -> None:
    with_key = {name: with_condition(resource, "HasEncryptionKey", holds=True) for name, resource in resources.items()}
    key = {"Ref": "EncryptionKey"}
    for name, queue in of_type(with_key, "AWS::SQS::Queue").items():
        assert queue["Properties"]["KmsMasterKeyId"] == key, name
        assert queue["Properties"]["SqsManagedSseEnabled"] is False, "a queue has either kind of encryption"
    (rule,) = with_key["UploadBucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert with_key["WorkTable"]["Properties"]["SSESpecification"]["KMSMasterKeyId"] == key
    for name, role in of_type(with_key, "AWS::IAM::Role").items():
        allowed = [one for one in role_statements(role) if "kms:Decrypt" in listed(one["Action"])]
        if name == "ConsoleRole":
            assert not allowed
        else:
            (statement,) = allowed
            assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], key)
        uses_work_table = {"Fn::GetAtt": ["WorkTable", "Arn"]} in [one["Resource"] for one in role_statements(role)]
        for_work_table = [one["Resource"] for one in role_statements(role) if "kms:Encrypt" in listed(one["Action"])]
        assert for_work_table == ([key] if uses_work_table else []), name


def test_without_an_operators_key_no_role_may_use_kms(resources: Resources) -> None:
    for role in of_type(resources, "AWS::IAM::Role").values():
        statements = role_statements(with_condition(role, "HasEncryptionKey", holds=False))
        assert "kms" not in json.dumps(statements)
