"""A line of several items: together they keep the rate, and each shows the same face."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from permit_ocr.adapters.dynamodb_line import DynamoDbLine, Lane, LineStands
from permit_ocr.adapters.sharded_line import ShardedLine
from permit_ocr.domain.errors import NoSlot, StopTheLine
from permit_ocr.tencent.quota import most_in_a_second

ACTION = "MainlandPermitOCR"
SHARDS = 4
RATE = 400.0
IN_ARREARS = StopTheLine("ResourceUnavailable.InArrears", "meaning", "advice")


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


def line(client: Any, clock: Clock, *, rate: float = RATE, lane: Lane = Lane.UPLOADS) -> ShardedLine:
    shards = [
        DynamoDbLine(
            client,
            table="limiter",
            lane=lane,
            rates={ACTION: rate / SHARDS},
            shard=f"#{number}",
            clock=clock,
            sleep=clock.sleep,
        )
        for number in range(SHARDS)
    ]
    return ShardedLine(shards, clock=clock)


def items(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName="limiter")["Items"]
    return found


def test_callers_spread_over_all_items(client: Any) -> None:
    sharded = line(client, Clock())
    for _ in range(40):
        assert sharded.enter(ACTION, seconds=5) is False
    assert {item["id"]["S"] for item in items(client)} == {f"line#{ACTION}#{number}" for number in range(SHARDS)}


def test_no_second_sees_more_calls_than_the_parts_allow_together(client: Any) -> None:
    clock = Clock()
    sharded = line(client, clock, rate=20.0)
    left = []
    for _ in range(120):
        sharded.enter(ACTION, seconds=60)
        left.append(clock.now)
    seconds = Counter(int(moment) for moment in left)
    assert max(seconds.values()) <= SHARDS * most_in_a_second(20.0 / SHARDS)
    assert all(later >= earlier for earlier, later in itertools.pairwise(left))


def taken_until_none_is_left(sharded: ShardedLine, clock: Clock) -> tuple[int, NoSlot]:
    """Take slots as many callers at once do: none waits for another's."""
    for taken in itertools.count():
        before = clock.now
        try:
            sharded.enter(ACTION, seconds=2)
        except NoSlot as error:
            return taken, error
        clock.now = before + 0.01
    raise AssertionError


def test_where_one_has_no_slot_the_next_is_asked(client: Any) -> None:
    clock = Clock()
    slow = line(client, clock, rate=4.0, lane=Lane.API)  # of each shard at most three slots lie within two seconds
    taken, refused = taken_until_none_is_left(slow, clock)
    assert taken > SHARDS
    assert 0 < refused.after_seconds < 10
    with pytest.raises(NoSlot):
        slow.look(ACTION, seconds=1.9)  # time has passed since


def test_all_stop_and_all_go_on(client: Any) -> None:
    clock = Clock()
    sharded, other = line(client, clock), line(client, clock)
    sharded.stop(ACTION, IN_ARREARS)
    assert all("stop_code" in item for item in items(client))
    for _ in range(10):
        with pytest.raises(LineStands, match=IN_ARREARS.code):
            other.enter(ACTION, seconds=5)
    assert sharded.standing(ACTION) is not None
    clock.now += 31
    assert sharded.standing(ACTION) is None, "a probe is due"
    assert sharded.enter(ACTION, seconds=5) is True
    sharded.resume(ACTION)
    assert not any("stop_code" in item for item in items(client))
    sharded.look(ACTION, seconds=5)
    assert sharded.enter(ACTION, seconds=5) is False
