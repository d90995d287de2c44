"""The arithmetic of the quota, for any rate."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.rate_limit.gcra import LATE_SECONDS, LEAST_RATE, Intervals, intervals, most_in_a_second


def most_slots(interval: int, *, seconds: float) -> int:
    """Return the most slots, so many microseconds apart, within a stretch that excludes its end."""
    return ceil(seconds * 1_000_000 / interval)


def series(of_rate: Intervals) -> tuple[int, ...]:
    return tuple(interval for interval in (of_rate.shared, of_rate.uploads) if interval is not None)


@given(st.floats(min_value=LEAST_RATE, max_value=1000))
def test_both_series_together_never_exceed_the_most_in_a_second(rate: float) -> None:
    of_rate = intervals(rate)
    seen = sum(most_slots(interval, seconds=1 + LATE_SECONDS) for interval in series(of_rate))
    assert seen <= most_in_a_second(rate)


@given(st.floats(min_value=LEAST_RATE, max_value=1000))
def test_both_series_together_give_the_whole_rate_and_no_more(rate: float) -> None:
    of_rate = intervals(rate)
    given = sum(1e6 / interval for interval in series(of_rate))
    assert rate * 0.995 <= given <= rate * (1 + 1e-9)


def test_a_quota_of_twenty_allows_nineteen_a_second() -> None:
    assert [most_in_a_second(rate) for rate in (18, 19, 19.04, 20)] == [19, 20, 20, 21]
    assert intervals(19).shared == 58_480, "17.1 a second"
    assert intervals(19).uploads == 526_316, "1.9 a second"


@pytest.mark.parametrize("rate", [0.5, 0.7, 0.95])
def test_a_rate_of_one_call_in_any_second_has_one_series(rate: float) -> None:
    assert most_in_a_second(rate) == 1
    of_rate = intervals(rate)
    assert of_rate.uploads is None
    assert of_rate.shared >= 1_050_000


def test_a_rate_below_a_half_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.49 calls a second; it must be at least 0\.5"):
        intervals(0.49)
