"""The deployed stack: every function, event source mapping, bucket and route, with its references resolved."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.errors import SandboxError
from sandbox.iam.enforcement import Policies
from sandbox.iam.policy import Statement
from sandbox.template.for_moto import OUTPUT_PREFIX
from sandbox.template.routes import CorsConfiguration, Route, read_cors, read_routes
from sandbox.template.transform import Json

DEFAULT_CONCURRENCY: Final = 5  # Lambda starts with five pollers where a mapping sets no maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A deployed function, with the directories of its artefact and of its layers in the template's order."""

    logical_id: str
    name: str
    task_root: Path
    layers: tuple[Path, ...]
    json_logs: bool
    log_level: str | None
    role: str = ""
    """Name of its role."""
    log_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping:
    """An event source mapping of a queue, with Lambda's defaults filled in; ``batching_window`` in seconds."""

    logical_id: str
    function_name: str
    queue_arn: str
    enabled: bool
    batch_size: int
    batching_window: float
    maximum_concurrency: int
    reports_item_failures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule that invokes a function, or sends ``message`` to the queue ``queue_arn``."""

    logical_id: str
    function_name: str
    expression: str
    timezone: str
    queue_arn: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket with the properties that moto's CloudFormation ignores, in the form of S3's API."""

    name: str
    notifications: Json
    versioned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """Everything that the sandbox runs."""

    outputs: Mapping[str, str]
    functions: tuple[Function, ...]
    event_source_mappings: tuple[EventSourceMapping, ...]
    buckets: tuple[Bucket, ...]
    routes: tuple[Route, ...]
    cors: CorsConfiguration | None
    queues: Mapping[str, str] = field(default_factory=dict)
    """What ``Ref`` returns for each queue, by logical id."""
    schedules: tuple[Schedule, ...] = ()
    policies: Policies = field(default_factory=Policies)
    alarms: Mapping[str, Json] = field(default_factory=dict)
    """The properties of each alarm by logical id."""
    dashboards: tuple[Json, ...] = ()
    """The bodies of the dashboards."""


def read_stack(cloudformation: Json, outputs: Mapping[str, str], build: Path) -> DeployedStack:
    """Return the stack from all its outputs; ``build`` contains the artefacts.

    Raises ``SandboxError`` for a resource that the sandbox cannot run.
    """
    parts = {
        name.removeprefix(OUTPUT_PREFIX): json.loads(value)
        for name, value in outputs.items()
        if name.startswith(OUTPUT_PREFIX)
    }
    return DeployedStack(
        outputs={name: value for name, value in outputs.items() if not name.startswith(OUTPUT_PREFIX)},
        functions=tuple(_function(cloudformation, name, part, build) for name, part in parts["Functions"].items()),
        event_source_mappings=tuple(event_source_mapping(name, part) for name, part in parts["Mappings"].items()),
        buckets=tuple(_bucket(part) for part in parts["Buckets"].values()),
        routes=tuple(route for openapi in parts["Apis"].values() for route in read_routes(openapi)),
        queues={name: part["Url"] for name, part in parts["Queues"].items()},
        schedules=tuple(
            Schedule(
                logical_id=name,
                function_name=part["Target"].rpartition(":")[2],
                expression=part["Expression"],
                timezone=part["Timezone"],
                queue_arn=part["Target"] if part["Target"].split(":")[2] == "sqs" else None,
                message=part["Input"],
            )
            for name, part in parts["Schedules"].items()
        ),
        policies=_policies(parts),
        alarms=parts["Alarms"],
        dashboards=tuple(json.loads(part["DashboardBody"]) for part in parts["Dashboards"].values()),
        cors=next((cors for openapi in parts["Apis"].values() if (cors := read_cors(openapi))), None),
    )


def event_source_mapping(logical_id: str, properties: Json) -> EventSourceMapping:
    """Return a mapping from its resolved properties, Lambda's defaults filled in.

    Raises ``SandboxError`` for a source other than SQS.
    """
    arn = properties["EventSourceArn"]
    if arn.split(":")[2] != "sqs":
        raise SandboxError(f"{logical_id}: the sandbox polls only queues, not {arn.split(':')[2]}")
    return EventSourceMapping(
        logical_id=logical_id,
        function_name=properties["FunctionName"].rpartition(":")[2],
        queue_arn=arn,
        enabled=str(properties.get("Enabled", True)).lower() == "true",
        batch_size=int(properties.get("BatchSize", 10)),
        batching_window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        maximum_concurrency=int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY)),
        reports_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
    )


def _function(cloudformation: Json, logical_id: str, part: Json, build: Path) -> Function:
    properties = cloudformation["Resources"][logical_id]["Properties"]
    layers = [
        build / cloudformation["Resources"][layer["Ref"]]["Properties"]["Content"]["S3Key"]
        for layer in properties.get("Layers", [])
        if layer.get("Ref") in cloudformation["Resources"]
    ]
    return Function(
        logical_id=logical_id,
        name=part["Name"],
        task_root=build / properties["Code"]["S3Key"],
        layers=tuple(layers),
        json_logs=part["Logging"].get("LogFormat") == "JSON",
        log_level=part["Logging"].get("ApplicationLogLevel"),
        role=part.get("Role", "").rpartition("/")[2],
        log_group=part["Logging"].get("LogGroup", f"/aws/lambda/{part['Name']}"),
    )


def _policies(parts: Mapping[str, Json]) -> Policies:
    """Return the deployed policies; the access key of a role is its name."""
    return Policies(
        not_evaluated=tuple(
            sorted(
                name
                for name, role in parts["Roles"].items()
                if role["ManagedPolicies"] or role.get("PermissionsBoundary")
            )
        ),
        roles={role["Arn"].rpartition("/")[2]: _statements(role) for role in parts["Roles"].values()},
        encryption_keys={part["Arn"]: part["Key"] for part in parts.get("Encrypted", {}).values() if part.get("Key")},
        resources={
            resource: _statements(part)
            for kind in ("QueuePolicies", "BucketPolicies")
            for part in parts[kind].values()
            for resource in part["Resources"]
        },
    )


def _statements(part: Json) -> list[Statement]:
    # moto leaves a null in a list in place of AWS::NoValue.
    return [_without_nulls(one) for policy in part["Policies"] for one in policy["Statement"] if one]


def _without_nulls(statement: Json) -> Json:
    return {
        name: [_as_on_aws(one) for one in value if one is not None] if isinstance(value, list) else _as_on_aws(value)
        for name, value in statement.items()
    }


def _as_on_aws(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return a log group's ARN as ``Fn::GetAtt`` has it on AWS: moto leaves out the end, for its streams."""
    is_log_group = isinstance(value, str) and re.fullmatch(r"arn:aws:logs:[^:]*:[^:]*:log-group:[^:]+", value)
    return f"{value}:*" if is_log_group else value


def _bucket(part: Json) -> Bucket:
    """Translate CloudFormation's notifications to S3's API: ``Event`` to ``Events``, ``Queue`` to ``QueueArn``."""
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
            for entry in part["Notifications"].get(f"{kind}Configurations", [])
        ]
        if entries:
            notifications[f"{kind}FunctionConfigurations" if kind == "Lambda" else f"{kind}Configurations"] = entries
    return Bucket(
        name=part["Name"], notifications=notifications, versioned=part["Versioning"].get("Status") == "Enabled"
    )
