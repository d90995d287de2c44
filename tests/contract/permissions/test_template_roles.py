"""One role per function: each allows only specific actions on specific resources.

CodeDeploy's role is apart: it describes alarms, which have no resource in IAM, and names its functions by a pattern.
"""

import json
import re
from typing import Any

import pytest

from permit_ocr.application.intake_messages import MeasureReviewsMessage, parse_message
from tests.contract.template.deployed_template import (
    ACCOUNT,
    SECRET_ARN,
    Resources,
    created_policies,
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


def roles_of_functions(resources: Resources) -> Resources:
    roles = of_type(resources, "AWS::IAM::Role")
    others = {"DeploymentRole", "ExpiryScheduleRole", "ReviewAgeScheduleRole"}
    return {name: role for name, role in roles.items() if name not in others}


def test_roles_allow_no_wildcard_resources(resources: Resources) -> None:
    for name, role in roles_of_functions(resources).items():
        for statement in role_statements(role):
            assert "NotResource" not in statement
            for resource in listed(statement["Resource"]):
                text = next(
                    iter(resource.values())
                )  # Ref, Fn::GetAtt or Fn::Sub: a literal ARN would contain an account
                wildcards = re.findall(r"[*?]", text) if isinstance(text, str) else []
                at_the_end = not wildcards or re.search(r"(/\*|-\?{6}|-ExpiriesTable-\*(/index/\w+)?)$", text)
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
    roles = roles_of_functions(transformed["Resources"]).keys() - {"ConsoleRole"}
    outputs = transformed["Outputs"]
    assert {name: outputs[f"{name}Arn"]["Value"] for name in roles} == {
        name: {"Fn::GetAtt": [name, "Arn"]} for name in roles
    }


def test_only_lambda_can_assume_the_roles_of_functions(resources: Resources) -> None:
    for name, role in roles_of_functions(resources).items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def test_the_schedule_can_only_invoke_the_expiry_function(resources: Resources) -> None:
    (statement,) = role_statements(resources["ExpiryScheduleRole"])
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["ExpiryFunction", "Arn"]}


def test_the_schedule_of_reviews_can_only_send_to_the_intake_queue(resources: Resources) -> None:
    send, _ = role_statements(resources["ReviewAgeScheduleRole"])
    assert (send["Action"], send["Resource"]) == ("sqs:SendMessage", {"Fn::GetAtt": ["IntakeQueue", "Arn"]})
    target = resources["ReviewAgeSchedule"]["Properties"]["Target"]
    assert isinstance(parse_message(json.loads(target["Input"])), MeasureReviewsMessage)


def test_the_expiry_function_reads_only_watched_cards(resources: Resources) -> None:
    for statement in role_statements(resources["ExpiryRole"]):
        if "dynamodb" in str(statement["Action"]):
            assert "ExpiriesTable" in str(statement["Resource"])
    services = {
        action.partition(":")[0]
        for statement in role_statements(resources["ExpiryRole"])
        for action in listed(statement["Action"])
    }
    assert services == {"dynamodb", "sqs", "kms", "logs"}, "no photos and no secrets"


def test_codedeploy_may_only_read_alarms_and_move_aliases(resources: Resources) -> None:
    role = resources["DeploymentRole"]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    read, shift = role_statements(role)
    assert (read["Action"], read["Resource"]) == ("cloudwatch:DescribeAlarms", "*")
    assert set(shift["Action"]) == {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"}
    assert shift["Resource"]["Fn::Sub"].endswith(":function:${AWS::StackName}-*")


def test_the_api_can_neither_consume_nor_read_portraits(resources: Resources) -> None:
    """It reads images only to presign their URLs for reviewers."""
    statements = role_statements(resources["ApiRole"])
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert actions.isdisjoint({"sqs:ReceiveMessage", "sqs:DeleteMessage"})
    (denied,) = (one for one in statements if one["Effect"] == "Deny")
    assert denied["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert denied["Resource"] == {"Fn::Sub": "${UploadBucket.Arn}/portraits/*"}


def test_the_api_can_store_only_what_requests_have_and_portraits(resources: Resources) -> None:
    allowed = [one for one in role_statements(resources["ApiRole"]) if "s3:PutObject" in listed(one["Action"])]
    keys = {resource["Fn::Sub"] for one in allowed for resource in listed(one["Resource"])}
    assert keys == {f"${{UploadBucket.Arn}}/{prefix}/*" for prefix in ("uploads/by-id", "pages", "portraits")}


def test_roles_delete_every_version_and_list_only_document_prefixes(resources: Resources) -> None:
    """A photo's key may be one of another prefix, from before this one was constant: it must be erased all the same."""
    for name in ("ApiRole", "UploadsRole"):
        statements = role_statements(resources[name])
        actions = {action for one in statements for action in listed(one["Action"]) if action.startswith("s3:")}
        assert "s3:DeleteObject" not in actions, "that would only add a delete marker"
        (deletes,) = (one for one in statements if "s3:DeleteObjectVersion" in listed(one["Action"]))
        assert deletes["Resource"] == {"Fn::Sub": "${UploadBucket.Arn}/*"}, name
        (lists,) = (one for one in statements if "s3:ListBucketVersions" in listed(one["Action"]))
        assert lists["Condition"]["StringLike"]["s3:prefix"] == ["uploads/by-id/*", "pages/*", "portraits/*"], name
    (reads,) = (one for one in role_statements(resources["UploadsRole"]) if "s3:GetObject" in listed(one["Action"]))
    assert reads["Resource"] == {"Fn::Sub": "${UploadBucket.Arn}/*"}


def test_the_images_function_can_only_read_uploads_and_write_pages(resources: Resources) -> None:
    statements = role_statements(resources["ImagesRole"])
    of_objects = {
        (one["Effect"], action, one["Resource"]["Fn::Sub"].removeprefix("${UploadBucket.Arn}/"))
        for one in statements
        for action in listed(one["Action"])
        if "Fn::Sub" in one["Resource"]
    }
    read = ("s3:GetObject", "s3:GetObjectVersion")
    assert of_objects == {
        *(("Allow", action, "*") for action in read),
        *(("Deny", action, "portraits/*") for action in read),
        *(("Allow", action, "pages/*") for action in ("s3:PutObject", "s3:DeleteObjectVersion")),
    }
    services = {action.partition(":")[0] for statement in statements for action in listed(statement["Action"])}
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
    transformed: dict[str, Any], parameters: dict[str, str], readable: str
) -> None:
    policies = created_policies(transformed, parameters)
    assert policies.keys() == {"Uploads", "Images", "Api", "ReviewAgeSchedule"}
    for name, statements in policies.items():
        secrets = [one["Resource"] for one in statements if one["Sid"] == "ReadCredentials"]
        assert secrets == ([readable] if name in {"Uploads", "Api"} else [])
