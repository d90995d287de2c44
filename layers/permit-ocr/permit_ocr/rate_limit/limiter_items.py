"""The limiter's items in DynamoDB, and what this environment knows of them.

One item for each action, ``limiter#ACTION``, without personal data. Times are in microseconds since 1970.

| attribute                                                | meaning                                                  |
|----------------------------------------------------------|----------------------------------------------------------|
| ``shared_next``, ``uploads_next``                        | when the next slot of a series is free                   |
| ``open_code``, ``opened_at``, ``next_probe``,            | the mark of an open circuit                              |
| ``probe_seconds``                                        |                                                          |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from permit_ocr.domain.errors import RateLimited
from permit_ocr.dynamodb_table import Item, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MICROSECONDS: Final = 1_000_000
FIRST_LEAD_SECONDS: Final = 0.02
"""Expected latency of the table before the first call."""
_LONGEST_LEAD_SECONDS: Final = 0.3
_MARK_TRUSTED_SECONDS: Final = 1.0
"""How long an environment believes that the circuit is open without asking again."""


@dataclass(frozen=True, slots=True)
class SlotSeries:
    """Slots that are ``interval`` apart. The item's ``attribute`` is when the next one is free."""

    attribute: str
    interval: int


@dataclass(frozen=True, slots=True)
class OpenCircuitMark:
    """The mark of an open circuit, and when it was seen. ``code`` is the error that opened it."""

    code: str
    next_probe: int
    probe_seconds: int
    seen_at: int

    def is_probe_due(self, now: int) -> bool:
        """Return whether the next call may be a probe."""
        return now >= self.next_probe

    def is_trusted(self, now: int) -> bool:
        """Return whether it was seen a moment ago and no probe is due, so that the table need not be asked."""
        return now - self.seen_at <= _MARK_TRUSTED_SECONDS * MICROSECONDS and not self.is_probe_due(now)


@dataclass(slots=True)
class LimiterState:
    """What is known of one item. Free times only grow, so what was seen is the earliest they can be."""

    series: tuple[SlotSeries, ...]
    next_free: dict[str, int] = field(default_factory=dict)
    mark: OpenCircuitMark | None = None

    def nearest(self, *, earliest: int, latest: int, now: int) -> SlotSeries:
        """Return the series with the nearest known slot, the first of equals.

        Raises ``RateLimited`` if that slot is after ``latest``.
        """
        slots = {one: max(self.next_free.get(one.attribute, 0), earliest) for one in self.series}
        nearest = min(slots, key=lambda one: slots[one])
        if slots[nearest] > latest:
            raise RateLimited(after_seconds=(slots[nearest] - now) / MICROSECONDS)
        return nearest

    def behind(self, series: SlotSeries, *, earliest: int) -> int:
        """Return how far the next known slot of a series lies before ``earliest``; 0 if it does not."""
        return max(0, earliest - self.next_free.get(series.attribute, 0))

    def remember(self, item: Item, *, now: int) -> None:
        """Take over the item's attributes."""
        for one in self.series:
            if one.attribute in item:
                self.next_free[one.attribute] = item[one.attribute]
        code = item.get("open_code")
        self.mark = OpenCircuitMark(code, item["next_probe"], item["probe_seconds"], now) if code else None


class LimiterItems:
    """Updates the items. ``shard`` is the end of their ids where there are several shards."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        table: str,
        shard: str,
        series: Mapping[str, tuple[SlotSeries, ...]],
        clock: Callable[[], float],
    ) -> None:
        """``series`` are by action; ``clock`` returns seconds since 1970."""
        self._table = Table(client, table)
        self._shard = shard
        self._clock = clock
        self.states = {action: LimiterState(of_action) for action, of_action in series.items()}
        self.lead_seconds = FIRST_LEAD_SECONDS
        """How long the table is expected to take."""

    def now(self) -> int:
        """Return the time in microseconds."""
        return round(self._clock() * MICROSECONDS)

    def update(self, action: str, expression: str, values: Item | None = None, *, condition: str = "") -> Item | None:
        """Update an item and return it; None if ``condition`` did not hold. Raises ``RetryableError``.

        Either way its state is remembered.
        """
        started = self._clock()
        try:
            write = self._table.update(
                f"limiter#{action}{self._shard}", expression, condition=condition, values=values, returns="ALL_NEW"
            )
        finally:
            self.lead_seconds = lead_after(self.lead_seconds, seconds=self._clock() - started)
        self.states[action].remember(write.item, now=self.now())
        return write.item if write.applied else None


def lead_after(lead: float, *, seconds: float) -> float:
    """Return the expected latency after a call that took ``seconds``: it rises at once and falls slowly."""
    return min(max(seconds, 0.9 * lead), _LONGEST_LEAD_SECONDS)
