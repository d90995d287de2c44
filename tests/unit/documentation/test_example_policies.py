"""The example policies: their actions exist, and their resources belong to the stack."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from permit_ocr.entrypoints.http_api.paths import ROUTES
from sandbox.template.transform import read_template

ROOT = Path(__file__).parents[3]
POLICIES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "examples" / "iam").glob("*.json"))
}
STATEMENTS = [
    pytest.param(statement, id=f"{name}-{statement['Sid']}")
    for name, policy in POLICIES.items()
    for statement in policy["Statement"]
]
ACTIONS = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text(encoding="utf-8")
)
"""AWS's actions by service, in small letters."""
ACCOUNT, REGION, STACK = "123456789012", "eu-central-1", "permit-ocr"
RESOURCES = read_template(ROOT / "template.yaml")["Resources"]
LOG_GROUPS = {name: one for name, one in RESOURCES.items() if one["Type"] == "AWS::Logs::LogGroup"}
API_ROUTES = [
    f"{method}/{path[1:].format(document_id='id', case='7')}" for path, methods in ROUTES.items() for method in methods
]
ARN_PREFIXES = {
    "AWS::S3::Bucket": ["arn:aws:s3:::permit-ocr-{account}-suffix"],
    "AWS::SQS::Queue": ["arn:aws:sqs:{region}:{account}:{name}"],
    "AWS::DynamoDB::Table": ["arn:aws:dynamodb:{region}:{account}:table/{name}"],
    "AWS::Serverless::Function": ["arn:aws:lambda:{region}:{account}:function:{name}"],
    "AWS::Serverless::LayerVersion": ["arn:aws:lambda:{region}:{account}:layer:{name}"],
    "AWS::Lambda::EventSourceMapping": ["arn:aws:lambda:{region}:{account}:event-source-mapping:uuid"],
    "AWS::IAM::Role": ["arn:aws:iam::{account}:role/{name}"],
    "AWS::Logs::LogGroup": ["arn:aws:logs:{region}:{account}:log-group:{name}"],
    "AWS::CloudWatch::Alarm": ["arn:aws:cloudwatch:{region}:{account}:alarm:{name}"],
    "AWS::CloudWatch::Dashboard": ["arn:aws:cloudwatch::{account}:dashboard/{name}"],
    "AWS::Serverless::HttpApi": [
        *(f"arn:aws:execute-api:{{region}}:{{account}}:API-ID/stage/{route}" for route in API_ROUTES),
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/api",
        "arn:aws:apigateway:{region}::/tags/api",
    ],
}
BESIDE_THE_STACK = [
    "arn:aws:cloudformation:{region}:{account}:stack/permit-ocr/id",
    "arn:aws:cloudformation:{region}:{account}:stack/aws-sam-cli-managed-default/id",
    "arn:aws:cloudformation:{region}:{account}:stack/permit-ocr-5c034ab8-CompanionStack/id",  # sam delete looks for it
    "arn:aws:cloudformation:{region}:{account}:stack/permit-ocr-5c034ab8-WebFunctionCode/id",  # and for this one
    "arn:aws:cloudformation:{region}:aws:transform/Serverless-2016-10-31",
    "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-suffix",
    "arn:aws:cloudwatch::{account}:dashboard/permit-ocr",
    "arn:aws:codedeploy:{region}:{account}:application:permit-ocr-ServerlessDeploymentApplication-0123456789AB",
    "arn:aws:codedeploy:{region}:{account}:deploymentgroup:permit-ocr-ServerlessDeploymentApplication-0123456789AB/group",
    "arn:aws:codedeploy:{region}:{account}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce",
    "arn:aws:secretsmanager:{region}:{account}:secret:permit-ocr/provider-AbC123",
    "arn:aws:scheduler:{region}:{account}:schedule/default/permit-ocr-ExpiryFunctionSchedule-0123456789AB",
    "arn:aws:kms:{region}:{account}:key/KEY-ID",
]
NAMES_THEMSELVES = ("QueueName", "LayerName", "LogGroupName", "BucketName", "DashboardName")


def arns(stack: str) -> list[str]:
    """Return the ARN of everything in a stack of this name, and of what a deployment needs beside it."""
    found = []
    for logical_id, resource in RESOURCES.items():
        named = [resource["Properties"][name] for name in NAMES_THEMSELVES if name in resource.get("Properties", {})]
        substituted = named[0].get("Fn::Sub", "") if named else ""  # text, or text and its variables
        text = substituted[0] if isinstance(substituted, list) else substituted
        name = text.replace("${AWS::StackName}", stack) or f"{stack}-{logical_id}-0123456789AB"
        found += [
            arn.format(region=REGION, account=ACCOUNT, name=name) for arn in ARN_PREFIXES.get(resource["Type"], [])
        ]
    return found


OWN = [*arns(STACK), *(arn.format(region=REGION, account=ACCOUNT) for arn in BESIDE_THE_STACK)]


def as_resource(pattern: str) -> str:
    """Return the pattern of the bucket, layer or log group that a pattern of objects, versions or streams is in."""
    if pattern.startswith("arn:aws:s3:"):
        return pattern.partition("/")[0]
    return pattern if ":event-source-mapping:" in pattern else pattern.removesuffix(":*")


def test_there_is_a_policy_for_each_who_needs_one() -> None:
    assert POLICIES.keys() == {"api-caller", "auditor", "consumer", "deployer", "operator", "reviewer", "uploader"}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_action_exists(statement: dict[str, Any]) -> None:
    for action in statement["Action"]:
        service, _, name = action.partition(":")
        assert name.lower() in ACTIONS[service]["Actions"], action


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_resource_belongs_to_the_stack(statement: dict[str, Any]) -> None:
    # The names of buckets, APIs and mappings do not contain the stack's.
    nameless = r":s3:|:execute-api:|:apigateway:|:event-source-mapping:"
    others = [arn for arn in arns("another") if not re.search(nameless, arn)]
    for pattern in set(statement["Resource"]) - {"*"}:
        assert [arn for arn in OWN if fnmatchcase(arn, as_resource(pattern))], pattern
        assert not [arn for arn in others if fnmatchcase(arn, pattern)], pattern


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_resource_is_allowed_only_where_an_action_has_none(statement: dict[str, Any]) -> None:
    """IAM offers no ARN of the stack for these: their resources are chosen by AWS, or there are none."""
    if statement["Resource"] == ["*"]:
        assert statement["Sid"] in {
            "SeeMetrics",
            "ReadQueryResults",
            "ManageEventSourceMappings",
            "FindLogGroups",
            "DeliverAccessLogs",
            "FindSchedules",
        }


def log_groups_read_by(who: str) -> set[str]:
    """Return the logical ids of the log groups whose events a policy allows to read."""
    patterns = [
        as_resource(pattern)
        for statement in POLICIES[who]["Statement"]
        if "logs:FilterLogEvents" in statement["Action"]
        for pattern in statement["Resource"]
    ]
    return {
        logical_id
        for logical_id, arn in zip(LOG_GROUPS, [arn for arn in arns(STACK) if ":log-group:" in arn], strict=True)
        if any(fnmatchcase(arn, pattern) for pattern in patterns)
    }


def test_only_the_auditor_reads_the_audit_trail() -> None:
    assert log_groups_read_by("auditor") == {"AuditLogGroup"}
    assert log_groups_read_by("operator") == LOG_GROUPS.keys() - {"AuditLogGroup"}
    assert all(not log_groups_read_by(who) for who in POLICIES.keys() - {"auditor", "operator"})


def test_the_deployer_deploys_gradually() -> None:
    actions = {action for statement in POLICIES["deployer"]["Statement"] for action in statement["Action"]}
    assert {"lambda:PublishVersion", "lambda:UpdateAlias", "codedeploy:CreateDeployment"} <= actions
    passed = [one for one in POLICIES["deployer"]["Statement"] if one["Action"] == ["iam:PassRole"]]
    assert passed[0]["Condition"]["StringEquals"]["iam:PassedToService"] == [
        "lambda.amazonaws.com",
        "codedeploy.amazonaws.com",
        "scheduler.amazonaws.com",
    ]


def test_the_deployer_can_manage_every_kind_of_resource() -> None:
    patterns = [
        pattern
        for statement in POLICIES["deployer"]["Statement"]
        for pattern in statement["Resource"]
        if pattern != "*"
    ]
    for arn in arns(STACK):
        if ":execute-api:" not in arn and ":event-source-mapping:" not in arn:
            assert any(fnmatchcase(arn, pattern) for pattern in patterns), arn


def test_every_route_is_for_senders_or_for_reviewers() -> None:
    """A sender must not decide on their own photos; a reviewer neither sends nor deletes."""

    def allowed(who: str) -> set[str]:
        routes = set(API_ROUTES)
        for statement in POLICIES[who]["Statement"]:
            patterns = [pattern.partition("/*/")[2] for pattern in statement["Resource"]]
            matching = {route for route in API_ROUTES if any(fnmatchcase(route, pattern) for pattern in patterns)}
            routes = routes - matching if statement["Effect"] == "Deny" else routes & matching
        return routes

    of_reviews = {route for route in API_ROUTES if re.search(r"/review|/image$", route)}
    assert allowed("reviewer") == of_reviews | {"GET/v1/recognitions/id", "GET/v1/cases/7"}
    assert allowed("api-caller") == set(API_ROUTES) - of_reviews
    denied = POLICIES["api-caller"]["Statement"][1]["Resource"]
    patterns = [pattern.partition("/*/")[2] for pattern in denied]
    for route in of_reviews:  # the API answers a path with a slash at its end, too
        assert any(fnmatchcase(f"{route}/", pattern) for pattern in patterns), route


def test_the_operator_can_stop_only_the_mappings_of_the_stack() -> None:
    (stop,) = (one for one in POLICIES["operator"]["Statement"] if "lambda:UpdateEventSourceMapping" in one["Action"])
    function = stop["Condition"]["ArnLike"]["lambda:FunctionArn"]
    assert fnmatchcase(
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-UploadsFunction-0123456789AB:live", function
    )
    assert not fnmatchcase(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:another-UploadsFunction", function)
