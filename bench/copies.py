"""How well copies are told from originals: precision and recall of the warning -9102, on copies of our own.

    python -m bench.copies                     the report: a seed nobody tuned on, 300 photographs a level
    python -m bench.copies --seed 7 --cards 60

Half of the photographs show a copy (black toner, colour print, grey print), half the card itself, a third of those in
light that takes the colour out of it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bench.accuracy_bar import CARDS
from bench.accuracy_cards import REPORTING_SEED, TUNING_SEEDS, Photo, drawn_photos
from bench.accuracy_worker import RECOGNIZER, Worker
from specimens.copies import Treatment
from specimens.photograph import Level

COPY: Final = -9102
_OTHER_CARDS: Final = 100
"""Added to a seed: the copies are of other cards than those of ``bench.accuracy``."""


def main() -> int:
    """Measure every level and print a table for each."""
    options = _options()
    for level in options.level:
        seed = options.seed + _OTHER_CARDS + level
        photos = drawn_photos(seed=seed, level=level, count=options.cards, copies=True)
        print(f"\nlevel {level.value}, seed {seed}: {len(photos)} photographs")
        _print(*_warnings(photos))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, default=CARDS, help=f"photographs a level (default {CARDS})")
    parser.add_argument("--level", type=int, nargs="+", choices=[level.value for level in Level], default=list(Level))
    parser.add_argument("--seed", type=int, default=REPORTING_SEED, help="below 100,000 for tuning; or leave it alone")
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    if options.seed not in TUNING_SEEDS and options.seed != REPORTING_SEED:
        parser.error(f"seeds for tuning are below {TUNING_SEEDS.stop}")
    return options


def _warnings(photos: Sequence[Photo]) -> tuple[Counter[Treatment], Counter[Treatment], Counter[Treatment]]:
    """Return by treatment how many photographs there are, how many of them were warned of, how many refused."""
    counts: tuple[Counter[Treatment], ...] = (Counter(), Counter(), Counter())
    shown, warned, refused = counts
    with Worker(RECOGNIZER) as recognizer:
        for photo in photos:
            treatment = Treatment(photo.truth["treatment"])
            outcome = recognizer.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])
            shown[treatment] += 1
            refused[treatment] += bool(outcome.refused)
            warned[treatment] += COPY in (outcome.answer.get("WarnCardInfos") or ())
    return shown, warned, refused


def _print(shown: Counter[Treatment], warned: Counter[Treatment], refused: Counter[Treatment]) -> None:
    print(f"{'':20}{'shown':>7}{'warned of':>11}{'refused':>9}")
    for treatment in Treatment:
        print(f"{treatment:20}{shown[treatment]:7}{warned[treatment]:11}{refused[treatment]:9}")
    copies = sum(shown[treatment] for treatment in Treatment if treatment.is_copy)
    found = sum(warned[treatment] for treatment in Treatment if treatment.is_copy)
    precision = f"{found / warned.total():.1%}" if warned.total() else "n/a, nothing was warned of"
    print(f"precision {precision}, recall {found / max(1, copies):.1%}")


if __name__ == "__main__":
    sys.exit(main())
