"""The template is transformed, adapted to moto, and read back with its references resolved."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.template.deployed_stack import event_source_mapping, read_stack
from sandbox.template.for_moto import adapt_for_moto
from sandbox.template.routes import read_routes
from sandbox.template.transform import artefact_keys, transform

PROJECT = Path(__file__).parents[2] / "sandbox" / "small_project"
LOG_GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:g"
ARN = "arn:aws:sqs:us-east-1:123456789012:intake"


@pytest.fixture(scope="module")
def cloudformation() -> dict[str, Any]:
    return transform(PROJECT / "template.yaml")


def test_the_keys_of_artefacts_are_their_paths(cloudformation: dict[str, Any]) -> None:
    assert artefact_keys(cloudformation) == {"functions/probe", "layers/extra"}


def test_mappings_are_disabled_only_in_motos_copy(cloudformation: dict[str, Any]) -> None:
    adapted = adapt_for_moto(cloudformation)
    mappings = {name for name, one in adapted["Resources"].items() if one["Type"] == "AWS::Lambda::EventSourceMapping"}
    assert len(mappings) == 2
    assert all(adapted["Resources"][name]["Properties"]["Enabled"] is False for name in mappings)
    output = adapted["Outputs"]["SandboxMappings"]["Value"]["Fn::ToJsonString"]
    assert {name: one.get("Enabled", True) for name, one in output.items()} == {
        "ProbeFunctionIntake": True,
        "ProbeFunctionUnpolled": False,
    }
    assert "Enabled" not in cloudformation["Resources"]["ProbeFunctionIntake"]["Properties"]


def test_fifo_queues_get_a_name_that_ends_in_fifo(cloudformation: dict[str, Any]) -> None:
    queues = adapt_for_moto(cloudformation)["Resources"]
    assert queues["ResultsQueue"]["Properties"]["QueueName"] == {"Fn::Sub": "${AWS::StackName}-ResultsQueue.fifo"}
    assert "QueueName" not in queues["IntakeQueue"]["Properties"]


def test_a_resource_omitted_by_its_condition_is_omitted_from_outputs(cloudformation: dict[str, Any]) -> None:
    conditional = copy.deepcopy(cloudformation)
    for name in ("ProbeFunction", "ProbeFunctionIntake"):
        conditional["Resources"][name]["Condition"] = "HasProbe"
    outputs = adapt_for_moto(conditional)["Outputs"]
    for output, name in (("SandboxFunctions", "ProbeFunction"), ("SandboxMappings", "ProbeFunctionIntake")):
        condition, _, otherwise = outputs[output]["Value"]["Fn::ToJsonString"][name]["Fn::If"]
        assert (condition, otherwise) == ("HasProbe", {"Ref": "AWS::NoValue"})
    assert "Fn::If" not in outputs["SandboxMappings"]["Value"]["Fn::ToJsonString"]["ProbeFunctionUnpolled"]


def test_the_stack_is_read_from_its_outputs(cloudformation: dict[str, Any]) -> None:
    outputs = {
        "ApiUrl": "https://…",
        "SandboxFunctions": json.dumps({"ProbeFunction": {"Name": "probe-1", "Logging": {"LogFormat": "JSON"}}}),
        "SandboxMappings": "{}",
        "SandboxSchedules": json.dumps(
            {
                "ProbeSchedule": {
                    "Target": "arn:aws:lambda:us-east-1:123456789012:function:probe-1",
                    "Input": "",
                    "Expression": "cron(0/2 * * * ? *)",
                    "Timezone": "Asia/Shanghai",
                }
            }
        ),
        "SandboxBuckets": json.dumps(
            {
                "UploadBucket": {
                    "Name": "bucket-1",
                    "Versioning": {"Status": "Enabled"},
                    "Notifications": {
                        "QueueConfigurations": [
                            {
                                "Event": "s3:ObjectCreated:*",
                                "Queue": ARN,
                                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "uploads/"}]}},
                            }
                        ]
                    },
                }
            }
        ),
        "SandboxApis": "{}",
        "SandboxQueues": json.dumps({"IntakeQueue": {"Url": "https://sqs/intake"}}),
        "SandboxRoles": json.dumps(
            {
                "Role": {
                    "Arn": "arn:aws:iam::123456789012:role/role-1",
                    "Policies": [{"Statement": [{"Effect": "Allow", "Resource": [LOG_GROUP, None]}, None]}],
                    "ManagedPolicies": [],
                },
                "Another": {"Arn": "arn:aws:iam::123456789012:role/x", "Policies": [], "ManagedPolicies": ["a"]},
            }
        ),
        "SandboxQueuePolicies": json.dumps({"P": {"Resources": [ARN], "Policies": [{"Statement": [{"Sid": "S"}]}]}}),
        "SandboxBucketPolicies": "{}",
        "SandboxEncrypted": json.dumps({"Q": {"Arn": ARN, "Key": "key"}, "Default": {"Arn": "x", "Key": None}}),
        "SandboxAlarms": json.dumps({"IntakeAgeAlarm": {"Threshold": 900}}),
        "SandboxDashboards": json.dumps({"Dashboard": {"DashboardBody": '{"widgets": []}'}}),
    }
    deployed = read_stack(cloudformation, outputs, Path("/build"))
    assert deployed.policies.roles == {
        "role-1": [{"Effect": "Allow", "Resource": [f"{LOG_GROUP}:*"]}],  # as on AWS
        "x": [],
    }
    assert deployed.policies.resources == {ARN: [{"Sid": "S"}]}
    assert deployed.policies.not_evaluated == ("Another",)
    assert deployed.policies.encryption_keys == {ARN: "key"}
    assert deployed.outputs == {"ApiUrl": "https://…"}
    assert deployed.queues == {"IntakeQueue": "https://sqs/intake"}
    assert deployed.alarms == {"IntakeAgeAlarm": {"Threshold": 900}}
    assert deployed.dashboards == ({"widgets": []},)
    (function,) = deployed.functions
    assert (function.name, function.task_root) == ("probe-1", Path("/build/functions/probe"))
    assert function.layers == (Path("/build/layers/extra"),)
    assert function.json_logs
    (bucket,) = deployed.buckets
    assert bucket.versioned
    assert bucket.notifications == {
        "QueueConfigurations": [
            {
                "QueueArn": ARN,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}},
            }
        ]
    }


def test_a_mapping_gets_lambdas_defaults() -> None:
    mapping = event_source_mapping("Intake", {"EventSourceArn": ARN, "FunctionName": "uploads"})
    assert (mapping.enabled, mapping.batch_size, mapping.batching_window) == (True, 10, 0.0)
    assert (mapping.maximum_concurrency, mapping.reports_item_failures) == (5, False)


def test_a_mappings_resolved_properties_may_be_strings() -> None:
    properties = {
        "EventSourceArn": ARN,
        "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:uploads",
        "Enabled": "false",
        "BatchSize": "5",
        "MaximumBatchingWindowInSeconds": "1",
        "ScalingConfig": {"MaximumConcurrency": "3"},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    mapping = event_source_mapping("Intake", properties)
    assert (mapping.function_name, mapping.enabled, mapping.batch_size) == ("uploads", False, 5)
    assert (mapping.batching_window, mapping.maximum_concurrency, mapping.reports_item_failures) == (1.0, 3, True)


def test_a_mapping_of_a_stream_is_refused() -> None:
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    with pytest.raises(SandboxError, match="Intake: the sandbox polls only queues, not kinesis"):
        event_source_mapping("Intake", {"EventSourceArn": arn, "FunctionName": "uploads"})


def test_routes_are_read_from_the_apis_integrations() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f-1_A"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    operation = {"x-amazon-apigateway-integration": {"uri": uri}}
    paths = {
        "/v1/things": {"post": operation, "parameters": []},
        "/{proxy+}": {"x-amazon-apigateway-any-method": operation},
        "/$default": {"x-amazon-apigateway-any-method": operation},
        "/mock": {"get": {"responses": {}}},
    }
    assert [(route.method, route.path, route.function_name) for route in read_routes({"paths": paths})] == [
        ("POST", "/v1/things", "f-1_A"),
        ("ANY", "/{proxy+}", "f-1_A"),
        ("ANY", "$default", "f-1_A"),
    ]


def test_a_template_that_sam_refuses_is_refused_with_its_message(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text((PROJECT / "template.yaml").read_text().replace("CodeUri: functions/probe", "CodeUri: 7"))
    with pytest.raises(SandboxError, match=r"the template does not transform: .*ProbeFunction.*CodeUri"):
        transform(template)
