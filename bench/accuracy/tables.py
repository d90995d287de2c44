"""The figures of the accuracy benchmark as Markdown tables, as printed and as written to docs/reading.md."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from statistics import mean, median, quantiles
from typing import Final

from bench.accuracy.datasets import Source
from bench.accuracy.evaluation import Report
from bench.accuracy.memory import LongRun
from bench.accuracy.portraits import GOOD_IOU, share_of_good
from bench.accuracy.scoring import CONFIDENT, Cause
from bench.accuracy.thresholds import MAX_MEMORY_GROWTH, THRESHOLDS, Check, Thresholds, checks
from bench.accuracy.worker import RAPIDOCR, RAPIDOCR_DEFAULTS
from bench.markdown import date_and_machine, key_value_table, table
from specimens.photography.photo import Level

_PACKAGES: Final = ("rapidocr", "onnxruntime", "opencv-python-headless", "pillow")
_READERS: Final = {RAPIDOCR: "RapidOCR, same settings", RAPIDOCR_DEFAULTS: "RapidOCR, default settings"}


def run_description(command: str, cards: str, *, load: float) -> str:
    """Return what ran, where and when; ``load`` is the machine's load average before the run."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return key_value_table(
        {
            "Command": f"`.venv/bin/{command}`",
            "Cards": cards,
            **date_and_machine(load=load),
            "Versions": f"Python {platform.python_version()}, {versions}",
            "Load at the end": f"{os.getloadavg()[0]:.1f}",
        }
    )


def report(reports: Mapping[tuple[Source, Level], Report]) -> str:
    """Return all tables: the targets of each level for every generator, then errors, portraits, time and memory."""
    levels = dict.fromkeys(level for _, level in reports)
    targets = [
        f"### Level {level.value}\n\n"
        + target_table({source: one for (source, of), one in reports.items() if of is level}, THRESHOLDS[level])
        for level in levels
    ]
    named = {f"{source}, {level.value}": one for (source, level), one in reports.items()}
    return "\n\n".join([*targets, details(named)])


def target_table(reports: Mapping[Source, Report], thresholds: Thresholds) -> str:
    """Return a row for each measure and a column for each generator; what misses its target is bold."""
    rows: dict[str, dict[Source, Check]] = {}
    for source, one in reports.items():
        for check in checks(one, thresholds):
            rows.setdefault(check.name, {})[source] = check
    return table(
        ("", "target", *reports),
        [
            (
                name,
                next(iter(row.values())).formatted_threshold,
                *(_cell(row[source]) if source in row else "" for source in reports),
            )
            for name, row in rows.items()
        ],
    )


def _cell(check: Check) -> str:
    text = f"{check.formatted_value}{check.counts and f', {check.counts}'}"
    return text if check.passed else f"**{text}**"


def details(reports: Mapping[str, Report]) -> str:
    """Return the tables of errors, negatives, portraits, time and memory; the reports have names."""
    parts = [
        f"### Errors\n\n{_errors_table(reports)}",
        _results_table(reports),
        f"### Negatives\n\n{_negatives_table(reports)}",
        f"### Portraits\n\n{_portraits_table(reports)}",
        f"### Time and memory\n\n{_costs_table(reports)}",
    ]
    return "\n\n".join(parts)


def _negatives_table(reports: Mapping[str, Report]) -> str:
    measured = {name: one.refusals for name, one in reports.items() if one.refusals.shown}
    if not measured:
        return "None were measured."
    return table(
        ("cards", "negatives", "answered", f"of these with a document confidence of {CONFIDENT} or more"),
        [
            (name, f"{one.shown.total()}", _counts(+one.answered), _counts(+one.accepted))
            for name, one in measured.items()
        ],
    )


def memory(run: LongRun) -> str:
    """Return the table of a long run."""
    (_, first), (last_number, last) = run.samples[0], run.samples[-1]
    return table(
        ("resident size", "MB"),
        (
            ("after the first photo", f"{first.resident_mb:.0f}"),
            (f"after {last_number:,}", f"{last.resident_mb:.0f}"),
            ("peak", f"{run.peak_mb:.0f}"),
            (
                f"last quarter relative to the second, at most {MAX_MEMORY_GROWTH:.0%}",
                f"{run.growth:.1%}, {_verdict(passed=run.is_flat)}",
            ),
        ),
    )


def _verdict(*, passed: bool) -> str:
    return "met" if passed else "**not met**"


def _errors_table(reports: Mapping[str, Report]) -> str:
    rows = [
        (name, field, f"{one.score.right[field]:,} of {one.score.right[field] + causes.total():,}",
         *(str(causes[cause] or "") for cause in Cause))
        for name, one in reports.items()
        for field, causes in sorted(one.score.wrong.items())
        if causes.total()
    ]  # fmt: skip
    if not rows:
        return "Every legible field was right."
    return f"Legible fields with at least one error, by cause.\n\n{table(('cards', 'field', 'right', *Cause), rows)}"


def _results_table(reports: Mapping[str, Report]) -> str:
    return table(
        ("cards", "illegible fields", "refused cards", "requested as another kind"),
        [
            (
                name,
                _counts(one.score.illegible),
                _counts(one.score.error_codes),
                f"{one.wrong_kind_requests}, answered {one.wrong_kind_answers}",
            )
            for name, one in reports.items()
        ],
    )


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


def _portraits_table(reports: Mapping[str, Report]) -> str:
    return table(
        (
            "cards",
            "with a portrait",
            "answered",
            f"picture: mean IoU, {GOOD_IOU} or more",
            f"coordinates (residence permits): mean IoU, {GOOD_IOU} or more",
        ),
        [
            (
                name,
                str(one.portraits.shown),
                str(one.portraits.answered),
                _iou(one.portraits.pictures),
                _iou(one.portraits.coordinates),
            )
            for name, one in reports.items()
            if one.portraits.shown
        ],
    )


def _iou(values: Sequence[float]) -> str:
    return f"{mean(values):.2f}, {share_of_good(values):.1%} of {len(values)}" if values else "n/a"


def _costs_table(reports: Mapping[str, Report]) -> str:
    head = ("cards", "reader", "number", "median s", "95th percentile s", "processor s, median", "peak MB")
    rows = [row for name, one in reports.items() if one.score.cards for row in _cost_rows(name, one)]
    return table((*head, "recogniser ÷ reader: seconds, processor seconds"), rows)


def _cost_rows(name: str, report: Report) -> Iterator[tuple[str, ...]]:
    score = report.score
    recognizer = _cost(score.seconds, score.cpu_seconds, score.peak_mb)
    yield (name, "recogniser", str(score.cards), *recognizer, "")
    for reader, comparison in report.comparisons.items():
        if outcomes := comparison.baseline:
            seconds, cpu_seconds = [one.seconds for one in outcomes], [one.cpu_seconds for one in outcomes]
            cost = _cost(seconds, cpu_seconds, max(one.peak_mb for one in outcomes))
            ratios = f"{comparison.time_ratio:.2f}, {comparison.cpu_ratio:.2f}"
            yield (name, _READERS[reader], str(len(outcomes)), *cost, ratios)


def _cost(seconds: Sequence[float], cpu_seconds: Sequence[float], peak_mb: float) -> tuple[str, ...]:
    percentile_95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return f"{median(seconds):.2f}", f"{percentile_95:.2f}", f"{median(cpu_seconds):.2f}", f"{peak_mb:.0f}"
