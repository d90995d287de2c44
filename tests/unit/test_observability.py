"""The log and the metrics, as CloudWatch gets them."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any, get_args

import pytest

from permit_ocr import metrics
from permit_ocr.domain.verdict import Verdict
from permit_ocr.metrics import count_result, flush_metrics, record_metric
from permit_ocr.observability import LogEvent, log_event, log_unexpected_error, observed


class Context:
    """As much of Lambda's context as Powertools reads."""

    function_name = memory_limit_in_mb = invoked_function_arn = "x"
    aws_request_id = "request-1"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Give what Powertools writes."""
    written = StringIO()
    handler = logging.getLogger("permit-ocr").handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield written
    if before:
        handler.setStream(before)


def test_a_log_line_is_json_with_the_given_fields_and_nothing_else(log: StringIO) -> None:
    log_event("document_done", document_id="0f", milliseconds=12)
    line = json.loads(log.getvalue())
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "message": "document_done",
        "service": "permit-ocr",
        "document_id": "0f",
        "milliseconds": 12,
    }


@pytest.mark.parametrize("event", get_args(LogEvent.__value__))
def test_dead_letters_are_errors_and_failures_are_warnings(event: LogEvent, log: StringIO) -> None:
    log_event(event)
    level = json.loads(log.getvalue())["level"]
    if event.endswith("_to_dead_letter_queue") or event == "audit_not_written":
        assert level == "ERROR"
    elif event.endswith(
        ("_deferred", "document_failed", "webhook_failed", "_not_stored", "_not_written", "_not_changed", "_not_sent")
    ):
        assert level == "WARNING"
    elif event.endswith(("_done", "_converted", "_delivered", "_closed")):
        assert level == "INFO"


def test_an_unexpected_error_is_logged_by_type_and_place_without_its_text(log: StringIO) -> None:
    try:
        dict[str, str]()["830000199706020042"]
    except KeyError as error:
        log_unexpected_error(error)
    line = json.loads(log.getvalue())
    assert (line["level"], line["error_type"]) == ("ERROR", "KeyError")
    assert line["where"].startswith("test_observability.py:")
    assert "830000199706020042" not in log.getvalue()


@pytest.mark.parametrize("action", [None, "MainlandPermitOCR"])
def test_a_metric_has_the_stack_and_the_action_as_dimensions(
    action: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_SERVICE", "the-stack")
    record_metric("QuotaExceeded", action=action)
    flush_metrics()
    line = json.loads(capsys.readouterr().out)
    (metric,) = line["_aws"]["CloudWatchMetrics"]
    dimensions = {"service", "action"} if action else {"service"}
    assert metric["Namespace"] == "PermitOcr"
    assert [set(names) for names in metric["Dimensions"]] == [dimensions]
    assert metric["Metrics"] == [{"Name": "QuotaExceeded", "Unit": "Count"}]
    assert line["_aws"]["Timestamp"] > 1_700_000_000_000, "milliseconds since 1970"
    assert (line["service"], line.get("action"), line["QuotaExceeded"]) == ("the-stack", action, [1])


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_counted(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> None:
    flush_metrics()
    capsys.readouterr()
    count_result(verdict, None)
    flush_metrics()
    assert "Results" in capsys.readouterr().out


def test_metrics_are_written_once_an_invocation_even_if_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    @observed
    def handler(_event: dict[str, Any], _context: Context) -> None:
        record_metric("ProviderCalls")
        record_metric("ProviderCalls")
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            handler({}, Context())
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["ProviderCalls"] for line in lines if "_aws" in line] == [[1, 1]]


def test_a_log_line_of_an_invocation_has_its_request_id(log: StringIO) -> None:
    @observed
    def handler(_event: dict[str, Any], _context: Context) -> None:
        log_event("document_done")

    handler({}, Context())
    assert json.loads(log.getvalue())["function_request_id"] == "request-1"
