"""SnapStart: whatever changes publishes a version, and that is what is called."""

import json
import re
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.deployed_template import SECRET_ARN, Resources, decided, function_of


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
