"""The quota per calendar second and action."""

import pytest

from recognizer.wire.api_error import ApiError
from recognizer.wire.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 100.9

    def __call__(self) -> float:
        return self.now


def test_the_21st_call_of_a_second_gets_the_providers_error() -> None:
    limit = RateLimit(20, Clock())
    assert [limit.admit("A") for _ in range(20)] == list(range(1, 21))
    with pytest.raises(ApiError) as raised:
        limit.admit("A")
    assert raised.value.code == "RequestLimitExceeded"
    assert raised.value.message == (
        "Your current request times equals to `21` in a second, which exceeds the frequency limit `20` for a second. "
        "Please reduce the frequency of calls."
    )


def test_rejected_calls_count_as_well() -> None:
    limit = RateLimit(1, Clock())
    limit.admit("A")
    for calls in (2, 3):
        with pytest.raises(ApiError) as raised:
            limit.admit("A")
        assert f"equals to `{calls}`" in raised.value.message


def test_the_count_restarts_with_the_next_calendar_second() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.admit("A")
    clock.now = 101.0
    assert limit.admit("A") == 1


def test_actions_are_counted_separately() -> None:
    limit = RateLimit(1, Clock())
    limit.admit("A")
    assert limit.admit("B") == 1


def test_a_limit_of_0_means_unlimited() -> None:
    limit = RateLimit(0, Clock())
    assert [limit.admit("A") for _ in range(100)][-1] == 100
