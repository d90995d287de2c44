from typing import Any

import pytest

from bench.system.comparison import HEADINGS, Comparison, median_interval, table
from bench.system.thresholds import Threshold


def comparison(*application: float, baseline: tuple[float, ...] = (100.0, 200.0, 100.0), **options: Any) -> Comparison:
    return Comparison(key="k", label="Cold start", unit="ms", application=application, baseline=baseline, **options)


def test_ratios_are_calculated_within_a_round() -> None:
    assert comparison(50, 120, 40).ratios == [0.5, 0.6, 0.4]


def test_the_median_meets_the_threshold_or_does_not() -> None:
    assert comparison(50, 120, 40, threshold=Threshold(ratio=0.5)).passed is True
    assert comparison(50, 120, 51, threshold=Threshold(ratio=0.5)).passed is False
    assert comparison(50, 120, 40).passed is None
    assert comparison(50, 120, 40, baseline=(), threshold=Threshold(value=49)).passed is False


def test_a_row_has_medians_ranges_and_the_threshold() -> None:
    one = Comparison(
        key="k",
        label="Start",
        unit="ms",
        application=[50, 120, 40],
        baseline=[100, 200, 100],
        minimal=[9],
        minimal_label="empty",
        threshold=Threshold(ratio=0.5),
    )
    assert one.row() == [
        "Start, ms",
        "50 (40–120)",
        "100 (100–200)",
        "0.50 (0.40–0.60)",
        "≤ 0.5 × ✓",
        "9 empty",
    ]
    lines = table([one]).splitlines()
    assert len(lines) == 3
    assert all(line.count("|") == len(HEADINGS) + 1 for line in lines)


@pytest.mark.parametrize(
    ("application", "is_worse"),
    [
        ((50, 120, 40), False),  # as committed
        ((60, 120, 60), False),  # within the interval of the committed run
        ((65, 130, 65), True),
    ],
)
def test_a_regression_is_beyond_the_committed_interval(application: tuple[float, ...], *, is_worse: bool) -> None:
    committed = comparison(50, 120, 40).to_json()
    assert (comparison(*application).regression(committed) is not None) is is_worse


def test_one_disturbed_round_does_not_widen_the_interval() -> None:
    undisturbed = [50.0, 51, 49, 50, 52, 48, 50, 51, 49, 50]
    assert median_interval(undisturbed) == (49, 51)
    assert median_interval([*undisturbed[:-1], 500.0]) == (49, 52)
    assert median_interval(undisturbed[:3]) == (49, 51)
    assert median_interval([7.0]) == (7.0, 7.0)


def test_missing_a_threshold_that_was_met_is_a_regression() -> None:
    committed = comparison(50, 120, 40, threshold=Threshold(ratio=0.5)).to_json()
    assert comparison(51, 121, 51, threshold=Threshold(ratio=0.5)).regression(committed) == (
        "Cold start: 0.51 (ratio) misses the threshold, 0.5 met it"
    )
    missed = comparison(51, 121, 51, threshold=Threshold(ratio=0.5)).to_json()
    assert comparison(52, 122, 52, threshold=Threshold(ratio=0.5)).regression(missed) is None


def test_with_a_baseline_of_zero_the_figure_itself_is_compared() -> None:
    lost = Comparison(
        key="k", label="Lost", unit="documents", application=[0], baseline=[0], threshold=Threshold(value=0)
    )
    assert lost.row()[3:5] == ["—", "≤ 0 documents ✓"]
    assert lost.to_json()["is"] == "documents"
    assert Comparison(
        key="k", label="Lost", unit="documents", application=[1], baseline=[9], threshold=Threshold(value=0)
    ).regression(lost.to_json())


def test_a_figure_without_a_range_may_differ_by_ten_percent() -> None:
    committed = Comparison(key="k", label="Size", unit="MB", application=[20], baseline=[200]).to_json()
    assert (
        Comparison(key="k", label="Size", unit="MB", application=[21.9], baseline=[200]).regression(committed) is None
    )
    problem = Comparison(key="k", label="Size", unit="MB", application=[22.5], baseline=[200]).regression(committed)
    assert problem == "Size: 0.1125 (ratio), was 0.1, at most 0.11"


def test_a_figure_of_one_round_may_differ_by_its_tolerance() -> None:
    def unused(percent: float) -> Comparison:
        return Comparison(
            key="k", label="Unused", unit="%", application=[percent], threshold=Threshold(value=10), tolerance=0.4
        )

    committed = unused(5).to_json()
    assert unused(6.9).regression(committed) is None
    assert unused(7.1).regression(committed)


def test_without_a_baseline_the_figure_itself_is_compared() -> None:
    committed = Comparison(
        key="k", label="Memory", unit="MiB", application=[200, 210], threshold=Threshold(value=256)
    ).to_json()
    assert committed["is"] == "MiB"
    assert Comparison(
        key="k", label="Memory", unit="MiB", application=[240], threshold=Threshold(value=256)
    ).regression(committed)
