from collections import Counter
from dataclasses import replace

import pytest

from bench.accuracy import tables
from bench.accuracy.datasets import Source
from bench.accuracy.evaluation import ReaderComparison, Refusals, Report
from bench.accuracy.memory import LongRun
from bench.accuracy.portraits import Portraits
from bench.accuracy.scoring import Cause, Score
from bench.accuracy.thresholds import THRESHOLDS, checks
from bench.accuracy.worker import RAPIDOCR, RAPIDOCR_DEFAULTS, Outcome
from specimens.photography.photo import Level

OUTCOME = Outcome(seconds=0.5, cpu_seconds=0.8, resident_mb=300, peak_mb=400)


def report() -> Report:
    """Return a report with 999 of 1,000 fields, 99 of 100 cards and one of two negatives right."""
    score = Score(cards=100, cards_right=99, kind_and_side_right=99, confident_errors=2, peak_mb=400)
    score.right.update(Name=600, Sex=399)
    score.wrong["Name"][Cause.PART] += 1
    score.error_codes["FailedOperation.ImageNoText"] += 1
    score.illegible.update({"empty": 3, "wrong": 1, "wrong and confident": 1})
    score.seconds, score.cpu_seconds = [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]
    faster = replace(OUTCOME, seconds=0.25, cpu_seconds=0.2, peak_mb=350)
    return Report(
        score=score,
        portraits=Portraits(shown=3, answered=2, pictures=[0.9, 0.7, 0.0], coordinates=[0.8]),
        comparisons={
            RAPIDOCR: ReaderComparison(),
            RAPIDOCR_DEFAULTS: ReaderComparison(baseline=[faster], recognizer=[OUTCOME]),
        },
        wrong_kind_requests=15,
        refusals=Refusals(shown=Counter({"passport": 1, "ticket": 1}), answered=Counter(passport=1), cpu_seconds=[0.8]),
    )


def test_each_measure_is_a_row_with_its_target_and_a_column_per_generator() -> None:
    independent = replace(report(), comparisons={RAPIDOCR: ReaderComparison(), RAPIDOCR_DEFAULTS: ReaderComparison()})
    independent.score = Score(cards=1, cards_right=1, kind_and_side_right=1, cpu_seconds=[0.8])
    independent.score.right.update(Name=1)

    lines = tables.target_table({Source.OWN: report(), Source.HTML: independent}, THRESHOLDS[Level.SCAN]).splitlines()
    assert lines == [
        "|  | target | own | html |",
        "| --- | --- | --- | --- |",
        "| fields right | ≥ 99.50% | 99.90%, 999 of 1,000 | 100.00%, 1 of 1 |",
        "| whole cards right | ≥ 97.00% | 99.00%, 99 of 100 | 100.00%, 1 of 1 |",
        "| kind and side | ≥ 100.00% | **99.00%, 99 of 100** | 100.00%, 1 of 1 |",
        "| wrong at confidence 0.9 or more | ≤ 0.10% | **0.30%, 3 of 1,005** | 0.00%, 0 of 1 |",
        "| negatives answered | ≤ 0.00% | **50.00%, 1 of 2** | **50.00%, 1 of 2** |",
        "| processor time of a refusal ÷ of a card | ≤ 1.30 | 1.00 | 1.00 |",
        "| processor time ÷ RapidOCR as delivered | ≤ 0.35 | **4.00** |  |",
        "| peak MB | ≤ 450 | 400 |  |",
    ]


def test_without_confidences_the_confident_error_threshold_is_missed() -> None:
    without = report()
    without.score.has_confidences, without.score.confident_errors = False, 0

    (row,) = (row for row in checks(without, THRESHOLDS[Level.SCAN]) if row.name.startswith("wrong"))
    assert (row.formatted_value, row.passed) == ("n/a", False)


def test_the_report_has_errors_negatives_portraits_and_costs_of_each_set() -> None:
    page = tables.report({(Source.OWN, Level.SCAN): report(), (Source.OWN, Level.HARD): report()})

    for level in (0, 2):
        assert f"### Level {level}\n" in page
        assert f"| own, {level} | Name | 600 of 601 |  |  |  |  | 1 |  |" in page
        illegible = "empty 3, wrong 1, wrong and confident 1"
        assert f"| own, {level} | {illegible} | FailedOperation.ImageNoText 1 | 15, answered 0 |" in page
        assert f"| own, {level} | 2 | passport 1 | none |" in page
        assert f"| own, {level} | 3 | 2 | 0.53, 66.7% of 3 | 0.80, 100.0% of 1 |" in page
        assert f"| own, {level} | recogniser | 100 | 0.50 | 0.59 | 0.80 | 400 |  |" in page
        assert f"| own, {level} | RapidOCR, default settings | 1 | 0.25 | 0.25 | 0.20 | 350 | 2.00, 4.00 |" in page
    assert "Every legible field was right." not in page
    assert "Sex |" not in page
    assert "same settings" not in page


def test_a_report_without_errors_says_so() -> None:
    perfect = report()
    perfect.score.wrong.clear()

    assert "### Errors\n\nEvery legible field was right.\n\n" in tables.report({(Source.OWN, Level.SCAN): perfect})


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
