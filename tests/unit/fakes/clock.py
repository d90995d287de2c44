"""When the tests take place, and a clock that they move."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now
