"""Encryption with the services' default keys, or with the operator's own key."""

import re
from typing import Any

import pytest

from tests.contract.template.deployed_template import (
    SECRET_ARN,
    Resources,
    created_policies,
    of_type,
    with_condition,
)

KEY = "arn:aws:kms:eu-central-1:123456789012:key/new"
PREVIOUS = ["arn:aws:kms:eu-central-1:123456789012:key/older", "arn:aws:kms:eu-central-1:123456789012:key/old"]


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
    for name in ("WorkTable", "ReferencesTable"):
        assert with_key[name]["Properties"]["SSESpecification"]["KMSMasterKeyId"] == key


@pytest.mark.parametrize(
    ("key", "previous"),
    [("", []), (KEY, []), (KEY, PREVIOUS), ("", PREVIOUS[:1])],
)
def test_roles_can_use_the_key_and_the_ones_before_it(
    transformed: dict[str, Any], key: str, previous: list[str]
) -> None:
    """What was encrypted with an earlier key must stay readable: objects and messages are not encrypted again."""
    usable = {one for one in (key, *previous) if one}
    policies = created_policies(
        transformed,
        {"CredentialsSecret": SECRET_ARN, "EncryptionKey": key, "PreviousEncryptionKeys": ",".join(previous)},
    )
    assert policies.keys() == {"Uploads", "Images", "Api", "ReviewAgeSchedule"}
    for name, statements in policies.items():
        of_kms = {one["Sid"]: one for one in statements if "kms:" in str(one["Action"])}
        of_work_table = {"UseEncryptionKeysForWorkTable"} if name in {"Uploads", "Api"} else set()
        assert of_kms.keys() == ({"UseEncryptionKeys", *of_work_table} if usable else set()), name
        for statement in of_kms.values():
            resource = statement["Resource"]
            assert set([resource] if isinstance(resource, str) else resource) == usable, name
        if usable:
            assert of_kms["UseEncryptionKeys"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


@pytest.mark.parametrize(
    ("keys", "allowed"), [("", True), (KEY, True), (f"{KEY},{KEY}", True), (f"{KEY}, {KEY}", False)]
)
def test_previous_keys_are_a_list_of_arns(source: dict[str, Any], keys: str, allowed: bool) -> None:  # noqa: FBT001
    assert bool(re.fullmatch(source["Parameters"]["PreviousEncryptionKeys"]["AllowedPattern"], keys)) is allowed
