"""How well and how fast the recogniser reads, at each level, beside a bare RapidOCR call on the same photographs.

    python -m bench.accuracy --bar                       the report: fresh seeds, 300 cards a level, all of the bar
    python -m bench.accuracy --seed 7 --cards 60 --level 2 --show-errors     while rules are written
    python -m bench.accuracy --other-hand                cards in other fonts and arrangements, beside the same bar
    python -m bench.accuracy --memory 2000               the resident size over a long run
    python -m bench.accuracy DIRECTORY…                  what ``python -m specimens`` wrote

The first and the fourth write their figures to docs/reading.md; ``--page`` names another page with the same markers.
One image is read at a time, with every processor the process may use; each reader has a process of its own, and they
take turns on each image. Exit status: 0 unless ``--bar`` was asked for and the bar is not met.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from statistics import median
from typing import Final

from bench import page
from bench.accuracy_bar import BARS, CARDS, LONG_RUN, Bar
from bench.accuracy_cards import REPORTING_SEED, TUNING_SEEDS, Photo, drawn_photos, photos_of
from bench.accuracy_memory import long_run
from bench.accuracy_page import circumstances, covers, memory_figures, report_figures, slow, versions
from bench.accuracy_portrait import FITS
from bench.accuracy_report import Report, rows
from bench.accuracy_score import Cause, flat
from bench.accuracy_worker import BARE, BARE_DEFAULTS, RECOGNIZER, Outcome, Worker
from recognizer.reading.ocr.engine import MAX_CONCURRENT_CALLS
from specimens.photograph import Level

PAGE: Final = Path(__file__).parents[1] / "docs" / "reading.md"
REPORT: Final = "python -m bench.accuracy --bar"
MEMORY: Final = f"python -m bench.accuracy --memory {LONG_RUN}"
"""The commands whose figures the page has."""
_BARE_EVERY: Final = 2
_BARE_DEFAULTS_EVERY: Final = 10
_AS_ANOTHER_EVERY: Final = 7
"""Every so many cards one is read by the other readers too, or as a card it is not. None divides the six faces."""
_PROGRESS_EVERY: Final = 50
_MEMORY_PHOTOS: Final = 100
"""Photographs of each level that a long run goes round and round."""


def main() -> int:
    """Measure what the options ask for, print it and return the exit status."""
    options = _options()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a long run into a file can be followed
    if options.memory:
        return 0 if _memory_is_flat(options) or not options.bar else 1
    if options.directories:
        for directory in options.directories:
            _print(str(directory), _measured(photos_of(directory), options))
        return 0
    return 0 if _levels_meet_the_bar(options) or not options.bar else 1


def _levels_meet_the_bar(options: argparse.Namespace) -> bool:
    photos = {level: _photos(options, level) for level in options.level}
    load = os.getloadavg()[0]
    print(_circumstances(load))
    reports, met = {}, []
    for level, its_photos in photos.items():
        reports[level] = _measured(its_photos, options)
        name = f"level {level.value}, seed {options.seed + level}{', the other hand' if options.other_hand else ''}"
        _print(name, reports[level])
        met.append(_print_bar(reports[level], BARS[level]))
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")
    if options.page:
        seeds = ", ".join(str(options.seed + level) for level in photos)
        cards = f"{options.cards} a level; seeds {seeds}"
        figures = f"{circumstances(_command(), cards, load=load)}\n\n{report_figures(reports)}"
        page.write(options.page, by=REPORT, figures=figures)
    return all(met)


def _memory_is_flat(options: argparse.Namespace) -> bool:
    levels = [_photos(options, level)[:_MEMORY_PHOTOS] for level in Level]
    photos = [photo for each in zip(*levels, strict=True) for photo in each]
    load = os.getloadavg()[0]
    print(_circumstances(load))
    run = long_run(photos, options.memory)
    if options.page:
        cards = f"{options.memory:,} times one of {len(photos)}, of all levels in turn"
        figures = f"{circumstances(_command(), cards, load=load)}\n\n{memory_figures(run)}"
        page.write(options.page, by=MEMORY, figures=figures)
    return run.is_flat


def _photos(options: argparse.Namespace, level: Level) -> list[Photo]:
    return drawn_photos(seed=options.seed + level, level=level, count=options.cards, other_hand=options.other_hand)


def _command() -> str:
    return shlex.join(["python", "-m", "bench.accuracy", *sys.argv[1:]])


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
    parser.add_argument("--page", type=Path, help="write the figures here instead of docs/reading.md")
    options = parser.parse_args()
    options.level = [Level(level) for level in options.level]
    if refused := _refusal(options):
        parser.error(refused)
    if _is_report(options):
        options.page = options.page or PAGE
    return options


def _refusal(options: argparse.Namespace) -> str:
    """Return why the options do not go together; empty if they do."""
    tuned = bool(options.directories) or options.seed in TUNING_SEEDS
    if not tuned and options.seed != REPORTING_SEED:
        return f"seeds for tuning are below {TUNING_SEEDS.stop}"
    if options.bar and not _is_report(options):
        return f"the bar is for the reporting seed, {CARDS} cards or more at every level, beside bare calls"
    if options.show_errors and (not tuned or options.other_hand):
        return "errors of the reporting seed and of the other hand are not shown: whoever sees them tunes on them"
    if options.page and options.page.resolve() == PAGE and not _is_report(options):
        return f"{PAGE.name} holds the reporting seed's figures alone"
    return "a folder's figures are printed only" if options.page and options.directories else ""


def _is_report(options: argparse.Namespace) -> bool:
    """Tell whether what is measured goes on the page."""
    if options.directories or options.seed != REPORTING_SEED or options.other_hand or options.cards < CARDS:
        return False
    if options.memory:
        return bool(options.memory >= LONG_RUN)
    return bool(options.bar and not options.no_bare and len(options.level) == len(Level))


def _circumstances(load: float) -> str:
    return f"{MAX_CONCURRENT_CALLS} processors, one image at a time, load before {load:.1f}; {versions()}"


def _measured(photos: Sequence[Photo], options: argparse.Namespace) -> Report:
    report = Report()
    with ExitStack() as stack:
        recognizer = stack.enter_context(Worker(RECOGNIZER))
        readers = () if options.no_bare else report.beside
        others = {reader: stack.enter_context(Worker(reader)) for reader in readers}
        for number, photo in enumerate(photos):
            outcome = _read(recognizer, photo)
            errors = report.score.add(photo.truth, outcome)
            if options.show_errors:
                _show(photo, errors, outcome)
            _add_others(report, others, number, photo, outcome)
            if number % _AS_ANOTHER_EVERY == 0:
                report.asked_as_another += 1
                report.taken_for_another += _is_taken_for_another(recognizer, photo)
            if photo.truth["portrait_corners"]:
                report.portraits.add(photo.truth, photo.path, _read(recognizer, photo, portrait=True).answer)
            if (number + 1) % _PROGRESS_EVERY == 0:
                sys.stderr.write(f"{number + 1} of {len(photos)} photographs\n")
    return report


def _add_others(report: Report, others: Mapping[str, Worker], number: int, photo: Photo, outcome: Outcome) -> None:
    """Let the other readers read a photograph, if it is its turn."""
    for reader, every in ((BARE, _BARE_EVERY), (BARE_DEFAULTS, _BARE_DEFAULTS_EVERY)):
        if reader in others and number // 6 % every == 0:
            if number == 0:
                _read(others[reader], photo)  # the first call of a model is slow; ours was warmed up, too
            report.beside[reader].its.append(_read(others[reader], photo))
            report.beside[reader].ours.append(outcome)


def _read(worker: Worker, photo: Photo, *, portrait: bool = False) -> Outcome:
    """Read a photograph. The portrait is asked for apart, so that its time is not measured beside a bare call."""
    return worker.read(photo.path, kind=photo.truth["kind"], side=photo.truth["side"], portrait=portrait)


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


def _print(title: str, report: Report) -> None:
    score = report.score
    print(f"\n{title}")
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
    portraits = report.portraits
    print(f"portraits shown: {portraits.shown}, answered: {portraits.answered}")
    print(f"mean cover, {FITS} or more: pictures {covers(portraits.pictures)}; places {covers(portraits.places)}")
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
        f"median {median(seconds):.2f} s, 95th percentile {slow(seconds):.2f} s, "
        f"processors' time median {median(spent):.2f} s, largest resident size {largest:.0f} MB"
    )


def _print_bar(report: Report, bar: Bar) -> bool:
    """Print every row of the bar with what was reached; return whether all of it was."""
    reached = list(rows(report, bar))
    for row in reached:
        verdict = f"bar {'at most' if row.most else 'at least'} {row.form(row.bar)}: {'met' if row.met else 'NOT MET'}"
        print(f"{row.what:46}{row.reached:>9}   {verdict}")
    return all(row.met for row in reached)


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):9.2%}"


if __name__ == "__main__":
    sys.exit(main())
