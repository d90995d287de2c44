"""How well copies are told from originals: precision and recall of the warning -9102, on copies of our own.

    python -m bench.copies                     the report: a seed nobody tuned on, 300 photographs a level
    python -m bench.copies --seed 7 --cards 60

Half of the photographs show a copy (black toner, colour print, grey print), half the card itself, a third of those in
light that takes the colour out of it. The report writes its figures to docs/recognizer.md.
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

from bench import page
from bench.accuracy_bar import CARDS
from bench.accuracy_cards import REPORTING_SEED, TUNING_SEEDS, Photo, drawn_photos
from bench.accuracy_page import circumstances
from bench.accuracy_worker import RECOGNIZER, Worker
from bench.page import table
from specimens.copies import Treatment
from specimens.photograph import Level

COPY: Final = -9102
PAGE: Final = Path(__file__).parents[1] / "docs" / "recognizer.md"
REPORT: Final = "python -m bench.copies"
"""The command whose figures the page has."""
_OTHER_CARDS: Final = 100
"""Added to a seed: the copies are of other cards than those of ``bench.accuracy``."""
_NORMAL: Final = 1.96
"""Of a normal distribution 95 % lies within so many standard deviations."""
_PROGRESS_EVERY: Final = 50


@dataclass(slots=True)
class Warnings:
    """By treatment how many photographs there are, how many of them were warned of, how many refused."""

    shown: Counter[Treatment] = field(default_factory=Counter)
    warned: Counter[Treatment] = field(default_factory=Counter)
    refused: Counter[Treatment] = field(default_factory=Counter)

    @property
    def copies(self) -> int:
        """Return how many photographs show a copy."""
        return sum(self.shown[treatment] for treatment in Treatment if treatment.is_copy)

    @property
    def found(self) -> int:
        """Return how many of the copies were warned of."""
        return sum(self.warned[treatment] for treatment in Treatment if treatment.is_copy)


def main() -> int:
    """Measure every level, print a table for each and write the report's page."""
    options = _options()
    photos = {
        level: drawn_photos(seed=options.seed + _OTHER_CARDS + level, level=level, count=options.cards, copies=True)
        for level in options.level
    }
    load = os.getloadavg()[0]
    measured = {}
    for level, its_photos in photos.items():
        measured[level] = _warnings(its_photos)
        seed = options.seed + _OTHER_CARDS + level
        print(f"\nlevel {level.value}, seed {seed}: {len(its_photos)} photographs\n{_treatments(measured[level])}")
        print(_precision_and_recall(measured[level]), flush=True)
    if options.page:
        seeds = ", ".join(str(options.seed + _OTHER_CARDS + level) for level in photos)
        command = shlex.join(["python", "-m", "bench.copies", *sys.argv[1:]])
        head = circumstances(command, f"{options.cards} a level; seeds {seeds}", load=load)
        page.write(options.page, by=REPORT, figures=f"{head}\n\n{figures(measured)}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, default=CARDS, help=f"photographs a level (default {CARDS})")
    parser.add_argument("--level", type=int, nargs="+", choices=[level.value for level in Level], default=list(Level))
    parser.add_argument("--seed", type=int, default=REPORTING_SEED, help="below 100,000 for tuning; or leave it alone")
    parser.add_argument("--page", type=Path, help="write the figures here instead of docs/recognizer.md")
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    if options.seed not in TUNING_SEEDS and options.seed != REPORTING_SEED:
        parser.error(f"seeds for tuning are below {TUNING_SEEDS.stop}")
    is_report = options.seed == REPORTING_SEED and options.cards >= CARDS and len(options.level) == len(Level)
    if options.page and options.page.resolve() == PAGE and not is_report:
        parser.error(f"{PAGE.name} holds the reporting seed's figures alone")
    if is_report:
        options.page = options.page or PAGE
    return options


def _warnings(photos: Sequence[Photo]) -> Warnings:
    counts = Warnings()
    with Worker(RECOGNIZER) as recognizer:
        for number, photo in enumerate(photos, 1):
            treatment = Treatment(photo.truth["treatment"])
            outcome = recognizer.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])
            counts.shown[treatment] += 1
            counts.refused[treatment] += bool(outcome.refused)
            counts.warned[treatment] += COPY in (outcome.answer.get("WarnCardInfos") or ())
            if number % _PROGRESS_EVERY == 0:
                sys.stderr.write(f"{number} of {len(photos)} photographs\n")
    return counts


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the bounds between which a share lies with 95 % confidence, by Wilson's score; 0 to 1 of nothing."""
    if not whole:
        return 0.0, 1.0
    share, weight = part / whole, _NORMAL**2 / whole
    middle = (share + weight / 2) / (1 + weight)
    reach = _NORMAL / (1 + weight) * sqrt(share * (1 - share) / whole + weight / (4 * whole))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def figures(measured: Mapping[Level, Warnings]) -> str:
    """Return the tables of the page: precision and recall of each level, and what each treatment came to."""
    head = ("level", "photographs", "precision", "recall")
    levels = table(
        head,
        [
            (
                str(level.value),
                str(counts.shown.total()),
                _share(counts.found, counts.warned.total()),
                _share(counts.found, counts.copies),
            )
            for level, counts in measured.items()
        ],
    )
    rows = [row for level, counts in measured.items() for row in _rows(level, counts)]
    treatments = table(("level", "before the camera", "a copy", "warned of", "refused"), rows)
    return f"In parentheses: 95 % interval (Wilson).\n\n{levels}\n\n{treatments}"


def _rows(level: Level, counts: Warnings) -> Iterator[tuple[str, ...]]:
    for treatment in Treatment:
        warned = _share(counts.warned[treatment], counts.shown[treatment])
        refused = f"{counts.refused[treatment]}"
        yield str(level.value), treatment, "yes" if treatment.is_copy else "no", warned, refused


def _share(part: int, whole: int) -> str:
    if not whole:
        return "n/a: 0 of 0"
    low, high = wilson(part, whole)
    return f"{part / whole:.1%}: {part} of {whole} ({low:.1%}–{high:.1%})"


def _treatments(counts: Warnings) -> str:
    lines = [f"{'':20}{'shown':>7}{'warned of':>11}{'refused':>9}"]
    lines += [
        f"{treatment:20}{counts.shown[treatment]:7}{counts.warned[treatment]:11}{counts.refused[treatment]:9}"
        for treatment in Treatment
    ]
    return "\n".join(lines)


def _precision_and_recall(counts: Warnings) -> str:
    precision, recall = _share(counts.found, counts.warned.total()), _share(counts.found, counts.copies)
    return f"precision {precision}\nrecall {recall}"


if __name__ == "__main__":
    sys.exit(main())
