"""Gradual deployment with DeploymentPreferenceType (ADR 33), on what SAM makes of the template."""

import json
import re
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from sandbox.template.for_moto import adapt_for_moto
from tests.contract.template.deployed_template import TEMPLATE, Resources, of_type, with_condition

MOST_ROLLBACK_TRIGGERS = 5
"""CloudFormation's limit for a stack."""
MOST_ALARMS = 10
"""CodeDeploy's limit for a deployment group."""
FUNCTIONS = {"UploadsFunction", "ImagesFunction", "ApiFunction", "WebhooksFunction"}
CANARY = "Canary10Percent5Minutes"


def transform(
    preference: str = CANARY, *, layer: str = "layer-1", code: str = "code-1", release: str = "1", keep_days: str = "7"
) -> Resources:
    """Return the resources that SAM makes of the template as built and packaged."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    template["Globals"]["Function"]["Environment"]["Variables"]["RELEASE"] = release
    for resource in template["Resources"].values():
        for name, key in (("CodeUri", code), ("ContentUri", layer)):
            if name in resource["Properties"]:
                resource["Properties"][name] = f"s3://artefacts/{key}"
    parameters = {"CredentialsSecret": "s", "DeploymentPreferenceType": preference, "KeepDays": keep_days}
    session = boto3.Session(region_name="eu-central-1")
    resources: Resources = Translator({}, Parser(), None, session).translate(template, parameters)["Resources"]
    return resources


def versions(resources: Resources) -> set[str]:
    """Return the logical ids of the published versions: with another one, CloudFormation publishes another version."""
    return set(of_type(resources, "AWS::Lambda::Version"))


@pytest.mark.parametrize("changed", [{"layer": "layer-2"}, {"code": "code-2"}, {"release": "2"}])
def test_every_build_publishes_a_version_of_each_function(changed: dict[str, str]) -> None:
    assert versions(transform()).isdisjoint(versions(transform(**changed)))


def test_a_parameter_alone_publishes_no_version() -> None:
    """If this fails, SAM has learnt it: the digest that the build writes as RELEASE is not needed any more."""
    assert versions(transform(keep_days="9")) == versions(transform())


def test_every_function_that_handles_documents_is_deployed_gradually() -> None:
    resources = transform()
    aliases = of_type(resources, "AWS::Lambda::Alias")
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert {alias["Properties"]["FunctionName"]["Ref"] for alias in aliases.values()} == FUNCTIONS
    used = {
        alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"] for alias in aliases.values()
    }
    assert used == set(groups)
    for group in groups.values():
        assert CANARY in json.dumps(group["Properties"]["DeploymentConfigName"])
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["Properties"]["AutoRollbackConfiguration"]["Events"]


def test_a_deployment_stops_on_the_errors_of_its_function() -> None:
    resources = transform()
    for name, group in of_type(resources, "AWS::CodeDeploy::DeploymentGroup").items():
        kind = name.removesuffix("FunctionDeploymentGroup")
        alarms = [alarm["Name"]["Ref"] for alarm in group["Properties"]["AlarmConfiguration"]["Alarms"]]
        assert f"{kind}ErrorsAlarm" in alarms
        assert len(alarms) <= MOST_ALARMS
        assert all(resources[alarm].get("Condition") == group.get("Condition") for alarm in alarms)


@pytest.mark.parametrize("gradual", [True, False])
def test_everything_calls_the_alias_only_if_it_is_gradual(*, gradual: bool) -> None:
    resources = with_condition(transform(CANARY if gradual else "none"), "HasGradualDeployment", holds=gradual)
    expected = {f"{name}Aliaslive" if gradual else name for name in FUNCTIONS}
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    assert {mapping["Properties"]["FunctionName"]["Ref"] for mapping in mappings} == {
        name for name in expected if "Api" not in name
    }
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    permission = resources["ApiFunctionPermission"]["Properties"]["FunctionName"]["Ref"]
    assert permission in expected
    called = set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(ApiFunction\w*)"', json.dumps(api)))
    assert called == {permission}


def test_nothing_of_codedeploy_is_created_by_default() -> None:
    resources = transform("none")
    assert not [name for name, resource in resources.items() if "CodeDeploy" in resource["Type"]]
    assert not [alias for alias in of_type(resources, "AWS::Lambda::Alias").values() if "UpdatePolicy" in alias]
    assert resources["DeploymentRole"]["Condition"] == "HasGradualDeployment"


def test_no_resource_depends_on_itself() -> None:
    """As it would if the API's alarm stopped the deployment of the alias that the API calls."""
    resources = transform()
    uses = {
        name: set(re.findall(r'(?:"Ref": |"Fn::GetAtt": \[)"(\w+)"', json.dumps(resource))) & resources.keys()
        for name, resource in resources.items()
    }
    while ready := [name for name, used in uses.items() if not used]:
        for name in ready:
            del uses[name]
        uses = {name: used - set(ready) for name, used in uses.items()}
    assert not uses


def test_the_sandbox_calls_the_function_in_place_of_its_alias() -> None:
    template: dict[str, Any] = {"Resources": transform()}
    adapted = adapt_for_moto(template)["Resources"]
    assert "Aliaslive" not in json.dumps(adapted)
    assert "UploadsFunctionAliaslive" in template["Resources"], "the template itself stays as it is"
    branches = adapted["UploadsFunctionIntake"]["Properties"]["FunctionName"]["Fn::If"]
    assert branches[1] == {"Fn::GetAtt": ["UploadsFunction", "Arn"]}


def test_the_alarms_that_roll_a_deployment_back_are_not_too_many(resources: Resources) -> None:
    triggers = [name for name in of_type(resources, "AWS::CloudWatch::Alarm") if "ErrorsAlarm" in name]
    assert 0 < len(triggers) <= MOST_ROLLBACK_TRIGGERS
