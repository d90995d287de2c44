"""The figures of ``bench.accuracy`` as they stand in docs/reading.md."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from statistics import mean, median, quantiles
from typing import Final

from bench.accuracy_bar import BARS, FLAT
from bench.accuracy_memory import LongRun
from bench.accuracy_portrait import FITS, fitting
from bench.accuracy_report import Report, Row, rows
from bench.accuracy_score import Cause, Score
from bench.accuracy_worker import BARE, BARE_DEFAULTS
from bench.page import date_and_machine, facts, table
from specimens.photograph import Level

_PACKAGES: Final = ("rapidocr", "onnxruntime", "opencv-python-headless", "pillow")
_READERS: Final = {BARE: "RapidOCR, same settings", BARE_DEFAULTS: "RapidOCR as delivered"}


def circumstances(command: str, cards: str, *, load: float) -> str:
    """Return what was run, on what, where and when; ``load`` is that of the machine before it began."""
    named = {
        "Command": f"`.venv/bin/{command}`",
        "Cards": cards,
        **date_and_machine(load=load),
        "Versions": f"Python {platform.python_version()}, {versions()}",
        "Load at the end": f"{os.getloadavg()[0]:.1f}",
    }
    return facts(named)


def versions() -> str:
    """Return the versions of the packages that read cards, in words."""
    return ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


def report_figures(reports: Mapping[Level, Report]) -> str:
    """Return the tables of every level: beside the bar, the errors, the portraits, the costs."""
    parts = [f"### Level {level.value}\n\n{bar_table(tuple(rows(one, BARS[level])))}" for level, one in reports.items()]
    scores = {level: one.score for level, one in reports.items()}
    parts += [
        f"### Errors\n\n{_errors(scores)}",
        _fates_table(reports),
        f"### Portraits\n\n{_portraits_table(reports)}",
        f"### Time and memory\n\n{_costs_table(reports)}",
    ]
    return "\n\n".join(parts)


def memory_figures(run: LongRun) -> str:
    """Return the table of a long run."""
    (_, first), (last_number, last) = run.sizes[0], run.sizes[-1]
    verdict = _verdict(met=run.is_flat)
    return table(
        ("resident size", "MB"),
        (
            ("after the first photograph", f"{first.resident:.0f}"),
            (f"after {last_number:,}", f"{last.resident:.0f}"),
            ("largest", f"{run.largest:.0f}"),
            (f"last quarter beside the second, at most {FLAT:.0%}", f"{run.growth:.1%}, {verdict}"),
        ),
    )


def bar_table(bar: Sequence[Row]) -> str:
    """Return every row of the bar, what was reached and whether it is enough."""
    return table(
        ("", "reached", "counts", "bar", ""),
        [
            (
                row.what,
                row.reached,
                row.counts,
                f"{'≤' if row.most else '≥'} {row.form(row.bar)}",
                _verdict(met=row.met),
            )
            for row in bar
        ],
    )


def _verdict(*, met: bool) -> str:
    return "met" if met else "**not met**"


def _errors(scores: Mapping[Level, Score]) -> str:
    found = [
        (str(level.value), name, f"{score.right[name]:,} of {score.right[name] + causes.total():,}",
         *(str(causes[cause] or "") for cause in Cause))
        for level, score in scores.items()
        for name, causes in sorted(score.wrong.items())
        if causes.total()
    ]  # fmt: skip
    if not found:
        return "Every legible field was right."
    fields = table(("level", "field", "right", *Cause), found)
    return f"Of the legible fields that were not always right, by cause.\n\n{fields}"


def _fates_table(reports: Mapping[Level, Report]) -> str:
    """Return what became of fields that nobody could read and of cards asked for as what they are not."""
    return table(
        ("level", "illegible fields", "refused cards", "asked for as another kind"),
        [
            (
                str(level.value),
                _counted(one.score.illegible),
                _counted(one.score.refused),
                f"{one.asked_as_another}, taken for it {one.taken_for_another}",
            )
            for level, one in reports.items()
        ],
    )


def _counted(fates: Mapping[str, int]) -> str:
    return ", ".join(f"{fate} {times}" for fate, times in sorted(fates.items())) or "none"


def _portraits_table(reports: Mapping[Level, Report]) -> str:
    head = ("level", "cards that show one", "answered", f"picture: mean cover, {FITS} or more")
    found = [
        (
            str(level.value),
            str(one.portraits.shown),
            str(one.portraits.answered),
            covers(one.portraits.pictures),
            covers(one.portraits.places),
        )
        for level, one in reports.items()
    ]
    return table((*head, f"place in the answer (residence permits): mean cover, {FITS} or more"), found)


def covers(values: Sequence[float]) -> str:
    """Return the mean of covers and the share that fits in words."""
    return f"{mean(values):.2f}, {fitting(values):.1%} of {len(values)}" if values else "n/a"


def _costs_table(reports: Mapping[Level, Report]) -> str:
    head = ("level", "reader", "cards", "median s", "95th percentile s", "processors' s, median", "largest MB")
    found = [row for level, one in reports.items() for row in _costs(level, one)]
    return table((*head, "recogniser ÷ it: seconds, processors' seconds"), found)


def _costs(level: Level, report: Report) -> Iterator[tuple[str, ...]]:
    score = report.score
    ours = _cost(score.seconds, score.processor_seconds, score.largest)
    yield (str(level.value), "recogniser", str(score.cards), *ours, "")
    for reader, other in report.beside.items():
        if other.its:
            spent = [one.processor_seconds for one in other.its]
            its = _cost([one.seconds for one in other.its], spent, max(one.largest for one in other.its))
            ratios = f"{other.ratio:.2f}, {other.processor_ratio:.2f}"
            yield (str(level.value), _READERS[reader], str(len(other.its)), *its, ratios)


def _cost(seconds: Sequence[float], spent: Sequence[float], largest: float) -> tuple[str, ...]:
    return f"{median(seconds):.2f}", f"{slow(seconds):.2f}", f"{median(spent):.2f}", f"{largest:.0f}"


def slow(seconds: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
