"""A model of the fleet: what drains a backlog, at quotas and with limits that nobody has on a test bench.

A discrete-event simulation of what is deployed: batches of the intake queue in environments that Lambda adds as it
does, the calls that ``aws_calls.JOURNEY`` lists, each environment's share of a processor, one line of slots as
``dynamodb_line`` keeps it (the same intervals, the same two forms of a conditional write, each environment with its own
memory), messages that are given back and wait as ``waits`` says, a provider with a quota a calendar second, a latency
and faults, and the limits of AWS that a fleet meets. What it is told from outside is in ``Fleet``; nothing is fitted.
"""

import heapq
import json
import math
import random
import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import simpy
from samtranslator.yaml_helper import yaml_parse

from bench.aws_calls import JOURNEY
from bench.benchmarks import COMMITTED, PAGE
from bench.rehearsal import ROOT
from permit_ocr.application.retry_policy import deferral_delay
from permit_ocr.domain.errors import RateLimited, RetryableError
from permit_ocr.entrypoints.uploads import PREPARED_AT_ONCE
from permit_ocr.rate_limit.dynamodb_rate_limiter import FIRST_LEAD_SECONDS, HORIZON_SECONDS, TRIES, Priority, lead_after
from permit_ocr.rate_limit.gcra import LATE_SECONDS, Intervals, intervals
from sandbox.lambda_runtime.cpu_quota import PERIOD_SECONDS, cpus_for

_FIRST_POLLERS: Final = 5
_POLLERS_A_MINUTE: Final = 300
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
_THROTTLED_SECONDS: Final = 0.02
"""DynamoDB refuses a write for which there is no capacity, rather than letting it wait; botocore tries once more."""
_WAKING_SECONDS: Final = 0.003
"""How late a sleeping thread is woken, on average, where the processor is free."""
_SWITCH_SECONDS: Final = 0.005
"""After so long a thread that computes lets one that has been woken have Python (``sys.getswitchinterval``), though not
before the kernel lets the function compute again, which it does once in a period."""
_CALLS: Final = [name for name, _ in JOURNEY]
SLOT: Final = "DynamoDB UpdateItem line#"
_LINE: Final = _CALLS.index(SLOT)
PROVIDER: Final = _CALLS[_LINE + 1]
BEFORE: Final = _CALLS[:_LINE]
"""A document's calls before its slot; the provider's call follows that."""
AFTER: Final = _CALLS[_LINE + 2 :]
BEGUN_UNITS: Final = 1
"""Write units of each write to the work table before the provider's answer: less than 1 KB."""
_CLAIM: Final = "DynamoDB UpdateItem recognition#"
_QUEUE: Final = "SQS SendMessage"
"""The poller's receives and deletes, and what it is told to show again, take as long."""
KEPT_UNITS: Final = {_CLAIM: 1, "DynamoDB UpdateItem document#": 4}
"""Write units of each write after it, a unit for every KB of what the record is then."""

type Steps = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What is deployed, where, and what it calls. Times in seconds, capacities a second."""

    quota: int
    rate: float
    shards: int = 1
    concurrency: int
    batch: int
    memory: int
    """MB of an environment, which say what share of a processor it has."""
    processor: float
    """Of a whole processor, for a document."""
    latency: float = 0.6
    faults: float = 0.0
    """Share of the calls that fail and are tried again, twice at most."""
    call: float = 0.008
    """One call to AWS, half of that less or more."""
    calls: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """How long calls took where that was measured, by name: each of these is as likely as the next."""
    item_writes: float = 1_000.0
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""
    table_writes: float = 4_000.0
    """Of a new on-demand table; it grows by itself, or is created with more (``WarmThroughput``)."""
    fifo_sends: float = 2_400.0
    """Of a high-throughput FIFO queue where AWS names no other figure for the region."""
    in_flight: int = 120_000
    """Messages of the intake queue that are received and neither deleted nor shown again (AWS's quotas of SQS)."""

    @property
    def share(self) -> float:
        """Of a processor. Python computes in one thread at a time, so more than one is of no use."""
        return min(1.0, cpus_for(self.memory))


@cache
def deployed() -> Fleet:
    """Return what the template deploys if it is told nothing, under a quota of 20."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    said = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    function = template["Globals"]["Function"] | template["Resources"]["UploadsFunction"]["Properties"]
    return Fleet(
        quota=20,
        rate=float(said["MainlandPermitRate"]),
        shards=int(said["LimiterShards"]),
        concurrency=int(said["MaximumConcurrency"]),
        batch=int(said["BatchSize"]),
        memory=int(function["MemorySize"]),
        processor=_processor_seconds(),
    )


def _processor_seconds() -> float:
    """Return the processor time of a document as ``bench.warm`` has measured it."""
    what = json.loads(COMMITTED.read_text(encoding="utf-8"))["processor"]["what"]
    row = re.search(rf"^\| {re.escape(what)}, ms \| ([\d.,]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    if row is None:
        raise SystemExit(f"{PAGE} has no row for: {what}")
    return float(row[1].replace(",", "")) / 1000


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

    def seconds_until_free(self, now: float) -> float:
        """Return how long nothing can be taken."""
        return max(0.0, self._free - now)


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
class LimiterState:
    """What one environment last saw of one shard."""

    next_free: dict[str, float]
    lead: float = FIRST_LEAD_SECONDS


@dataclass(frozen=True, slots=True)
class Environment:
    """One of the function's: its share of a processor, in seconds a second, its turns, what it has seen of each shard.

    Whoever asks first computes first, as threads get Python's lock.
    """

    processor: Capacity
    turns: simpy.Resource
    memories: Sequence[LimiterState]


class Simulation:
    """One run of a fleet."""

    def __init__(
        self, fleet: Fleet, *, documents: int | None = None, age: float = 0.0, hidden: int = 0, seed: int = 1
    ) -> None:
        """``documents`` is how many wait at the beginning, sent ``age`` seconds ago; None for a queue never empty.

        ``hidden`` of them were given back before and are not shown yet.
        """
        self.fleet = fleet
        self.world = simpy.Environment()
        self.done: list[float] = []
        self.counts: Counter[str] = Counter()
        self.table = Capacity(fleet.table_writes)
        self.fifo = Capacity(fleet.fifo_sends)
        self._in_a_second: Counter[int] = Counter()
        self._chance = random.Random(seed)
        self._left = documents
        self._sent = -age
        self._shown: list[float] = []
        self._hidden = [(seconds, self._sent) for seconds in _remaining_waits(hidden, age, self._chance)]
        heapq.heapify(self._hidden)
        self._held = 0
        self._shards = [
            Shard(intervals(fleet.rate / fleet.shards), Capacity(fleet.item_writes)) for _ in range(fleet.shards)
        ]
        self._environments = [
            Environment(
                Capacity(fleet.share),
                simpy.Resource(self.world, PREPARED_AT_ONCE),
                [LimiterState(dict.fromkeys(shard.buckets, 0.0)) for shard in self._shards],
            )
            for _ in range(fleet.concurrency)
        ]

    def run(self, seconds: float, *, all_within: float | None = None) -> "Simulation":
        """Simulate so many seconds and return self.

        With ``all_within`` every environment is there within so many, instead of as Lambda adds them.
        """
        for number, environment in enumerate(self._environments):
            after = seconds_until_added(number) if all_within is None else self._chance.uniform(0, all_within)
            self.world.process(self._run(environment, after=after))
        self.world.run(until=seconds)
        return self

    def snapshot(self) -> dict[str, float]:
        """Return what has been used and done so far, and how many messages are in flight now."""
        writes = [shard.capacity.used for shard in self._shards]
        processors = sum(environment.processor.used for environment in self._environments)
        used = {"item": max(writes), "items": sum(writes), "table": self.table.used, "fifo": self.fifo.used}
        counted = {name: float(self.counts[name]) for name in ("calls", "refused", "given back")}
        done = {"documents": float(len(self.done)), "in flight": float(self._in_flight)}
        return {**used, **counted, **done, "processors": processors}

    @property
    def _in_flight(self) -> int:
        return self._held + len(self._hidden)

    def _run(self, environment: Environment, *, after: float) -> Steps:
        """One environment: batch after batch."""
        yield self.world.timeout(after)
        while True:
            yield self._travel(_QUEUE)
            sent = self._receive()
            if not sent:
                yield self.world.timeout(0.1)
                continue
            self._held += len(sent)
            back: list[tuple[float, RetryableError]] = []
            yield self.world.all_of([self.world.process(self._message(one, environment, back)) for one in sent])
            if back:
                yield self._call(environment, _QUEUE)  # they are told when to show again
            yield self._travel(_QUEUE)  # the poller deletes what is done
            self._held -= len(sent)
            for one, error in back:
                self.counts["given back"] += 1
                wait = deferral_delay(error, age_seconds=self.world.now - one)
                heapq.heappush(self._hidden, (self.world.now + wait, one))

    def _receive(self) -> list[float]:
        """Return when each message of one batch was sent: those that show again first."""
        while self._hidden and self._hidden[0][0] <= self.world.now:
            self._shown.append(heapq.heappop(self._hidden)[1])
        room = min(self.fleet.batch, self.fleet.in_flight - self._in_flight)
        batch = [self._shown.pop() for _ in range(min(room, len(self._shown)))]
        fresh = room - len(batch) if self._left is None else min(room - len(batch), self._left)
        if self._left is not None:
            self._left -= fresh
        return batch + [self._sent] * fresh

    def _message(self, sent: float, environment: Environment, back: list[tuple[float, RetryableError]]) -> Steps:
        """One message in one batch: its document is done, or it is put among those that are given back."""
        with environment.turns.request() as turn:
            yield turn
            for call in BEFORE:
                yield self._call(environment, call)
                if call.startswith("DynamoDB"):
                    yield from self._take_from(self.table, BEGUN_UNITS)
        try:
            yield from self._ask(environment)
        except RetryableError as error:
            yield self._call(environment, _CLAIM)  # the claim is given back
            yield from self._take_from(self.table, BEGUN_UNITS)
            back.append((sent, error))
            return
        for call in AFTER:
            yield self._call(environment, call)
            if call.startswith("DynamoDB"):
                yield from self._take_from(self.table, KEPT_UNITS[call])
            else:
                yield from self._take_from(self.fifo, 1)
        self.done.append(self.world.now)

    def _take_from(self, capacity: Capacity, units: float) -> Steps:
        if wait := capacity.wait(self.world.now, units):
            yield self.world.timeout(wait)

    def _ask(self, environment: Environment) -> Steps:
        """Call the provider, twice more where it fails. Raises ``RetryableError``."""
        for attempt in range(3):
            yield self.world.timeout(self._computed(environment))  # encoded, signed, connected
            yield from self._depart(environment)
            self._count_call()
            yield self.world.timeout(self.fleet.latency * self._chance.uniform(0.95, 1.05))
            if attempt == 2 or self._chance.random() >= self.fleet.faults:  # noqa: PLR2004  the last is kept as it is
                return
            yield self.world.timeout(self._chance.uniform(1, 2))

    def _count_call(self) -> None:
        second = int(self.world.now)
        self._in_a_second[second] += 1
        self.counts["calls"] += 1
        self.counts["refused"] += self._in_a_second[second] > self.fleet.quota

    def _depart(self, environment: Environment) -> Steps:
        """Wait for a slot of whichever shard has one, as ``ShardedRateLimiter.acquire`` does.

        Raises
        ``RetryableError``.
        """
        nearest = RateLimited(after_seconds=math.inf)
        for number in self._chance.sample(range(len(self._shards)), len(self._shards)):
            try:
                yield from self._enter(self._shards[number], environment.memories[number], environment)
            except RateLimited as error:
                nearest = min(nearest, error, key=lambda one: one.after_seconds)
            else:
                return
        raise nearest

    def _enter(self, shard: Shard, memory: LimiterState, environment: Environment) -> Steps:
        """Wait for a slot, as ``DynamoDbRateLimiter.enter`` does. Raises ``RetryableError``."""
        while True:
            slot = yield from self._take(shard, memory, environment)
            woken = self._chance.expovariate(1 / _WAKING_SECONDS)
            yield self.world.timeout(max(0.0, slot - self.world.now) + woken)
            busy = environment.processor.seconds_until_free(self.world.now)
            yield self.world.timeout(min(busy, _SWITCH_SECONDS + PERIOD_SECONDS * (1 - self.fleet.share)))
            if self.world.now - slot <= LATE_SECONDS:
                return

    def _take(self, shard: Shard, memory: LimiterState, environment: Environment) -> Steps:
        """Take the next slot with a conditional write, or several where the state was stale.

        Raises
        ``RetryableError``.
        """
        horizon, lost = HORIZON_SECONDS[Priority.UPLOADS], False
        for _ in range(TRIES):
            asked = self.world.now
            earliest, latest = asked + memory.lead, asked + horizon
            bucket = min(memory.next_free, key=lambda one: max(memory.next_free[one], earliest))
            remembered = memory.next_free[bucket]
            if (nearest := max(remembered, earliest)) > latest:
                raise RateLimited(after_seconds=nearest - asked)
            resets = remembered < earliest and not (lost and remembered > earliest - horizon)
            passed = max(0.0, earliest - remembered)
            try:
                yield from self._write(shard, environment)
                found = shard.next_free[bucket]
                taken = found < earliest if resets else earliest <= found + passed <= latest
                slot = earliest if resets else found + passed
                if taken:
                    shard.next_free[bucket] = slot + shard.interval(bucket)
                seen = {one: shard.next_free[one] for one in memory.next_free}
                yield self._travel(SLOT, share=0.5)
            finally:
                memory.lead = lead_after(memory.lead, seconds=self.world.now - asked)
            memory.next_free.update(seen)
            if taken:
                return slot
            lost = True
        raise RateLimited(after_seconds=1.0)

    def _write(self, shard: Shard, environment: Environment) -> Steps:
        """Bring a write to the item. Raises ``RetryableError`` if there is no capacity for it, twice."""
        yield self.world.timeout(self._computed(environment))
        for pause in (self._chance.uniform(0, 1), None):
            yield self._travel(SLOT, share=0.5)
            wait = shard.capacity.wait(self.world.now, most=_THROTTLED_SECONDS)
            if wait is not None:
                yield self.world.timeout(wait)
                return
            yield self._travel(SLOT, share=0.5)
            if pause is not None:
                yield self.world.timeout(pause)
        raise RetryableError("DynamoDB.ThrottlingException", "", "")

    def _call(self, environment: Environment, name: str) -> simpy.Event:
        """One call of the function to AWS: its part of the document's computing, then the way there and back."""
        return self.world.timeout(self._computed(environment) + self._seconds_of(name))

    def _travel(self, name: str, *, share: float = 1.0) -> simpy.Event:
        return self.world.timeout(self._seconds_of(name) * share)

    def _seconds_of(self, name: str) -> float:
        if measured := self.fleet.calls.get(name):
            return self._chance.choice(measured)
        return self.fleet.call * self._chance.uniform(0.5, 1.5)

    def _computed(self, environment: Environment) -> float:
        """Take the processor for one call's part of a document; return when that is computed, in seconds from now."""
        seconds = self.fleet.processor / len(JOURNEY)
        wait = environment.processor.wait(self.world.now, seconds) or 0.0
        return wait + seconds / self.fleet.share


def seconds_until_added(number: int) -> float:
    """Return after how many seconds of a backlog Lambda has added the environment of that number, from 0."""
    return max(0.0, (number + 1 - _FIRST_POLLERS) / _POLLERS_A_MINUTE * 60)


def seconds_hidden(age: float) -> float:
    """Return how long a message of that age is hidden, on average, that found no slot."""
    return math.fsum(_defer(age)) / len(_defer(age))


def _remaining_waits(count: int, age: float, chance: random.Random) -> list[float]:
    """Return how long each of ``count`` hidden messages stays so, seen at any moment: long waits are seen more."""
    waits = _defer(age)
    return [chance.uniform(0, wait) for wait in chance.choices(waits, weights=waits, k=count)]


def _defer(age: float) -> list[float]:
    return [
        deferral_delay(RateLimited(after_seconds=HORIZON_SECONDS[Priority.UPLOADS]), age_seconds=age)
        for _ in range(1000)
    ]
