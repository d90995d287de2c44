"""The model's check can fail: a model that is wrong is told from one that is right."""

from dataclasses import replace
from typing import Any

import pytest

from bench.fleet import Fleet, deployed
from bench.scaling_check import LEAST_MEMORY, Compared, compared, modelled, points, rate_for, shared_points
from permit_ocr.rate_limit.gcra import most_in_a_second
from sandbox.lambda_runtime.cpu_quota import MEMORY_MB_PER_CPU

DOCUMENTS = 150
QUOTA = 6
POINTS = points(QUOTA)
LIMITED, *BOUND = POINTS
SHARED = shared_points(QUOTA)
ALL = POINTS | SHARED
_, ONE_LESS = SHARED.values()


def _agree(point: Fleet, wrong: Fleet) -> dict[str, bool]:
    """Return which figures agree if what was measured is what the right model says, and the wrong one is asked."""
    figures = compared("point", modelled(point, DOCUMENTS), modelled(wrong, DOCUMENTS))
    return dict(zip(("documents", "writes"), (one.agrees for one in figures), strict=True))


@pytest.mark.parametrize("name", ALL)
def test_the_right_model_passes(name: str) -> None:
    assert _agree(ALL[name], ALL[name]) == {"documents": True, "writes": True}


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize(
    "wrong",
    [
        lambda fleet: replace(fleet, latency=fleet.latency / 2),
        lambda fleet: replace(fleet, concurrency=fleet.concurrency + 1),
        lambda fleet: replace(fleet, call=fleet.call + 0.03),
    ],
    ids=["half the latency", "an environment more", "slower calls"],
)
def test_where_concurrency_binds_a_wrong_model_is_refused(name: str, wrong: Any) -> None:
    assert not _agree(POINTS[name], wrong(POINTS[name]))["documents"]


def test_where_the_limiter_binds_a_wrong_rate_is_refused() -> None:
    point = POINTS[LIMITED]
    assert not _agree(point, replace(point, rate=0.85 * point.rate))["documents"]


def test_a_model_without_the_limiter_writes_too_little_and_is_refused() -> None:
    point = POINTS[LIMITED]
    assert _agree(point, replace(point, rate=1_000, batch=1)) == {"documents": False, "writes": False}


def test_too_few_writes_are_refused_as_too_many_are() -> None:
    for modelled_writes in (1.7, 2.3):
        assert not Compared(what="writes", measured=2.0, modelled=modelled_writes).agrees
    assert Compared(what="writes", measured=2.0, modelled=2.1).agrees


def test_the_points_are_within_what_the_sandbox_can_do() -> None:
    assert all(modelled(fleet, DOCUMENTS).documents_a_second <= QUOTA for fleet in ALL.values())


@pytest.mark.parametrize(("quota", "shards"), [(2, 1), (5, 1), (20, 1), (2_000, 1), (2_000, 3), (2_000, 5), (2_000, 7)])
def test_no_rate_is_beyond_its_quota_and_none_wastes_a_tenth_of_it(quota: int, shards: int) -> None:
    rate = rate_for(quota, shards)
    assert shards * most_in_a_second(rate / shards) <= quota
    assert rate > 0.9 * quota


@pytest.mark.parametrize("quota", range(6, 10))
def test_where_processors_are_in_the_way_a_model_with_whole_ones_is_refused(quota: int) -> None:
    _, one_less = shared_points(quota).values()
    assert not _agree(one_less, replace(one_less, memory=MEMORY_MB_PER_CPU))["documents"]


def test_where_processors_are_in_the_way_more_computing_or_another_environment_is_refused() -> None:
    assert not _agree(ONE_LESS, replace(ONE_LESS, processor=1.5 * ONE_LESS.processor))["documents"]
    assert not _agree(ONE_LESS, replace(ONE_LESS, concurrency=ONE_LESS.concurrency + 1))["documents"]


def test_without_shares_a_function_has_a_whole_processor() -> None:
    assert {fleet.share for fleet in POINTS.values()} == {1.0}


@pytest.mark.parametrize("quota", range(6, 20))
def test_a_batch_that_is_less_with_its_share_computes_as_long_as_the_deployed_one(quota: int) -> None:
    for fleet in shared_points(quota).values():
        computing = fleet.batch * fleet.processor / fleet.share
        assert computing == pytest.approx(deployed().batch * deployed().processor / deployed().share, rel=0.2)


@pytest.mark.parametrize("quota", range(2, 20))
def test_no_share_is_less_than_the_least_memory_comes_with(quota: int) -> None:
    assert min(fleet.memory for fleet in shared_points(quota).values()) >= LEAST_MEMORY
