"""Who may do what: named actions on named resources, of one role for each function."""

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


def test_no_secret_is_in_the_template_only_its_name(resources: Resources) -> None:
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
        ({}, None),
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
