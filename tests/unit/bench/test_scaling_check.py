"""The model's check can fail: a model that is wrong is told from one that is right."""

from dataclasses import replace
from typing import Any

import pytest

from bench.fleet import Fleet, deployed
from bench.scaling_check import Compared, compared, modelled, points, rate_for
from permit_ocr.tencent.quota import most_in_a_second

DOCUMENTS = 150
QUOTA = 6
POINTS = points(QUOTA)
LIMITED, *BOUND = POINTS


def _agree(point: Fleet, wrong: Fleet) -> dict[str, bool]:
    """Return which figures agree if what was measured is what the right model says, and the wrong one is asked."""
    figures = compared("point", modelled(point, DOCUMENTS), modelled(wrong, DOCUMENTS))
    return dict(zip(("documents", "writes"), (one.agrees for one in figures), strict=True))


@pytest.mark.parametrize("name", POINTS)
def test_the_right_model_passes(name: str) -> None:
    assert _agree(POINTS[name], POINTS[name]) == {"documents": True, "writes": True}


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
    assert all(modelled(fleet, DOCUMENTS).documents_a_second <= QUOTA for fleet in POINTS.values())


@pytest.mark.parametrize(("quota", "shards"), [(2, 1), (5, 1), (20, 1), (2_000, 1), (2_000, 3), (2_000, 5), (2_000, 7)])
def test_no_rate_is_beyond_its_quota_and_none_wastes_a_tenth_of_it(quota: int, shards: int) -> None:
    rate = rate_for(quota, shards)
    assert shards * most_in_a_second(rate / shards) <= quota
    assert rate > 0.9 * quota


def test_a_function_of_the_sandbox_has_a_whole_processor_and_a_deployed_one_has_not() -> None:
    assert {fleet.share for fleet in POINTS.values()} == {1.0}
    assert deployed().share < 1
