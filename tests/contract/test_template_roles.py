"""One role per function: each allows only specific actions on specific resources."""

import ast
import json
import re
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.deployed_template import (
    ACCOUNT,
    SECRET_ARN,
    Resources,
    function_of,
    listed,
    of_type,
    role_statements,
)


def test_roles_allow_no_wildcard_actions(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role_statements(role):
            for action in listed(statement["Action"]):
                assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action), f"{name}: {action}"


def test_roles_allow_no_wildcard_resources(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role_statements(role):
            assert "NotResource" not in statement
            for resource in listed(statement["Resource"]):
                text = next(
                    iter(resource.values())
                )  # Ref, Fn::GetAtt or Fn::Sub: a literal ARN would contain an account
                wildcards = re.findall(r"[*?]", text) if isinstance(text, str) else []
                at_the_end = not wildcards or re.search(r"(/\*|\$\{UploadPrefix\}\*|-\?{6})$", text)
                assert at_the_end, f"{name}: {statement['Sid']} reaches {text}"


def test_roles_have_no_managed_policies(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
    assert not [name for name, resource in resources.items() if resource["Type"] == "AWS::IAM::ManagedPolicy"]


def test_every_role_has_the_permissions_boundary_if_there_is_one(transformed: dict[str, Any]) -> None:
    bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    for name, role in of_type(transformed["Resources"], "AWS::IAM::Role").items():
        assert role["Properties"]["PermissionsBoundary"] == bounded, name
    named = transformed["Conditions"]["HasPermissionsBoundary"]
    assert named == {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}


def test_roles_with_access_to_data_are_outputs(transformed: dict[str, Any]) -> None:
    """An operator whose secrets are encrypted with their own key must allow these roles in its key policy."""
    roles = of_type(transformed["Resources"], "AWS::IAM::Role").keys() - {"ConsoleRole"}
    outputs = transformed["Outputs"]
    assert {name: outputs[f"{name}Arn"]["Value"] for name in roles} == {
        name: {"Fn::GetAtt": [name, "Arn"]} for name in roles
    }


def test_only_lambda_can_assume_the_roles(resources: Resources) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def test_the_api_can_neither_consume_nor_read_uploads(resources: Resources) -> None:
    actions = {action for statement in role_statements(resources["ApiRole"]) for action in listed(statement["Action"])}
    assert actions.isdisjoint(
        {"sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
    )


def test_the_api_can_store_only_direct_uploads_and_portraits(resources: Resources) -> None:
    allowed = [one for one in role_statements(resources["ApiRole"]) if "s3:PutObject" in listed(one["Action"])]
    keys = {resource["Fn::Sub"] for one in allowed for resource in listed(one["Resource"])}
    assert keys == {"${UploadBucket.Arn}/${UploadPrefix}by-id/*", "${UploadBucket.Arn}/portraits/*"}


def test_roles_delete_versions_and_list_only_document_prefixes(resources: Resources) -> None:
    prefixes_of_documents = [
        "${UploadBucket.Arn}/${UploadPrefix}*",
        "${UploadBucket.Arn}/pages/*",
        "${UploadBucket.Arn}/portraits/*",
    ]
    for name in ("ApiRole", "UploadsRole"):
        statements = role_statements(resources[name])
        actions = {action for one in statements for action in listed(one["Action"]) if action.startswith("s3:")}
        assert "s3:DeleteObject" not in actions, "that would only add a delete marker"
        (deletes,) = (one for one in statements if "s3:DeleteObjectVersion" in listed(one["Action"]))
        assert [resource["Fn::Sub"] for resource in deletes["Resource"]] == prefixes_of_documents, name
        (lists,) = (one for one in statements if "s3:ListBucketVersions" in listed(one["Action"]))
        prefixes = lists["Condition"]["StringLike"]["s3:prefix"]
        assert prefixes == [{"Fn::Sub": "${UploadPrefix}by-id/*"}, "pages/*", "portraits/*"], name


def test_the_images_function_can_only_read_uploads_and_write_pages(resources: Resources) -> None:
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
    assert services == {"s3", "sqs", "kms", "logs"}, "no tables and no secrets: it opens untrusted files"
    assert function_of(resources, "ImagesFunction")["MemorySize"] == 512


def test_functions_get_the_secrets_name_not_its_value(resources: Resources) -> None:
    for function in of_type(resources, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables["CREDENTIALS_SECRET"] == {"Ref": "CredentialsSecret"}
        assert not [name for name in variables if re.search(r"SECRET_(ID|KEY)|TOKEN|PASSWORD", name)]


@pytest.mark.parametrize(
    ("parameters", "readable"),
    [
        ({"CredentialsSecret": SECRET_ARN}, SECRET_ARN),
        (
            {"CredentialsSecret": "permit-ocr/provider"},
            f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:permit-ocr/provider-??????",
        ),
    ],
)
def test_functions_can_read_only_the_configured_secret(
    transformed: dict[str, Any], parameters: dict[str, str], readable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CloudFormation, as moto implements it, evaluates the conditions and intrinsic functions."""
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
            wanted = [readable] if policy.policy_name != "Images" else []
            document = ast.literal_eval(str(policy.policy_document))  # moto stores it as Python's repr
            secrets = [one["Resource"] for one in document["Statement"] if one and one["Sid"] == "ReadCredentials"]
            assert secrets == wanted
