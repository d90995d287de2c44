"""The accuracy of fields that reviewers have checked, from CloudWatch and from a sandbox's logs."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.commands.accuracy import FIELDS, Accuracy, measured, parse_period, print_accuracy
from cli.deployment import Deployment
from permit_ocr import metrics

NUMBER = Accuracy(field="Number", reader="recognizer", confirmed=3, corrected=1)
NAME = Accuracy(field="MainlandTravelPermitBackInfos.Name", reader="provider", confirmed=2, corrected=0)


@pytest.fixture
def cloudwatch(aws: None) -> Any:
    return boto3.client("cloudwatch", region_name="us-east-1")


def count(cloudwatch: Any, one: Accuracy, *, stack: str = "permit-ocr", days_ago: float = 1) -> None:
    dimensions = {"service": stack, "field": one.field, "reader": one.reader}
    cloudwatch.put_metric_data(
        Namespace="PermitOcr",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Timestamp": datetime.now(UTC) - timedelta(days=days_ago),
                "Value": value,
            }
            for name, value in (("FieldsConfirmed", one.confirmed), ("FieldsCorrected", one.corrected))
        ],
    )


def days(number: float) -> dict[str, float]:
    """Return a period until now, and a second more: a metric's time is rounded to milliseconds, also up."""
    return {"start": time.time() - number * 86_400, "end": time.time() + 1}


def test_a_stacks_counts_are_summed_over_the_period(cloudwatch: Any, deployment: Deployment) -> None:
    stack = replace(deployment, cloudwatch=cloudwatch, stack="permit-ocr")
    count(cloudwatch, NUMBER)
    count(cloudwatch, NUMBER, days_ago=5)
    count(cloudwatch, NUMBER, days_ago=20)
    count(cloudwatch, NAME)
    count(cloudwatch, NAME, stack="another")
    assert measured(stack, **days(10)) == [replace(NUMBER, confirmed=6, corrected=2), NAME]
    assert measured(stack, **days(0.1)) == []


def test_a_sandboxs_counts_are_in_its_logs(
    tmp_path: Path, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics.jsonl").write_text("")
    logs = tmp_path / "logs"
    logs.mkdir()
    for corrected in (False, False, False, True):
        metrics.count_field("Number", is_corrected=corrected, is_recognizer=True)
    metrics.flush_metrics()
    (logs / "api.log").write_text(capsys.readouterr().out)
    sandbox = replace(deployment, log_directory=logs)
    assert measured(sandbox, **days(1)) == [NUMBER]
    assert measured(sandbox, start=0, end=time.time() - 60) == []


def test_no_value_of_a_card_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count_field("Number", is_corrected=True, is_recognizer=True)
    metrics.flush_metrics()
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line.keys() == {"_aws", "service", "field", "reader", "FieldsCorrected"}


def test_the_table_has_a_row_for_each_field_and_reader(capsys: pytest.CaptureFixture[str]) -> None:
    print_accuracy([NUMBER, NAME])
    heading, number, name = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert heading == ["field", "reader", "checked", "corrected", "correct"]
    assert number == ["Number", "recognizer", "4", "1", "75.0%"]
    assert name == ["MainlandTravelPermitBackInfos.Name", "provider", "2", "0", "100.0%"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("455d", 39_312_000),
        ("456d", None),
        ("0d", None),
        ("30", None),
        ("x", None),
    ],
)
def test_a_period_is_a_number_of_hours_or_days(text: str, seconds: int | None) -> None:
    assert parse_period(text) == seconds


def test_every_field_that_can_be_corrected_is_asked_for() -> None:
    assert {"IdCardNo", "PassNo", "Number", "ValidDate", "MainlandTravelPermitBackInfos.IDNumber"} <= set(FIELDS)
    assert not {"Profile", "PortraitImageInfo", "CardType"} & set(FIELDS)
