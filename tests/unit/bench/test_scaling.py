"""What the fleet's model finds: what is in the way, and what moves it."""

from dataclasses import replace

import pytest

from bench.fleet import Fleet
from bench.scaling import CONCURRENCY, ENOUGH, ITEM, QUOTA, WORK_TABLE, find, older, under, until_enough

FLEET = Fleet(quota=20, rate=19, concurrency=3, batch=10, memory=1_769, processor=0.001)
LARGER = replace(FLEET, quota=200, rate=190, concurrency=30, table_writes=10_000)


@pytest.mark.parametrize("concurrency", [2, 3, 8])
@pytest.mark.parametrize("age", [0, 20 * 3600])
def test_the_quota_is_never_exceeded_however_many_environments_there_are(concurrency: int, age: float) -> None:
    found = older(find(replace(FLEET, concurrency=concurrency)), age=age)
    assert found.refused == 0
    assert found.calls <= 19.1


def test_what_binds_is_found_out() -> None:
    assert find(FLEET).bound_by == QUOTA
    assert find(replace(LARGER, concurrency=2)).bound_by == CONCURRENCY
    assert find(replace(LARGER, item_writes=100), seconds=15).bound_by == ITEM
    assert find(replace(LARGER, table_writes=500), seconds=15).bound_by == WORK_TABLE


def test_more_shards_are_more_items() -> None:
    cramped = replace(LARGER, item_writes=100)
    assert find(replace(cramped, shards=10), seconds=15).documents > 2 * find(cramped, seconds=15).documents


@pytest.mark.parametrize(
    ("cramped", "moved"),
    [
        (replace(LARGER, concurrency=4), "MaximumConcurrency"),
        (replace(LARGER, item_writes=250), "LimiterShards"),
        (replace(LARGER, table_writes=300), "a work table"),
    ],
)
def test_whatever_is_in_the_way_is_moved_until_enough_of_the_quota_is_used(cramped: Fleet, moved: str) -> None:
    settings, found = zip(*until_enough(cramped, seconds=10), strict=True)
    assert found[0].of_the_quota < ENOUGH <= found[-1].of_the_quota
    assert any(setting.startswith(moved) for setting in settings)


def test_nothing_is_moved_where_enough_is_used() -> None:
    assert [setting for setting, _ in until_enough(FLEET)] == [""]


def test_an_old_backlog_of_which_much_is_given_back_is_held_up_by_what_may_be_in_flight() -> None:
    crowded = replace(FLEET, concurrency=12, in_flight=1_000)
    young = find(crowded)
    old = older(young, age=20 * 3600)
    assert young.given_back > old.given_back
    assert old.in_flight > 0.9 * crowded.in_flight > young.in_flight


def test_age_makes_no_difference_where_nothing_is_given_back() -> None:
    found = find(replace(FLEET, concurrency=2))
    assert found.given_back == 0
    assert older(found, age=20 * 3600) is found


def test_the_rate_is_what_the_quota_allows() -> None:
    assert under(200).rate <= 200 / 1.05 < under(200).rate + 0.01
