"""The line cut into shards, each an item of its own with its part of the rate.

One DynamoDB item takes only so many calls a second (``docs/scaling.md`` derives how many); a quota beyond that needs
more than one item. Callers spread over the shards by chance; whoever finds no slot in one asks the next.

Each shard keeps its part of the quota by itself, so all together keep the whole, if the rate divides well: a part is
rounded up to whole calls (``tencent/quota.py``), in each shard. While calls are stopped each shard has its own probe.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from permit_ocr.adapters.dynamodb_line import DynamoDbLine, LineStands
from permit_ocr.domain.errors import NoSlot, StopTheLine


class ShardedLine:
    """Several lines as one. Any number of threads may use it at once."""

    def __init__(self, shards: Sequence[DynamoDbLine], *, clock: Callable[[], float] = time.monotonic) -> None:
        """``shards`` share the rate."""
        self._shards = shards
        self._clock = clock

    def enter(self, action: str, *, seconds: float, probing: bool = False) -> bool:
        """Wait for the next slot of the first shard that has one; see ``DynamoDbLine.enter``."""
        until = self._clock() + seconds
        nearest = NoSlot(after_seconds=float("inf"))
        for shard in self._by_chance():
            try:
                return shard.enter(action, seconds=until - self._clock(), probing=probing)
            except NoSlot as error:
                nearest = min(nearest, error, key=lambda one: one.after_seconds)
        raise nearest

    def look(self, action: str, *, seconds: float, probing: bool = False) -> None:
        """Raise if no shard is known to have a slot, or one is known to stand."""
        nearest: NoSlot | None = None
        for shard in self._shards:
            try:
                shard.look(action, seconds=seconds, probing=probing)
            except NoSlot as error:
                nearest = min(nearest or error, error, key=lambda one: one.after_seconds)
            else:
                return
        if nearest:
            raise nearest

    def standing(self, action: str) -> LineStands | None:
        """Return why calls are stopped, if that is known of every shard and no probe is due."""
        said = [shard.standing(action) for shard in self._shards]
        return said[0] if all(said) else None

    def stop(self, action: str, error: StopTheLine) -> None:
        """Stop every shard."""
        for shard in self._shards:
            shard.stop(action, error)

    def resume(self, action: str) -> None:
        """Let every shard go on."""
        for shard in self._shards:
            shard.resume(action)

    def _by_chance(self) -> Iterator[DynamoDbLine]:
        yield from random.sample(self._shards, len(self._shards))
