"""Logs: destination, retention and content."""

import json
import re

import pytest

from permit_ocr.metrics import flush_metrics, record_metric
from tests.contract.template.deployed_template import (
    Resources,
    listed,
    of_type,
    role_statements,
)


def test_log_groups_have_the_configured_retention(resources: Resources) -> None:
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        retention = "AuditRetentionDays" if name == "AuditLogGroup" else "LogRetentionDays"
        assert group["Properties"]["RetentionInDays"] == {"Ref": retention}, name


def test_the_audit_trail_outlasts_the_stack_and_is_only_written(resources: Resources) -> None:
    assert resources["AuditLogGroup"]["DeletionPolicy"] == "RetainExceptOnCreate"
    group = {"Fn::GetAtt": ["AuditLogGroup", "Arn"]}
    writers = set()
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role_statements(role):
            if group in listed(statement["Resource"]):
                assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
                writers.add(name)
    assert writers == {"UploadsRole", "ImagesRole", "ApiRole"}


def test_the_log_level_keeps_the_metrics_that_alarms_watch(
    resources: Resources, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lambda filters JSON lines by level and treats those without a level as INFO."""
    flush_metrics()  # what earlier tests counted
    capsys.readouterr()
    record_metric("CircuitOpen", action="MainlandPermitOCR")
    flush_metrics()
    assert "level" not in json.loads(capsys.readouterr().out)
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] == "INFO"


def test_each_function_writes_only_to_its_own_log_group(resources: Resources) -> None:
    groups = set()
    for function in of_type(resources, "AWS::Lambda::Function").values():
        group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        role = resources[function["Properties"]["Role"]["Fn::GetAtt"][0]]
        (statement,) = (one for one in role_statements(role) if one["Sid"] == "WriteLogs")
        assert statement["Resource"] == {"Fn::GetAtt": [group, "Arn"]}
        groups.add(group)
    assert len(groups) == len(of_type(resources, "AWS::Lambda::Function"))


def test_the_access_log_identifies_nobody(resources: Resources) -> None:
    for stage in of_type(resources, "AWS::ApiGatewayV2::Stage").values():
        logged = re.findall(r"\$context\.([A-Za-z.]+)", stage["Properties"]["AccessLogSettings"]["Format"])
        assert logged
        assert not [variable for variable in logged if re.match(r"identity|authorizer|path|domain|protocol", variable)]
