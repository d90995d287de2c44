"""Accuracy and speed of the recogniser at each difficulty level, compared with RapidOCR on the same photos.

    python -m bench.accuracy --check                     the report: unseen seeds, every generator, 300 cards per level
    python -m bench.accuracy --generator own --seed 7 --cards 60 --level 2 --show-errors     while tuning rules
    python -m bench.accuracy --generator html --cards 60 --no-rapidocr       totals of an independent generator
    python -m bench.accuracy --memory 2000               resident size over a long run
    python -m bench.accuracy DIRECTORY…                  photos written by ``python -m specimens``

The first and the fourth write their figures to docs/reading.md; ``--output`` names another page with the same markers.
One image is read at a time, with all processors available to the process. Each reader runs in a process of its own, and
they take turns. RapidOCR and portraits are compared on the own generator's cards only. Each set of cards is followed by
as many documents that are not permits, requested as every kind and side. Exit status: 1 if ``--check`` is given and a
threshold is missed.
"""

import argparse
import os
import shlex
import sys
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from bench import markdown
from bench.accuracy import tables
from bench.accuracy.datasets import (
    REPORTING_SEED,
    TUNING_SEEDS,
    Photo,
    PhotoSet,
    Source,
    add_options,
    cached_photos,
    load_photos,
)
from bench.accuracy.evaluation import evaluate
from bench.accuracy.memory import long_run
from bench.accuracy.thresholds import MIN_CARDS, MIN_LONG_RUN, MIN_NEGATIVES, THRESHOLDS, checks
from specimens.photography.photo import Level

PAGE: Final = Path(__file__).parents[2] / "docs" / "reading.md"
REPORT_COMMAND: Final = "python -m bench.accuracy --check"
MEMORY_COMMAND: Final = f"python -m bench.accuracy --memory {MIN_LONG_RUN}"
_HIDDEN: Final = "errors of the reporting seed and of independent generators are hidden so that nobody tunes on them"
_MEMORY_PHOTOS: Final = 100
"""Photos per level that a long run repeats."""


def main() -> int:
    """Run the benchmark that the options select, print its figures and return the exit status."""
    options = parse_options()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # so that a long run's output can be followed in a file
    if options.memory:
        passed = _measure_memory(options)
    elif options.directories:
        _measure_directories(options)
        passed = True
    else:
        passed = _measure_levels(options)
    return 0 if passed or not options.check else 1


def parse_options() -> argparse.Namespace:
    """Parse the command line. Raises ``SystemExit`` if the options contradict each other."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__.partition("\n")[0])
    parser.add_argument("directories", nargs="*", type=Path, metavar="DIRECTORY")
    add_options(parser, cards=MIN_CARDS, page=PAGE)
    parser.add_argument("--show-errors", action="store_true", help="print each wrong field (only for tuning seeds)")
    sources = [source.value for source in Source]
    parser.add_argument("--generator", nargs="+", choices=sources, default=sources, help="who draws (default: all)")
    default = f"documents that are not permits, per level and generator (default {MIN_NEGATIVES})"
    parser.add_argument("--negatives", type=int, default=MIN_NEGATIVES, help=default)
    parser.add_argument("--no-rapidocr", action="store_true", help="leave out the comparison with RapidOCR")
    parser.add_argument("--check", action="store_true", help="exit with status 1 unless all thresholds are met")
    parser.add_argument("--memory", type=int, default=0, metavar="IMAGES", help="only measure memory, over IMAGES")
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    options.generator = [Source(source) for source in options.generator]
    if problem := _contradiction(options):
        parser.error(problem)
    if _is_report(options):
        options.output = options.output or PAGE
    return options


def _contradiction(options: argparse.Namespace) -> str:
    """Return why the options contradict each other; empty if they do not."""
    is_for_tuning = bool(options.directories) or options.seed in TUNING_SEEDS
    is_own = bool(options.directories) or options.generator == [Source.OWN]
    if not is_for_tuning and options.seed != REPORTING_SEED:
        return f"seeds for tuning are below {TUNING_SEEDS.stop}"
    if options.check and not _is_report(options):
        needs = f"{MIN_CARDS} cards of every kind and level, {MIN_NEGATIVES} negatives and RapidOCR"
        return f"--check needs the reporting seed and at least {needs}"
    if options.show_errors and not (is_for_tuning and is_own):
        return _HIDDEN
    if options.output and options.output.resolve() == PAGE and not _is_report(options):
        return f"{PAGE.name} holds only figures of the reporting seed"
    return "figures of a directory are only printed" if options.output and options.directories else ""


def _is_report(options: argparse.Namespace) -> bool:
    """Whether the figures are for the documentation."""
    if options.directories or options.seed != REPORTING_SEED or options.cards < MIN_CARDS:
        return False
    if options.memory:
        return bool(options.memory >= MIN_LONG_RUN)
    is_complete = len(options.level) == len(Level) and len(options.generator) == len(Source)
    return bool(options.check and is_complete and not options.no_rapidocr and options.negatives >= MIN_NEGATIVES)


def _measure_levels(options: argparse.Namespace) -> bool:
    """Evaluate every generator and level; return whether all thresholds are met."""
    sets = [(source, level) for source in options.generator for level in options.level]
    photos = {(source, level): _photos(options, source, level) for source, level in sets}
    load = os.getloadavg()[0]
    reports = {}
    for (source, level), (cards, negatives) in photos.items():
        reports[source, level] = evaluate(
            cards,
            negatives,
            with_rapidocr=source is Source.OWN and not options.no_rapidocr,
            with_portraits=source is Source.OWN,
            show_errors=options.show_errors,
        )
        print(f"\n{tables.report({(source, level): reports[source, level]})}")
    seeds = ", ".join(str(options.seed + level) for level in options.level)
    cards_ = f"{options.cards} a level and generator, and {options.negatives} negatives; seeds {seeds}"
    _finish(options, REPORT_COMMAND, cards_, tables.report(reports), load=load)
    return all(check.passed for (_, level), report in reports.items() for check in checks(report, THRESHOLDS[level]))


def _measure_directories(options: argparse.Namespace) -> None:
    for directory in options.directories:
        photos = load_photos(directory)
        if options.show_errors and any("generator" in photo.truth for photo in photos):
            raise SystemExit(f"{directory}: {_HIDDEN}")
        negatives = [photo for photo in photos if "negative" in photo.truth]
        report = evaluate(
            [photo for photo in photos if photo not in negatives],
            negatives,
            with_rapidocr=not options.no_rapidocr,
            show_errors=options.show_errors,
        )
        score = report.score
        print(f"\n{directory}: {score.right.total()} of {score.fields} legible fields", end=" ")
        print(f"and {score.cards_right} of {score.cards} cards are right\n\n{tables.details({str(directory): report})}")


def _measure_memory(options: argparse.Namespace) -> bool:
    """Measure a long run; return whether the resident size stays constant."""
    options.negatives = 0
    levels = [_photos(options, Source.OWN, level)[0][:_MEMORY_PHOTOS] for level in Level]
    photos = [photo for one_of_each_level in zip(*levels, strict=True) for photo in one_of_each_level]
    load = os.getloadavg()[0]
    run = long_run(photos, options.memory)
    cards = f"{options.memory:,} times one of {len(photos)}, of all levels in turn"
    _finish(options, MEMORY_COMMAND, cards, tables.memory(run), load=load)
    return run.is_flat


def _photos(options: argparse.Namespace, source: Source, level: Level) -> tuple[list[Photo], list[Photo]]:
    """Return the cards and the documents that are not permits."""
    cards = PhotoSet(source=source, seed=options.seed + level, level=level, count=options.cards)
    negatives = replace(cards, count=options.negatives, negatives=True)
    return cached_photos(cards), cached_photos(negatives) if options.negatives else []


def _finish(options: argparse.Namespace, command: str, cards: str, figures: str, *, load: float) -> None:
    """Print how the figures came about, and write both to the page if there is one."""
    actual_command = shlex.join(["python", "-m", "bench.accuracy", *sys.argv[1:]])
    run = tables.run_description(actual_command, cards, load=load)
    print(f"\n{run}")
    if options.output:
        markdown.write_figures(options.output, command=command, figures=f"{run}\n\n{figures}")
