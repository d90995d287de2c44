from dataclasses import replace

import pytest

from bench.accuracy_bar import BARS
from bench.accuracy_memory import LongRun
from bench.accuracy_page import bar_table, memory_figures, report_figures
from bench.accuracy_portrait import Portraits
from bench.accuracy_report import Beside, Report, rows
from bench.accuracy_score import Cause, Score
from bench.accuracy_worker import BARE, BARE_DEFAULTS, Outcome
from specimens.photograph import Level

OUTCOME = Outcome(seconds=0.5, processor_seconds=0.8, resident=300, largest=400)


def report() -> Report:
    """Return a scan's report: 999 of 1,000 fields and 99 of 100 cards are right."""
    score = Score(cards=100, cards_right=99, kind_and_side_right=99, sure_and_wrong=2, largest=400)
    score.right.update(Name=600, Sex=399)
    score.wrong["Name"][Cause.PART] += 1
    score.refused["FailedOperation.ImageNoText"] += 1
    score.illegible.update({"empty": 3, "wrong": 1})
    score.seconds, score.processor_seconds = [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]
    slower = replace(OUTCOME, seconds=0.25, processor_seconds=0.2, largest=350)
    return Report(
        score=score,
        portraits=Portraits(shown=3, answered=2, pictures=[0.9, 0.7, 0.0], places=[0.8]),
        beside={BARE: Beside(its=[slower], ours=[OUTCOME]), BARE_DEFAULTS: Beside()},
        asked_as_another=15,
    )


def test_every_row_of_the_bar_says_what_was_reached_and_whether_it_is_enough() -> None:
    lines = bar_table(tuple(rows(report(), BARS[Level.SCAN]))).splitlines()

    assert lines[2:] == [
        "| fields exactly right | 99.90% | 999 of 1,000 | ≥ 99.70% | met |",
        "| whole cards exactly right | 99.00% | 99 of 100 | ≥ 98.00% | met |",
        "| kind and side | 99.00% | 99 of 100 | ≥ 100.00% | **not met** |",
        "| wrong, confidence 0.9 or more | 0.20% | 2 of 1,000 | ≤ 0.10% | **not met** |",
        "| median seconds | 0.50 |  | ≤ 0.50 | met |",
        "| times a bare call | 2.00 |  | ≤ 1.30 | **not met** |",
    ]


def test_answers_without_confidences_cannot_meet_the_bar_of_the_sure() -> None:
    without = report()
    without.score.has_confidences, without.score.sure_and_wrong = False, 0

    (row,) = (row for row in rows(without, BARS[Level.SCAN]) if row.what.startswith("wrong"))
    assert (row.reached, row.met) == ("n/a", False)


def test_the_page_has_errors_by_cause_portraits_and_costs_of_every_level() -> None:
    page = report_figures({Level.SCAN: report(), Level.HARD: report()})

    for level in (0, 2):
        assert f"### Level {level}\n" in page
        assert f"| {level} | Name | 600 of 601 |  |  |  |  | 1 |  |" in page
        assert f"| {level} | empty 3, wrong 1 | FailedOperation.ImageNoText 1 | 15, taken for it 0 |" in page
        assert f"| {level} | 3 | 2 | 0.53, 66.7% of 3 | 0.80, 100.0% of 1 |" in page
        assert f"| {level} | recogniser | 100 | 0.50 | 0.59 | 0.80 | 400 |  |" in page
        assert f"| {level} | RapidOCR, same settings | 1 | 0.25 | 0.25 | 0.20 | 350 | 2.00, 4.00 |" in page
    assert "Every legible field was right." not in page
    assert "Sex |" not in page
    assert "as delivered" not in page


def test_a_page_without_errors_says_so() -> None:
    perfect = report()
    perfect.score.wrong.clear()

    assert "### Errors\n\nEvery legible field was right.\n\n" in report_figures({Level.SCAN: perfect})


@pytest.mark.parametrize(("last", "growth", "verdict"), [(312, "104.0%", "met"), (330, "110.0%", "**not met**")])
def test_a_long_run_is_flat_if_its_last_quarter_is_about_as_large_as_its_second(
    last: float, growth: str, verdict: str
) -> None:
    """The first quarter is when caches fill, so that it may be as small as it likes."""
    resident = (100, 100, 300, 300, 500, 300, last, last)
    run = LongRun(tuple(
        (number * 100, replace(OUTCOME, resident=size, largest=510)) for number, size in enumerate(resident, 1)
    ))  # fmt: skip

    page = memory_figures(run)
    assert "| after the first photograph | 100 |" in page
    assert f"| after 800 | {last} |" in page
    assert "| largest | 510 |" in page
    assert f"| {growth}, {verdict} |" in page
