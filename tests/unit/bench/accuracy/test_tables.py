from dataclasses import replace

import pytest

from bench.accuracy import tables
from bench.accuracy.evaluation import ReaderComparison, Report
from bench.accuracy.memory import LongRun
from bench.accuracy.portraits import Portraits
from bench.accuracy.scoring import Cause, Score
from bench.accuracy.thresholds import THRESHOLDS, checks
from bench.accuracy.worker import RAPIDOCR, RAPIDOCR_DEFAULTS, Outcome
from specimens.photography.photo import Level

OUTCOME = Outcome(seconds=0.5, cpu_seconds=0.8, resident_mb=300, peak_mb=400)


def report() -> Report:
    """Return a report of level 0 with 999 of 1,000 fields and 99 of 100 cards right."""
    score = Score(cards=100, cards_right=99, kind_and_side_right=99, confident_errors=2, peak_mb=400)
    score.right.update(Name=600, Sex=399)
    score.wrong["Name"][Cause.PART] += 1
    score.error_codes["FailedOperation.ImageNoText"] += 1
    score.illegible.update({"empty": 3, "wrong": 1})
    score.seconds, score.cpu_seconds = [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]
    faster = replace(OUTCOME, seconds=0.25, cpu_seconds=0.2, peak_mb=350)
    return Report(
        score=score,
        portraits=Portraits(shown=3, answered=2, pictures=[0.9, 0.7, 0.0], coordinates=[0.8]),
        comparisons={
            RAPIDOCR: ReaderComparison(baseline=[faster], recognizer=[OUTCOME]),
            RAPIDOCR_DEFAULTS: ReaderComparison(),
        },
        wrong_kind_requests=15,
    )


def test_each_threshold_has_a_row_with_value_and_verdict() -> None:
    lines = tables.threshold_table(tuple(checks(report(), THRESHOLDS[Level.SCAN]))).splitlines()

    assert lines[2:] == [
        "| fields exactly right | 99.90% | 999 of 1,000 | ≥ 99.70% | met |",
        "| whole cards exactly right | 99.00% | 99 of 100 | ≥ 98.00% | met |",
        "| kind and side | 99.00% | 99 of 100 | ≥ 100.00% | **not met** |",
        "| wrong, confidence 0.9 or more | 0.20% | 2 of 1,000 | ≤ 0.10% | **not met** |",
        "| median seconds | 0.50 |  | ≤ 0.50 | met |",
        "| time relative to RapidOCR | 2.00 |  | ≤ 1.30 | **not met** |",
    ]


def test_without_confidences_the_confident_error_threshold_is_missed() -> None:
    without = report()
    without.score.has_confidences, without.score.confident_errors = False, 0

    (row,) = (row for row in checks(without, THRESHOLDS[Level.SCAN]) if row.name.startswith("wrong"))
    assert (row.formatted_value, row.passed) == ("n/a", False)


def test_the_report_has_errors_portraits_and_costs_of_each_level() -> None:
    page = tables.report({Level.SCAN: report(), Level.HARD: report()})

    for level in (0, 2):
        assert f"### Level {level}\n" in page
        assert f"| {level} | Name | 600 of 601 |  |  |  |  | 1 |  |" in page
        assert f"| {level} | empty 3, wrong 1 | FailedOperation.ImageNoText 1 | 15, answered 0 |" in page
        assert f"| {level} | 3 | 2 | 0.53, 66.7% of 3 | 0.80, 100.0% of 1 |" in page
        assert f"| {level} | recogniser | 100 | 0.50 | 0.59 | 0.80 | 400 |  |" in page
        assert f"| {level} | RapidOCR, same settings | 1 | 0.25 | 0.25 | 0.20 | 350 | 2.00, 4.00 |" in page
    assert "Every legible field was right." not in page
    assert "Sex |" not in page
    assert "default settings" not in page


def test_a_report_without_errors_says_so() -> None:
    perfect = report()
    perfect.score.wrong.clear()

    assert "### Errors\n\nEvery legible field was right.\n\n" in tables.report({Level.SCAN: perfect})


@pytest.mark.parametrize(("last", "growth", "verdict"), [(312, "104.0%", "met"), (330, "110.0%", "**not met**")])
def test_a_long_run_passes_if_memory_is_constant_after_a_quarter(last: float, growth: str, verdict: str) -> None:
    """The first quarter may be smaller because caches fill."""
    resident = (100, 100, 300, 300, 500, 300, last, last)
    run = LongRun(tuple(
        (number * 100, replace(OUTCOME, resident_mb=size, peak_mb=510)) for number, size in enumerate(resident, 1)
    ))  # fmt: skip

    page = tables.memory(run)
    assert "| after the first photo | 100 |" in page
    assert f"| after 800 | {last} |" in page
    assert "| peak | 510 |" in page
    assert f"| {growth}, {verdict} |" in page
