"""A rate limiter of several items, which keep the rate together."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from permit_ocr.domain.errors import CircuitOpen, RateLimited
from permit_ocr.rate_limit.circuit_breaker import CircuitAlreadyOpen
from permit_ocr.rate_limit.dynamodb_rate_limiter import DynamoDbRateLimiter, Priority
from permit_ocr.rate_limit.gcra import most_in_a_second
from permit_ocr.rate_limit.sharded_rate_limiter import ShardedRateLimiter

ACTION = "MainlandPermitOCR"
SHARDS = 4
RATE = 400.0
IN_ARREARS = CircuitOpen("ResourceUnavailable.InArrears", "meaning", "advice")


class Clock:
    """Time that passes by a millisecond whenever someone looks, and when someone sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        made.create_table(
            TableName="limiter",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def limiter(
    client: Any, clock: Clock, *, rate: float = RATE, priority: Priority = Priority.UPLOADS
) -> ShardedRateLimiter:
    shards = [
        DynamoDbRateLimiter(
            client,
            table="limiter",
            priority=priority,
            rates={ACTION: rate / SHARDS},
            shard=f"#{number}",
            clock=clock,
            sleep=clock.sleep,
        )
        for number in range(SHARDS)
    ]
    return ShardedRateLimiter(shards, clock=clock)


def items(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName="limiter")["Items"]
    return found


def test_callers_spread_over_all_items(client: Any) -> None:
    sharded = limiter(client, Clock())
    for _ in range(40):
        assert sharded.acquire(ACTION, seconds=5) is False
    assert {item["id"]["S"] for item in items(client)} == {f"limiter#{ACTION}#{number}" for number in range(SHARDS)}


@pytest.mark.slow
def test_no_second_exceeds_the_sum_of_the_shards(client: Any) -> None:
    clock = Clock()
    sharded = limiter(client, clock, rate=20.0)
    left = []
    for _ in range(120):
        sharded.acquire(ACTION, seconds=60)
        left.append(clock.now)
    seconds = Counter(int(moment) for moment in left)
    assert max(seconds.values()) <= SHARDS * most_in_a_second(20.0 / SHARDS)
    assert all(later >= earlier for earlier, later in itertools.pairwise(left))


def taken_until_none_is_left(sharded: ShardedRateLimiter, clock: Clock) -> tuple[int, RateLimited]:
    """Take slots as many callers at once do: none waits for another's."""
    for taken in itertools.count():
        before = clock.now
        try:
            sharded.acquire(ACTION, seconds=2)
        except RateLimited as error:
            return taken, error
        clock.now = before + 0.01
    raise AssertionError


def test_a_shard_without_a_slot_leads_to_the_next(client: Any) -> None:
    clock = Clock()
    slow = limiter(
        client, clock, rate=4.0, priority=Priority.API
    )  # of each shard at most three slots lie within two seconds
    taken, refused = taken_until_none_is_left(slow, clock)
    assert taken > SHARDS
    assert 0 < refused.after_seconds < 10
    with pytest.raises(RateLimited):
        slow.check(ACTION, seconds=1.9)  # time has passed since


def test_the_circuits_of_all_shards_open_and_close_together(client: Any) -> None:
    clock = Clock()
    sharded, other = limiter(client, clock), limiter(client, clock)
    sharded.open_circuit(ACTION, IN_ARREARS)
    assert all("open_code" in item for item in items(client))
    for _ in range(10):
        with pytest.raises(CircuitAlreadyOpen, match=IN_ARREARS.code):
            other.acquire(ACTION, seconds=5)
    assert sharded.open_error(ACTION) is not None
    clock.now += 31
    assert sharded.open_error(ACTION) is None, "a probe is due"
    assert sharded.acquire(ACTION, seconds=5) is True
    sharded.close_circuit(ACTION)
    assert not any("open_code" in item for item in items(client))
    sharded.check(ACTION, seconds=5)
    assert sharded.acquire(ACTION, seconds=5) is False
