"""The rate limiter divided into shards, each with its own items and its part of the rate.

One DynamoDB item takes only so many writes a second (``docs/scaling.md`` derives how many), so a larger quota needs
more than one. Callers choose a shard at random; if it has no slot, they try the next.

Each shard keeps within its part of the quota, so all of them keep within the whole if the rate divides well: each part
is rounded up to whole calls (``gcra``). While the circuit is open, each shard has its own probe.
"""

import random
import time
from collections.abc import Callable, Sequence

from permit_ocr.domain.errors import CircuitOpen, RateLimited
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter


class ShardedRateLimiter:
    """Several rate limiters as one. Thread-safe."""

    def __init__(self, shards: Sequence[DynamoDbRateLimiter], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shards = shards
        self._clock = clock

    def acquire(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for the next slot of the first shard that has one; see ``DynamoDbRateLimiter.acquire``."""
        until = self._clock() + seconds
        nearest = RateLimited(after_seconds=float("inf"))
        for shard in random.sample(self._shards, len(self._shards)):
            try:
                return shard.acquire(action, seconds=until - self._clock(), probing=probing)
            except RateLimited as error:
                nearest = min(nearest, error, key=lambda one: one.after_seconds)
        raise nearest

    def check(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise if no shard is known to have a slot, or the circuit of one is known to be open."""
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
        """Return the error if every shard's circuit is known to be open and no probe is due."""
        errors = [shard.open_error(action) for shard in self._shards]
        return errors[0] if all(errors) else None

    def open_circuit(self, action: str, error: CircuitOpen) -> None:
        """Open the circuit of every shard."""
        for shard in self._shards:
            shard.open_circuit(action, error)

    def close_circuit(self, action: str) -> None:
        """Close the circuit of every shard."""
        for shard in self._shards:
            shard.close_circuit(action)
