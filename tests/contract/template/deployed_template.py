"""Reads template.yaml after the SAM transform, in which everything is explicit."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from sandbox.cloudwatch.alarms import Alarm, read_alarms

TEMPLATE = Path(__file__).parents[3] / "template.yaml"

DAY_SECONDS = 24 * 3600
ACCOUNT = "123456789012"
SECRET_ARN = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:permit-ocr/provider-AbC123"

Resources = dict[str, dict[str, Any]]

Statement = dict[str, Any]


def of_type(resources: Resources, cloudformation_type: str) -> Resources:
    """Return the resources of a type by logical id. Fails if there are none, since a test would then check nothing."""
    found = {name: resource for name, resource in resources.items() if resource["Type"] == cloudformation_type}
    assert found, f"the template has no {cloudformation_type}"
    return found


def branches(value: Any) -> Iterator[Any]:
    """Yield every possible value of an ``Fn::If``, or the value itself."""
    if isinstance(value, dict) and "Fn::If" in value:
        for branch in value["Fn::If"][1:]:
            yield from branches(branch)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def listed(value: Any) -> list[Any]:
    """Return a list of every possible entry: policies allow one value in place of a list."""
    entries = value if isinstance(value, list) else [value]
    return [possible for entry in entries for possible in branches(entry)]


def role_statements(role: dict[str, Any]) -> list[Statement]:
    documents = [policy["PolicyDocument"] for policy in role["Properties"]["Policies"]]
    return [statement for document in documents for statement in listed(document["Statement"])]


def policy_statements(resources: Resources, policy_type: str, target: str, logical_id: str) -> list[Statement]:
    """Return the statements of a queue's or bucket's only resource policy."""
    policies = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in of_type(resources, policy_type).values()
        if {"Ref": logical_id} in listed(policy["Properties"][target])
    ]
    assert len(policies) == 1, f"{logical_id} needs one {policy_type}: a second would replace the first"
    statements: list[Statement] = policies[0]
    return statements


def with_condition(value: Any, condition: str, *, holds: bool) -> Any:
    """Return a part of the template with one condition resolved to ``holds``; others stay as they are."""
    if isinstance(value, dict):
        if value.get("Fn::If", [None])[0] == condition:
            return with_condition(value["Fn::If"][1 if holds else 2], condition, holds=holds)
        parts = {name: with_condition(part, condition, holds=holds) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part != {"Ref": "AWS::NoValue"}}
    return [with_condition(part, condition, holds=holds) for part in value] if isinstance(value, list) else value


def created_policies(transformed: dict[str, Any], parameters: dict[str, str]) -> dict[str, list[Statement]]:
    """Return the statements of each role's policy, by its name, in a stack with these parameters.

    CloudFormation, as moto implements it, evaluates the conditions and intrinsic functions. Roles that name a function
    are left out, since functions are.
    """
    resources = {
        name: resource
        for name, resource in transformed["Resources"].items()
        if resource["Type"].rpartition("::")[2] in {"Role", "Bucket", "Queue", "Table", "LogGroup"}
        and "Function" not in json.dumps(resource)
    }
    template = {key: transformed[key] for key in ("Parameters", "Mappings", "Conditions")} | {"Resources": resources}
    with mock_aws():
        session = boto3.Session("test", "test", region_name="eu-central-1")
        session.client("cloudformation").create_stack(
            StackName="permit-ocr",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        policies = [policy for role in session.resource("iam").roles.all() for policy in role.policies.all()]
        # moto stores documents as Python's repr.
        documents = {policy.policy_name: ast.literal_eval(str(policy.policy_document)) for policy in policies}
    return {name: [one for one in document["Statement"] if one] for name, document in documents.items()}


def function_of(resources: Resources, logical_id: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources[logical_id]["Properties"]
    return properties


def resolved(  # noqa: PLR0911  one for each kind of value
    value: Any, template: dict[str, Any], *, without: frozenset[str] = frozenset()
) -> Any:
    """Return a part of the template with parameters at their defaults and resources as their logical ids.

    Conditions hold, except for those named in ``without``.
    """
    if isinstance(value, list):
        entries = [resolved(part, template, without=without) for part in value]
        return [entry for entry in entries if entry is not None]
    match value:
        case {"Ref": "AWS::NoValue"}:
            return None
        case {"Ref": name}:
            return template["Parameters"].get(name, {}).get("Default", name)
        case {"Fn::GetAtt": [name, _]}:
            return name
        case {"Fn::If": [condition, yes, no]}:
            return resolved(no if condition in without else yes, template, without=without)
        case {"Fn::FindInMap": [mapping, key, name]}:
            return template["Mappings"][mapping][str(resolved(key, template))][name]
        case dict():
            parts = {name: resolved(part, template, without=without) for name, part in value.items()}
            return {name: part for name, part in parts.items() if part is not None}
    return value


def alarms_in(template: dict[str, Any]) -> dict[str, Alarm]:
    """Return the template's alarms as the sandbox evaluates them, by logical id."""
    alarms = of_type(template["Resources"], "AWS::CloudWatch::Alarm")
    properties = {name: resolved(alarm["Properties"], template) for name, alarm in alarms.items()}
    return {alarm.name: alarm for alarm in read_alarms(properties)}
