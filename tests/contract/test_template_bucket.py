"""The upload bucket: access and retention."""

import re
from typing import Any

from tests.contract.deployed_template import (
    DAY_SECONDS,
    Resources,
    of_type,
    policy_statements,
)


def test_the_bucket_is_private_encrypted_and_versioned(resources: Resources) -> None:
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()
    properties = bucket["Properties"]
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_bucket_policy_only_denies_plain_http(resources: Resources) -> None:
    (statement,) = policy_statements(resources, "AWS::S3::BucketPolicy", "Bucket", "UploadBucket")
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["UploadBucket", "Arn"]}, {"Fn::Sub": "${UploadBucket.Arn}/*"}]


def test_lifecycle_rules_delete_everything_in_the_bucket(resources: Resources) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    prefixes = [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule]
    assert prefixes == [{"Ref": "UploadPrefix"}, "portraits/", "pages/"]
    (rest,) = (rule for rule in rules if "ExpirationInDays" not in rule)
    assert rest.keys() >= {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload", "ExpiredObjectDeleteMarker"}
    assert "Prefix" not in rest


def test_portraits_and_pages_are_not_processed_as_uploads(source: dict[str, Any], resources: Resources) -> None:
    (notification,) = resources["UploadBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": {"Ref": "UploadPrefix"}}]
    pattern = re.compile(source["Parameters"]["UploadPrefix"]["AllowedPattern"])
    assert pattern.fullmatch("uploads/")
    assert pattern.fullmatch("cards/2026/in/")
    for refused in ("", "/", "uploads", "portraits/", "portraits/in/", "pages/", "a//b/", "up*/"):
        assert not pattern.fullmatch(refused), refused


def test_pages_outlive_their_messages_but_not_their_uploads(source: dict[str, Any], resources: Resources) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "pages/")
    assert days * DAY_SECONDS > resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert days <= source["Parameters"]["UploadRetentionDays"]["MinValue"]
