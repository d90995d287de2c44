"""How well and how fast the recogniser reads, at each level, beside a bare RapidOCR call on the same photographs.

    python -m bench.accuracy --bar                       the report: fresh seeds, 300 cards a level, all of the bar
    python -m bench.accuracy --seed 7 --cards 60 --level 2 --show-errors     while rules are written
    python -m bench.accuracy --other-hand                cards in other fonts and arrangements; no bar, for comparison
    python -m bench.accuracy --memory 2000               the resident size over a long run
    python -m bench.accuracy DIRECTORY…                  what ``python -m specimens`` wrote

One image is read at a time, with every processor the process may use; each reader has a process of its own, and they
take turns on each image. Exit status: 0 unless the bar was asked for and is not met.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Final

from bench.accuracy_bar import BARS, CARDS, FLAT, SURE, TIME_BESIDE_BARE, Bar
from bench.accuracy_cards import REPORTING_SEED, TUNING_SEEDS, Photo, drawn_photos, photos_of
from bench.accuracy_score import Cause, Score, flat
from bench.accuracy_worker import BARE, BARE_DEFAULTS, RECOGNIZER, Outcome, Worker
from recognizer.reading.engine import AT_ONCE
from specimens.photograph import Level

_BARE_EVERY: Final = 2
_BARE_DEFAULTS_EVERY: Final = 10
_AS_ANOTHER_EVERY: Final = 7
"""Every so many cards one is read by the other readers too, or as a card it is not. None divides the six faces."""
_MEMORY_STEP: Final = 100
_MEMORY_PHOTOS: Final = 100
"""Photographs of each level that a long run goes round and round."""


@dataclass(slots=True)
class Beside:
    """What another reader made of photographs, and the recogniser of the same ones."""

    its: list[Outcome] = field(default_factory=list)
    ours: list[Outcome] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Return how much longer the recogniser takes, over all of the photographs."""
        return sum(one.seconds for one in self.ours) / sum(one.seconds for one in self.its)

    @property
    def processor_ratio(self) -> float:
        """Return the same of the processors' time."""
        return sum(one.processor_seconds for one in self.ours) / sum(one.processor_seconds for one in self.its)


@dataclass(slots=True)
class Report:
    """One set of photographs, read."""

    score: Score = field(default_factory=Score)
    beside: dict[str, Beside] = field(default_factory=lambda: {BARE: Beside(), BARE_DEFAULTS: Beside()})
    asked_as_another: int = 0
    taken_for_another: int = 0


def main() -> int:
    """Measure what the options ask for, print it and return the exit status."""
    options = _options()
    if options.memory:
        return 0 if _memory_is_flat(options.memory, options.seed) or not options.bar else 1
    sets: dict[str, tuple[Level | None, list[Photo]]] = {
        str(directory): (None, photos_of(directory)) for directory in options.directories
    }
    if not options.directories:
        for level in options.level:
            seed = options.seed + level
            drawn = drawn_photos(seed=seed, level=level, count=options.cards, other_hand=options.other_hand)
            sets[f"level {level.value}, seed {seed}{', the other hand' if options.other_hand else ''}"] = (level, drawn)
    print(_circumstances())
    met = [True]
    for name, (level, photos) in sets.items():
        report = _measure(photos, bare=not options.no_bare, show_errors=options.show_errors)
        print(f"\n{name}")
        _print(report)
        if level is not None:
            met.append(_print_bar(report, BARS[level], bare=not options.no_bare))
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")
    return 0 if all(met) or not options.bar else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directories", nargs="*", type=Path, metavar="DIRECTORY")
    parser.add_argument("--cards", type=int, default=CARDS, help=f"photographs a level (default {CARDS})")
    parser.add_argument("--level", type=int, nargs="+", choices=[level.value for level in Level], default=list(Level))
    parser.add_argument("--seed", type=int, default=REPORTING_SEED, help="below 100,000 for tuning; or leave it alone")
    parser.add_argument("--show-errors", action="store_true", help="print each wrong field; not of the reporting seed")
    parser.add_argument("--other-hand", action="store_true", help="cards in other fonts, spacings and arrangements")
    parser.add_argument("--no-bare", action="store_true", help="leave out the bare RapidOCR calls")
    parser.add_argument("--bar", action="store_true", help="exit status 1 unless all of the bar is met")
    parser.add_argument("--memory", type=int, default=0, metavar="IMAGES", help="only the resident size, over so many")
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    tuned = options.directories or options.seed in TUNING_SEEDS
    if not tuned and options.seed != REPORTING_SEED:
        parser.error(f"seeds for tuning are below {TUNING_SEEDS.stop}")
    if options.bar and (
        tuned or options.no_bare or options.other_hand or options.cards < CARDS or len(options.level) < len(Level)
    ):
        parser.error(f"the bar is for the reporting seed, {CARDS} cards or more at every level, beside bare calls")
    if options.show_errors and (not tuned or options.other_hand):
        parser.error(
            "errors of the reporting seed and of the other hand are not shown: whoever sees them tunes on them"
        )
    return options


def _circumstances() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("rapidocr", "onnxruntime", "opencv-python-headless"))
    return f"{AT_ONCE} processors, one image at a time, load before {os.getloadavg()[0]:.1f}; {versions}"


def _measure(photos: Sequence[Photo], *, bare: bool, show_errors: bool) -> Report:
    report = Report()
    with ExitStack() as stack:
        recognizer = stack.enter_context(Worker(RECOGNIZER))
        others = {reader: stack.enter_context(Worker(reader)) for reader in report.beside} if bare else {}
        for number, photo in enumerate(photos):
            outcome = _read(recognizer, photo)
            errors = report.score.add(photo.truth, outcome)
            if show_errors:
                _show(photo, errors, outcome)
            for reader, every in ((BARE, _BARE_EVERY), (BARE_DEFAULTS, _BARE_DEFAULTS_EVERY)):
                if reader in others and number // 6 % every == 0:
                    if number == 0:
                        _read(others[reader], photo)  # the first call of a model is slow; ours was warmed up, too
                    report.beside[reader].its.append(_read(others[reader], photo))
                    report.beside[reader].ours.append(outcome)
            if number % _AS_ANOTHER_EVERY == 0:
                report.asked_as_another += 1
                report.taken_for_another += _is_taken_for_another(recognizer, photo)
    return report


def _read(worker: Worker, photo: Photo) -> Outcome:
    return worker.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"])


def _is_taken_for_another(recognizer: Worker, photo: Photo) -> bool:
    other = "mainland-permit" if photo.truth["kind"] == "residence-permit" else "residence-permit"
    outcome = recognizer.read(photo.path, kind=other, side="front")
    return any(value for _, value in flat(outcome.answer))


def _show(photo: Photo, errors: Sequence[str], outcome: Outcome) -> None:
    wanted, values = dict(flat(photo.truth["answer"])), dict(flat(outcome.answer))
    invented = [name for name in photo.truth["illegible"] if values and values[name] not in {"", wanted[name]}]
    for name in (*errors, *invented):
        sure = (outcome.confidences or {}).get(name, 0.0)
        said = repr(values[name]) if values else outcome.refused
        legible = ", illegible" if name in invented else ""
        print(f"{photo.path} {name}: {wanted[name]!r} read as {said}, confidence {sure:.2f}{legible}")


def _print(report: Report) -> None:
    score = report.score
    print(f"{'field':46}{'right':>7}{'of':>6}{'':>9}" + "".join(f"{cause:>11}" for cause in Cause))
    for name in sorted({*score.right, *score.wrong}):
        right, wrong = score.right[name], score.wrong[name]
        count = right + wrong.total()
        causes = "".join(f"{wrong[cause] or '':>11}" for cause in Cause)
        print(f"{name:46}{right:7}{count:6}{right / max(1, count):9.2%}{causes}")
    print(
        f"{'all legible fields':46}{score.right.total():7}{score.fields:6}{_share(score.right.total(), score.fields)}"
    )
    fates = ", ".join(f"{fate} {times}" for fate, times in score.illegible.most_common())
    print(f"illegible fields: {score.illegible.total()}" + (f", of which read as: {fates}" if fates else ""))
    for code, times in score.refused.most_common():
        print(f"refused with {code}: {times}")
    print(f"asked for as another kind: {report.asked_as_another}, taken for it: {report.taken_for_another}")
    print(f"{'recogniser':16}{_cost(score.seconds, score.processor_seconds, score.largest)}")
    for reader, other in report.beside.items():
        if other.its:
            seconds, spent = [one.seconds for one in other.its], [one.processor_seconds for one in other.its]
            print(f"{reader:16}{_cost(seconds, spent, max(one.largest for one in other.its))}")
            print(
                f"{'':16}on {len(other.its)} of them; the recogniser takes {other.ratio:.2f} times as long on these, "
                f"{other.processor_ratio:.2f} times the processors' time"
            )


def _cost(seconds: Sequence[float], spent: Sequence[float], largest: float) -> str:
    return (
        f"median {median(seconds):.2f} s, 95th percentile {_slow(seconds):.2f} s, "
        f"processors' time median {median(spent):.2f} s, largest resident size {largest:.0f} MB"
    )


def _print_bar(report: Report, bar: Bar, *, bare: bool) -> bool:
    """Print every row of the bar with what was reached; return whether all of it was."""
    score, cards = report.score, report.score.cards
    rows = [
        _row("fields exactly right", score.right.total() / score.fields, bar.fields_right),
        _row("whole cards exactly right", score.cards_right / cards, bar.cards_right),
        _row("kind and side", score.kind_and_side_right / cards, bar.kind_and_side),
        _row(
            f"wrong, confidence {SURE} or more",
            score.sure_and_wrong / score.fields if score.has_confidences else None,
            bar.sure_and_wrong,
            most=True,
        ),
        _row("median seconds", median(score.seconds), bar.median_seconds, most=True, form="{:.2f}".format),
    ]
    if bare:
        ratio = report.beside[BARE].ratio
        rows.append(_row("times a bare call", ratio, TIME_BESIDE_BARE, most=True, form="{:.2f}".format))
    return all(rows)


def _row(
    name: str, value: float | None, bar: float, *, most: bool = False, form: Callable[[float], str] = "{:.2%}".format
) -> bool:
    met = value is not None and (value <= bar if most else value >= bar)
    said = "n/a" if value is None else form(value)
    print(f"{name:46}{said:>9}   bar {'at most' if most else 'at least'} {form(bar)}: {'met' if met else 'NOT MET'}")
    return met


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):9.2%}"


def _slow(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


def _memory_is_flat(images: int, seed: int) -> bool:
    """Read so many photographs of all levels in one process, print the resident size, tell whether it stays."""
    photos = [
        photo
        for each in zip(
            *(drawn_photos(seed=seed + level, level=level, count=_MEMORY_PHOTOS) for level in Level), strict=True
        )
        for photo in each
    ]
    print(_circumstances())
    sizes = []
    with Worker(RECOGNIZER) as worker:
        for number in range(1, images + 1):
            outcome = _read(worker, photos[(number - 1) % len(photos)])
            if number % _MEMORY_STEP == 0 or number == images:
                sizes.append(outcome.resident)
                print(f"{number:6} images: {outcome.resident:6.0f} MB, largest {outcome.largest:.0f} MB", flush=True)
    quarter = max(1, len(sizes) // 4)
    growth = mean(sizes[-quarter:]) / mean(sizes[quarter : 2 * quarter] or sizes)
    print(f"last quarter {growth:.1%} of the second, bar at most {FLAT:.0%}: {'met' if growth <= FLAT else 'NOT MET'}")
    return growth <= FLAT


if __name__ == "__main__":
    sys.exit(main())
