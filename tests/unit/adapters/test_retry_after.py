"""The header ``Retry-After``: seconds or a date, within limits."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.adapters.retry_after import retry_after_seconds

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("9" * 5000, 3600),
        ("Wed, 21 Oct 2026 07:29:00 GMT", 60),
        ("Wednesday, 21-Oct-26 07:29:00 GMT", 60),
        ("Wed Oct 21 07:29:00 2026", 60),
        ("Wed, 21 Oct 2026 09:29:00 +0200", 60),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Wed, 21 Oct 2026 07:29:00 -9999", 0),
        ("Wed, 21 Oct 0000 07:29:00 GMT", 0),
        ("Wed, 99 Oct 2026 07:29:00 GMT", 0),
        ("-5", 0),
        ("1.5", 0),
        ("١٢٠", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_seconds_and_dates_are_read_within_limits(value: str, seconds: float) -> None:
    assert retry_after_seconds(value, now=NOW, at_most=3600) == seconds


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_any_date_is_read(date: datetime) -> None:
    aware = date.replace(microsecond=0, tzinfo=UTC)
    value = format_datetime(aware, usegmt=True)
    assert retry_after_seconds(value, now=NOW, at_most=3600) == min(max(aware.timestamp() - NOW, 0), 3600)


@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ([A-Z]+|[+-]\d+)\Z"))
def test_any_text_is_read_as_a_limited_time(value: str) -> None:
    assert 0 <= retry_after_seconds(value, now=NOW, at_most=3600) <= 3600
