"""What an invocation records about the messages that stay on its queue."""

import time
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr import metrics
from permit_ocr.adapters.webhooks.delivery import DeliveryFailed
from permit_ocr.application.retry_policy import NotStarted
from permit_ocr.aws_errors import refused
from permit_ocr.domain.errors import CircuitOpen, Deferred, InProgress, NotPublished, RateLimited, RetryableError
from permit_ocr.entrypoints.retry_reasons import WAITING, reason_of
from permit_ocr.entrypoints.sqs_batch import Failure, Retried, SqsMessage, batch_response
from permit_ocr.metrics import Reason, flush_metrics
from sandbox.cloudwatch.metrics import embedded_data_points

ERRORS: dict[Exception, Reason] = {
    RateLimited(after_seconds=1): "quota",
    Deferred("RequestLimitExceeded", "", ""): "quota",
    CircuitOpen("ResourceUnavailable.InArrears", "", ""): "circuit",
    InProgress(after_seconds=1): "in-progress",
    NotStarted(): "time",
    Deferred("Deadline", "", ""): "time",
    RetryableError("InternalError", "", ""): "provider",
    refused("DynamoDB", "AccessDeniedException"): "aws",
    refused("CloudWatchLogs", "AccessDeniedException"): "aws",
    refused("S3", "AccessDenied"): "aws",
    refused("SQS", "KmsAccessDenied"): "aws",
    refused("SecretsManager", "InternalServiceError"): "aws",
    NotPublished(refused("SQS", "Throttled"), document_id="0f", event="{}"): "aws",
    DeliveryFailed("Webhook.Status503"): "webhook",
    KeyError(): "bug",
}


@dataclass
class FakeQueue:
    delays: dict[str, float] = field(default_factory=dict)

    def change_visibility(self, delays: dict[str, float]) -> None:
        self.delays = delays


def retried(error: Exception, *, age: float = 0, receives: int = 1, failures: int | None = None) -> Retried:
    sent_at = time.time() - age
    message = SqsMessage(id="1", receipt_handle="h", body="", receives=receives, sent_at=sent_at)
    return Retried(message=message, failure=Failure(error), delay=1, failures=failures)


def recorded(outcomes: list[Retried | None], capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    """Return the values of each metric, with the last dimension after a slash."""
    batch_response(outcomes, FakeQueue(), function="images")
    flush_metrics()
    values: dict[str, list[float]] = {}
    for line in capsys.readouterr().out.splitlines():
        for point in embedded_data_points(line):
            dimensions = dict(point.metric.dimensions)
            assert dimensions.pop("service") == "permit-ocr"
            ((_, value),) = dimensions.items()
            values.setdefault(f"{point.metric.name}/{value}", []).append(point.value)
    return values


@pytest.mark.parametrize(("error", "reason"), ERRORS.items(), ids=lambda one: getattr(one, "code", str(one)))
def test_the_reason_of_a_retry_is_from_a_short_list(
    error: Exception, reason: Reason, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reason_of(error) == reason
    assert recorded([retried(error)], capsys)[f"MessagesDeferred/{reason}"] == [1]


def test_every_reason_occurs() -> None:
    assert set(ERRORS.values()) == set(get_args(Reason.__value__))


def test_a_batch_without_retries_records_that_nothing_waits(capsys: pytest.CaptureFixture[str]) -> None:
    assert recorded([None, None], capsys) == {"OldestDeferredSeconds/images": [0]}


def test_the_oldest_message_that_only_waits_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = [retried(RateLimited(after_seconds=1), age=age) for age in (30, 1000, 5)]
    failed = retried(RetryableError("InternalError", "", ""), age=9000, failures=4)
    (oldest,) = recorded([*waiting, failed], capsys)["OldestDeferredSeconds/images"]
    assert 1000 <= oldest < 1010


@pytest.mark.parametrize(("failures", "counted"), [(1, False), (2, False), (3, True), (4, False), (6, False)])
def test_a_failing_message_is_counted_with_its_third_failure_only(
    failures: int, capsys: pytest.CaptureFixture[str], *, counted: bool
) -> None:
    error = RetryableError("InternalError", "", "")
    values = recorded([retried(error, receives=20, failures=failures)], capsys)
    assert ("MessagesFailing/images" in values) is counted


@pytest.mark.parametrize(("receives", "counted"), [(1, False), (2, False), (3, True), (40, True)])
def test_while_aws_denies_the_count_receives_are_counted(
    receives: int, capsys: pytest.CaptureFixture[str], *, counted: bool
) -> None:
    denied = refused("DynamoDB", "AccessDeniedException")
    assert ("MessagesFailing/images" in recorded([retried(denied, receives=receives)], capsys)) is counted


@given(st.lists(st.tuples(st.sampled_from(list(ERRORS)), st.integers(1, 100), st.none() | st.integers(1, 9))))
def test_what_only_waits_never_counts_as_failing(messages: list[tuple[Any, int, int | None]]) -> None:
    waiting = [one for one in messages if reason_of(one[0]) in WAITING]
    outcomes: list[Retried | None] = [
        retried(error, receives=receives, failures=failures) for error, receives, failures in waiting
    ]
    response = batch_response(outcomes, FakeQueue(), function="uploads")
    assert len(response["batchItemFailures"]) == len(waiting)
    assert not [line for line in metrics._lines.values() if "MessagesFailing" in line.metric_set]
