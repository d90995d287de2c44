"""Does what a message or a request says, and reports each batch to the results queue."""

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
    return _batch(event) if "Records" in event else _request(event)


def _batch(event: dict[str, Any]) -> dict[str, Any]:
    began = time.time()
    failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"] if _do(record["body"])]
    report = {"records": event["Records"], "process": os.getpid(), "began": began, "ended": time.time()}
    _SQS.send_message(
        QueueUrl=os.environ["RESULTS_QUEUE_URL"],
        MessageBody=json.dumps(report),
        MessageGroupId="reports",
        MessageDeduplicationId=uuid4().hex,
    )
    return {"batchItemFailures": failed}


def _request(event: dict[str, Any]) -> dict[str, Any]:
    what = event["pathParameters"]["what"]
    _do(what)
    if what == "environment":
        return {"variables": dict(os.environ), "process": os.getpid(), "imports": _imports()}
    if what == "groups":
        return {"at the start": _GROUPS_AT_THE_START, "now": _CONTROL_GROUPS.read_text(), "process": os.getpid()}
    if what.startswith("sleep "):
        return {"process": os.getpid()}
    if what == "picture":
        return {"statusCode": 201, "body": "iVBORw==", "isBase64Encoded": True, "cookies": ["a=1", "b=2"]}
    return event


def _do(what: str) -> bool:
    """Return whether the message is to be reported as failed."""
    if what == "crash":
        os._exit(3)
    if what == "raise":
        raise ValueError("as told")
    if what.startswith("compute "):
        _compute(float(what.removeprefix("compute ")))
    if what.startswith("sleep "):
        time.sleep(float(what.removeprefix("sleep ")))
    return what.startswith("fail")


def _compute(seconds: float) -> None:
    """Compute for so many seconds of a whole processor."""
    enough = time.process_time() + seconds
    while time.process_time() < enough:
        pass


def _imports() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ("boto3", "extra_package", "httpx", "pydantic", "requests", "sandbox"):
        try:
            found[name] = importlib.import_module(name).__file__
        except ImportError:
            found[name] = None
    return found
