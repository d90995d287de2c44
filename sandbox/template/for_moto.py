"""Adapts the template to moto, and makes the stack return what the sandbox needs to know.

The stack's own outputs do not include event source mappings, bucket notifications, routes and all queues. The adapted
template has one more output for each, whose value is that part of the template as JSON. So moto's CloudFormation
resolves every ``Ref``, ``Fn::GetAtt`` and condition in it.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.template.transform import Json, resources_of_type

OUTPUT_PREFIX: Final = "Sandbox"
_VERSIONING: Final = ("AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::CodeDeploy::")
"""Types of resources, or how they begin, that only matter if a function has more than one version."""

_ENCRYPTION_KEYS: Final[Mapping[str, Callable[[Json], Any]]] = {
    "AWS::SQS::Queue": lambda queue: queue.get("KmsMasterKeyId"),
    "AWS::DynamoDB::Table": lambda table: table.get("SSESpecification", {}).get("KMSMasterKeyId"),
    "AWS::S3::Bucket": lambda bucket: next(
        (
            rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")
            for rule in bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        ),
        None,
    ),
}
"""Where the properties of each type have the key of the account that the resource is encrypted with."""


def _all_properties(_name: str, properties: Json) -> Json:
    return properties


_OUTPUTS: Final[Mapping[str, tuple[str, Callable[[str, Json], Json]]]] = {
    "Functions": (
        "AWS::Lambda::Function",
        lambda name, properties: {
            "Name": {"Ref": name},
            "Logging": properties.get("LoggingConfig", {}),
            "Role": properties.get("Role", ""),
        },
    ),
    "Mappings": ("AWS::Lambda::EventSourceMapping", _all_properties),
    "Schedules": (
        "AWS::Scheduler::Schedule",
        lambda _, properties: {
            "Target": properties["Target"]["Arn"],
            "Input": properties["Target"].get("Input", ""),
            "Expression": properties["ScheduleExpression"],
            "Timezone": properties.get("ScheduleExpressionTimezone", "UTC"),
        },
    ),
    "Buckets": (
        "AWS::S3::Bucket",
        lambda name, properties: {
            "Name": {"Ref": name},
            "Notifications": properties.get("NotificationConfiguration", {}),
            "Versioning": properties.get("VersioningConfiguration", {}),
        },
    ),
    "Queues": ("AWS::SQS::Queue", lambda name, _: {"Url": {"Ref": name}}),
    "Roles": (
        "AWS::IAM::Role",
        lambda name, properties: {
            "Arn": {"Fn::GetAtt": [name, "Arn"]},
            "Policies": [policy["PolicyDocument"] for policy in properties.get("Policies", [])],
            "ManagedPolicies": properties.get("ManagedPolicyArns", []),
            "PermissionsBoundary": properties.get("PermissionsBoundary", ""),
        },
    ),
    "QueuePolicies": (
        "AWS::SQS::QueuePolicy",
        lambda _, properties: {
            "Resources": [{"Fn::GetAtt": [queue["Ref"], "Arn"]} for queue in properties["Queues"]],
            "Policies": [properties["PolicyDocument"]],
        },
    ),
    "BucketPolicies": (
        "AWS::S3::BucketPolicy",
        lambda _, properties: {
            "Resources": [{"Fn::GetAtt": [properties["Bucket"]["Ref"], "Arn"]}],
            "Policies": [properties["PolicyDocument"]],
        },
    ),
    "Alarms": ("AWS::CloudWatch::Alarm", _all_properties),
    "Dashboards": ("AWS::CloudWatch::Dashboard", _all_properties),
    "Apis": ("AWS::ApiGatewayV2::Api", lambda _, properties: properties.get("Body", {})),
}
"""Each output but that of the keys: the type of its resources, and the part of each that it has."""


def adapt_for_moto(cloudformation: Json) -> Json:
    """Return the template that moto deploys.

    Event source mappings are disabled: moto would consume messages as they are sent, and the sandbox polls instead.
    FIFO queues get a name, because moto's generated names do not end in .fifo. A function has no versions here, so its
    alias is the function itself. The sandbox's outputs are added.
    """
    aliases = {
        name: {"Fn::GetAtt": [properties["FunctionName"]["Ref"], "Arn"]}
        for name, properties in resources_of_type(cloudformation, "AWS::Lambda::Alias")
    }
    adapted: Json = _without_aliases(cloudformation, aliases)
    adapted["Resources"] = {
        name: resource
        for name, resource in adapted["Resources"].items()
        if not resource["Type"].startswith(_VERSIONING)
    }
    adapted.setdefault("Outputs", {}).update(_sandbox_outputs(adapted))
    for logical_id, properties in resources_of_type(adapted, "AWS::SQS::Queue"):
        if properties.get("FifoQueue") in (True, "true"):
            properties.setdefault("QueueName", {"Fn::Sub": f"${{AWS::StackName}}-{logical_id}.fifo"})
    for _, properties in resources_of_type(adapted, "AWS::Lambda::EventSourceMapping"):
        properties["Enabled"] = False
    return adapted


def _sandbox_outputs(cloudformation: Json) -> Json:
    parts = {
        output: {name: part_of(name, properties) for name, properties in resources_of_type(cloudformation, of_type)}
        for output, (of_type, part_of) in _OUTPUTS.items()
    }
    parts["Encrypted"] = {
        name: {"Arn": {"Fn::GetAtt": [name, "Arn"]}, "Key": key}
        for of_type, key_of in _ENCRYPTION_KEYS.items()
        for name, properties in resources_of_type(cloudformation, of_type)
        if (key := key_of(properties))
    }
    return {
        OUTPUT_PREFIX + output: {
            "Value": {
                "Fn::ToJsonString": {
                    name: _if_created(cloudformation["Resources"][name], copy.deepcopy(value))
                    for name, value in values.items()
                }
            }
        }
        for output, values in parts.items()
    }


def _without_aliases(part: Any, aliases: Json) -> Any:  # noqa: ANN401  JSON
    """Return a copy in which references to aliases are the ARNs of their functions."""
    if isinstance(part, dict):
        alias = aliases.get(part["Ref"]) if part.keys() == {"Ref"} else None
        return alias or {name: _without_aliases(value, aliases) for name, value in part.items()}
    return [_without_aliases(value, aliases) for value in part] if isinstance(part, list) else part


def _if_created(resource: Json, value: Json) -> Json:
    """Omit the value of a resource whose condition omits it from the stack."""
    return {"Fn::If": [resource["Condition"], value, {"Ref": "AWS::NoValue"}]} if "Condition" in resource else value
