"""Figures are compared as ratios, within what differs from run to run."""

import pytest

from bench.comparison import HEADINGS, Comparison, table


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
        ((60, 120, 60), False),  # within the range of the committed run
        ((65, 130, 65), True),
    ],
)
def test_a_figure_is_worse_only_beyond_the_committed_range(ours: tuple[float, ...], *, worse: bool) -> None:
    committed = comparison(50, 120, 40).to_json()
    assert (comparison(*ours).worse_than(committed) is not None) is worse


def test_a_figure_without_a_range_may_differ_by_a_tenth() -> None:
    committed = Comparison(key="k", what="Size", unit="MB", ours=[20], baseline=[200]).to_json()
    assert Comparison(key="k", what="Size", unit="MB", ours=[21.9], baseline=[200]).worse_than(committed) is None
    said = Comparison(key="k", what="Size", unit="MB", ours=[22.5], baseline=[200]).worse_than(committed)
    assert said == "Size: 0.1125 (ratio), was 0.1, at most 0.11"


def test_without_a_baseline_the_figure_itself_is_compared() -> None:
    committed = Comparison(key="k", what="Memory", unit="MiB", ours=[200, 210], most=256).to_json()
    assert committed["is"] == "MiB"
    assert Comparison(key="k", what="Memory", unit="MiB", ours=[240], most=256).worse_than(committed)
