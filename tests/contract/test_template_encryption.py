"""Encryption: with the services' own keys, or with one of the operator's."""

import json

from tests.contract.deployed_template import (
    Resources,
    decided,
    listed,
    of_type,
    role_statements,
)


def test_with_a_key_of_the_operators_everything_that_holds_personal_data_is_encrypted_with_it(
    resources: Resources,
) -> None:
    with_key = {name: decided(resource, "HasEncryptionKey", holds=True) for name, resource in resources.items()}
    key = {"Ref": "EncryptionKey"}
    for name, queue in of_type(with_key, "AWS::SQS::Queue").items():
        assert queue["Properties"]["KmsMasterKeyId"] == key, name
        assert queue["Properties"]["SqsManagedSseEnabled"] is False, "a queue has one or the other"
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
        reaches_work = {"Fn::GetAtt": ["WorkTable", "Arn"]} in [one["Resource"] for one in role_statements(role)]
        for_work = [one["Resource"] for one in role_statements(role) if "kms:Encrypt" in listed(one["Action"])]
        assert for_work == ([key] if reaches_work else []), name


def test_without_a_key_of_the_operators_no_role_may_use_any(resources: Resources) -> None:
    for role in of_type(resources, "AWS::IAM::Role").values():
        statements = role_statements(decided(role, "HasEncryptionKey", holds=False))
        assert "kms" not in json.dumps(statements)
