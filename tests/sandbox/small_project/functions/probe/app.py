"""Executes the command in a message or request, and reports each batch to the results queue."""

import importlib
import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

_SQS = boto3.client("sqs")
_CONTROL_GROUPS = Path("/proc/self/cgroup")
_GROUPS_AT_THE_START = _CONTROL_GROUPS.read_text()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle a batch or an HTTP request."""
    return _handle_batch(event) if "Records" in event else _handle_request(event)


def _handle_batch(event: dict[str, Any]) -> dict[str, Any]:
    began = time.time()
    failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"] if _execute(record["body"])]
    report = {"records": event["Records"], "process": os.getpid(), "began": began, "ended": time.time()}
    _SQS.send_message(
        QueueUrl=os.environ["RESULTS_QUEUE_URL"],
        MessageBody=json.dumps(report),
        MessageGroupId="reports",
        MessageDeduplicationId=uuid4().hex,
    )
    return {"batchItemFailures": failed}


def _handle_request(event: dict[str, Any]) -> dict[str, Any]:
    command = event["pathParameters"]["command"]
    _execute(command)
    if command == "environment":
        return {"variables": dict(os.environ), "process": os.getpid(), "imports": _importable()}
    if command == "groups":
        return {"at the start": _GROUPS_AT_THE_START, "now": _CONTROL_GROUPS.read_text(), "process": os.getpid()}
    if command.startswith("sleep "):
        return {"process": os.getpid()}
    if command == "picture":
        return {"statusCode": 201, "body": "iVBORw==", "isBase64Encoded": True, "cookies": ["a=1", "b=2"]}
    return event


def _execute(command: str) -> bool:
    """Return whether to report the message as failed."""
    if command == "crash":
        os._exit(3)
    if command == "raise":
        raise ValueError("as commanded")
    if command.startswith("compute "):
        _compute(float(command.removeprefix("compute ")))
    if command.startswith("sleep "):
        time.sleep(float(command.removeprefix("sleep ")))
    return command.startswith("fail")


def _compute(seconds: float) -> None:
    """Use ``seconds`` of CPU time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def _importable() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ("boto3", "extra_package", "httpx", "pydantic", "requests", "sandbox"):
        try:
            found[name] = importlib.import_module(name).__file__
        except ImportError:
            found[name] = None
    return found
