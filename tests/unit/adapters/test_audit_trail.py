"""The audit trail in CloudWatch Logs."""

import json
from typing import Any

import boto3
import pytest

from permit_ocr.adapters.logs.audit_trail import CloudWatchAuditTrail
from permit_ocr.application.ports import AuditLine
from permit_ocr.domain.errors import Deferred
from tests.unit.conftest import REGION

LINE = AuditLine(caller="arn:aws:iam::123456789012:user/desk", action="POST /v1/uploads", request_id="r")


@pytest.fixture
def logs(aws: None) -> Any:
    client = boto3.client("logs", region_name=REGION)
    client.create_log_group(logGroupName="audit")
    return client


def test_lines_are_json_in_a_stream_of_the_environment(logs: Any) -> None:
    trail = CloudWatchAuditTrail(logs, group="audit", stream="api")
    trail.record([LINE, LINE])
    trail.record([LINE])
    (stream,) = logs.describe_log_streams(logGroupName="audit")["logStreams"]
    assert stream["logStreamName"].startswith("api/")
    events = logs.get_log_events(logGroupName="audit", logStreamName=stream["logStreamName"])["events"]
    assert len(events) == 3
    line = json.loads(events[0]["message"])
    assert line.pop("time").endswith("+00:00")
    assert line == {"caller": LINE.caller, "action": LINE.action, "request_id": "r"}


def test_a_line_that_is_not_taken_is_an_error(logs: Any) -> None:
    with pytest.raises(Deferred, match=r"CloudWatchLogs\.ResourceNotFoundException"):
        CloudWatchAuditTrail(logs, group="absent", stream="api").record([LINE])
    hours_late = CloudWatchAuditTrail(logs, group="audit", stream="api", clock=lambda: 1_000_000.0)
    with pytest.raises(Deferred, match=r"CloudWatchLogs\.Rejected"):
        hours_late.record([LINE])


def test_a_stream_that_exists_already_is_used(logs: Any) -> None:
    trail = CloudWatchAuditTrail(logs, group="audit", stream="api")
    logs.create_log_stream(logGroupName="audit", logStreamName=trail._stream)
    trail.record([LINE])


def test_nothing_to_record_makes_no_call(logs: Any) -> None:
    CloudWatchAuditTrail(logs, group="absent", stream="api").record([])
