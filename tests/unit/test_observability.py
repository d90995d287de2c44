"""The log and the metrics, as CloudWatch gets them."""

import json
import logging
from typing import get_args

import pytest
from awslambdaric.lambda_runtime_log_utils import JsonFormatter

from permit_ocr.observability import LogEvent, count_metric, log_event, log_unexpected_error


def test_a_line_is_json_with_what_was_said_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    log_event("document_done", document_id="0f", milliseconds=12)
    (line,) = caplog.records
    said = json.loads(JsonFormatter().format(line))  # Lambda's own
    assert said.pop("timestamp")
    assert said == {
        "level": "INFO",
        "message": "document_done",
        "logger": "permit-ocr",
        "document_id": "0f",
        "milliseconds": 12,
    }


@pytest.mark.parametrize("happening", get_args(LogEvent.__value__))
def test_what_is_given_up_is_an_error_and_what_is_put_off_a_warning(
    happening: LogEvent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    log_event(happening)
    (line,) = caplog.records
    if happening.endswith("_given_up"):
        assert line.levelno == logging.ERROR
    elif happening.endswith(("_deferred", "_not_stored", "_not_marked", "_not_changed")):
        assert line.levelno == logging.WARNING
    elif happening.endswith(("_done", "_decoded", "_delivered", "_resumed")):
        assert line.levelno == logging.INFO


def test_an_unexpected_error_is_told_by_type_and_place_never_by_its_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        dict[str, str]()["830000199706020042"]
    except KeyError as error:
        log_unexpected_error(error)
    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    said = json.loads(JsonFormatter().format(line))
    assert said["error_type"] == "KeyError"
    assert said["where"].startswith("test_observability.py:")
    assert "830000199706020042" not in json.dumps(said)


@pytest.mark.parametrize("action", [None, "MainlandPermitOCR"])
def test_a_count_is_a_metric_of_the_stack_and_the_action(
    action: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_SERVICE", "the-stack")
    count_metric("QuotaExceeded", action=action)
    said = json.loads(capsys.readouterr().out)
    (metric,) = said["_aws"]["CloudWatchMetrics"]
    dimensions = ["service", "action"] if action else ["service"]
    assert metric == {
        "Namespace": "PermitOcr",
        "Dimensions": [dimensions],
        "Metrics": [{"Name": "QuotaExceeded", "Unit": "Count"}],
    }
    assert said["_aws"]["Timestamp"] > 1_700_000_000_000, "milliseconds since 1970"
    assert (said["service"], said.get("action"), said["QuotaExceeded"]) == ("the-stack", action, 1)
