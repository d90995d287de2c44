"""Who may call which route: the API as transformed by SAM, with conditions evaluated by moto's CloudFormation."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from permit_ocr.entrypoints.http_api.post_recognitions import IDEMPOTENCY_KEY, PREFER
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
ISSUER = "https://login.example/tenant"
IAM: dict[str, str] = {}
JWT = {"JwtIssuer": ISSUER, "JwtAudience": "permits,console"}

Json = dict[str, Any]


def source() -> Json:
    parsed: Json = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


def transformed(template: Json) -> Json:
    for resource in template["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][code] = "s3://code/artefact"  # as sam package has it
    session = boto3.Session(region_name="eu-central-1")
    cloudformation: Json = Translator({}, Parser(), None, session).translate(template, {})
    return cloudformation


def evaluated(cloudformation: Json, parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Json:
    """Return the API's body as deployed with these parameters, without the integrations."""
    body = copy.deepcopy(cloudformation["Resources"]["HttpApi"]["Properties"]["Body"])
    for _, operation in routes(body):
        operation.pop("x-amazon-apigateway-integration", None)
    template = {
        "Parameters": cloudformation["Parameters"],
        "Conditions": cloudformation["Conditions"],
        "Resources": {"Anything": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Body": {"Value": {"Fn::ToJsonString": body}}},
    }
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        service = boto3.client("cloudformation", region_name="eu-central-1")
        service.create_stack(
            StackName="permit-ocr",
            TemplateBody=json.dumps(template),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in {"CredentialsSecret": "permit-ocr/provider", **parameters}.items()
            ],
        )
        (output,) = service.describe_stacks(StackName="permit-ocr")["Stacks"][0]["Outputs"]
        evaluated_body: Json = json.loads(output["OutputValue"])
    return evaluated_body


def routes(body: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            # The route of a function with a condition is inside ``Fn::If`` until the condition is evaluated.
            _, deployed = operation.get("Fn::If", [None, operation])[:2]
            yield f"{method.upper()} {path}", deployed


def open_routes(body: Json) -> set[str]:
    """Return the routes that can be called without authentication."""
    schemes = body["components"]["securitySchemes"]
    assert len(schemes) == 1, "one authentication method, not two"
    (name,) = schemes
    return {route for route, operation in routes(body) if operation.get("security") != [{name: []}]}


@pytest.mark.parametrize("parameters", [IAM, JWT])
def test_no_route_is_open(parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    body = evaluated(transformed(source()), parameters, monkeypatch)
    assert len(list(routes(body))) >= 6
    assert open_routes(body) == set()


def test_only_the_consoles_page_is_open_if_it_is_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    template = transformed(source())
    assert open_routes(evaluated(template, JWT | {"Console": "enabled"}, monkeypatch)) == {"GET /"}
    assert open_routes(evaluated(template, JWT, monkeypatch)) == set()
    (policy,) = template["Resources"]["ConsoleRole"]["Properties"]["Policies"]
    (allowed,) = policy["PolicyDocument"]["Statement"]
    assert allowed["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


@pytest.mark.parametrize("parameters", [IAM, JWT])
def test_preflight_requests_are_answered_by_api_gateway(
    parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No route may take them, since every route needs authorization and a browser sends none with them."""
    origins = {"CorsAllowedOrigins": "https://desk.example.com,http://localhost:5173"}
    body = evaluated(transformed(source()), parameters | origins, monkeypatch)
    assert [route for route, _ in routes(body) if re.match("OPTIONS|X-AMAZON-APIGATEWAY-ANY-METHOD", route)] == []
    cors = body["x-amazon-apigateway-cors"]
    assert cors["allowOrigins"] == ["https://desk.example.com", "http://localhost:5173"]
    sent = {route.partition(" ")[0] for route in documented_routes()} | {"HEAD"}
    assert set(cors["allowMethods"]) == sent
    assert {"authorization", "content-type", IDEMPOTENCY_KEY, PREFER} <= set(cors["allowHeaders"])
    answered = {
        name.lower()
        for operation in (operation for _, operation in routes(json.loads(OPENAPI_FILE.read_text())))
        for response in operation["responses"].values()
        for name in response.get("headers", {})
    }
    assert set(cors["exposeHeaders"]) == answered
    assert cors.get("allowCredentials") is None


def test_no_origin_is_allowed_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "x-amazon-apigateway-cors" not in evaluated(transformed(source()), IAM, monkeypatch)


def documented_routes() -> set[str]:
    return {route for route, _ in routes(json.loads(OPENAPI_FILE.read_text()))}


def test_the_console_cannot_be_deployed_without_tokens() -> None:
    template = source()
    assert template["Parameters"]["Console"]["Default"] == "disabled"
    (assertion,) = template["Rules"]["ConsoleNeedsTokens"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}


@pytest.mark.parametrize("parameters", [IAM, JWT])
def test_a_route_without_an_authorizer_would_be_found(
    parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = source()
    forgotten = copy.deepcopy(template["Resources"]["ConsoleFunction"]["Properties"]["Events"]["Page"])
    forgotten["Properties"] |= {"Method": "POST", "Path": "/v1/forgotten"}
    template["Resources"]["ApiFunction"]["Properties"]["Events"] = {"Forgotten": forgotten}
    assert open_routes(evaluated(transformed(template), parameters, monkeypatch)) == {"POST /v1/forgotten"}


def test_requests_are_signed_unless_an_issuer_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    body = evaluated(transformed(source()), IAM, monkeypatch)
    scheme = body["components"]["securitySchemes"]["AWS_IAM"]
    assert scheme == {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }


def test_with_an_issuer_every_route_requires_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    body = evaluated(transformed(source()), JWT, monkeypatch)
    authorizer = body["components"]["securitySchemes"]["JWT"]["x-amazon-apigateway-authorizer"]
    assert authorizer == {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": ISSUER, "audience": ["permits", "console"]},
    }


def test_issuer_and_audience_are_set_together() -> None:
    rules = source()["Rules"]
    pairs = {"TokensHaveAnAudience": ("JwtIssuer", "JwtAudience"), "TokensHaveAnIssuer": ("JwtAudience", "JwtIssuer")}
    for rule, (named, needed) in pairs.items():
        assert rules[rule]["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": named}, ""]}]}
        (assertion,) = rules[rule]["Assertions"]
        assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": needed}, ""]}]}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("JwtIssuer", "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf", True),
        ("JwtIssuer", "https://login.example:8443/", True),
        ("JwtIssuer", "http://127.0.0.1:8080/issuer", False),
        ("JwtIssuer", "http://login.example", False),
        ("JwtIssuer", "http://127.0.0.1.example:80", False),
        ("JwtIssuer", "https://login.example/?x=1", False),
        ("JwtIssuer", "login.example", False),
        ("JwtAudience", "permits", True),
        ("JwtAudience", "a,b", True),
        ("JwtAudience", "a,,b", False),
        ("JwtAudience", "a, b", False),
        ("JwtAudience", ",", False),
        ("CorsAllowedOrigins", "https://desk.example.com", True),
        ("CorsAllowedOrigins", "https://desk.example.com:8443,http://localhost:5173,http://127.0.0.1", True),
        ("CorsAllowedOrigins", "*", False),
        ("CorsAllowedOrigins", "null", False),
        ("CorsAllowedOrigins", "https://desk.example.com/", False),
        ("CorsAllowedOrigins", "https://Desk.example.com", False),
        ("CorsAllowedOrigins", "https://a.example, https://b.example", False),
        ("CorsAllowedOrigins", "http://desk.example.com", False),
        ("JwtReviewScope", "permits/review", True),
        ("JwtReviewScope", "", True),
        ("JwtReviewScope", "read review", False),
        ("ApiBasePath", "/permits", True),
        ("ApiBasePath", "/permits/v1", True),
        ("ApiBasePath", "/", False),
        ("ApiBasePath", "permits", False),
        ("ApiBasePath", "//evil.example", False),
        ("ApiBasePath", "/permits/", False),
    ],
)
def test_parameters_of_the_api_have_one_form(name: str, value: str, allowed: bool) -> None:  # noqa: FBT001
    assert bool(re.fullmatch(source()["Parameters"][name]["AllowedPattern"], value)) is allowed


def test_the_openapi_document_has_exactly_the_templates_routes() -> None:
    body = transformed(source())["Resources"]["HttpApi"]["Properties"]["Body"]
    called = {
        route
        for route, operation in routes(body)
        if "ApiFunction" in str(operation["x-amazon-apigateway-integration"]["uri"])
    }
    others = {f"{method} /v1/{{proxy+}}" for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")}
    assert documented_routes() == called - others
    assert others < called


def test_every_route_has_a_function() -> None:
    """A route in the API's body without a function's event would respond with 500."""
    body = transformed(source())["Resources"]["HttpApi"]["Properties"]["Body"]
    assert [route for route, operation in routes(body) if "x-amazon-apigateway-integration" not in operation] == []


def test_requests_are_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [
        resource["Properties"]
        for resource in transformed(source())["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Stage"
    ]
    limit = {"Ref": "ApiRequestsPerSecond"}
    assert [stage["DefaultRouteSettings"] for stage in stages] == [
        {"ThrottlingRateLimit": limit, "ThrottlingBurstLimit": limit}
    ]
