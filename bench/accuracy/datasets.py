"""The photos to measure on: drawn once, cached, and separated by seed from those that rules were tuned on."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from itertools import chain, zip_longest
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from specimens.cards.card import CardSide
from specimens.collection import Negative, Specimen, make_negatives, make_specimens, write
from specimens.independent.browser import chromium_version, require_programs
from specimens.independent.generate import Generator, Request, generate
from specimens.negatives.kinds import NegativeKind
from specimens.photography.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.photography.photo import Level
from specimens.rendering.fonts import FAMILIES, FontLoader, debian_font, require_fonts

TUNING_SEEDS: Final = range(100_000)
"""Cards of these seeds may be inspected while tuning, if the project's own generator drew them."""
REPORTING_SEED: Final = 2_026_112
"""Only for published figures. Nobody looks at its pictures or single errors, so the tools never show them."""

_ROOT: Final = Path(__file__).parents[2]
_CACHE: Final = _ROOT / ".cache" / "accuracy"


class Source(StrEnum):
    """Who draws the photos: the generator that rules are written on, or one that only reports totals."""

    OWN = "own"
    HTML = "html"
    SCENE = "scene"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSet:
    """``count`` photos of a seed. ``copies``: half photocopies. ``negatives``: documents that are not permits."""

    source: Source = Source.OWN
    seed: int
    level: Level
    count: int
    copies: bool = False
    negatives: bool = False

    @property
    def name(self) -> str:
        """The set in a file name."""
        sort = "copies" if self.copies else "negatives" if self.negatives else "cards"
        return f"{self.source}-{sort}-{self.seed}-level-{self.level.value}-{self.count}"


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
    """Return the photos that ``python -m specimens`` or ``python -m specimens.independent`` wrote to a folder."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["specimens"]
    return [Photo(folder / truth["file"], truth) for truth in truths]


def cached_photos(photo_set: PhotoSet) -> list[Photo]:
    """Return the photos of a set; draw them unless this version of their generator already has."""
    name = f"{photo_set.name}-{_generator_version(photo_set.source)}"
    folder = _CACHE / name
    if not (folder / "truth.json").exists():
        sys.stderr.write(f"drawing {photo_set.name}\n")
        unfinished = folder.with_name(f"{name}.unfinished")
        rmtree(unfinished, ignore_errors=True)
        if photo_set.source is Source.OWN:
            require_fonts(FAMILIES)
            write(draw(photo_set), unfinished)
        else:
            require_programs()
            write(generate(_request(photo_set)), unfinished)
        unfinished.rename(folder)
    return load_photos(folder)


def _request(photo_set: PhotoSet) -> Request:
    return Request(
        generator=Generator(photo_set.source),
        seed=photo_set.seed,
        count=photo_set.count,
        level=photo_set.level,
        negatives=photo_set.negatives,
    )


def draw(photo_set: PhotoSet, fonts: FontLoader = debian_font) -> Iterator[Specimen | Negative]:
    """Draw the card sides, or the kinds of negatives, in parallel, in the order of drawing one after another.

    A photo does not depend on which others are drawn.
    """
    kinds: Sequence[CardSide | NegativeKind] = tuple(NegativeKind if photo_set.negatives else CardSide)
    counts = [len(range(place, photo_set.count, len(kinds))) for place in range(len(kinds))]
    with ProcessPoolExecutor(os.process_cpu_count(), mp_context=get_context("spawn")) as pool:
        rounds = zip_longest(*pool.map(partial(_draw_kind, photo_set, fonts), kinds, counts))
        yield from (photo for photo in chain.from_iterable(rounds) if photo is not None)


def _draw_kind(
    photo_set: PhotoSet, fonts: FontLoader, kind: CardSide | NegativeKind, count: int
) -> list[Specimen | Negative]:
    seed, level = photo_set.seed, photo_set.level
    if isinstance(kind, NegativeKind):
        return list(make_negatives(seed=seed, count=count, level=level, kinds=[kind], fonts=fonts))
    treatments = COPIES_AND_ORIGINALS if photo_set.copies else (Treatment.ORIGINAL,)
    return list(
        make_specimens(seed=seed, count=count, level=level, card_sides=[kind], fonts=fonts, treatments=treatments)
    )


def _generator_version(source: Source) -> str:
    """Return a short hash of the generator's source and of the libraries or program that it draws with."""
    own = f"{version('pillow')} {version('opencv-python-headless')}"
    drawn_with = own if source is Source.OWN else f"{version('playwright')} {chromium_version()}"
    code = sha256(drawn_with.encode())
    independent = _ROOT / "specimens" / "independent"
    for path in sorted((_ROOT / "specimens").rglob("*.py")):
        is_shared = path.parent.name == "cards"
        if is_shared or (independent in path.parents) == (source is not Source.OWN):
            code.update(path.read_bytes())
    return code.hexdigest()[:10]
