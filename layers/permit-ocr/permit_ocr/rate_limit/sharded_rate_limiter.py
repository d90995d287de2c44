"""The line cut into shards, each an item of its own with its part of the rate.

One DynamoDB item takes only so many calls a second (``docs/scaling.md`` derives how many); a quota beyond that needs
more than one item. Callers spread over the shards by chance; whoever finds no slot in one asks the next.

Each shard keeps its part of the quota by itself, so all together keep the whole, if the rate divides well: a part is
rounded up to whole calls (``tencent/quota.py``), in each shard. While calls are stopped each shard has its own probe.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from permit_ocr.domain.errors import CircuitOpen, RateLimited
from permit_ocr.rate_limit.dynamodb_rate_limiter import CircuitAlreadyOpen, DynamoDbRateLimiter


class ShardedRateLimiter:
    """Several lines as one. Any number of threads may use it at once."""

    def __init__(self, shards: Sequence[DynamoDbRateLimiter], *, clock: Callable[[], float] = time.monotonic) -> None:
        """``shards`` share the rate."""
        self._shards = shards
        self._clock = clock

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for the next slot of the first shard that has one; see ``DynamoDbRateLimiter.enter``."""
        until = self._clock() + seconds
        nearest = RateLimited(after_seconds=float("inf"))
        for shard in self._by_chance():
            try:
                return shard.acquire(action, seconds=until - self._clock(), probing=probing)
            except RateLimited as error:
                nearest = min(nearest, error, key=lambda one: one.after_seconds)
        raise nearest

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise if no shard is known to have a slot, or one is known to stand."""
        nearest: RateLimited | None = None
        for shard in self._shards:
            try:
                shard.check(action, seconds=seconds, probing=probing)
            except RateLimited as error:
                nearest = min(nearest or error, error, key=lambda one: one.after_seconds)
            else:
                return
        if nearest:
            raise nearest

    def open_error(self, action: str) -> CircuitAlreadyOpen | None:
        """Return why calls are stopped, if that is known of every shard and no probe is due."""
        said = [shard.open_error(action) for shard in self._shards]
        return said[0] if all(said) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Stop every shard."""
        for shard in self._shards:
            shard.open_circuit(action, error)

    def close_circuit(self, action: str) -> None:
        """Let every shard go on."""
        for shard in self._shards:
            shard.close_circuit(action)

    def _by_chance(self) -> Iterator[DynamoDbRateLimiter]:
        yield from random.sample(self._shards, len(self._shards))
