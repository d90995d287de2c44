"""The rate limiter: slots, priorities and the circuit breaker. The table is moto's, time is simulated."""

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from permit_ocr.domain.errors import CircuitOpen, RateLimited, RetryableError
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter, Priority
from permit_ocr.rate_limit.gcra import most_in_a_second
from permit_ocr.tencent.actions import QUOTA_PER_SECOND

ACTION = "MainlandPermitOCR"
OTHER = "HmtResidentPermitOCR"
RATE = 19.0
IN_ARREARS = CircuitOpen("ResourceUnavailable.InArrears", "meaning", "advice")


class Table:
    """moto's table, made as atomic as DynamoDB's: moto changes an item some time after it has checked the condition.

    Counts its updates; ``around`` is called before and after each.
    """

    def __init__(self, around: Callable[[], None] = lambda: None) -> None:
        self._client = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self._client.create_table(
            TableName="limiter",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._lock = threading.Lock()
        self._around = around
        self.exceptions = self._client.exceptions
        self.updates = 0

    def update_item(self, **request: Any) -> Any:
        self._around()
        with self._lock:
            self.updates += 1
            answer = self._client.update_item(**request)
        self._around()
        return answer


class Clock:
    """Time that passes only in ``sleep``, or when a test moves it; ``late`` is how late sleepers wake."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.late = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        yield Table()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(
    table: Any, clock: Clock, priority: Priority = Priority.UPLOADS, *, name: str = "limiter"
) -> DynamoDbRateLimiter:
    return DynamoDbRateLimiter(
        table, table=name, priority=priority, rates={ACTION: RATE, OTHER: RATE}, clock=clock, sleep=clock.sleep
    )


def drain(of: DynamoDbRateLimiter, seconds: float = 30.0) -> int:
    """Take slots without waiting for them, until there are none; return how many were taken."""
    of._sleep = lambda _seconds: None
    for taken in itertools.count():
        try:
            of.acquire(ACTION, seconds=seconds)
        except RateLimited:
            return taken
    raise AssertionError


def test_an_idle_limiters_first_call_does_not_wait_and_costs_one_update(table: Table, clock: Clock) -> None:
    started, environment = clock.now, limiter(table, clock)
    for _ in range(3):
        assert environment.acquire(ACTION, seconds=10) is False
        assert clock.now - started < 0.1
        clock.now += 60
        started = clock.now
    assert table.updates == 3


def test_a_call_costs_one_update_under_a_backlog(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    for _ in range(100):
        environment.acquire(ACTION, seconds=10)
    assert table.updates <= 102


def test_slots_are_as_far_apart_as_the_rate_requires(table: Table, clock: Clock) -> None:
    environments = [limiter(table, clock, Priority.API) for _ in range(4)]
    calls = []
    for environment in environments * 10:
        environment.acquire(ACTION, seconds=10)
        calls.append(clock.now)
    assert min(after - before for before, after in itertools.pairwise(calls)) > 1 / (RATE * 0.9) - 1e-5


def test_each_action_has_its_own_rate_and_circuit(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    drain(environment)
    environment.acquire(OTHER, seconds=0.5)
    environment.open_circuit(ACTION, IN_ARREARS)
    environment.acquire(OTHER, seconds=0.5)


def test_uploads_book_one_second_ahead_and_the_api_two(table: Table, clock: Clock) -> None:
    for_uploads = drain(limiter(table, clock, Priority.UPLOADS))
    assert for_uploads == 17 + 2, "from the shared series, and from their own"
    for_api = drain(limiter(table, clock, Priority.API))
    assert for_api == 17, "a second more"


def test_rate_limited_has_the_time_to_the_next_slot_and_takes_none(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock, Priority.API)
    drain(environment)
    updates = table.updates
    with pytest.raises(RateLimited) as caught:
        environment.acquire(ACTION, seconds=30)
    assert 2.0 < caught.value.after_seconds < 2.1
    assert table.updates == updates, "free times only grow, so the table need not be asked"


def test_a_slot_beyond_the_callers_time_is_not_taken(table: Table, clock: Clock) -> None:
    drain(limiter(table, clock))
    with pytest.raises(RateLimited):
        limiter(table, clock, Priority.API).acquire(ACTION, seconds=0.5)


def test_a_backlog_of_uploads_does_not_starve_the_api(table: Table, clock: Clock) -> None:
    drain(limiter(table, clock, Priority.UPLOADS))
    started = clock.now
    limiter(table, clock, Priority.API).acquire(ACTION, seconds=26)
    assert clock.now - started < 1.2


@pytest.mark.slow
def test_a_stream_of_api_requests_leaves_uploads_their_share(table: Table, clock: Clock) -> None:
    api, uploads = limiter(table, clock, Priority.API), limiter(table, clock, Priority.UPLOADS)
    sleep = uploads._sleep
    done = 0
    for _ in range(10):
        drain(api)
        uploads._sleep = sleep
        started = clock.now
        while clock.now < started + 1:
            drain(api)
            uploads.acquire(ACTION, seconds=1)
            done += 1
    assert 1.8 < done / 10 <= 2.1


def test_a_caller_that_wakes_late_takes_a_new_slot(table: Table, clock: Clock) -> None:
    drain(limiter(table, clock))
    environment = limiter(table, clock, Priority.API)
    lateness = iter([0.051, 0.049])

    def sleep(seconds: float) -> None:
        clock.now += seconds + next(lateness)

    environment._sleep = sleep
    updates = table.updates
    environment.acquire(ACTION, seconds=10)
    assert next(lateness, None) is None
    assert table.updates - updates >= 2


def test_a_caller_that_is_always_late_gives_up(table: Table, clock: Clock) -> None:
    clock.late = 0.2
    with pytest.raises(RateLimited):
        limiter(table, clock).acquire(ACTION, seconds=5)


def test_nothing_is_called_without_the_table(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock, name="absent")
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        environment.acquire(ACTION, seconds=10)
    environment.open_circuit(ACTION, IN_ARREARS)
    environment.close_circuit(ACTION)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.5, 0.9, 1.5, 4.5])
def test_a_rate_can_be_a_fraction(table: Table, clock: Clock, rate: float) -> None:
    environments = [
        DynamoDbRateLimiter(
            table,  # type: ignore[arg-type]
            table="limiter",
            priority=priority,
            rates={ACTION: rate},
            clock=clock,
            sleep=clock.sleep,
        )
        for priority in Priority
    ]
    calls = []
    end = clock.now + 40
    while clock.now < end:
        for environment in environments:
            try:
                environment.acquire(ACTION, seconds=5)
                calls.append(clock.now)
            except RateLimited:
                clock.now += 0.1
    assert most_within_a_second(calls) <= most_in_a_second(rate)
    assert 0.9 * rate <= len(calls) / 40 <= 1.1 * rate


# --- Circuit breaker ---


def test_an_open_circuit_holds_for_every_environment_with_its_code(table: Table, clock: Clock) -> None:
    here, elsewhere = limiter(table, clock), limiter(table, clock, Priority.API)
    elsewhere.acquire(ACTION, seconds=10)
    here.open_circuit(ACTION, IN_ARREARS)
    for environment in (here, elsewhere):
        with pytest.raises(CircuitAlreadyOpen) as caught:
            environment.acquire(ACTION, seconds=10)
        assert caught.value.code == IN_ARREARS.code


def test_an_open_circuit_costs_one_update_a_second_at_most(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    environment.open_circuit(ACTION, IN_ARREARS)
    updates = table.updates
    for _ in range(200):
        clock.now += 0.1
        with pytest.raises(CircuitAlreadyOpen):
            environment.acquire(ACTION, seconds=10)
    assert table.updates - updates <= 20


def test_a_closed_circuit_costs_no_update_before_the_call(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    environment.acquire(ACTION, seconds=10)
    updates = table.updates
    assert environment.open_error(ACTION) is None
    environment.check(ACTION, seconds=10)
    assert table.updates == updates


def test_open_error_until_the_circuit_closes_or_a_probe_is_due(table: Table, clock: Clock) -> None:
    elsewhere, here = limiter(table, clock), limiter(table, clock)
    elsewhere.open_circuit(ACTION, IN_ARREARS)
    assert here.open_error(ACTION) is None, "it has not seen the mark yet"
    with pytest.raises(CircuitAlreadyOpen):
        here.acquire(ACTION, seconds=10)
    updates = table.updates
    for _ in range(50):
        error = here.open_error(ACTION)
        assert error is not None
        assert error.code == IN_ARREARS.code
        with pytest.raises(CircuitAlreadyOpen):
            here.check(ACTION, seconds=10)
        clock.now += 0.1
    assert table.updates - updates <= 5, "once a second"
    elsewhere.close_circuit(ACTION)
    clock.now += 1.1
    assert here.open_error(ACTION) is None
    elsewhere.open_circuit(ACTION, IN_ARREARS)
    with pytest.raises(CircuitAlreadyOpen):
        here.acquire(ACTION, seconds=10)
    clock.now += 31
    assert here.open_error(ACTION) is None, "a document is needed for the probe"
    assert here.acquire(ACTION, seconds=10) is True
    clock.now += 2
    assert here.open_error(ACTION) is not None


def test_a_known_open_circuit_stays_open_without_the_table(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock, name="absent")
    environment.open_circuit(ACTION, IN_ARREARS)
    clock.now += 5
    assert environment.open_error(ACTION) is not None


def test_check_knows_without_the_table_that_no_slot_is_near_enough(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    drain(environment)
    updates = table.updates
    with pytest.raises(RateLimited):
        environment.check(ACTION, seconds=10)
    assert table.updates == updates


@pytest.mark.slow
def test_one_environment_probes_at_a_time_and_less_and_less_often(table: Table, clock: Clock) -> None:
    environments = [limiter(table, clock) for _ in range(3)]
    started = clock.now
    environments[0].open_circuit(ACTION, IN_ARREARS)
    probes = []
    while clock.now < started + 800:
        clock.now += 10
        for environment in environments:
            try:
                assert environment.acquire(ACTION, seconds=10)
            except CircuitAlreadyOpen:
                continue
            probes.append(round(clock.now - started))
            environment.open_circuit(ACTION, IN_ARREARS)  # the probe fails
    assert [round(at, -1) for at in probes] == [30, 90, 210, 450, 750]


def test_a_successful_probe_closes_the_circuit_for_everyone(table: Table, clock: Clock) -> None:
    prober, waiting = limiter(table, clock), limiter(table, clock)
    prober.open_circuit(ACTION, IN_ARREARS)
    with pytest.raises(CircuitAlreadyOpen):
        waiting.acquire(ACTION, seconds=10)
    clock.now += 31
    assert prober.acquire(ACTION, seconds=10) is True
    assert prober.acquire(ACTION, seconds=10, probing=True) is True, "its second call passes too"
    with pytest.raises(CircuitAlreadyOpen):
        waiting.acquire(ACTION, seconds=10)
    prober.close_circuit(ACTION)
    clock.now += 1.1
    assert waiting.acquire(ACTION, seconds=10) is False
    assert prober.acquire(ACTION, seconds=10) is False


def test_a_prober_that_dies_only_delays_the_next(table: Table, clock: Clock) -> None:
    dies, lives = limiter(table, clock), limiter(table, clock)
    dies.open_circuit(ACTION, IN_ARREARS)
    clock.now += 31
    assert dies.acquire(ACTION, seconds=10) is True
    clock.now += 50
    with pytest.raises(CircuitAlreadyOpen):
        lives.acquire(ACTION, seconds=10)
    clock.now += 11
    assert lives.acquire(ACTION, seconds=10) is True


def test_a_circuit_that_opens_while_a_caller_waits_stops_that_caller(table: Table, clock: Clock) -> None:
    environment = limiter(table, clock)
    sleep = environment._sleep

    def sleep_while_another_fails(seconds: float) -> None:
        sleep(seconds)
        environment.open_circuit(ACTION, IN_ARREARS)

    environment._sleep = sleep_while_another_fails
    with pytest.raises(CircuitAlreadyOpen):
        environment.acquire(ACTION, seconds=10)


# --- Concurrency ---

REAL_SECONDS = 300.0  # only against hanging: all other threads run in between


class SharedTime:
    """A clock for threads of which one runs at a time: when all sleep, it moves on to the first to wake."""

    def __init__(self, threads: int) -> None:
        self.now = 1_800_000_000.0
        self._awake = threads
        self._sleeping: list[tuple[float, int]] = []
        self._running: tuple[float, int] | None = None
        self._order = itertools.count()
        self._turn = threading.Condition()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._turn:
            mine = (self.now + max(0.0, seconds), next(self._order))
            heapq.heappush(self._sleeping, mine)
            self.leave()
            assert self._turn.wait_for(lambda: self._running == mine, timeout=REAL_SECONDS)

    def leave(self) -> None:
        with self._turn:
            self._awake -= 1
            if self._awake == 0 and self._sleeping:
                self._running = heapq.heappop(self._sleeping)
                self.now = max(self.now, self._running[0])
                self._awake = 1
                self._turn.notify_all()


def calls_of(callers: int, seconds: float, chance: random.Random, *, wakes_late: Callable[[], float]) -> list[float]:
    """Let environments call as often as they can for some seconds; return when they called."""
    now = SharedTime(callers)
    calls: list[float] = []
    beginnings = [chance.uniform(0, 0.1) for _ in range(callers)]  # chosen before threads start in any order
    with mock_aws():
        table = Table(around=lambda: now.sleep(chance.uniform(0.001, 0.02)))

        def call_again_and_again(number: int) -> None:
            try:
                now.sleep(beginnings[number])
                environment = DynamoDbRateLimiter(
                    table,  # type: ignore[arg-type]
                    table="limiter",
                    priority=Priority.API if number % 5 == 0 else Priority.UPLOADS,
                    rates={ACTION: RATE},
                    clock=now,
                    sleep=lambda seconds: now.sleep(seconds + wakes_late()),
                )
                end = now() + seconds
                while now() < end:
                    try:
                        environment.acquire(ACTION, seconds=5)
                    except RateLimited as error:
                        now.sleep(error.after_seconds * chance.uniform(0.2, 1))
                    else:
                        calls.append(now())
                        now.sleep(chance.uniform(0.1, 0.9))
            finally:
                now.leave()

        with ThreadPoolExecutor(callers) as threads:
            for done in [threads.submit(call_again_and_again, number) for number in range(callers)]:
                done.result()
    return sorted(calls)


def most_within_a_second(calls: list[float]) -> int:
    return max(sum(first <= call < first + 1 for call in calls) for first in calls)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), callers=st.integers(15, 30))
def test_no_second_exceeds_the_quota_and_none_of_the_rate_is_lost(seed: int, callers: int) -> None:
    chance = random.Random(seed)
    calls = calls_of(callers, 5, chance, wakes_late=lambda: chance.uniform(0, 0.0499))
    assert most_within_a_second(calls) <= QUOTA_PER_SECOND
    within = [call for call in calls if calls[0] + 1 <= call < calls[0] + 5]
    assert len(within) / 4 >= 18


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), callers=st.integers(1, 30))
def test_no_second_exceeds_the_quota_however_late_callers_wake(seed: int, callers: int) -> None:
    chance = random.Random(seed)
    calls = calls_of(callers, 3, chance, wakes_late=lambda: chance.choice([0.0, 0.03, 0.0499, 0.06, 0.5]))
    assert calls
    assert most_within_a_second(calls) <= QUOTA_PER_SECOND


@pytest.mark.slow
def test_threads_in_real_time_stay_within_the_rate(table: Table) -> None:
    """A call's time is when it was found to be in time: what this machine does after that does not count."""
    looked = threading.local()
    calls: list[float] = []
    end = time.time() + 3

    def clock() -> float:
        looked.at = time.time()
        return float(looked.at)

    def hammer(_number: int) -> None:
        environment = DynamoDbRateLimiter(
            table,  # type: ignore[arg-type]
            table="limiter",
            priority=Priority.UPLOADS,
            rates={ACTION: RATE},
            clock=clock,
        )
        while time.time() < end or (len(calls) <= 20 and time.time() < end + REAL_SECONDS):
            try:
                environment.acquire(ACTION, seconds=2)
            except RateLimited:
                time.sleep(0.1)
            else:
                calls.append(looked.at)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(hammer, range(16)))
    assert most_within_a_second(sorted(calls)) <= QUOTA_PER_SECOND
    assert len(calls) > 20


def test_a_slow_and_busy_table_costs_few_updates(table: Table, clock: Clock) -> None:
    other = limiter(table, clock, Priority.API)
    other._sleep = lambda _seconds: None

    class SlowTable:
        """Answers after half a second, in which another caller takes a slot."""

        exceptions = table.exceptions
        updates = 0

        def update_item(self, **request: Any) -> Any:
            clock.now += 0.25
            other.acquire(ACTION, seconds=30)
            self.updates += 1
            try:
                return table.update_item(**request)
            finally:
                clock.now += 0.25

    slow = SlowTable()
    limiter(slow, clock, Priority.API).acquire(ACTION, seconds=26)
    assert slow.updates <= 3
