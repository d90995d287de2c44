"""The template is transformed whole, changed only where moto needs it, and read back resolved."""

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
ARN = "arn:aws:sqs:us-east-1:123456789012:intake"


@pytest.fixture(scope="module")
def cloudformation() -> dict[str, Any]:
    return transform(PROJECT / "template.yaml")


def test_artefacts_become_keys_that_are_their_paths(cloudformation: dict[str, Any]) -> None:
    assert artefact_keys(cloudformation) == {"functions/probe", "layers/extra"}


def test_moto_gets_mappings_that_are_disabled_and_the_template_keeps_its_own_value(
    cloudformation: dict[str, Any],
) -> None:
    given = adapt_for_moto(cloudformation)
    mappings = {name for name, one in given["Resources"].items() if one["Type"] == "AWS::Lambda::EventSourceMapping"}
    assert len(mappings) == 2
    assert all(given["Resources"][name]["Properties"]["Enabled"] is False for name in mappings)
    asked = given["Outputs"]["SandboxMappings"]["Value"]["Fn::ToJsonString"]
    assert {name: one.get("Enabled", True) for name, one in asked.items()} == {
        "ProbeFunctionIntake": True,
        "ProbeFunctionUnpolled": False,
    }
    assert "Enabled" not in cloudformation["Resources"]["ProbeFunctionIntake"]["Properties"]


def test_moto_gets_fifo_queues_with_a_name_that_ends_in_fifo(cloudformation: dict[str, Any]) -> None:
    queues = adapt_for_moto(cloudformation)["Resources"]
    assert queues["ResultsQueue"]["Properties"]["QueueName"] == {"Fn::Sub": "${AWS::StackName}-ResultsQueue.fifo"}
    assert "QueueName" not in queues["IntakeQueue"]["Properties"]


def test_what_a_condition_leaves_out_of_the_stack_is_not_asked_about(cloudformation: dict[str, Any]) -> None:
    conditional = copy.deepcopy(cloudformation)
    for name in ("ProbeFunction", "ProbeFunctionIntake"):
        conditional["Resources"][name]["Condition"] = "HasProbe"
    asked = adapt_for_moto(conditional)["Outputs"]
    for question, name in (("SandboxFunctions", "ProbeFunction"), ("SandboxMappings", "ProbeFunctionIntake")):
        condition, _, otherwise = asked[question]["Value"]["Fn::ToJsonString"][name]["Fn::If"]
        assert (condition, otherwise) == ("HasProbe", {"Ref": "AWS::NoValue"})
    assert "Fn::If" not in asked["SandboxMappings"]["Value"]["Fn::ToJsonString"]["ProbeFunctionUnpolled"]


def test_what_was_deployed_is_read_from_the_stacks_answers(cloudformation: dict[str, Any]) -> None:
    outputs = {
        "ApiUrl": "https://…",
        "SandboxFunctions": json.dumps({"ProbeFunction": {"Name": "probe-1", "Logging": {"LogFormat": "JSON"}}}),
        "SandboxMappings": "{}",
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
    }
    deployed = read_stack(cloudformation, outputs, Path("/build"))
    assert deployed.outputs == {"ApiUrl": "https://…"}
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


def test_a_mapping_that_says_little_has_lambdas_defaults() -> None:
    mapping = event_source_mapping("Intake", {"EventSourceArn": ARN, "FunctionName": "uploads"})
    assert (mapping.enabled, mapping.batch_size, mapping.batching_window) == (True, 10, 0.0)
    assert (mapping.maximum_concurrency, mapping.reports_item_failures) == (5, False)


def test_a_mappings_properties_may_be_texts_as_cloudformation_resolves_them() -> None:
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


def test_a_mapping_of_a_stream_is_refused_by_name() -> None:
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    with pytest.raises(SandboxError, match="Intake: the sandbox polls only queues, not kinesis"):
        event_source_mapping("Intake", {"EventSourceArn": arn, "FunctionName": "uploads"})


def test_routes_come_from_the_integrations_of_the_api() -> None:
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


def test_a_template_that_sam_refuses_is_refused_in_its_words(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text((PROJECT / "template.yaml").read_text().replace("CodeUri: functions/probe", "CodeUri: 7"))
    with pytest.raises(SandboxError, match=r"the template does not transform: .*ProbeFunction.*CodeUri"):
        transform(template)
