"""A model of the fleet: what drains a backlog, and what is in the way first, at quotas nobody has bought yet.

    .venv/bin/python -m bench.scaling            # quotas of 20, 200 and 2,000 calls a second, a backlog of 10 million
    .venv/bin/python -m bench.scaling --check    # the model beside the sandbox: exit status 1 beyond 10 %

A discrete-event simulation of what is deployed: batches of the intake queue in environments that Lambda adds as it
does, one line of slots as ``dynamodb_line`` keeps it (the same intervals, the same two forms of a conditional write,
each environment with its own memory), a provider with a quota a calendar second, a latency and faults, and the limits
of AWS that a fleet meets. A backlog is as a queue that never empties, so a minute of it tells the rate of all of it.
``docs/scaling.md`` says what it showed.
"""

import argparse
import heapq
import math
import random
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import simpy

from bench.checkpoint import Checkpoint
from bench.rehearsal import system
from permit_ocr.adapters.dynamodb_line import FIRST_LEAD_SECONDS, HORIZON_SECONDS, TRIES, Lane, lead_after
from permit_ocr.adapters.waits import seconds_of_waiting
from permit_ocr.domain.errors import NoSlot
from permit_ocr.tencent.quota import LATE_SECONDS, Intervals, intervals

BACKLOG: Final = 10_000_000
AGREES_WITHIN: Final = 0.10
_FIRST_POLLERS: Final = 5
_POLLERS_A_MINUTE: Final = 300
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
_THROTTLED_SECONDS: Final = 0.02
"""DynamoDB refuses a write for which there is no capacity, rather than letting it wait; botocore tries once more."""
_CALLS_BEFORE: Final = 3
_CALLS_AFTER: Final = 3
"""To AWS, besides the line's: ``bench.aws_calls`` lists them."""
_WORK_WRITES: Final = 8
"""Write units of the work table for a document: four writes, and its record has 4 KB once the event is in it."""

type Steps = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What is deployed, where, and what it calls. Times in seconds, capacities a second."""

    quota: int
    rate: float
    shards: int = 1
    concurrency: int = 3
    batch: int = 10
    latency: float = 0.6
    faults: float = 0.0
    """Share of the calls that fail and are tried again, twice at most."""
    call: float = 0.008
    """One call to AWS."""
    item_writes: float = 1_000.0
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""
    table_writes: float = 4_000.0
    """Of a new on-demand table; it grows by itself, or is created with more (``WarmThroughput``)."""
    fifo_sends: float = 2_400.0
    """Of a high-throughput FIFO queue where AWS names no other figure for the region."""


@dataclass(slots=True)
class Capacity:
    """So many units a second, first come first served."""

    a_second: float
    used: float = 0.0
    _free: float = 0.0

    def wait(self, now: float, units: float = 1.0, *, most: float = math.inf) -> float | None:
        """Take units and return how long one waits for them; None, taking nothing, if that is more than ``most``."""
        begins = max(self._free, now)
        if begins - now > most:
            return None
        self.used += units
        self._free = begins + units / self.a_second
        return begins - now


@dataclass(slots=True)
class Shard:
    """One item of the limiter's table: when each bucket's next slot is free."""

    every: Intervals
    capacity: Capacity
    next_free: dict[str, float] = field(default_factory=lambda: {"everyone": 0.0, "uploads": 0.0})

    def interval(self, bucket: str) -> float:
        """Return the seconds between two slots of a bucket."""
        microseconds = self.every.uploads if bucket == "uploads" else self.every.everyone
        return (microseconds or 0) / 1_000_000

    @property
    def buckets(self) -> Sequence[str]:
        """The buckets that uploads take from."""
        return ("everyone", "uploads") if self.every.uploads else ("everyone",)


@dataclass(slots=True)
class Memory:
    """What one environment last saw of one shard."""

    next_free: dict[str, float]
    lead: float = FIRST_LEAD_SECONDS


class Simulation:
    """One run of a fleet."""

    def __init__(self, fleet: Fleet, *, documents: int | None = None, seed: int = 1) -> None:
        """``documents`` is how many wait at the beginning; None for a queue that never empties."""
        self.fleet = fleet
        self.world = simpy.Environment()
        self.done: list[float] = []
        self.counts: Counter[str] = Counter()
        self.in_a_second: Counter[int] = Counter()
        self.busiest = 0
        self._busy = 0
        self._chance = random.Random(seed)
        self._left = documents
        self._hidden: list[float] = []
        self._shards = [
            Shard(intervals(fleet.rate / fleet.shards), Capacity(fleet.item_writes)) for _ in range(fleet.shards)
        ]
        self.table = Capacity(fleet.table_writes)
        self.fifo = Capacity(fleet.fifo_sends)

    def run(self, seconds: float) -> "Simulation":
        """Simulate so many seconds and return self."""
        for number in range(self.fleet.concurrency):
            self.world.process(self._environment(number))
        self.world.run(until=seconds)
        return self

    def snapshot(self) -> dict[str, float]:
        """Return what has been used and done so far."""
        writes = [shard.capacity.used for shard in self._shards]
        used = {"item": max(writes), "items": sum(writes), "table": self.table.used, "fifo": self.fifo.used}
        counted = {name: float(self.counts[name]) for name in ("calls", "refused", "given back", "missed", "throttled")}
        return {**used, **counted, "documents": float(len(self.done))}

    def _environment(self, number: int) -> Steps:
        """One environment: batch after batch."""
        begins = max(0.0, (number + 1 - _FIRST_POLLERS) / _POLLERS_A_MINUTE * 60)
        yield self.world.timeout(begins)
        memories = [Memory(dict.fromkeys(shard.buckets, 0.0)) for shard in self._shards]
        while True:
            yield from self._call()
            ages = self._receive()
            if not ages:
                yield self.world.timeout(0.1)
                continue
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
            yield self.world.all_of([self.world.process(self._document(age, memories)) for age in ages])
            yield from self._call()  # the poller deletes what is done
            self._busy -= 1

    def _receive(self) -> list[float]:
        """Return the ages of the messages of one batch: those that show again first."""
        now = self.world.now
        ages: list[float] = []
        while len(ages) < self.fleet.batch:
            if self._hidden and self._hidden[0] <= now:
                heapq.heappop(self._hidden)
            elif self._left is None:
                pass
            elif self._left > 0:
                self._left -= 1
            else:
                break
            ages.append(now)
        return ages

    def _document(self, age: float, memories: Sequence[Memory]) -> Steps:
        for _ in range(_CALLS_BEFORE):
            yield from self._call()
        for attempt in range(3):
            if not (yield from self._depart(memories)):
                self._hide(NoSlot(after_seconds=1.0), age)
                return
            self._count_call()
            yield self.world.timeout(self.fleet.latency * self._chance.uniform(0.95, 1.05))
            if attempt == 2 or self._chance.random() >= self.fleet.faults:  # noqa: PLR2004  the last is kept as it is
                break
            yield self.world.timeout(self._chance.uniform(1, 2))
        for _ in range(_CALLS_AFTER):
            yield from self._call()
        yield self.world.timeout(self.table.wait(self.world.now, _WORK_WRITES) or 0.0)
        yield self.world.timeout(self.fifo.wait(self.world.now) or 0.0)
        self.done.append(self.world.now)

    def _count_call(self) -> None:
        second = int(self.world.now)
        self.in_a_second[second] += 1
        self.counts["calls"] += 1
        self.counts["refused"] += self.in_a_second[second] > self.fleet.quota

    def _hide(self, error: NoSlot, age: float) -> None:
        self.counts["given back"] += 1
        heapq.heappush(self._hidden, self.world.now + seconds_of_waiting(error, age_seconds=age))

    def _depart(self, memories: Sequence[Memory]) -> Steps:
        """Wait for a slot of whichever shard has one, as ``ShardedLine.enter`` does, and return whether one had."""
        for number in self._chance.sample(range(len(self._shards)), len(self._shards)):
            if (yield from self._enter(self._shards[number], memories[number])):
                return True
        return False

    def _enter(self, shard: Shard, memory: Memory) -> Steps:
        """Wait for a slot, as ``DynamoDbLine.enter`` does, and return whether there was one."""
        while True:
            slot = yield from self._take(shard, memory)
            if slot is None:
                return False
            late = self._chance.expovariate(1 / 0.003)
            yield self.world.timeout(max(0.0, slot - self.world.now) + late)
            if self.world.now - slot <= LATE_SECONDS:
                return True

    def _take(self, shard: Shard, memory: Memory) -> Steps:
        """Take the next slot with a conditional write, or several where the memory was wrong."""
        for _ in range(TRIES):
            asked = self.world.now
            earliest, latest = asked + memory.lead, asked + HORIZON_SECONDS[Lane.UPLOADS]
            bucket = min(memory.next_free, key=lambda one: max(memory.next_free[one], earliest))
            passed = memory.next_free[bucket] < earliest
            if max(memory.next_free[bucket], earliest) > latest or not (yield from self._written(shard)):
                return None
            found = shard.next_free[bucket]
            slot = earliest if passed and found < earliest else found
            taken = found < earliest if passed else earliest <= found <= latest
            if taken:
                shard.next_free[bucket] = slot + shard.interval(bucket)
            memory.next_free.update({one: shard.next_free[one] for one in memory.next_free})
            yield self.world.timeout(self.fleet.call / 2)
            memory.lead = lead_after(memory.lead, seconds=self.world.now - asked)
            if taken:
                return slot
            self.counts["missed"] += 1
        return None

    def _written(self, shard: Shard) -> Steps:
        """Bring a write to the item and return whether there was capacity for it."""
        for pause in (self._chance.uniform(0, 1), None):
            waits = shard.capacity.wait(self.world.now, most=_THROTTLED_SECONDS)
            if waits is not None:
                yield self.world.timeout(waits)
                yield from self._call(share=0.5)
                return True
            self.counts["throttled"] += 1
            if pause is not None:
                yield self.world.timeout(pause)
        return False

    def _call(self, *, share: float = 1.0) -> Steps:
        """One call to AWS."""
        yield self.world.timeout(self.fleet.call * share * self._chance.uniform(0.5, 1.5))


def rate_of(times: Sequence[float]) -> float:
    """Return the rate between the first and the last tenth: neither start nor end counts."""
    kept = sorted(times)[len(times) // 10 : -len(times) // 10]
    return (len(kept) - 1) / (kept[-1] - kept[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a queue that never empties showed, each a second, once Lambda has added its environments."""

    documents: float
    refused: float
    given_back: float
    item_writes: float
    item_used: float
    table_used: float
    fifo_used: float
    writes_a_call: float
    rate: float

    @property
    def bound_by(self) -> str:
        """What keeps it from being faster."""
        if self.documents >= 0.95 * self.rate:
            return "the quota"
        used = {
            "the limiter's item": self.item_used,
            "the work table": self.table_used,
            "the results queue": self.fifo_used,
        }
        fullest = max(used, key=lambda one: used[one])
        return fullest if used[fullest] > 0.95 else "concurrency"  # noqa: PLR2004  nearly all of it


def find(fleet: Fleet, *, seconds: float = 60.0) -> Findings:
    """Simulate until every environment is there, then for so many seconds more."""
    begins = 10 + max(0.0, (fleet.concurrency - _FIRST_POLLERS) / _POLLERS_A_MINUTE * 60)
    simulation = Simulation(fleet)
    simulation.run(begins)
    before = simulation.snapshot()
    simulation.world.run(until=begins + seconds)
    moved = {name: (after - before[name]) / seconds for name, after in simulation.snapshot().items()}
    return Findings(
        documents=moved["documents"],
        refused=moved["refused"],
        given_back=moved["given back"],
        item_writes=moved["item"],
        item_used=moved["item"] / fleet.item_writes,
        table_used=moved["table"] / fleet.table_writes,
        fifo_used=moved["fifo"] / fleet.fifo_sends,
        writes_a_call=moved["items"] / moved["calls"],
        rate=fleet.rate,
    )


SCENARIOS: Final = (
    ("as deployed", Fleet(quota=20, rate=19)),
    ("as deployed, one call in twenty fails", Fleet(quota=20, rate=19, faults=0.05)),
    ("… and MaximumConcurrency=5", Fleet(quota=20, rate=19, faults=0.05, concurrency=5)),
    ("as deployed, the provider takes 1.5 s", Fleet(quota=20, rate=19, latency=1.5)),
    ("… and MaximumConcurrency=4", Fleet(quota=20, rate=19, latency=1.5, concurrency=4)),
    ("MainlandPermitRate=190", Fleet(quota=200, rate=190)),
    ("… and MaximumConcurrency=30", Fleet(quota=200, rate=190, concurrency=30)),
    ("MainlandPermitRate=1900, MaximumConcurrency=300", Fleet(quota=2_000, rate=1_900, concurrency=300)),
    ("… and LimiterShards=5", Fleet(quota=2_000, rate=1_900, concurrency=300, shards=5)),
    (
        "… and a work table made for 20,000 writes",
        Fleet(quota=2_000, rate=1_900, concurrency=300, shards=5, table_writes=20_000),
    ),
)


def main() -> int:
    """Print the scenarios, or compare the model with the sandbox; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the sandbox")
    parser.add_argument("--documents", type=int, default=400, help="of each run of the check")
    arguments = parser.parse_args()
    return check(arguments.documents) if arguments.check else scenarios()


def scenarios() -> int:
    """Print what each scenario comes to, as a Markdown table."""
    headings = ["quota", "set", "documents/s", "bound by", "writes to the busiest item/s", "writes a call"]
    headings += ["given back/s", "refused/s", f"{BACKLOG:,} documents"]
    rows = [headings, ["---"] * len(headings)]
    for name, fleet in SCENARIOS:
        found = find(fleet)
        hours = BACKLOG / found.documents / 3600
        rows.append(
            [
                f"{fleet.quota:,}",
                name,
                f"{found.documents:,.1f}",
                found.bound_by,
                f"{found.item_writes:,.0f}",
                f"{found.writes_a_call:.2f}",
                f"{found.given_back:,.1f}",
                f"{found.refused:,.1f}",
                f"{hours:,.1f} h" if hours < 48 else f"{hours / 24:,.1f} days",  # noqa: PLR2004  two days
            ]
        )
    sys.stdout.write("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    return 0


def check(documents: int) -> int:
    """Compare the model with the sandbox, at half of what moto can serve: nearer to that, moto is what is measured.

    Nothing is fitted.
    """
    ceiling, _ = _measured(documents, replace(_CEILING, quota=0))
    quota = max(4, round(ceiling / 2))
    rate = int(quota / (1 + LATE_SECONDS))
    in_flight = rate * (HORIZON_SECONDS[Lane.UPLOADS] + _CEILING.latency)
    fleet = replace(_CEILING, quota=quota, rate=rate, concurrency=max(2, int(in_flight / _CEILING.batch)))
    measured, writes = _measured(documents, fleet)
    simulation = Simulation(fleet, documents=documents).run(documents / rate * 5)
    modelled, counted = rate_of(simulation.done), simulation.snapshot()
    rows = {
        "sandbox's ceiling, limiter off": f"{ceiling:.1f} documents a second",
        "compared at": f"a quota of {quota} calls a second, rate {rate}, MaximumConcurrency {fleet.concurrency}",
        "sandbox": f"{measured:.2f} documents a second, {writes / documents:.2f} limiter writes a document",
        "model": f"{modelled:.2f} documents a second, {counted['items'] / documents:.2f} limiter writes a document",
        "model against sandbox": f"{modelled / measured - 1:+.1%}",
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:<34} {value}\n")
    return 0 if abs(modelled / measured - 1) <= AGREES_WITHIN else 1


_CEILING: Final = Fleet(quota=0, rate=1_000)


def _measured(documents: int, fleet: Fleet) -> tuple[float, int]:
    """Return the sandbox's documents a second, and how often it wrote to the limiter's table."""
    options = [f"--latency={fleet.latency}", "--workers=64", "--waiting=256", f"--rate-limit={fleet.quota}"]
    parameters = [f"MainlandPermitRate={fleet.rate:g}", f"MaximumConcurrency={fleet.concurrency}"]
    with _Counted() as counted, system(*options, parameters=parameters, checkpoint=counted) as running:
        sent = running.upload(documents)
        if not running.consume_until(sent, timeout_seconds=900):
            raise SystemExit("not every document had a result within 900 s")
        return rate_of(list(running.finished.values())), counted.line_writes


@dataclass(slots=True)
class _Counted(Checkpoint):
    """Counts writes to the limiter's item."""

    line_writes: int = 0

    def arrived(self, name: str) -> int:
        """Note a call."""
        self.line_writes += "line#" in name or "LimiterTable" in name
        return Checkpoint.arrived(self, name)


if __name__ == "__main__":
    sys.exit(main())
