"""How many fields the recogniser reads exactly, by field and cause of error: ``python bench/accuracy.py DIRECTORY…``.

A directory holds photographs and the ``truth.json`` that ``python -m specimens`` writes beside them. Prints no text of
a card unless asked to (``--show-errors``): the cards are fictitious, the habit is not.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.labels import distance
from recognizer.reading.reader import ReadingError, load_models, read

_NOT_MEASURED = frozenset({"WarnCardInfos", "PortraitImageInfo", "Profile", "CardType"})
_CAUSES = ("missed", "invented", "one character", "other")


@dataclass
class Tally:
    """What one directory came to. A field counts where the truth or the reading has text in it."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    cards: int = 0
    cards_right: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def main() -> int:
    """Measure every directory and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--show-errors", action="store_true", help="print each wrong field with what was read")
    options = parser.parse_args()
    load_models()
    for directory in options.directories:
        _print(directory, _measure(directory, show_errors=options.show_errors))
    return 0


def _measure(directory: Path, *, show_errors: bool) -> Tally:
    tally = Tally()
    for specimen in json.loads((directory / "truth.json").read_text())["specimens"]:
        truth = dict(_flat(specimen["answer"]))
        started = time.perf_counter()
        try:
            answer = read(
                (directory / specimen["file"]).read_bytes(), kind=Kind(specimen["kind"]), side=Side(specimen["side"])
            )
            values = dict(_flat(asdict(answer.answer)))
        except ReadingError as error:
            tally.refused[error.code] += 1
            values = dict.fromkeys(truth, "")
        tally.seconds.append(time.perf_counter() - started)
        seen = {name: text for name, text in truth.items() if name not in specimen["illegible"]}
        errors = _compare(tally, seen, values)
        tally.cards += 1
        tally.cards_right += not errors
        if show_errors:
            for name in errors:
                print(f"{specimen['file']} {name}: {truth[name]!r} read as {values[name]!r}")
    return tally


def _flat(answer: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in answer.items():
        if name in _NOT_MEASURED:
            continue
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield f"{prefix}{name}", value or ""


def _compare(tally: Tally, truth: dict[str, str], values: dict[str, str]) -> list[str]:
    errors = []
    for name, wanted in truth.items():
        if not wanted and not values[name]:
            continue
        if values[name] == wanted:
            tally.right[name] += 1
        else:
            tally.wrong[name][_cause(wanted, values[name])] += 1
            errors.append(name)
    return errors


def _cause(wanted: str, read_as: str) -> str:
    if not read_as:
        return "missed"
    if not wanted:
        return "invented"
    return "one character" if distance(wanted, read_as) == 1 else "other"


def _print(directory: Path, tally: Tally) -> None:
    share = tally.cards_right / tally.cards
    print(f"\n{directory}: {tally.cards} cards, {tally.cards_right} exactly right ({share:.1%})")
    print(f"{'field':40}{'right':>7}{'of':>6}{'':>9}" + "".join(f"{cause:>15}" for cause in _CAUSES))
    total_right = total = 0
    for name in sorted({*tally.right, *tally.wrong}):
        right, wrong = tally.right[name], tally.wrong[name]
        count = right + wrong.total()
        total_right, total = total_right + right, total + count
        causes = "".join(f"{wrong[cause] or '':>15}" for cause in _CAUSES)
        print(f"{name:40}{right:7}{count:6}{right / count:9.2%}{causes}")
    print(f"{'all fields':40}{total_right:7}{total:6}{total_right / max(1, total):9.2%}")
    for code, times in tally.refused.items():
        print(f"refused with {code}: {times}")
    slow = quantiles(tally.seconds, n=20)[-1] if len(tally.seconds) > 1 else tally.seconds[0]
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"seconds: median {median(tally.seconds):.2f}, 95th percentile {slow:.2f}")
    print(f"largest resident size {resident:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
