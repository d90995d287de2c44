"""Multiplies counted calls by prices: what 1,000 documents cost, and what an idle month costs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from bench.cost import prices
from bench.environment.build import ROOT
from bench.scaling.fleet import LIMITER_CALL, WRITE_UNITS_AFTER, WRITE_UNITS_BEFORE
from bench.system.aws_calls import CALLS

DOCUMENTS: Final = 1000
BATCH: Final = 10
PHOTO_MB: Final = 0.5
PHOTO_DAYS: Final = 37
"""``UploadRetentionDays``, and seven more as an older version."""
LIMITER_WRITES: Final = 1.2
"""Writes to the limiter for each call: some miss their slot and request another (docs/scaling.md)."""
LOG_BYTES: Final = 1000
"""Of log lines and metrics for each document."""
AUDIT_BYTES: Final = 400
"""Of its line in the audit trail."""
POLLERS: Final = 5
"""Long polls that Lambda keeps open on each queue of a function."""
POLL_SECONDS: Final = 20
RECORDED: Final = tuple(call for call, _ in CALLS)
"""The calls for one document."""
_MONTH_SECONDS: Final = 30 * 24 * 3600
_BASE64: Final = 4 / 3


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a bill. ``note`` says how the quantity comes about."""

    name: str
    quantity: float
    unit_price: float
    note: str

    @property
    def dollars(self) -> float:
        """What this line costs."""
        return self.quantity * self.unit_price


def for_documents(calls: Sequence[str] = RECORDED) -> list[Item]:
    """Return the bill of ``DOCUMENTS`` uploads, each with these recorded calls, at a steady load."""
    function = _template()["Globals"]["Function"]
    billed_seconds = json.loads((ROOT / "docs" / "benchmarks.json").read_text(encoding="utf-8"))["billed"][
        "application"
    ]
    batches = DOCUMENTS / BATCH
    logged = LOG_BYTES + AUDIT_BYTES * calls.count("Logs PutLogEvents")
    return [
        Item(
            "Lambda, computing",
            billed_seconds * function["MemorySize"] / 1024,
            prices.LAMBDA_GB_SECOND,
            f"GB-seconds: {billed_seconds:.0f} s billed (benchmarks.md), {function['MemorySize']} MB",
        ),
        Item("Lambda, invocations", batches, prices.LAMBDA_REQUEST, f"batches of {BATCH}"),
        Item("DynamoDB, writes", DOCUMENTS * _write_units(calls), prices.DYNAMODB_WRITE_UNIT, "write units"),
        Item(
            "SQS, intake queue",
            DOCUMENTS + 2 * batches,
            prices.SQS_STANDARD_REQUEST,
            "S3 sends each document; Lambda receives and deletes batches",
        ),
        Item(
            "SQS, results queue",
            DOCUMENTS * calls.count("SQS SendMessage") + 2 * batches,
            prices.SQS_FIFO_REQUEST,
            f"each result; your consumer receives and deletes batches of {BATCH}",
        ),
        Item("S3, uploads", DOCUMENTS, prices.S3_PUT, "requests of your senders"),
        Item("S3, reads", DOCUMENTS * calls.count("S3 GET"), prices.S3_GET, "requests"),
        Item(
            "S3, storage",
            DOCUMENTS * PHOTO_MB / 1000 * PHOTO_DAYS / 30,
            prices.S3_GB_MONTH,
            f"GB-months: {PHOTO_MB} MB for {PHOTO_DAYS} days",
        ),
        Item(
            "Data transfer to the provider",
            DOCUMENTS * PHOTO_MB / 1000 * _BASE64,
            prices.TRANSFER_OUT_GB,
            f"GB: photos of {PHOTO_MB} MB as Base64",
        ),
        Item("CloudWatch, logs", DOCUMENTS * logged / 1e9, prices.LOGS_GB, f"GB: {logged} bytes for each document"),
    ]


def for_an_idle_month() -> list[Item]:
    """Return the bill of a month without a document, with the template's default parameters."""
    all_resources = _template()["Resources"]
    by_default = {name: all_resources[name] for name in ("ResultsAgeAlarm", "ReviewAgeAlarm")}
    resources = {name: one for name, one in all_resources.items() if "Condition" not in one} | by_default
    alarm_metrics = sum(_metrics(one["Properties"]) for one in _of_type(resources, "AWS::CloudWatch::Alarm"))
    dashboards = len(list(_of_type(resources, "AWS::CloudWatch::Dashboard")))
    polled = len(list(_of_type(resources, "AWS::Lambda::EventSourceMapping")))
    items = [
        Item("CloudWatch, alarms", alarm_metrics, prices.ALARM_METRIC_MONTH, "metrics that alarms watch"),
        Item(
            "SQS, empty polls",
            polled * POLLERS * _MONTH_SECONDS / POLL_SECONDS,
            prices.SQS_STANDARD_REQUEST,
            f"requests: Lambda keeps {POLLERS} polls of {POLL_SECONDS} s open on each of {polled} queues",
        ),
        Item("Secrets Manager", 1, prices.SECRET_MONTH, "secret"),
    ]
    return items + (
        [Item("CloudWatch, dashboards", dashboards, prices.DASHBOARD_MONTH, "dashboards")] if dashboards else []
    )


def _write_units(calls: Sequence[str]) -> float:
    """Return the write units of one document: items grow with the provider's answer."""
    answered = next(number for number, call in enumerate(calls) if call.startswith("OCR "))
    units = 0.0
    for number, call in enumerate(calls):
        if call == LIMITER_CALL:
            units += LIMITER_WRITES
        elif call.startswith("DynamoDB UpdateItem"):
            units += WRITE_UNITS_BEFORE if number < answered else WRITE_UNITS_AFTER[call]
    return units


def _metrics(alarm: dict[str, Any]) -> int:
    return sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1


def _template() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return template


def _of_type(resources: dict[str, Any], resource_type: str) -> Iterator[dict[str, Any]]:
    return (resource for resource in resources.values() if resource["Type"] == resource_type)
