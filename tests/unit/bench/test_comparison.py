"""Figures are compared as ratios, within what differs from run to run."""

import pytest

from bench.comparison import HEADINGS, Comparison, spread_of_median, table


def comparison(*ours: float, baseline: tuple[float, ...] = (100.0, 200.0, 100.0), **named: float) -> Comparison:
    return Comparison(key="k", what="Cold start", unit="ms", ours=ours, baseline=baseline, **named)  # type: ignore[arg-type]


def test_a_ratio_is_made_within_a_round() -> None:
    assert comparison(50, 120, 40).ratios == [0.5, 0.6, 0.4]


def test_the_median_keeps_the_target_or_does_not() -> None:
    assert comparison(50, 120, 40, target=0.5).met is True
    assert comparison(50, 120, 51, target=0.5).met is False
    assert comparison(50, 120, 40).met is None
    assert comparison(50, 120, 40, baseline=(), most=49).met is False


def test_a_row_shows_medians_ranges_and_whether_the_target_is_kept() -> None:
    made = Comparison(
        key="k",
        what="Start",
        unit="ms",
        ours=[50, 120, 40],
        baseline=[100, 200, 100],
        floor=[9],
        floor_is="empty",
        target=0.5,
    )
    assert made.row() == [
        "Start, ms",
        "50 (40–120)",
        "100 (100–200)",
        "0.50 (0.40–0.60)",
        "≤ 0.5 × ✓",
        "9 empty",
    ]
    lines = table([made]).splitlines()
    assert len(lines) == 3
    assert all(line.count("|") == len(HEADINGS) + 1 for line in lines)


@pytest.mark.parametrize(
    ("ours", "worse"),
    [
        ((50, 120, 40), False),  # as committed
        ((60, 120, 60), False),  # within the spread of the committed run
        ((65, 130, 65), True),
    ],
)
def test_a_figure_is_worse_only_beyond_the_committed_spread(ours: tuple[float, ...], *, worse: bool) -> None:
    committed = comparison(50, 120, 40).to_json()
    assert (comparison(*ours).worse_than(committed) is not None) is worse


def test_one_round_that_was_disturbed_does_not_widen_the_spread() -> None:
    calm = [50.0, 51, 49, 50, 52, 48, 50, 51, 49, 50]
    assert spread_of_median(calm) == (49, 51)
    assert spread_of_median([*calm[:-1], 500.0]) == (49, 52)
    assert spread_of_median(calm[:3]) == (49, 51)
    assert spread_of_median([7.0]) == (7.0, 7.0)


def test_a_target_that_was_met_and_is_missed_is_worse_however_little_is_lacking() -> None:
    committed = comparison(50, 120, 40, target=0.5).to_json()
    assert comparison(51, 121, 51, target=0.5).worse_than(committed) == (
        "Cold start: 0.51 (ratio) misses the target, 0.5 met it"
    )
    missed = comparison(51, 121, 51, target=0.5).to_json()
    assert comparison(52, 122, 52, target=0.5).worse_than(missed) is None


def test_beside_a_baseline_that_has_none_there_is_no_ratio_and_ours_is_compared() -> None:
    lost = Comparison(key="k", what="Lost", unit="documents", ours=[0], baseline=[0], most=0)
    assert lost.row()[3:5] == ["—", "≤ 0 documents ✓"]
    assert lost.to_json()["is"] == "documents"
    assert Comparison(key="k", what="Lost", unit="documents", ours=[1], baseline=[9], most=0).worse_than(lost.to_json())


def test_a_figure_without_a_range_may_differ_by_a_tenth() -> None:
    committed = Comparison(key="k", what="Size", unit="MB", ours=[20], baseline=[200]).to_json()
    assert Comparison(key="k", what="Size", unit="MB", ours=[21.9], baseline=[200]).worse_than(committed) is None
    said = Comparison(key="k", what="Size", unit="MB", ours=[22.5], baseline=[200]).worse_than(committed)
    assert said == "Size: 0.1125 (ratio), was 0.1, at most 0.11"


def test_a_figure_of_one_round_may_differ_by_the_spread_that_is_said_of_it() -> None:
    def unused(ours: float) -> Comparison:
        return Comparison(key="k", what="Unused", unit="%", ours=[ours], most=10, spread=0.4)

    committed = unused(5).to_json()
    assert unused(6.9).worse_than(committed) is None
    assert unused(7.1).worse_than(committed)


def test_without_a_baseline_the_figure_itself_is_compared() -> None:
    committed = Comparison(key="k", what="Memory", unit="MiB", ours=[200, 210], most=256).to_json()
    assert committed["is"] == "MiB"
    assert Comparison(key="k", what="Memory", unit="MiB", ours=[240], most=256).worse_than(committed)
