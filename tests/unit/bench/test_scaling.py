"""The fleet's model keeps the rules it is a model of."""

import pytest

from bench.scaling import Fleet, Simulation, find


@pytest.mark.parametrize("concurrency", [2, 3, 8])
def test_the_quota_is_never_exceeded_however_many_environments_there_are(concurrency: int) -> None:
    found = find(Fleet(quota=20, rate=19, concurrency=concurrency), seconds=30)
    assert found.refused == 0
    assert found.documents <= 19.1


def test_as_deployed_the_quota_is_what_limits() -> None:
    assert find(Fleet(quota=20, rate=19), seconds=30).bound_by == "the quota"


def test_too_few_environments_are_found_out() -> None:
    assert find(Fleet(quota=200, rate=190, concurrency=2), seconds=20).bound_by == "concurrency"


def test_one_item_is_not_enough_for_ten_times_as_many_writes_and_shards_are() -> None:
    cramped = Fleet(quota=200, rate=190, concurrency=30, item_writes=100, table_writes=10_000)
    assert find(cramped, seconds=15).bound_by == "the limiter's item"
    sharded = Fleet(quota=200, rate=190, concurrency=30, item_writes=100, table_writes=10_000, shards=10)
    assert find(sharded, seconds=15).documents > 2 * find(cramped, seconds=15).documents


def test_every_document_of_a_backlog_is_done_once_also_where_calls_fail() -> None:
    simulation = Simulation(Fleet(quota=20, rate=19, faults=0.2), documents=100).run(120)
    assert len(simulation.done) == 100
