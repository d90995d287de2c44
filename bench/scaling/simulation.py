"""A discrete-event simulation (SimPy) of a fleet that processes a backlog.

It models batches of the intake queue in execution environments that Lambda adds as documented, the calls of a document
(``aws_calls.CALLS``), each environment's part of a processor, the rate limiter with its intervals and both forms of its
conditional write (each environment with its own limiter state), messages that are retried after a backoff, a provider
with a quota per calendar second, a latency and faults, and the limits of AWS that a fleet reaches. All parameters are
in ``Fleet``; nothing is fitted.
"""

import heapq
import math
import random
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import simpy

from bench.scaling.fleet import (
    CALLS_AFTER,
    CALLS_BEFORE,
    LEASE_CALL,
    LIMITER_CALL,
    QUEUE_CALL,
    WRITE_UNITS_AFTER,
    WRITE_UNITS_BEFORE,
    Fleet,
)
from bench.system.aws_calls import CALLS
from permit_ocr.application.process_upload import MAX_CONCURRENT_PREPARATIONS
from permit_ocr.application.retry_policy import deferral_delay
from permit_ocr.domain.errors import RateLimited, RetryableError
from permit_ocr.rate_limit.dynamodb_rate_limiter import HORIZON_SECONDS, TRIES, Priority
from permit_ocr.rate_limit.gcra import LATE_SECONDS, Intervals, intervals
from permit_ocr.rate_limit.limiter_items import FIRST_LEAD_SECONDS, lead_after
from sandbox.lambda_runtime.cpu_quota import PERIOD_SECONDS

_INITIAL_ENVIRONMENTS: Final = 5
_ENVIRONMENTS_PER_MINUTE: Final = 300
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
_MAX_THROTTLE_SECONDS: Final = 0.02
"""DynamoDB refuses a write without capacity instead of delaying it; botocore retries once."""
_WAKE_UP_SECONDS: Final = 0.003
"""Mean delay of a sleeping thread's wake-up when the processor is free."""
_SWITCH_SECONDS: Final = 0.005
"""After this time a computing thread releases the GIL to a woken one (``sys.getswitchinterval``), but not before the
kernel lets the function compute again, once in a CPU quota period."""
_PROVIDER_ATTEMPTS: Final = 3

type Steps = Generator[simpy.Event, Any, Any]


@dataclass(slots=True)
class Capacity:
    """A number of units per second, first come, first served."""

    per_second: float
    used: float = 0.0
    _free_at: float = 0.0

    def take(self, now: float, units: float = 1.0, *, max_wait: float = math.inf) -> float | None:
        """Take units and return the wait for them; return None and take nothing if it exceeds ``max_wait``."""
        start = max(self._free_at, now)
        if start - now > max_wait:
            return None
        self.used += units
        self._free_at = start + units / self.per_second
        return start - now

    def seconds_until_free(self, now: float) -> float:
        """Return how long nothing can be taken."""
        return max(0.0, self._free_at - now)


@dataclass(slots=True)
class Shard:
    """One item of the limiter's table: when the next slot of each slot series is free."""

    intervals: Intervals
    capacity: Capacity
    next_free: dict[str, float] = field(default_factory=lambda: {"shared": 0.0, "uploads": 0.0})

    def interval(self, series: str) -> float:
        """Return the seconds between two slots of a slot series."""
        microseconds = self.intervals.uploads if series == "uploads" else self.intervals.shared
        return (microseconds or 0) / 1_000_000

    @property
    def series(self) -> Sequence[str]:
        """The slot series that uploads take slots from."""
        return ("shared", "uploads") if self.intervals.uploads else ("shared",)


@dataclass(slots=True)
class LimiterState:
    """What one environment last saw of one shard."""

    next_free: dict[str, float]
    lead: float = FIRST_LEAD_SECONDS


@dataclass(frozen=True, slots=True)
class Environment:
    """One execution environment. Its processor is first come, first served, as threads get the GIL."""

    processor: Capacity
    preparations: simpy.Resource
    """Limits how many documents are prepared at a time."""
    limiter_states: Sequence[LimiterState]


class Simulation:
    """One run of a fleet."""

    def __init__(
        self, fleet: Fleet, *, documents: int | None = None, age: float = 0.0, hidden: int = 0, seed: int = 1
    ) -> None:
        """``documents`` wait at the beginning, sent ``age`` seconds ago; None for a queue that never empties.

        ``hidden`` of them were retried before and are not visible yet.
        """
        self.fleet = fleet
        self.world = simpy.Environment()
        self.done: list[float] = []
        self.counts: Counter[str] = Counter()
        self.table = Capacity(fleet.table_writes)
        self.fifo = Capacity(fleet.fifo_sends)
        self._calls_per_second: Counter[int] = Counter()
        self._random = random.Random(seed)
        self._unread = documents
        self._sent_at = -age
        self._visible_again: list[float] = []
        self._hidden = [(seconds, self._sent_at) for seconds in _remaining_backoffs(hidden, age, self._random)]
        heapq.heapify(self._hidden)
        self._in_batches = 0
        self._shards = [
            Shard(intervals(fleet.rate / fleet.shards), Capacity(fleet.item_writes)) for _ in range(fleet.shards)
        ]
        self._environments = [
            Environment(
                Capacity(fleet.cpu_share),
                simpy.Resource(self.world, MAX_CONCURRENT_PREPARATIONS),
                [LimiterState(dict.fromkeys(shard.series, 0.0)) for shard in self._shards],
            )
            for _ in range(fleet.concurrency)
        ]

    def run(self, seconds: float, *, all_within: float | None = None) -> "Simulation":
        """Simulate this many seconds and return self.

        With ``all_within`` every environment is started within that time, instead of as Lambda adds them.
        """
        for number, environment in enumerate(self._environments):
            delay = seconds_until_added(number) if all_within is None else self._random.uniform(0, all_within)
            self.world.process(self._run_environment(environment, delay=delay))
        self.world.run(until=seconds)
        return self

    def snapshot(self) -> dict[str, float]:
        """Return the totals so far, and how many messages are in flight now."""
        writes = [shard.capacity.used for shard in self._shards]
        processors = sum(environment.processor.used for environment in self._environments)
        used = {"item": max(writes), "items": sum(writes), "table": self.table.used, "fifo": self.fifo.used}
        counts = {name: float(self.counts[name]) for name in ("calls", "refused", "retried")}
        done = {"documents": float(len(self.done)), "in flight": float(self._in_flight)}
        return {**used, **counts, **done, "processors": processors}

    @property
    def _in_flight(self) -> int:
        return self._in_batches + len(self._hidden)

    def _run_environment(self, environment: Environment, *, delay: float) -> Steps:
        """Process batch after batch."""
        yield self.world.timeout(delay)
        while True:
            yield self._round_trip(QUEUE_CALL)
            batch = self._receive()
            if not batch:
                yield self.world.timeout(0.1)
                continue
            self._in_batches += len(batch)
            failures: list[tuple[float, RetryableError]] = []
            yield self.world.all_of(
                [self.world.process(self._process_message(sent_at, environment, failures)) for sent_at in batch]
            )
            if failures:
                yield self._call(environment, QUEUE_CALL)  # changes their visibility timeouts
            yield self._round_trip(QUEUE_CALL)  # the poller deletes the others
            self._in_batches -= len(batch)
            for sent_at, error in failures:
                self.counts["retried"] += 1
                backoff = deferral_delay(error, age_seconds=self.world.now - sent_at)
                heapq.heappush(self._hidden, (self.world.now + backoff, sent_at))

    def _receive(self) -> list[float]:
        """Return when each message of one batch was sent; messages that became visible again come first."""
        while self._hidden and self._hidden[0][0] <= self.world.now:
            self._visible_again.append(heapq.heappop(self._hidden)[1])
        room = min(self.fleet.batch, self.fleet.in_flight - self._in_flight)
        batch = [self._visible_again.pop() for _ in range(min(room, len(self._visible_again)))]
        unread = room - len(batch) if self._unread is None else min(room - len(batch), self._unread)
        if self._unread is not None:
            self._unread -= unread
        return batch + [self._sent_at] * unread

    def _process_message(
        self, sent_at: float, environment: Environment, failures: list[tuple[float, RetryableError]]
    ) -> Steps:
        """Process one document of a batch, or add it to the failures that are retried later."""
        with environment.preparations.request() as preparation:
            yield preparation
            for call in CALLS_BEFORE:
                yield self._call(environment, call)
                if call.startswith("DynamoDB"):
                    yield from self._take(self.table, WRITE_UNITS_BEFORE)
        try:
            yield from self._recognize(environment)
        except RetryableError as error:
            yield self._call(environment, LEASE_CALL)  # releases the lease
            yield from self._take(self.table, WRITE_UNITS_BEFORE)
            failures.append((sent_at, error))
            return
        for call in CALLS_AFTER:
            yield self._call(environment, call)
            if call.startswith("DynamoDB"):
                yield from self._take(self.table, WRITE_UNITS_AFTER[call])
            else:
                yield from self._take(self.fifo, 1)
        self.done.append(self.world.now)

    def _take(self, capacity: Capacity, units: float) -> Steps:
        if wait := capacity.take(self.world.now, units):
            yield self.world.timeout(wait)

    def _recognize(self, environment: Environment) -> Steps:
        """Call the provider, up to three times if it fails. Raises ``RetryableError``."""
        for attempt in range(1, _PROVIDER_ATTEMPTS + 1):
            yield self.world.timeout(self._compute(environment))  # encode, sign, connect
            yield from self._acquire_any(environment)
            self._count_provider_call()
            yield self.world.timeout(self.fleet.latency * self._random.uniform(0.95, 1.05))
            if attempt == _PROVIDER_ATTEMPTS or self._random.random() >= self.fleet.faults:
                return
            yield self.world.timeout(self._random.uniform(1, 2))

    def _count_provider_call(self) -> None:
        second = int(self.world.now)
        self._calls_per_second[second] += 1
        self.counts["calls"] += 1
        self.counts["refused"] += self._calls_per_second[second] > self.fleet.quota

    def _acquire_any(self, environment: Environment) -> Steps:
        """Wait for any shard's slot, as ``ShardedRateLimiter.acquire`` does. Raises ``RetryableError``."""
        nearest = RateLimited(after_seconds=math.inf)
        for number in self._random.sample(range(len(self._shards)), len(self._shards)):
            try:
                yield from self._acquire(self._shards[number], environment.limiter_states[number], environment)
            except RateLimited as error:
                nearest = min(nearest, error, key=lambda one: one.after_seconds)
            else:
                return
        raise nearest

    def _acquire(self, shard: Shard, state: LimiterState, environment: Environment) -> Steps:
        """Wait for a slot, as ``DynamoDbRateLimiter.acquire`` does. Raises ``RetryableError``."""
        while True:
            slot = yield from self._take_slot(shard, state, environment)
            wake_up_delay = self._random.expovariate(1 / _WAKE_UP_SECONDS)
            yield self.world.timeout(max(0.0, slot - self.world.now) + wake_up_delay)
            busy = environment.processor.seconds_until_free(self.world.now)
            yield self.world.timeout(min(busy, _SWITCH_SECONDS + PERIOD_SECONDS * (1 - self.fleet.cpu_share)))
            if self.world.now - slot <= LATE_SECONDS:
                return

    def _take_slot(self, shard: Shard, state: LimiterState, environment: Environment) -> Steps:
        """Take a slot with a conditional write, or several if the state is outdated. Raises ``RetryableError``."""
        horizon, was_refused = HORIZON_SECONDS[Priority.UPLOADS], False
        for _ in range(TRIES):
            started = self.world.now
            earliest, latest = started + state.lead, started + horizon
            series = min(state.next_free, key=lambda one: max(state.next_free[one], earliest))
            expected = state.next_free[series]
            if (nearest := max(expected, earliest)) > latest:
                raise RateLimited(after_seconds=nearest - started)
            resets = expected < earliest and not (was_refused and expected > earliest - horizon)
            elapsed = max(0.0, earliest - expected)
            try:
                yield from self._write(shard, environment)
                actual = shard.next_free[series]
                is_taken = actual < earliest if resets else earliest <= actual + elapsed <= latest
                slot = earliest if resets else actual + elapsed
                if is_taken:
                    shard.next_free[series] = slot + shard.interval(series)
                returned = {one: shard.next_free[one] for one in state.next_free}
                yield self._round_trip(LIMITER_CALL, share=0.5)
            finally:
                state.lead = lead_after(state.lead, seconds=self.world.now - started)
            state.next_free.update(returned)
            if is_taken:
                return slot
            was_refused = True
        raise RateLimited(after_seconds=1.0)

    def _write(self, shard: Shard, environment: Environment) -> Steps:
        """Bring a write to the item. Raises ``RetryableError`` if it is throttled twice."""
        yield self.world.timeout(self._compute(environment))
        for backoff in (self._random.uniform(0, 1), None):
            yield self._round_trip(LIMITER_CALL, share=0.5)
            wait = shard.capacity.take(self.world.now, max_wait=_MAX_THROTTLE_SECONDS)
            if wait is not None:
                yield self.world.timeout(wait)
                return
            yield self._round_trip(LIMITER_CALL, share=0.5)
            if backoff is not None:
                yield self.world.timeout(backoff)
        raise RetryableError("DynamoDB.ThrottlingException", "", "")

    def _call(self, environment: Environment, name: str) -> simpy.Event:
        """One call of the function to AWS: its part of the document's processor time, then the round trip."""
        return self.world.timeout(self._compute(environment) + self._seconds_of(name))

    def _round_trip(self, name: str, *, share: float = 1.0) -> simpy.Event:
        return self.world.timeout(self._seconds_of(name) * share)

    def _seconds_of(self, name: str) -> float:
        if measured := self.fleet.calls.get(name):
            return self._random.choice(measured)
        return self.fleet.call * self._random.uniform(0.5, 1.5)

    def _compute(self, environment: Environment) -> float:
        """Take one call's part of the document's processor time; return in how many seconds it is computed."""
        seconds = self.fleet.processor / len(CALLS)
        wait = environment.processor.take(self.world.now, seconds) or 0.0
        return wait + seconds / self.fleet.cpu_share


def seconds_until_added(number: int) -> float:
    """Return when Lambda adds the environment of that number, from 0, after a backlog begins."""
    return max(0.0, (number + 1 - _INITIAL_ENVIRONMENTS) / _ENVIRONMENTS_PER_MINUTE * 60)


def mean_backoff(age: float) -> float:
    """Return the mean backoff of a rate-limited message of that age, in seconds."""
    return math.fsum(_backoffs(age)) / len(_backoffs(age))


def _remaining_backoffs(count: int, age: float, generator: random.Random) -> list[float]:
    """Return the remaining backoffs of ``count`` hidden messages at a random moment, when long ones are more likely."""
    backoffs = _backoffs(age)
    return [generator.uniform(0, backoff) for backoff in generator.choices(backoffs, weights=backoffs, k=count)]


def _backoffs(age: float) -> list[float]:
    return [
        deferral_delay(RateLimited(after_seconds=HORIZON_SECONDS[Priority.UPLOADS]), age_seconds=age)
        for _ in range(1000)
    ]
