"""The upload bucket: access and retention."""

from typing import Any

from tests.contract.template.deployed_template import (
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


def test_one_lifecycle_rule_deletes_everything_whatever_its_key(resources: Resources) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    everything, markers, pages = rules
    assert everything.keys().isdisjoint({"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"})
    assert everything["ExpirationInDays"] == {"Ref": "UploadRetentionDays"}
    assert everything["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert everything["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert markers == {"Id": "delete-markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": True}
    assert pages["Prefix"] == "pages/", "the only other rule deletes sooner"


def test_the_prefix_of_uploads_cannot_be_changed(transformed: dict[str, Any], resources: Resources) -> None:
    """Ids, folders, waiting messages and deletions of direct uploads depend on it."""
    (notification,) = resources["UploadBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]
    assert transformed["Outputs"]["UploadPrefix"]["Value"] == "uploads/"
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["Environment"]["Variables"]["UPLOAD_PREFIX"] == "uploads/"


def test_pages_outlive_their_messages_but_not_their_uploads(source: dict[str, Any], resources: Resources) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "pages/")
    assert days * DAY_SECONDS > resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert days <= source["Parameters"]["UploadRetentionDays"]["MinValue"]
