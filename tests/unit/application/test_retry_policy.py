"""The bounds of retry delays, and how many receives days of deferrals take."""

import pytest
from botocore.exceptions import ClientError

from permit_ocr.application.retry_policy import (
    MAXIMUM_AGE_SECONDS,
    MAXIMUM_ATTEMPTS,
    MAXIMUM_VISIBILITY_SECONDS,
    NotStarted,
    deferral_delay,
    is_deferral,
    retry_delay,
)
from permit_ocr.aws_errors import translate_aws_errors
from permit_ocr.domain.errors import (
    CircuitOpen,
    Deferred,
    InProgress,
    NotPublished,
    PermitOcrError,
    RateLimited,
    RetryableError,
)

CIRCUIT_OPEN = CircuitOpen("ResourceUnavailable.InArrears", "", "")
HOUR = 3600
RECEIVES_LIMIT = 1000
"""The intake queue's maxReceiveCount, which the template's test checks."""


@pytest.mark.parametrize("error", [CIRCUIT_OPEN, RateLimited(after_seconds=0), InProgress(after_seconds=1)])
def test_deferring_to_the_maximum_age_stays_below_max_receive_count(error: PermitOcrError) -> None:
    age, receives = 0.0, 0
    while age < MAXIMUM_AGE_SECONDS:
        age += deferral_delay(error, age_seconds=age)
        receives += 1
    assert receives < RECEIVES_LIMIT * 0.7


def test_documents_resume_within_a_minute_of_a_ten_minute_outage() -> None:
    waits = [deferral_delay(CIRCUIT_OPEN, age_seconds=600) for _ in range(200)]
    assert 30 <= min(waits) < max(waits) <= 60
    assert max(waits) - min(waits) > 15, "they must not all come back at the same time"


def test_no_deferral_is_longer_than_an_hour() -> None:
    assert max(deferral_delay(CIRCUIT_OPEN, age_seconds=14 * 24 * HOUR) for _ in range(100)) <= HOUR


def after_failure(attempt: int, *, after_seconds: float = 0) -> list[float]:
    error = RetryableError("InternalError", "", "", after_seconds=after_seconds)
    return [retry_delay(error, attempt=attempt) for _ in range(200)]


def test_retry_delays_grow_and_span_an_outage_of_six_hours() -> None:
    shortest = [min(after_failure(count)) for count in range(1, MAXIMUM_ATTEMPTS)]
    assert shortest == sorted(shortest)
    assert sum(shortest) > 6 * HOUR
    assert max(after_failure(1)) < 30, "most disturbances are over in a moment"
    assert max(after_failure(100)) <= MAXIMUM_VISIBILITY_SECONDS / 2


def test_retry_delays_have_jitter_and_respect_the_errors_minimum() -> None:
    for count in range(1, MAXIMUM_ATTEMPTS):
        waits = after_failure(count)
        assert max(waits) - min(waits) > min(waits) / 8
    assert min(after_failure(1, after_seconds=40)) >= 40


def test_only_deferred_and_open_circuit_are_deferrals() -> None:
    for error in (
        CIRCUIT_OPEN,
        RateLimited(after_seconds=1),
        InProgress(after_seconds=1),
        NotStarted(),
        Deferred("Deadline", "", ""),
    ):
        assert is_deferral(error)
    assert not is_deferral(RetryableError("InternalError", "", ""))
    assert not is_deferral(IndexError())


@pytest.mark.parametrize(
    ("service", "code", "waits"),
    [
        ("DynamoDB", "InternalServerError", True),
        ("DynamoDB", "AccessDeniedException", True),
        ("DynamoDB", "ValidationException", False),
        ("SQS", "Throttled", False),
        ("S3", "AccessDenied", False),
    ],
)
def test_dynamodb_errors_are_deferrals_and_other_aws_errors_are_failures(
    service: str, code: str, *, waits: bool
) -> None:
    with pytest.raises(RetryableError) as caught, translate_aws_errors(service):
        raise ClientError({"Error": {"Code": code}}, "AnyOperation")
    assert is_deferral(caught.value) is waits
    assert is_deferral(NotPublished(caught.value, document_id="0f", event="{}")) is waits
    assert caught.value.code == f"{service}.{code}"
