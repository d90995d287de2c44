"""What template.yaml promises, judged on the CloudFormation that SAM makes of it: there nothing is implied any more."""

import ast
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import boto3
import pytest
from moto import mock_aws
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from permit_ocr.adapters.dynamodb_documents import BURIED_DAYS
from permit_ocr.adapters.journal import Metric, count
from permit_ocr.adapters.uploads_batch import WAITING_ENDS_AFTER_SECONDS
from permit_ocr.adapters.waits import seconds_after_failure
from permit_ocr.adapters.webhook_retries import RETRY_FOR_SECONDS
from permit_ocr.composition import Settings
from permit_ocr.domain.image_rejections import DECODING_MEGABYTES, DECODING_SECONDS
from permit_ocr.tencent.actions import ACTIONS, QUOTA_PER_SECOND
from permit_ocr.tencent.quota import LEAST_RATE, most_in_a_second

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
API_GIVES_UP_SECONDS = 30
"""Longest an HTTP API waits for its integration, a quota that cannot be raised."""

DAY_SECONDS = 24 * 3600
LONGEST_LIFE_IN_ATTEMPTS = 15
"""Attempts within a day, by ``permit_ocr.adapters.webhook_retries``."""

Resources = dict[str, dict[str, Any]]
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="module")
def transformed() -> dict[str, Any]:
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][code] = "s3://code/artefact"  # as sam package has it
    session = boto3.Session(region_name="eu-central-1")
    cloudformation: dict[str, Any] = Translator({}, Parser(), None, session).translate(template, {})
    return cloudformation


@pytest.fixture(scope="module")
def resources(transformed: dict[str, Any]) -> Resources:
    found: Resources = transformed["Resources"]
    return found


def of_type(resources: Resources, cloudformation_type: str) -> Resources:
    """Resources of a type by logical id; fails on none, or a test could pass for want of any."""
    found = {name: resource for name, resource in resources.items() if resource["Type"] == cloudformation_type}
    assert found, f"the template has no {cloudformation_type}"
    return found


def branches(value: Any) -> Iterator[Any]:
    """Every value that an ``Fn::If`` can come to, or the value itself."""
    if isinstance(value, dict) and "Fn::If" in value:
        for branch in value["Fn::If"][1:]:
            yield from branches(branch)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def listed(value: Any) -> list[Any]:
    """Make a list of a policy's "one or several", with every possible entry."""
    entries = value if isinstance(value, list) else [value]
    return [possible for entry in entries for possible in branches(entry)]


def role_statements(role: dict[str, Any]) -> list[Statement]:
    documents = [policy["PolicyDocument"] for policy in role["Properties"]["Policies"]]
    return [statement for document in documents for statement in listed(document["Statement"])]


def policy_statements(resources: Resources, policy_type: str, target: str, logical_id: str) -> list[Statement]:
    """Statements of the one resource policy of a queue or bucket."""
    policies = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in of_type(resources, policy_type).values()
        if {"Ref": logical_id} in listed(policy["Properties"][target])
    ]
    assert len(policies) == 1, f"{logical_id} needs one {policy_type}: a second would replace the first"
    statements: list[Statement] = policies[0]
    return statements


def decided(value: Any, condition: str, *, holds: bool) -> Any:
    """Return what a part of the template is where this condition holds, or does not; others are left as they are."""
    if isinstance(value, dict):
        if value.get("Fn::If", [None])[0] == condition:
            return decided(value["Fn::If"][1 if holds else 2], condition, holds=holds)
        parts = {name: decided(part, condition, holds=holds) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part != {"Ref": "AWS::NoValue"}}
    return [decided(part, condition, holds=holds) for part in value] if isinstance(value, list) else value


def function_of(resources: Resources, logical_id: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources[logical_id]["Properties"]
    return properties


def test_roles_allow_named_actions_only(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role_statements(role):
            for action in listed(statement["Action"]):
                assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action), f"{name}: {action}"


def test_roles_allow_named_resources_only(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role_statements(role):
            assert "NotResource" not in statement
            for resource in listed(statement["Resource"]):
                text = next(iter(resource.values()))  # Ref, Fn::GetAtt or Fn::Sub: a literal ARN would name an account
                wildcards = re.findall(r"[*?]", text) if isinstance(text, str) else []
                at_the_end = not wildcards or re.search(r"(/\*|\$\{UploadPrefix\}\*|-\?{6})$", text)
                assert at_the_end, f"{name}: {statement['Sid']} reaches {text}"


def test_roles_take_no_managed_policy_since_those_reach_every_resource(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
    assert not [name for name, resource in resources.items() if resource["Type"] == "AWS::IAM::ManagedPolicy"]


def test_every_role_has_the_boundary_that_is_named_or_none(transformed: dict[str, Any]) -> None:
    bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    for name, role in of_type(transformed["Resources"], "AWS::IAM::Role").items():
        assert role["Properties"]["PermissionsBoundary"] == bounded, name
    named = transformed["Conditions"]["HasPermissionsBoundary"]
    assert named == {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}


def test_every_role_of_a_function_that_reaches_data_is_an_output(transformed: dict[str, Any]) -> None:
    """Whoever keeps secrets under a key of their own has to name these roles in its policy."""
    roles = of_type(transformed["Resources"], "AWS::IAM::Role").keys() - {"ConsoleRole"}
    outputs = transformed["Outputs"]
    assert {name: outputs[f"{name}Arn"]["Value"] for name in roles} == {
        name: {"Fn::GetAtt": [name, "Arn"]} for name in roles
    }


def test_only_lambda_assumes_the_roles(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def test_the_api_neither_takes_uploads_from_the_queue_nor_reads_them(resources: Resources) -> None:
    actions = {action for statement in role_statements(resources["ApiRole"]) for action in listed(statement["Action"])}
    assert actions.isdisjoint(
        {"sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
    )


def test_the_api_stores_photographs_under_the_keys_of_its_tickets_alone(resources: Resources) -> None:
    allowed = [one for one in role_statements(resources["ApiRole"]) if "s3:PutObject" in listed(one["Action"])]
    keys = {resource["Fn::Sub"] for one in allowed for resource in listed(one["Resource"])}
    assert keys == {"${UploadBucket.Arn}/${UploadPrefix}by-id/*", "${UploadBucket.Arn}/portraits/*"}


def test_versions_are_deleted_one_by_one_and_looked_for_only_where_documents_leave_them(resources: Resources) -> None:
    ours = ["${UploadBucket.Arn}/${UploadPrefix}*", "${UploadBucket.Arn}/pages/*", "${UploadBucket.Arn}/portraits/*"]
    for name in ("ApiRole", "UploadsRole"):
        statements = role_statements(resources[name])
        actions = {action for one in statements for action in listed(one["Action"]) if action.startswith("s3:")}
        assert "s3:DeleteObject" not in actions, "it would only hide what it is asked to delete"
        (deletes,) = (one for one in statements if "s3:DeleteObjectVersion" in listed(one["Action"]))
        assert [resource["Fn::Sub"] for resource in deletes["Resource"]] == ours, name
        (finds,) = (one for one in statements if "s3:ListBucketVersions" in listed(one["Action"]))
        prefixes = finds["Condition"]["StringLike"]["s3:prefix"]
        assert prefixes == [{"Fn::Sub": "${UploadPrefix}by-id/*"}, "pages/*", "portraits/*"], name


def test_there_is_no_other_way_in_than_the_api(resources: Resources) -> None:
    types = {resource["Type"] for resource in resources.values()}
    assert types.isdisjoint({"AWS::Lambda::Url", "AWS::ApiGatewayV2::Route", "AWS::ApiGateway::RestApi"})
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
        assert re.search(r"\$\{(__ApiId__|HttpApi)\}", str(permission["Properties"]["SourceArn"]))


def test_the_api_function_ends_before_the_api_gives_up(resources: Resources) -> None:
    assert function_of(resources, "ApiFunction")["Timeout"] < API_GIVES_UP_SECONDS


def test_a_message_stays_hidden_for_six_times_the_function_that_works_on_it(resources: Resources) -> None:
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        queue, _ = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"]
        (function,) = (
            resources[called["Ref"]]["Properties"]
            for called in branches(mapping["Properties"]["FunctionName"])
            if resources[called["Ref"]]["Type"] == "AWS::Lambda::Function"
        )
        assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_uploads_are_taken_in_batches_of_which_each_can_fail_alone(resources: Resources) -> None:
    mapping = resources["UploadsFunctionIntake"]
    assert mapping["Properties"]["Enabled"] is True
    assert mapping["Properties"]["BatchSize"] == {"Ref": "BatchSize"}
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_queues_are_encrypted_and_refuse_plain_http(resources: Resources) -> None:
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        plain = decided(queue["Properties"], "HasEncryptionKey", holds=False)
        assert plain["SqsManagedSseEnabled"] is True, name
        assert "KmsMasterKeyId" not in plain, name
        statements = policy_statements(resources, "AWS::SQS::QueuePolicy", "Queues", name)
        denied = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": {"Fn::GetAtt": [name, "Arn"]},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        assert denied in statements, name


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


def test_what_is_given_up_outlives_the_queue_it_came_from(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    redriven = {name: queue["Properties"] for name, queue in queues.items() if "RedrivePolicy" in queue["Properties"]}
    assert redriven.keys() == {"IntakeQueue", "ImagesQueue", "ResultsQueue", "WebhookQueue"}
    for name, source_queue in redriven.items():
        dead_letters = queues[source_queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
        assert dead_letters["MessageRetentionPeriod"] >= source_queue["MessageRetentionPeriod"], name
        assert dead_letters.get("FifoQueue") == source_queue.get("FifoQueue"), name


def test_waiting_ends_in_the_dead_letter_queue_before_the_intake_queue_would_drop_it(resources: Resources) -> None:
    intake = resources["IntakeQueue"]["Properties"]
    assert intake["MessageRetentionPeriod"] - WAITING_ENDS_AFTER_SECONDS >= DAY_SECONDS
    assert intake["RedrivePolicy"]["maxReceiveCount"] == 1000, "SQS's highest: a backstop, waiting takes some hundred"


def test_the_attempts_of_a_document_span_an_outage_of_six_hours(source: dict[str, Any]) -> None:
    failures = range(1, source["Parameters"]["MaximumAttempts"]["Default"])
    assert sum(seconds_after_failure(Exception(), failures=count) for count in failures) > 6 * 3600


def test_what_fails_to_be_decoded_is_given_up_before_the_images_queue_would_drop_it(resources: Resources) -> None:
    queue = resources["ImagesQueue"]["Properties"]
    receives = range(1, queue["RedrivePolicy"]["maxReceiveCount"] + 1)
    last_seen = sum(seconds_after_failure(Exception(), failures=count) for count in receives)
    assert queue["MessageRetentionPeriod"] - last_seen >= DAY_SECONDS


def test_every_dead_letter_queue_has_an_alarm(resources: Resources) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert watched == {"DeadLetterQueue", "ResultsDeadLetterQueue", "WebhookDeadLetterQueue"}


def test_an_alarm_tells_of_results_that_nobody_takes_before_they_are_deleted(
    transformed: dict[str, Any], source: dict[str, Any]
) -> None:
    """A metric of seconds, a parameter of hours: CloudWatch divides, since a template cannot multiply."""
    alarm = transformed["Resources"]["ResultsAgeAlarm"]
    hours, age = alarm["Properties"]["Metrics"]
    assert (hours["Expression"], hours["ReturnData"]) == (f"{age['Id']} / 3600", True)
    metric = age["MetricStat"]["Metric"]
    assert metric["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert metric["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["ResultsQueue", "QueueName"]}}]
    parameter = source["Parameters"]["ResultsUnreadHoursAlarm"]
    assert alarm["Properties"]["Threshold"] == {"Ref": "ResultsUnreadHoursAlarm"}
    kept = transformed["Resources"]["ResultsQueue"]["Properties"]["MessageRetentionPeriod"]
    assert parameter["MaxValue"] * 3600 <= kept - DAY_SECONDS
    assert parameter["MinValue"] == 0, "and it can be switched off where nobody is meant to take them"
    switched_on = transformed["Conditions"][alarm["Condition"]]
    assert switched_on == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ResultsUnreadHoursAlarm"}, 0]}]}


def test_alarms_tell_of_server_errors_of_the_api_and_of_functions_that_lambda_does_not_start(
    resources: Resources,
) -> None:
    errors = resources["ApiServerErrorsAlarm"]["Properties"]
    assert (errors["Namespace"], errors["MetricName"]) == ("AWS/ApiGateway", "5xx"), "as HTTP APIs call it"
    assert errors["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]
    total, *parts = resources["ThrottlesAlarm"]["Properties"]["Metrics"]
    assert total["Expression"] == "SUM(METRICS())"
    metrics = [part["MetricStat"]["Metric"] for part in parts]
    assert {metric["MetricName"] for metric in metrics} == {"Throttles"}
    watched = {metric["Dimensions"][0]["Value"]["Ref"] for metric in metrics}
    assert watched == {"UploadsFunction", "ImagesFunction", "ApiFunction"}


def test_alarms_on_our_own_metrics_watch_what_the_functions_count(resources: Resources) -> None:
    single = [alarm["Properties"] for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()]
    parts = [
        part["MetricStat"]["Metric"] for alarm in single for part in alarm.get("Metrics", []) if "MetricStat" in part
    ]
    ours = [metric for metric in single + parts if metric.get("Namespace") == "PermitOcr"]
    assert {metric["MetricName"] for metric in ours} >= {"LineStopped", "ActionWithdrawn", "WebhookSecretUnusable"}
    assert {metric["MetricName"] for metric in ours} <= set(get_args(Metric.__value__))
    by_action = {
        dimension["Value"]
        for metric in ours
        if metric["MetricName"] == "ActionWithdrawn"
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "action"
    }
    assert by_action == {action.name for action in ACTIONS.values()}


def test_results_are_deduplicated_by_their_event_id_alone(resources: Resources) -> None:
    results = resources["ResultsQueue"]["Properties"]
    assert results["FifoQueue"] is True
    assert results["ContentBasedDeduplication"] is False


def test_the_bucket_is_private_encrypted_and_versioned(resources: Resources) -> None:
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()
    properties = bucket["Properties"]
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_bucket_refuses_plain_http_and_its_policy_allows_nothing(resources: Resources) -> None:
    (statement,) = policy_statements(resources, "AWS::S3::BucketPolicy", "Bucket", "UploadBucket")
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["UploadBucket", "Arn"]}, {"Fn::Sub": "${UploadBucket.Arn}/*"}]


def test_photographs_portraits_old_versions_and_unfinished_uploads_are_deleted(resources: Resources) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    prefixes = [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule]
    assert prefixes == [{"Ref": "UploadPrefix"}, "portraits/", "pages/"]
    (rest,) = (rule for rule in rules if "ExpirationInDays" not in rule)
    assert rest.keys() >= {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload", "ExpiredObjectDeleteMarker"}
    assert "Prefix" not in rest


def test_uploads_are_announced_by_this_bucket_of_this_account_only(resources: Resources) -> None:
    statements = policy_statements(resources, "AWS::SQS::QueuePolicy", "Queues", "IntakeQueue")
    (announced,) = (statement for statement in statements if statement["Effect"] == "Allow")
    assert announced["Principal"] == {"Service": "s3.amazonaws.com"}
    assert announced["Action"] == "sqs:SendMessage"
    assert announced["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    name, variables = resources["UploadBucket"]["Properties"]["BucketName"]["Fn::Sub"]
    source_arn = announced["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source_arn == [f"arn:${{AWS::Partition}}:s3:::{name}", variables]


def test_portraits_and_pages_written_to_the_bucket_do_not_come_back_as_uploads(
    source: dict[str, Any], resources: Resources
) -> None:
    (announced,) = resources["UploadBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert announced["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": {"Ref": "UploadPrefix"}}]
    pattern = re.compile(source["Parameters"]["UploadPrefix"]["AllowedPattern"])
    assert pattern.fullmatch("uploads/")
    assert pattern.fullmatch("cards/2026/in/")
    for refused in ("", "/", "uploads", "portraits/", "portraits/in/", "pages/", "a//b/", "up*/"):
        assert not pattern.fullmatch(refused), refused


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


def test_the_default_rates_stay_within_the_providers_quota(source: dict[str, Any]) -> None:
    for name in ("ResidencePermitRate", "MainlandPermitRate"):
        assert most_in_a_second(source["Parameters"][name]["Default"]) == QUOTA_PER_SECOND
        assert most_in_a_second(source["Parameters"][name]["Default"] + 1) > QUOTA_PER_SECOND
        assert source["Parameters"][name]["MinValue"] == LEAST_RATE


@pytest.mark.parametrize(
    ("endpoints", "allowed"),
    [
        ("", True),
        ("ocr.intl.tencentcloudapi.com", True),
        ("ocr.intl.tencentcloudapi.com,reader.example:8443", True),
        ("127.0.0.1:8100", True),
        ("a.example,", False),
        ("a.example, b.example", False),
        ("https://a.example", False),
        ("a.example/path", False),
        ("a,b,c,d,e", False),
    ],
)
def test_endpoints_are_a_list_of_hosts(source: dict[str, Any], endpoints: str, allowed: bool) -> None:  # noqa: FBT001
    for name in ("ResidencePermitEndpoint", "MainlandPermitEndpoint"):
        assert bool(re.fullmatch(source["Parameters"][name]["AllowedPattern"], endpoints)) is allowed


def test_logs_are_kept_for_a_set_time(resources: Resources) -> None:
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_no_log_level_leaves_out_the_metrics_that_alarms_watch(
    source: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda filters lines of JSON by their level, and takes INFO for the level of those that name none."""
    count("LineStopped")
    assert "level" not in json.loads(capsys.readouterr().out)
    assert source["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_each_function_writes_to_its_own_log_group_and_to_no_other(resources: Resources) -> None:
    groups = set()
    for function in of_type(resources, "AWS::Lambda::Function").values():
        group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        role = resources[function["Properties"]["Role"]["Fn::GetAtt"][0]]
        (writes,) = (one for one in role_statements(role) if "logs:PutLogEvents" in listed(one["Action"]))
        assert writes["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        groups.add(group)
    assert len(groups) == len(of_type(resources, "AWS::Lambda::Function"))


def test_the_access_log_names_nobody(resources: Resources) -> None:
    for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
        logged = re.findall(r"\$context\.([A-Za-z.]+)", stage["Properties"]["AccessLogSettings"]["Format"])
        assert logged
        assert not [variable for variable in logged if re.match(r"identity|authorizer|path|domain|protocol", variable)]


def test_functions_and_layers_run_on_the_chosen_processor(resources: Resources) -> None:
    chosen = [{"Ref": "Architecture"}]
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["Architectures"] == chosen
        assert function["Properties"]["Runtime"] == "python3.13"
    for layer in of_type(resources, "AWS::Lambda::LayerVersion").values():
        assert layer["Properties"]["CompatibleArchitectures"] == chosen


def test_only_the_function_that_decodes_has_the_imaging_libraries(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        layers = [re.sub("[0-9a-f]{10}$", "", layer["Ref"]) for layer in function["Properties"]["Layers"]]
        imaging = ["ImagingLayer"] if name == "ImagesFunction" else []
        assert layers == ["ThirdPartyLayer", "PermitOcrLayer", *imaging], name


def test_the_function_that_decodes_can_read_uploads_and_write_pages_and_that_is_all(resources: Resources) -> None:
    reached = {
        next(iter(resource.values()))
        for statement in role_statements(resources["ImagesRole"])
        for resource in listed(statement["Resource"])
        if "Fn::Sub" in resource
    }
    assert reached == {"${UploadBucket.Arn}/${UploadPrefix}*", "${UploadBucket.Arn}/pages/*"}
    services = {
        action.partition(":")[0]
        for statement in role_statements(resources["ImagesRole"])
        for action in listed(statement["Action"])
    }
    assert services == {"s3", "sqs", "kms", "logs"}, "neither tables nor secrets: it opens files from anywhere"
    assert function_of(resources, "ImagesFunction")["MemorySize"] == 512


def test_decoding_has_the_time_that_it_is_promised(resources: Resources) -> None:
    seconds = function_of(resources, "ImagesFunction")["Timeout"]
    assert seconds >= DECODING_SECONDS + 10, "and some for the download before it and the messages after it"
    assert function_of(resources, "ImagesFunction")["MemorySize"] - 130 >= DECODING_MEGABYTES


def test_a_page_lives_longer_than_any_message_of_it_waits_and_no_longer_than_what_it_is_of(
    source: dict[str, Any], resources: Resources
) -> None:
    rules = resources["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    (days,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "pages/")
    assert days * DAY_SECONDS > resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert days <= source["Parameters"]["UploadRetentionDays"]["MinValue"]


def test_a_deletion_is_remembered_for_longer_than_any_message_of_the_document_may_lie_around(
    resources: Resources,
) -> None:
    way = ("IntakeQueue", "ImagesQueue", "IntakeQueue", "DeadLetterQueue")
    seconds = sum(resources[queue]["Properties"]["MessageRetentionPeriod"] for queue in way)
    assert seconds + DAY_SECONDS <= BURIED_DAYS * DAY_SECONDS


def test_a_document_is_known_for_as_long_as_it_may_wait_to_be_begun(
    source: dict[str, Any], resources: Resources
) -> None:
    waits = resources["IntakeQueue"]["Properties"]["MessageRetentionPeriod"]
    assert source["Parameters"]["KeepDays"]["MinValue"] * DAY_SECONDS >= waits


def test_functions_are_told_every_setting_they_read_and_no_other(resources: Resources) -> None:
    settings = {field.name.upper() for field in dataclasses.fields(Settings)}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Properties"]["Environment"]["Variables"].keys()
        of_libraries = {variable for variable in variables if variable.startswith(("MALLOC_", "PYDANTIC_"))}
        its_own = {"URL_SUFFIX"} if name == "ConsoleFunction" else set()
        assert variables - of_libraries == settings | {"METRICS_SERVICE"} | its_own, name


def test_no_secret_is_in_the_template_only_its_name(resources: Resources) -> None:
    for function in of_type(resources, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables["CREDENTIALS_SECRET"] == {"Ref": "CredentialsSecret"}
        assert not [name for name in variables if re.search(r"SECRET_(ID|KEY)|TOKEN|PASSWORD", name)]


def test_parameters_say_what_they_are_and_refuse_what_they_cannot_be(source: dict[str, Any]) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        default = str(parameter["Default"])
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], default), name
            assert parameter["ConstraintDescription"], name
        elif "AllowedValues" in parameter:
            assert default in map(str, parameter["AllowedValues"]), name
        else:
            assert parameter["MinValue"] <= int(default) <= parameter["MaxValue"], name


def test_every_parameter_is_in_one_group(source: dict[str, Any]) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(source["Parameters"])


@pytest.mark.parametrize(
    ("secret", "allowed"),
    [
        ("permit-ocr/provider", True),
        ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:permit-ocr/provider-AbC123", True),
        ("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-AbC123", True),
        ("arn:aws:ssm:eu-central-1:123456789012:parameter/x", False),
        ("*", False),
        ("a name with spaces", False),
    ],
)
def test_the_credentials_secret_is_an_arn_or_a_name(source: dict[str, Any], secret: str, allowed: bool) -> None:  # noqa: FBT001
    pattern = source["Parameters"]["CredentialsSecret"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, secret)) is allowed


def test_a_deployment_without_credentials_is_refused_at_once(source: dict[str, Any]) -> None:
    rule = source["Rules"]["CredentialsAreNamed"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "OcrScheme"}, "https"]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "CredentialsSecret"}, ""]}]}


ACCOUNT = "123456789012"
SECRET_ARN = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:permit-ocr/provider-AbC123"


@pytest.mark.parametrize(
    ("parameters", "readable"),
    [
        ({"CredentialsSecret": SECRET_ARN}, SECRET_ARN),
        (
            {"CredentialsSecret": "permit-ocr/provider"},
            f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:permit-ocr/provider-??????",
        ),
        ({"OcrScheme": "http"}, None),
    ],
)
def test_functions_may_read_the_one_secret_that_is_named(
    transformed: dict[str, Any], parameters: dict[str, str], readable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conditions and intrinsics of the policies, evaluated by moto's CloudFormation."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    plain = {
        name: resource
        for name, resource in transformed["Resources"].items()
        if resource["Type"].rpartition("::")[2] in {"Role", "Bucket", "Queue", "Table", "LogGroup"}
    }
    template = {key: transformed[key] for key in ("Parameters", "Conditions")} | {"Resources": plain}
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        session.client("cloudformation").create_stack(
            StackName="permit-ocr",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        roles = session.resource("iam").roles.all()
        policies = [policy for role in roles for policy in role.policies.all()]
        assert {policy.policy_name for policy in policies} == {"Uploads", "Images", "Api"}
        for policy in policies:
            wanted = [readable] if readable and policy.policy_name != "Images" else []
            document = ast.literal_eval(str(policy.policy_document))  # moto keeps it as Python's text
            secrets = [one["Resource"] for one in document["Statement"] if one and one["Sid"] == "ReadCredentials"]
            assert secrets == wanted


def test_without_an_address_nothing_of_webhooks_is_deployed(transformed: dict[str, Any]) -> None:
    webhooks = {name: resource for name, resource in transformed["Resources"].items() if name.startswith("Webhook")}
    kinds = {resource["Type"].rpartition("::")[2] for resource in webhooks.values()}
    assert kinds >= {"Function", "EventSourceMapping", "Queue", "QueuePolicy", "Role", "LogGroup", "Alarm"}
    assert {resource.get("Condition") for resource in webhooks.values()} == {"HasWebhooks"}
    outputs = {name: said.get("Condition") for name, said in transformed["Outputs"].items() if "Webhook" in name}
    assert outputs == dict.fromkeys(("WebhookQueueUrl", "WebhookDeadLetterQueueUrl", "WebhooksRoleArn"), "HasWebhooks")
    assert transformed["Conditions"]["HasWebhooks"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookUrl"}, ""]}]}


@pytest.mark.parametrize(
    ("rule", "parameter", "value"),
    [("ProviderIsCalledWithTls", "OcrScheme", "https"), ("WebhookTargetsArePublic", "WebhookTargets", "public")],
)
def test_what_exists_for_one_machine_cannot_be_deployed(
    source: dict[str, Any], rule: str, parameter: str, value: str
) -> None:
    assert "RuleCondition" not in source["Rules"][rule]
    (assertion,) = source["Rules"][rule]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": parameter}, value]}
    assert assertion["AssertDescription"].startswith(f"{parameter} must be {value}.")


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


def deployed(resources: Resources, *, snap_start: bool) -> Resources:
    """Return the resources that are there with SnapStart, or without."""
    return {
        name: decided(resource, "HasSnapStart", holds=snap_start)
        for name, resource in resources.items()
        if snap_start or resource.get("Condition") != "HasSnapStart"
    }


def parameters_in(value: Any, transformed: dict[str, Any]) -> set[str]:
    """Return every parameter that a part of the template depends on, by itself or by a condition."""
    found = set()
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == "Ref" and part in transformed["Parameters"]:
            found.add(part)
        elif key == "Fn::If":
            found |= parameters_in(transformed["Conditions"][part[0]], transformed)
        found |= parameters_in(part, transformed)
    return found


WITH_SNAPSHOTS = ["Uploads", "Api"]
"""Functions that go on from snapshots where there is SnapStart."""


def test_without_snapstart_which_is_the_default_functions_are_called_themselves(
    source: dict[str, Any], resources: Resources
) -> None:
    assert source["Parameters"]["SnapStart"]["Default"] == "None"
    assert source["Conditions"]["HasSnapStart"] == {"Fn::Equals": [{"Ref": "SnapStart"}, "PublishedVersions"]}
    plain = deployed(resources, snap_start=False)
    assert {resource["Type"].rpartition("::")[2] for resource in plain.values()}.isdisjoint({"Version", "Alias"})
    assert "Alias" not in json.dumps(plain)
    for name in WITH_SNAPSHOTS:
        assert "SnapStart" not in function_of(plain, f"{name}Function")
        assert isinstance(function_of(plain, f"{name}Function")["Description"], str)


@pytest.mark.parametrize("name", WITH_SNAPSHOTS)
def test_with_snapstart_whoever_calls_a_function_calls_the_version_that_was_published(
    resources: Resources, name: str
) -> None:
    published = deployed(resources, snap_start=True)
    function, alias = {"Ref": f"{name}Function"}, published[f"{name}Alias"]["Properties"]
    assert function_of(published, f"{name}Function")["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [f"{name}Version", "Version"]}
    assert alias["FunctionName"] == published[f"{name}Version"]["Properties"]["FunctionName"] == function
    called = {"UploadsFunctionIntake", "ApiFunctionPermission"}
    targets = [published[caller]["Properties"]["FunctionName"] for caller in called if caller.startswith(name)]
    assert targets == [{"Ref": f"{name}Alias"}]


def test_with_snapstart_every_route_of_the_api_calls_the_published_version(resources: Resources) -> None:
    body = deployed(resources, snap_start=True)["HttpApi"]["Properties"]["Body"]
    uris = [
        operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        for path, operations in body["paths"].items()
        for operation in operations.values()
        if path.startswith("/v1/")
    ]
    assert len(uris) == 6
    for text, variables in uris:
        assert "/functions/${Function}/" in text
        assert variables == {"Function": {"Ref": "ApiAlias"}}


@pytest.mark.parametrize("name", WITH_SNAPSHOTS)
def test_a_version_is_published_with_every_parameter_that_reaches_its_function(
    transformed: dict[str, Any], resources: Resources, name: str
) -> None:
    """Its description replaces it, and the same text in the function's own makes Lambda publish another."""
    published = deployed(resources, snap_start=True)
    function, version = function_of(published, f"{name}Function"), published[f"{name}Version"]["Properties"]
    assert version["Description"] == function["Description"]
    separator, parts = version["Description"]["Fn::Join"]
    assert separator == " "
    assert parts[0] == "artefacts-unstamped", "the code and the template have the stamp of the build"
    reaching = parameters_in({key: part for key, part in function.items() if key != "Description"}, transformed)
    assert {"MainlandPermitRate", "WebhookUrl", "LogLevel"} <= reaching
    assert reaching <= {part["Ref"] for part in parts[1:]}


@pytest.mark.parametrize("changed", [{"MainlandPermitRate": "5"}, {"KeepDays": "8"}, {"LogLevel": "DEBUG"}])
def test_a_deployment_that_only_changes_a_parameter_publishes_a_version(
    transformed: dict[str, Any], changed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The description, evaluated by moto's CloudFormation."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    template = {
        "Parameters": transformed["Parameters"],
        "Resources": {"Anything": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Said": {"Value": transformed["Resources"]["ApiVersion"]["Properties"]["Description"]}},
    }
    descriptions = []
    with mock_aws():
        service = boto3.client("cloudformation", region_name="eu-central-1")
        for number, parameters in enumerate(({}, {}, changed)):
            service.create_stack(
                StackName=f"permit-ocr-{number}",
                TemplateBody=json.dumps(template),
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            )
            (output,) = service.describe_stacks(StackName=f"permit-ocr-{number}")["Stacks"][0]["Outputs"]
            descriptions.append(output["OutputValue"])
    assert descriptions[0] == descriptions[1] != descriptions[2]


def test_different_settings_never_make_the_same_description(source: dict[str, Any], resources: Resources) -> None:
    _, parts = resources["UploadsVersion"]["Properties"]["Description"]["Fn::Join"]
    for name in (part["Ref"] for part in parts[1:]):
        parameter = source["Parameters"][name]
        if "AllowedPattern" in parameter:
            pattern = re.compile(parameter["AllowedPattern"])
            texts = (parameter["Default"], "a b", " ", "a/ b/", "https://a.example/ b", "a-1 ")
            assert not [text for text in texts if " " in text and pattern.fullmatch(text)], name
        else:
            assert parameter["Type"] == "Number" or " " not in "".join(parameter["AllowedValues"]), name


def test_a_plain_deployments_settings_fit_into_a_description(source: dict[str, Any], resources: Resources) -> None:
    _, parts = resources["UploadsVersion"]["Properties"]["Description"]["Fn::Join"]
    said = {name: str(parameter["Default"]) for name, parameter in source["Parameters"].items()} | {
        "CredentialsSecret": SECRET_ARN,
        "WebhookUrl": "https://hooks.example/permit-ocr",
        "WebhookSecret": "permit-ocr/webhooks",
    }
    assert len(" ".join(["artefacts-4294967295", *(said[part["Ref"]] for part in parts[1:])])) <= 256


def test_snapstart_is_refused_where_nothing_tells_that_the_code_has_changed(source: dict[str, Any]) -> None:
    rule = source["Rules"]["SnapshotsAreOfWhatIsDeployed"]
    assert rule["RuleCondition"] == source["Conditions"]["HasSnapStart"]
    (assertion,) = rule["Assertions"]
    accepted, said = assertion["Assert"]["Fn::Contains"]
    assert said not in accepted
