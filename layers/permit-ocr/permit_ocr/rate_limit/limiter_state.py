"""What an environment has seen of an action's item in the line (``dynamodb_line``), and what follows without asking.

All times are in microseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from permit_ocr.domain.errors import RateLimited

MICROSECONDS: Final = 1_000_000
_STOP_TRUSTED_SECONDS: Final = 1.0
"""So long an environment believes that the line is stopped without asking again."""


@dataclass(frozen=True, slots=True)
class TokenSeries:
    """Slots that are ``interval`` apart; the item's ``attribute`` says when the next is free."""

    attribute: str
    interval: int


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """The mark of a stopped line, and when it was seen."""

    code: str
    next_probe: int
    probe_seconds: int
    seen_at: int

    def is_probe_due(self, now: int) -> bool:
        """Say whether whoever comes may probe."""
        return now >= self.next_probe

    def holds(self, now: int) -> bool:
        """Say whether it was seen a moment ago and no probe is due, so that nobody need be asked."""
        return now - self.seen_at <= _STOP_TRUSTED_SECONDS * MICROSECONDS and not self.is_probe_due(now)


@dataclass(slots=True)
class LimiterState:
    """One action's. Free times only grow: what was seen is the least they are."""

    buckets: tuple[TokenSeries, ...]
    next_free: dict[str, int] = field(default_factory=dict)
    stop: OpenCircuit | None = None

    def nearest(self, *, earliest: int, latest: int, now: int) -> TokenSeries:
        """Return the bucket with the nearest slot, as far as is known; of equals the first.

        Raises ``RateLimited`` if it is beyond ``latest``.
        """
        slots = {bucket: max(self.next_free.get(bucket.attribute, 0), earliest) for bucket in self.buckets}
        bucket = min(slots, key=lambda one: slots[one])
        if slots[bucket] > latest:
            raise RateLimited(after_seconds=(slots[bucket] - now) / MICROSECONDS)
        return bucket

    def passed(self, bucket: TokenSeries, *, earliest: int) -> int:
        """Return by how much ``earliest`` is later than a bucket's next slot, for all that is known; 0 if it is not."""
        return max(0, earliest - self.next_free.get(bucket.attribute, 0))

    def remember(self, item: Mapping[str, Any], *, now: int) -> None:
        """Take over what DynamoDB says of the item."""
        for bucket in self.buckets:
            if bucket.attribute in item:
                self.next_free[bucket.attribute] = int(item[bucket.attribute]["N"])
        self.stop = (
            OpenCircuit(item["stop_code"]["S"], int(item["next_probe"]["N"]), int(item["probe_seconds"]["N"]), now)
            if "stop_code" in item
            else None
        )
