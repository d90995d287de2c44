"""The queries of docs/operations.md use fields that real log lines have."""

import json
import re
import time
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from bench.environment.photos import small_photo
from tests.sandbox.conftest import ROOT, Running

QUERIES = re.findall(r"```insights\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.DOTALL)
WORDS = {"fields", "filter", "stats", "sort", "limit", "by", "as", "desc", "asc", "and", "or", "in", "like"}
FUNCTIONS = {"count", "pct", "bin", "ispresent"}
OF_CLOUDWATCH = {"@timestamp", "@message"}
ONLY_OF_A_BUG = {"error_type"}
"""Logged by ``log_unexpected_error``, whose test shows it."""
SECONDS = 60.0


def fields_in(query: str) -> set[str]:
    """Return the fields that a query reads: all its words but commands, functions, values and names it gives."""
    without_values = re.sub(r'"[^"]*"|/[^/]*/', "", query)
    named = set(re.findall(r"\bas (\w+)", without_values))
    words = set(re.findall(r"(?<![\w@])@?[a-z_]\w*", without_values))
    return words - WORDS - FUNCTIONS - named


@pytest.fixture(scope="module")
def lines(sandbox: Running) -> list[dict[str, Any]]:
    """Return the log lines of a photo that is read, one that the provider refuses, and a message that is no event."""
    client = {"endpoint_url": sandbox.endpoints["aws_endpoint"], "region_name": sandbox.endpoints["region"]}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    s3, sqs = (boto3.client(service, **client, **keys) for service in ("s3", "sqs"))  # type: ignore[call-overload]
    s3.put_object(Bucket=sandbox.endpoints["upload_bucket"], Key="uploads/blank.jpg", Body=small_photo())
    sqs.send_message(QueueUrl=sandbox.endpoints["intake_queue_url"], MessageBody="no event")
    httpx.get(f"{sandbox.endpoints['api_url']}/v1/recognitions/{'0' * 32}")
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        read = [line for log in Path(sandbox.endpoints["logs"]).glob("*Function*.log") for line in json_lines(log)]
        if {"document_done", "document_sent_to_dead_letter_queue"} <= {line.get("message") for line in read}:
            return read
        time.sleep(0.2)
    pytest.fail("the documents were not processed")


def json_lines(log: Path) -> list[dict[str, Any]]:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def test_queries_read_fields_of_real_lines(lines: list[dict[str, Any]]) -> None:
    assert len(QUERIES) > 3
    known = {name for line in lines for name in line} | OF_CLOUDWATCH | ONLY_OF_A_BUG
    for query in QUERIES:
        assert fields_in(query) <= known, query


def test_every_line_of_the_application_has_a_trace_id(lines: list[dict[str, Any]]) -> None:
    ours = [line for line in lines if "service" in line and "message" in line]
    assert ours
    for line in ours:
        assert re.fullmatch("[0-9a-f]{32}", line["trace_id"]), line
