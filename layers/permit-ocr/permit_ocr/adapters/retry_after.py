"""The header ``Retry-After`` (RFC 9110, section 10.2.3)."""

from datetime import UTC
from email.utils import parsedate_to_datetime


def retry_after_seconds(value: str, *, now: float, at_most: float) -> float:
    """Return the seconds that a server asks to wait: 0 for a past date, and for what is neither a number nor a date.

    ``now`` is in seconds since 1970.
    """
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), at_most)
    try:
        date = parsedate_to_datetime(value)
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), at_most)
