"""Why there is no gradual deployment (ADR 32), and what rolls a bad deployment back instead."""

from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.contract.deployed_template import Resources, of_type

MOST_ROLLBACK_TRIGGERS = 5
"""CloudFormation's limit for a stack."""


def version_published(*, layer: str = "layer-1", parameter: str = "7", code: str = "code-1") -> str:
    """Return the logical id of the version that SAM publishes of a function with an alias."""
    function = {
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "CodeUri": f"s3://artefacts/{code}",
        "AutoPublishAlias": "live",
        "AutoPublishAliasAllProperties": True,
        "Layers": [{"Ref": "Layer"}],
        "Environment": {"Variables": {"KEEP_DAYS": {"Ref": "KeepDays"}}},
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"KeepDays": {"Type": "String"}},
        "Resources": {
            "Layer": {
                "Type": "AWS::Serverless::LayerVersion",
                "Properties": {"ContentUri": f"s3://artefacts/{layer}"},
            },
            "Function": {"Type": "AWS::Serverless::Function", "Properties": function},
        },
    }
    session = boto3.Session(region_name="eu-central-1")
    managed = {"AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
    resources: dict[str, Any] = Translator(managed, Parser(), None, session).translate(
        template, {"KeepDays": parameter}
    )["Resources"]
    (version,) = of_type(resources, "AWS::Lambda::Version")
    return version


def test_sam_publishes_no_version_for_new_code_in_a_layer_or_a_new_parameter() -> None:
    """If this fails, SAM has learnt it: revise ADR 32."""
    before = version_published()
    assert version_published(layer="layer-2") == before
    assert version_published(parameter="9") == before
    assert version_published(code="code-2") != before


def test_no_function_is_called_through_an_alias(resources: Resources) -> None:
    assert not [name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Alias"]


def test_the_alarms_that_roll_a_deployment_back_are_not_too_many(resources: Resources) -> None:
    triggers = [name for name in of_type(resources, "AWS::CloudWatch::Alarm") if "ErrorsAlarm" in name]
    assert 0 < len(triggers) <= MOST_ROLLBACK_TRIGGERS
