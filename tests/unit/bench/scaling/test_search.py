from dataclasses import replace

import pytest

from bench.scaling.fleet import Fleet
from bench.scaling.search import (
    CONCURRENCY,
    ENOUGH,
    LIMITER_ITEM,
    QUOTA,
    WORK_TABLE,
    deployed_with_quota,
    search,
    simulate,
    simulate_older,
)

pytestmark = pytest.mark.slow

FLEET = Fleet(quota=20, rate=19, concurrency=3, batch=10, memory=1_769, processor=0.001)
LARGER = replace(FLEET, quota=200, rate=190, concurrency=30, table_writes=10_000)


@pytest.mark.parametrize("concurrency", [2, 3, 8])
@pytest.mark.parametrize("age", [0, 20 * 3600])
def test_the_quota_is_never_exceeded(concurrency: int, age: float) -> None:
    throughput = simulate_older(simulate(replace(FLEET, concurrency=concurrency)), age=age)
    assert throughput.refused == 0
    assert throughput.calls <= 19.1


def test_the_bottleneck_is_found() -> None:
    assert simulate(FLEET).bottleneck == QUOTA
    assert simulate(replace(LARGER, concurrency=2)).bottleneck == CONCURRENCY
    assert simulate(replace(LARGER, item_writes=100), seconds=15).bottleneck == LIMITER_ITEM
    assert simulate(replace(LARGER, table_writes=500), seconds=15).bottleneck == WORK_TABLE


def test_more_shards_raise_the_throughput_of_a_full_item() -> None:
    cramped = replace(LARGER, item_writes=100)
    assert simulate(replace(cramped, shards=10), seconds=15).documents > 2 * simulate(cramped, seconds=15).documents


@pytest.mark.parametrize(
    ("fleet", "parameter"),
    [
        (replace(LARGER, concurrency=4), "MaximumConcurrency"),
        (replace(LARGER, item_writes=250), "LimiterShards"),
        (replace(LARGER, table_writes=300), "WarmThroughput"),
    ],
)
def test_bottlenecks_are_removed_until_enough_of_the_quota_is_used(fleet: Fleet, parameter: str) -> None:
    changes, throughputs = zip(*search(fleet, seconds=10), strict=True)
    assert throughputs[0].quota_used < ENOUGH <= throughputs[-1].quota_used
    assert any(change.startswith(parameter) for change in changes)


def test_nothing_is_changed_if_enough_is_used() -> None:
    assert [change for change, _ in search(FLEET)] == [""]


def test_an_old_backlog_is_limited_by_messages_in_flight() -> None:
    crowded = replace(FLEET, concurrency=12, in_flight=1_000)
    young = simulate(crowded)
    old = simulate_older(young, age=20 * 3600)
    assert young.retried > old.retried
    assert old.in_flight > 0.9 * crowded.in_flight > young.in_flight


def test_age_makes_no_difference_without_retries() -> None:
    throughput = simulate(replace(FLEET, concurrency=2))
    assert throughput.retried == 0
    assert simulate_older(throughput, age=20 * 3600) is throughput


def test_the_rate_is_what_the_quota_allows() -> None:
    assert deployed_with_quota(200).rate <= 200 / 1.05 < deployed_with_quota(200).rate + 0.01
