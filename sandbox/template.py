"""The template: transformed as AWS does it, changed only where moto needs it, and read back with everything resolved.

What must be known beyond the stack's outputs (mappings, notifications, routes) is asked of moto's CloudFormation: a
question is one more output whose value is a part of the template, so ``Ref``, ``Fn::GetAtt`` and conditions are
resolved where the resources live and nowhere else.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from sandbox.processes import SandboxError

REGION: Final = "us-east-1"
ARTEFACTS_BUCKET: Final = "built-artefacts"
DEFAULT_CONCURRENCY: Final = 5  # Lambda begins with five pollers where a mapping names no maximum
_QUESTION: Final = "Sandbox"
_ARTEFACT_PROPERTIES: Final = ("CodeUri", "ContentUri")

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function as deployed, with the directories of its artefact and of its layers, in the template's order."""

    logical_id: str
    name: str
    task_root: Path
    layers: tuple[Path, ...]
    json_logs: bool
    log_level: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsMapping:
    """An event source mapping of a queue, with Lambda's defaults filled in; times in seconds."""

    logical_id: str
    function_name: str
    queue_arn: str
    enabled: bool
    batch_size: int
    window: float
    maximum_concurrency: int
    reports_item_failures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket with what moto's CloudFormation leaves out, in the form of S3's own API."""

    name: str
    notifications: Json
    versioned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtAuthorizer:
    """Whose tokens a route takes, and for whom these must be."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the HTTP API; ``method`` is ANY for all, ``path`` is ``$default`` for what no other route takes.

    Without ``jwt`` it asks for a signed request, or is open.
    """

    method: str
    path: str
    function_name: str
    jwt: JwtAuthorizer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Everything the sandbox runs, as the deployed stack says it."""

    outputs: Mapping[str, str]
    functions: tuple[Function, ...]
    mappings: tuple[SqsMapping, ...]
    buckets: tuple[Bucket, ...]
    routes: tuple[Route, ...]


def read_source(path: Path) -> Json:
    """Return a template as it is written, its short forms (``!Ref``) spelt out. Raises ``SandboxError``."""
    try:
        source: Json = yaml_parse(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SandboxError(f"{path} does not parse: {error}") from error
    return source


def transform(built_template: Path) -> Json:
    """Return the CloudFormation of a template that ``sam build`` wrote.

    An artefact becomes an object of ``ARTEFACTS_BUCKET`` whose key is its path beside the template, as ``sam package``
    would have put it there. Raises ``SandboxError`` with SAM's own words.
    """
    template = read_source(built_template)
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        for name in _ARTEFACT_PROPERTIES:
            if isinstance(properties.get(name), str):
                properties[name] = f"s3://{ARTEFACTS_BUCKET}/{properties[name]}"
    session = boto3.Session(region_name=REGION)
    try:
        # No managed policies are looked up: nobody evaluates policies here.
        cloudformation: Json = Translator({}, Parser(), boto_session=session).translate(
            sam_template=template, parameter_values={}
        )
    except InvalidDocumentException as error:
        raise SandboxError(
            "the template does not transform: " + "; ".join(cause.message for cause in error.causes)
        ) from error
    return cloudformation


def for_moto(cloudformation: Json) -> Json:
    """Return what moto is given.

    Event source mappings are disabled (moto would take the messages itself as they are sent; the sandbox polls
    instead), FIFO queues are named (CloudFormation ends a generated name with .fifo, moto does not), who calls a
    function's alias calls the function (moto's CloudFormation has no aliases), and the questions are added.
    """
    given: Json = _without_aliases(cloudformation)
    given.setdefault("Outputs", {}).update(_questions(given))
    for logical_id, properties in _resources(given, "AWS::SQS::Queue"):
        if properties.get("FifoQueue") in (True, "true"):
            properties.setdefault("QueueName", {"Fn::Sub": f"${{AWS::StackName}}-{logical_id}.fifo"})
    for _, properties in _resources(given, "AWS::Lambda::EventSourceMapping"):
        properties["Enabled"] = False
    return given


def _without_aliases(cloudformation: Json) -> Json:
    functions = {
        name: properties["FunctionName"]["Ref"] for name, properties in _resources(cloudformation, "AWS::Lambda::Alias")
    }

    def called(value: Any) -> Any:  # noqa: ANN401  JSON
        if isinstance(value, dict):
            if value.keys() == {"Ref"} and value["Ref"] in functions:
                return {"Fn::GetAtt": [functions[value["Ref"]], "Arn"]}
            return {name: called(part) for name, part in value.items() if name not in functions}
        return [called(part) for part in value] if isinstance(value, list) else value

    without: Json = called(cloudformation)
    return without


def artefact_keys(cloudformation: Json) -> set[str]:
    """Return the key of each artefact in ``ARTEFACTS_BUCKET``."""
    functions = {properties["Code"]["S3Key"] for _, properties in _resources(cloudformation, "AWS::Lambda::Function")}
    return functions | {
        properties["Content"]["S3Key"] for _, properties in _resources(cloudformation, "AWS::Lambda::LayerVersion")
    }


def read_deployed(cloudformation: Json, outputs: Mapping[str, str], build: Path) -> Deployed:
    """Return what was deployed: ``outputs`` are all of the stack's, ``build`` holds the artefacts.

    Raises ``SandboxError`` for what is not run here.
    """
    answers = {name: json.loads(outputs[_QUESTION + name]) for name in ("Functions", "Mappings", "Buckets", "Apis")}
    return Deployed(
        outputs={name: value for name, value in outputs.items() if not name.startswith(_QUESTION)},
        functions=tuple(_function(cloudformation, name, said, build) for name, said in answers["Functions"].items()),
        mappings=tuple(sqs_mapping(name, said) for name, said in answers["Mappings"].items()),
        buckets=tuple(_bucket(said) for said in answers["Buckets"].values()),
        routes=tuple(route for body in answers["Apis"].values() for route in routes(body)),
    )


def sqs_mapping(logical_id: str, properties: Json) -> SqsMapping:
    """Return a mapping from its resolved properties, Lambda's defaults filled in.

    Raises ``SandboxError`` for a source other than SQS.
    """
    arn = properties["EventSourceArn"]
    if arn.split(":")[2] != "sqs":
        raise SandboxError(f"{logical_id}: the sandbox polls only queues, not {arn.split(':')[2]}")
    return SqsMapping(
        logical_id=logical_id,
        function_name=properties["FunctionName"].rpartition(":")[2],
        queue_arn=arn,
        enabled=str(properties.get("Enabled", True)).lower() == "true",
        batch_size=int(properties.get("BatchSize", 10)),
        window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        maximum_concurrency=int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY)),
        reports_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
    )


def routes(body: Json) -> Iterator[Route]:
    """Yield the routes of an OpenAPI document with their Lambda integrations and JWT authorizers."""
    authorizers = {
        name: _jwt(scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"])
        for name, scheme in (body.get("components", {}).get("securitySchemes") or {}).items()
        if scheme.get("x-amazon-apigateway-authorizer", {}).get("type") == "jwt"
    }
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            integration = operation.get("x-amazon-apigateway-integration", {}) if isinstance(operation, dict) else {}
            function = re.search(r":function:([A-Za-z0-9-_]+)", str(integration.get("uri", "")))
            if function:
                asked = [name for either in operation.get("security", []) for name in either]
                yield Route(
                    method="ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
                    path=path.removeprefix("/") if path == "/$default" else path,
                    function_name=function[1],
                    jwt=next((authorizers[name] for name in asked if name in authorizers), None),
                )


def _jwt(said: Json) -> JwtAuthorizer:
    return JwtAuthorizer(issuer=said["issuer"], audience=tuple(said["audience"]))


def _questions(cloudformation: Json) -> Json:
    wanted: dict[str, Json] = {
        "Functions": {
            name: {"Name": {"Ref": name}, "Logging": properties.get("LoggingConfig", {})}
            for name, properties in _resources(cloudformation, "AWS::Lambda::Function")
        },
        "Mappings": dict(_resources(cloudformation, "AWS::Lambda::EventSourceMapping")),
        "Buckets": {
            name: {
                "Name": {"Ref": name},
                "Notifications": properties.get("NotificationConfiguration", {}),
                "Versioning": properties.get("VersioningConfiguration", {}),
            }
            for name, properties in _resources(cloudformation, "AWS::S3::Bucket")
        },
        "Apis": {
            name: properties.get("Body", {})
            for name, properties in _resources(cloudformation, "AWS::ApiGatewayV2::Api")
        },
    }
    return {
        _QUESTION + question: {
            "Value": {
                "Fn::ToJsonString": {
                    name: _if_it_exists(cloudformation["Resources"][name], copy.deepcopy(part))
                    for name, part in parts.items()
                }
            }
        }
        for question, parts in wanted.items()
    }


def _if_it_exists(resource: Json, part: Json) -> Json:
    """Leave a resource out of an answer where its condition leaves it out of the stack."""
    return {"Fn::If": [resource["Condition"], part, {"Ref": "AWS::NoValue"}]} if "Condition" in resource else part


def _resources(cloudformation: Json, kind: str) -> Iterator[tuple[str, Json]]:
    for name, resource in cloudformation["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.setdefault("Properties", {})


def _function(cloudformation: Json, logical_id: str, said: Json, build: Path) -> Function:
    properties = cloudformation["Resources"][logical_id]["Properties"]
    layers = [
        build / cloudformation["Resources"][layer["Ref"]]["Properties"]["Content"]["S3Key"]
        for layer in properties.get("Layers", [])
        if layer.get("Ref") in cloudformation["Resources"]
    ]
    return Function(
        logical_id=logical_id,
        name=said["Name"],
        task_root=build / properties["Code"]["S3Key"],
        layers=tuple(layers),
        json_logs=said["Logging"].get("LogFormat") == "JSON",
        log_level=said["Logging"].get("ApplicationLogLevel"),
    )


def _bucket(said: Json) -> Bucket:
    """CloudFormation has one Event where S3's API lists Events, and Queue where the API has QueueArn."""
    notifications: Json = {}
    for kind, target in (("Queue", "QueueArn"), ("Topic", "TopicArn"), ("Lambda", "LambdaFunctionArn")):
        entries = [
            {
                target: entry["Function" if kind == "Lambda" else kind],
                "Events": [entry["Event"]],
                **(
                    {"Filter": {"Key": {"FilterRules": entry["Filter"]["S3Key"]["Rules"]}}}
                    if entry.get("Filter")
                    else {}
                ),
            }
            for entry in said["Notifications"].get(f"{kind}Configurations", [])
        ]
        if entries:
            notifications[f"{kind}FunctionConfigurations" if kind == "Lambda" else f"{kind}Configurations"] = entries
    return Bucket(
        name=said["Name"], notifications=notifications, versioned=said["Versioning"].get("Status") == "Enabled"
    )
