"""When a webhook is retried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.application.retry_policy import MAXIMUM_VISIBILITY_SECONDS
from permit_ocr.application.webhook_retry_policy import RETRY_FOR_SECONDS, webhook_retry_delay


def test_webhook_attempts_go_on_for_a_day_at_growing_intervals() -> None:
    age, attempts, delays = 0.0, 1, []
    while (delay := webhook_retry_delay(attempts=attempts, age_seconds=age)) is not None:
        delays.append(delay)
        age += delay
        attempts += 1
    assert 10 <= attempts <= 15
    assert delays[0] < 10
    assert delays[-2] > 3 * 3600
    assert age == pytest.approx(RETRY_FOR_SECONDS, abs=2), "the last attempt is at the end of the day"


@given(
    attempts=st.integers(1, 1000),
    age=st.floats(0, RETRY_FOR_SECONDS - 1),
    at_least=st.floats(0, 6 * 3600),
)
def test_a_webhook_delay_fits_sqs_and_the_receivers_retry_after(attempts: int, age: float, at_least: float) -> None:
    delay = webhook_retry_delay(attempts=attempts, age_seconds=age, at_least=at_least)
    assert delay is not None
    assert 1 <= delay <= MAXIMUM_VISIBILITY_SECONDS
    assert delay >= min(at_least, RETRY_FOR_SECONDS - age)


def test_a_webhook_that_is_a_day_old_is_not_retried() -> None:
    assert webhook_retry_delay(attempts=1, age_seconds=RETRY_FOR_SECONDS) is None
