from dataclasses import replace
from typing import Any

import pytest

from bench.scaling.fleet import Fleet, deployed, rate_for
from bench.scaling.validation import (
    MIN_MEMORY,
    Comparison,
    compare,
    points_with_limited_processors,
    points_with_whole_processors,
    simulate,
)
from permit_ocr.rate_limit.gcra import most_in_a_second
from sandbox.lambda_runtime.cpu_quota import MEMORY_MB_PER_CPU

pytestmark = pytest.mark.slow

DOCUMENTS = 150
QUOTA = 6
POINTS = points_with_whole_processors(QUOTA)
RATE_LIMITED, *CONCURRENCY_LIMITED = POINTS
LIMITED_PROCESSORS = points_with_limited_processors(QUOTA)
ALL = POINTS | LIMITED_PROCESSORS
_, ONE_LESS = LIMITED_PROCESSORS.values()


def _agree(point: Fleet, wrong: Fleet) -> dict[str, bool]:
    """Return which figures agree if the right simulation is the measurement and the wrong one is validated."""
    figures = compare("point", simulate(point, DOCUMENTS), simulate(wrong, DOCUMENTS))
    return dict(zip(("documents", "writes"), (one.agrees for one in figures), strict=True))


@pytest.mark.parametrize("name", ALL)
def test_the_right_simulation_passes(name: str) -> None:
    assert _agree(ALL[name], ALL[name]) == {"documents": True, "writes": True}


@pytest.mark.parametrize("name", CONCURRENCY_LIMITED)
@pytest.mark.parametrize(
    "wrong",
    [
        lambda fleet: replace(fleet, latency=fleet.latency / 2),
        lambda fleet: replace(fleet, concurrency=fleet.concurrency + 1),
        lambda fleet: replace(fleet, call=fleet.call + 0.03),
    ],
    ids=["half the latency", "one environment more", "slower calls"],
)
def test_a_wrong_simulation_fails_if_concurrency_is_the_bottleneck(name: str, wrong: Any) -> None:
    assert not _agree(POINTS[name], wrong(POINTS[name]))["documents"]


def test_a_wrong_rate_fails_if_the_limiter_is_the_bottleneck() -> None:
    point = POINTS[RATE_LIMITED]
    assert not _agree(point, replace(point, rate=0.85 * point.rate))["documents"]


def test_a_simulation_without_the_limiter_fails() -> None:
    point = POINTS[RATE_LIMITED]
    assert _agree(point, replace(point, rate=1_000, batch=1)) == {"documents": False, "writes": False}


def test_both_too_few_and_too_many_writes_fail() -> None:
    for simulated_writes in (1.7, 2.3):
        assert not Comparison(label="writes", measured=2.0, simulated=simulated_writes).agrees
    assert Comparison(label="writes", measured=2.0, simulated=2.1).agrees


def test_the_points_are_within_the_sandboxs_capacity() -> None:
    assert all(simulate(fleet, DOCUMENTS).documents_per_second <= QUOTA for fleet in ALL.values())


@pytest.mark.parametrize(("quota", "shards"), [(2, 1), (5, 1), (20, 1), (2_000, 1), (2_000, 3), (2_000, 5), (2_000, 7)])
def test_a_rate_stays_within_its_quota_and_uses_nine_tenths_of_it(quota: int, shards: int) -> None:
    rate = rate_for(quota, shards)
    assert shards * most_in_a_second(rate / shards) <= quota
    assert rate > 0.9 * quota


@pytest.mark.parametrize("quota", range(6, 10))
def test_whole_processors_fail_if_processors_are_the_bottleneck(quota: int) -> None:
    _, one_less = points_with_limited_processors(quota).values()
    assert not _agree(one_less, replace(one_less, memory=MEMORY_MB_PER_CPU))["documents"]


def test_wrong_computing_fails_if_processors_are_the_bottleneck() -> None:
    assert not _agree(ONE_LESS, replace(ONE_LESS, processor=1.5 * ONE_LESS.processor))["documents"]
    assert not _agree(ONE_LESS, replace(ONE_LESS, concurrency=ONE_LESS.concurrency + 1))["documents"]


def test_unlimited_functions_have_a_whole_processor() -> None:
    assert {fleet.cpu_share for fleet in POINTS.values()} == {1.0}


@pytest.mark.parametrize("quota", range(6, 20))
def test_a_scaled_batch_computes_as_long_as_the_deployed_one(quota: int) -> None:
    for fleet in points_with_limited_processors(quota).values():
        computing = fleet.batch * fleet.processor / fleet.cpu_share
        assert computing == pytest.approx(deployed().batch * deployed().processor / deployed().cpu_share, rel=0.2)


@pytest.mark.parametrize("quota", range(2, 20))
def test_memory_is_never_below_lambdas_minimum(quota: int) -> None:
    assert min(fleet.memory for fleet in points_with_limited_processors(quota).values()) >= MIN_MEMORY
