from collections import Counter

import pytest

from bench.accuracy.copies import Warnings, figures, wilson_interval
from specimens.photography.copies import Treatment
from specimens.photography.photo import Level


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # the worked example of Newcombe (1998), method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_confidence_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    assert wilson_interval(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_precision_and_recall_count_false_and_missing_warnings() -> None:
    counts = Warnings(
        shown=Counter({Treatment.ORIGINAL: 10, Treatment.TONER_COPY: 6, Treatment.GREY_PRINT: 4}),
        warned=Counter({Treatment.ORIGINAL: 1, Treatment.TONER_COPY: 3}),
        refused=Counter({Treatment.GREY_PRINT: 2}),
    )

    page = figures({Level.HARD: counts})
    assert "| 2 | 20 | 75.0%: 3 of 4 (30.1%–95.4%) | 30.0%: 3 of 10 (10.8%–60.3%) |" in page
    assert "| 2 | original | no | 10.0%: 1 of 10 (1.8%–40.4%) | 0 |" in page
    assert "| 2 | grey-print | yes | 0.0%: 0 of 4 (0.0%–49.0%) | 2 |" in page
    assert "| 2 | faded-original | no | n/a: 0 of 0 | 0 |" in page


def test_a_level_without_warnings_has_no_precision() -> None:
    page = figures({Level.HARD: Warnings(shown=Counter({Treatment.TONER_COPY: 2}))})

    assert "| 2 | 2 | n/a: 0 of 0 | 0.0%: 0 of 2 (0.0%–65.8%) |" in page
