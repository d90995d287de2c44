"""The photos to measure on: drawn once, cached, and separated by seed from those that rules were tuned on."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from itertools import chain, zip_longest
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from specimens.cards.card import CardSide
from specimens.collection import Specimen, make_specimens, write
from specimens.photography.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.photography.photo import Level
from specimens.rendering.fonts import FAMILIES, INDEPENDENT_FAMILIES, FontLoader, debian_font, require_fonts
from specimens.rendering.independent_layout import draw_independent_layout
from specimens.rendering.layout import draw_card

TUNING_SEEDS: Final = range(100_000)
"""Cards of these seeds may be inspected while tuning."""
REPORTING_SEED: Final = 2_026_112
"""Only for published figures. Nobody looks at its pictures or single errors, so the tools never show them."""

_ROOT: Final = Path(__file__).parents[2]
_CACHE: Final = _ROOT / ".cache" / "accuracy"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and its ground truth, as in ``truth.json``."""

    path: Path
    truth: dict[str, Any]


def add_options(parser: argparse.ArgumentParser, *, cards: int, page: Path) -> None:
    """Add the options that choose the photos, and ``--output``."""
    levels = [level.value for level in Level]
    parser.add_argument("--cards", type=int, default=cards, help=f"photos per level (default {cards})")
    parser.add_argument("--level", type=int, nargs="+", choices=levels, default=levels)
    parser.add_argument(
        "--seed", type=int, default=REPORTING_SEED, help="below 100,000 for tuning (default: the reporting seed)"
    )
    parser.add_argument("--output", type=Path, help=f"page to write the figures to instead of docs/{page.name}")


def load_photos(folder: Path) -> list[Photo]:
    """Return the photos that ``python -m specimens`` wrote to a folder."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["specimens"]
    return [Photo(folder / truth["file"], truth) for truth in truths]


def cached_photos(
    *, seed: int, level: Level, count: int, copies: bool = False, independent_layout: bool = False
) -> list[Photo]:
    """Return ``count`` photos of a seed; draw them unless this version of the generator already has.

    ``copies``: half photocopies, half originals. ``independent_layout``: in the style that no rule was tuned on.
    """
    sort = "copies" if copies else "independent-layout" if independent_layout else "cards"
    name = f"{sort}-{seed}-level-{level.value}-{count}-{_generator_version()}"
    folder = _CACHE / name
    if not (folder / "truth.json").exists():
        require_fonts(FAMILIES | INDEPENDENT_FAMILIES if independent_layout else FAMILIES)
        sys.stderr.write(f"drawing {count} photos of level {level.value}\n")
        unfinished = folder.with_name(f"{name}.unfinished")
        rmtree(unfinished, ignore_errors=True)
        write(
            draw(seed=seed, level=level, count=count, copies=copies, independent_layout=independent_layout), unfinished
        )
        unfinished.rename(folder)
    return load_photos(folder)


def draw(
    *, seed: int, level: Level, count: int, copies: bool, independent_layout: bool, fonts: FontLoader = debian_font
) -> Iterator[Specimen]:
    """Draw the card sides in parallel, in the order that ``make_specimens`` draws them one after another.

    A specimen does not depend on which other sides are drawn.
    """
    counts = [len(range(place, count, len(CardSide))) for place in range(len(CardSide))]
    draw_one_side = partial(
        _draw_side, seed=seed, level=level, copies=copies, independent_layout=independent_layout, fonts=fonts
    )
    with ProcessPoolExecutor(os.process_cpu_count(), mp_context=get_context("spawn")) as pool:
        rounds = zip_longest(*pool.map(draw_one_side, CardSide, counts))
        yield from (specimen for specimen in chain.from_iterable(rounds) if specimen is not None)


def _draw_side(
    card_side: CardSide,
    count: int,
    *,
    seed: int,
    level: Level,
    copies: bool,
    independent_layout: bool,
    fonts: FontLoader,
) -> list[Specimen]:
    specimens = make_specimens(
        seed=seed,
        count=count,
        level=level,
        card_sides=[card_side],
        fonts=fonts,
        treatments=COPIES_AND_ORIGINALS if copies else (Treatment.ORIGINAL,),
        layout=draw_independent_layout if independent_layout else draw_card,
    )
    return list(specimens)


def _generator_version() -> str:
    """Return a short hash of the generator's source and of the library that it draws with."""
    code = sha256(version("pillow").encode())
    for source in sorted((_ROOT / "specimens").rglob("*.py")):
        code.update(source.read_bytes())
    return code.hexdigest()[:10]
