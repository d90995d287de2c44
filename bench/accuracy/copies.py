"""Photocopy detection: precision and recall of the warning -9102 on drawn copies.

    python -m bench.accuracy.copies                     the report: an unseen seed, 300 photos per level
    python -m bench.accuracy.copies --seed 7 --cards 60

Half of the photos show a copy (black toner, colour print, grey print), half an original. A third of the originals are
in light that removes their colour. The report writes its figures to docs/recognizer.md.
"""

import argparse
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Final

from bench import markdown
from bench.accuracy.datasets import REPORTING_SEED, TUNING_SEEDS, Photo, PhotoSet, add_options, cached_photos
from bench.accuracy.evaluation import print_progress
from bench.accuracy.tables import run_description
from bench.accuracy.thresholds import MIN_CARDS
from bench.accuracy.worker import RECOGNIZER, Worker
from bench.markdown import table
from specimens.photography.copies import Treatment
from specimens.photography.photo import Level

COPY_WARNING: Final = -9102
PAGE: Final = Path(__file__).parents[2] / "docs" / "recognizer.md"
COMMAND: Final = "python -m bench.accuracy.copies"
_SEED_OFFSET: Final = 100
"""So that the cards differ from those of ``bench.accuracy``."""
_Z_95: Final = 1.96
"""Standard deviations on either side of the mean that hold 95 % of a normal distribution."""


@dataclass(slots=True)
class Warnings:
    """Counts of photos by treatment: all, those with a copy warning, and those refused."""

    shown: Counter[Treatment] = field(default_factory=Counter)
    warned: Counter[Treatment] = field(default_factory=Counter)
    refused: Counter[Treatment] = field(default_factory=Counter)

    @property
    def copies(self) -> int:
        """The number of photos that show a copy."""
        return sum(self.shown[treatment] for treatment in Treatment if treatment.is_copy)

    @property
    def true_positives(self) -> int:
        """The number of copies with a warning."""
        return sum(self.warned[treatment] for treatment in Treatment if treatment.is_copy)


def main() -> int:
    """Measure every level, print the figures and write those of a report to the page."""
    options = _parse_options()
    seeds = {level: options.seed + _SEED_OFFSET + level for level in options.level}
    photos = {
        level: cached_photos(PhotoSet(seed=seed, level=level, count=options.cards, copies=True))
        for level, seed in seeds.items()
    }
    load = os.getloadavg()[0]
    measured = {level: _count_warnings(level_photos) for level, level_photos in photos.items()}
    command = shlex.join(["python", "-m", "bench.accuracy.copies", *sys.argv[1:]])
    cards = f"{options.cards} a level; seeds {', '.join(map(str, seeds.values()))}"
    report = f"{run_description(command, cards, load=load)}\n\n{figures(measured)}"
    print(report)
    if options.output:
        markdown.write_figures(options.output, command=COMMAND, figures=report)
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.partition("\n")[0])
    add_options(parser, cards=MIN_CARDS, page=PAGE)
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    if options.seed not in TUNING_SEEDS and options.seed != REPORTING_SEED:
        parser.error(f"seeds for tuning are below {TUNING_SEEDS.stop}")
    is_report = options.seed == REPORTING_SEED and options.cards >= MIN_CARDS and len(options.level) == len(Level)
    if options.output and options.output.resolve() == PAGE and not is_report:
        parser.error(f"{PAGE.name} holds only figures of the reporting seed")
    if is_report:
        options.output = options.output or PAGE
    return options


def _count_warnings(photos: Sequence[Photo]) -> Warnings:
    counts = Warnings()
    with Worker(RECOGNIZER) as recognizer:
        for number, photo in enumerate(photos, 1):
            treatment = Treatment(photo.truth["treatment"])
            outcome = recognizer.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])
            counts.shown[treatment] += 1
            counts.refused[treatment] += bool(outcome.error_code)
            counts.warned[treatment] += COPY_WARNING in (outcome.answer.get("WarnCardInfos") or ())
            print_progress(number, len(photos))
    return counts


def wilson_interval(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share by Wilson's score; (0, 1) if ``whole`` is 0."""
    if not whole:
        return 0.0, 1.0
    share, weight = part / whole, _Z_95**2 / whole
    middle = (share + weight / 2) / (1 + weight)
    reach = _Z_95 / (1 + weight) * sqrt(share * (1 - share) / whole + weight / (4 * whole))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def figures(measured: Mapping[Level, Warnings]) -> str:
    """Return precision and recall of each level, and the warnings for each treatment, as Markdown."""
    levels = table(
        ("level", "photos", "precision", "recall"),
        [
            (
                str(level.value),
                str(counts.shown.total()),
                _share(counts.true_positives, counts.warned.total()),
                _share(counts.true_positives, counts.copies),
            )
            for level, counts in measured.items()
        ],
    )
    rows = [row for level, counts in measured.items() for row in _treatment_rows(level, counts)]
    treatments = table(("level", "treatment", "copy", "warned", "refused"), rows)
    return f"In parentheses: 95 % interval (Wilson).\n\n{levels}\n\n{treatments}"


def _treatment_rows(level: Level, counts: Warnings) -> Iterator[tuple[str, ...]]:
    for treatment in Treatment:
        warned = _share(counts.warned[treatment], counts.shown[treatment])
        refused = f"{counts.refused[treatment]}"
        yield str(level.value), treatment, "yes" if treatment.is_copy else "no", warned, refused


def _share(part: int, whole: int) -> str:
    if not whole:
        return "n/a: 0 of 0"
    low, high = wilson_interval(part, whole)
    return f"{part / whole:.1%}: {part} of {whole} ({low:.1%}–{high:.1%})"


if __name__ == "__main__":
    sys.exit(main())
