"""Adapts the built template to MiniStack 1.5.33. The template itself is written for AWS.

- Alarms with metric math are refused, so they are left out.
- ``Fn::Select`` of ``Fn::Split`` in a condition fails, so the secrets are names, not ARNs.
- Parameters of type Number reach functions as numbers, which no process can have in its environment, and event source
  mappings as text.
- ``SendMessageBatch`` and the like need actions of that name. IAM has none: ``sqs:SendMessage`` allows both.
- Writing to a log stream needs permission for its group's ARN without ``:*``. On AWS the stream's ARN is what counts.

Beside these, calls to the provider are http: it is a fake one on this machine.
"""

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse


def adapt(built: Path, adapted: Path) -> None:
    """Write the adapted template beside the built one, since it names artefacts by relative paths."""
    template = yaml_parse(built.read_text(encoding="utf-8"))
    for condition in ("CredentialsSecretIsArn", "WebhookSecretIsArn"):
        assert "Fn::Split" in json.dumps(template["Conditions"][condition])
        template["Conditions"][condition] = {"Fn::Equals": ["name", "arn"]}
    template["Resources"] = {
        name: resource
        for name, resource in template["Resources"].items()
        if not (resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"])
    }
    numbers = {
        name: parameter["Default"]
        for name, parameter in template["Parameters"].items()
        if parameter["Type"] == "Number"
    }
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables |= {name: _as_text(value, numbers) for name, value in variables.items()} | {"OCR_SCHEME": "http"}
    for resource in template["Resources"].values():
        scaling = resource["Properties"].get("ScalingConfig", {})
        if isinstance(scaling.get("MaximumConcurrency"), dict):
            scaling["MaximumConcurrency"] = numbers[scaling["MaximumConcurrency"]["Ref"]]
        for policy in resource["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if "Action" in statement:
                    statement["Action"] = _with_batch_actions(statement["Action"])
                    statement["Resource"] = _with_log_groups(statement)
    adapted.write_text(json.dumps(template), encoding="utf-8")


def _with_batch_actions(actions: str | list[str]) -> list[str]:
    listed = [actions] if isinstance(actions, str) else actions
    batched = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
    return [*listed, *(f"{action}Batch" for action in listed if action in batched)]


def _with_log_groups(statement: dict[str, Any]) -> Any:
    resource = statement["Resource"]
    if "logs:PutLogEvents" not in statement["Action"]:
        return resource
    group, _ = resource["Fn::GetAtt"]
    return [
        resource,
        {"Fn::Sub": f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{group}}}"},
    ]


def _as_text(value: Any, numbers: dict[str, Any]) -> Any:
    if isinstance(value, dict) and value.get("Ref") in numbers:
        return {"Fn::Sub": f"${{{value['Ref']}}}"}
    return str(value) if isinstance(value, int | float) else value
