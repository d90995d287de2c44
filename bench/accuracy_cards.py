"""The photographs that are measured: drawn once, kept in a folder, and never those that rules are written on."""

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

from specimens.cards import Face
from specimens.collection import Specimen, make_specimens, write
from specimens.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.faces import draw_face
from specimens.fonts import FAMILIES, OTHER_FAMILIES, FontLoader, debian_font, require_fonts
from specimens.other_hand import draw_face_otherwise
from specimens.photograph import Level

TUNING_SEEDS: Final = range(100_000)
"""Look at their cards as much as you like."""
REPORTING_SEED: Final = 2_026_112
"""Only for figures that are told to others. Nobody looks at its pictures or at single errors, so none is ever shown."""

_ROOT: Final = Path(__file__).parents[1]
_KEPT: Final = _ROOT / ".cache" / "accuracy"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph and its truth, as ``truth.json`` has it."""

    path: Path
    truth: dict[str, Any]


def photos_of(folder: Path) -> list[Photo]:
    """Return what ``python -m specimens`` wrote into a folder."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["specimens"]
    return [Photo(folder / truth["file"], truth) for truth in truths]


def drawn_photos(*, seed: int, level: Level, count: int, copies: bool = False, other_hand: bool = False) -> list[Photo]:
    """Return ``count`` photographs of a seed, drawing them unless this generator already has.

    ``copies``: copies and originals, half of each. ``other_hand``: by the hand that no rule was written on.
    """
    sort = "copies" if copies else "other-hand" if other_hand else "cards"
    name = f"{sort}-{seed}-level-{level.value}-{count}-{_generator()}"
    folder = _KEPT / name
    if not (folder / "truth.json").exists():
        require_fonts(FAMILIES | OTHER_FAMILIES if other_hand else FAMILIES)
        sys.stderr.write(f"drawing {count} photographs of level {level.value}\n")
        unfinished = folder.with_name(f"{name}.unfinished")
        rmtree(unfinished, ignore_errors=True)
        write(drawn(seed=seed, level=level, count=count, copies=copies, other_hand=other_hand), unfinished)
        unfinished.rename(folder)
    return photos_of(folder)


def drawn(
    *, seed: int, level: Level, count: int, copies: bool, other_hand: bool, fonts: FontLoader = debian_font
) -> Iterator[Specimen]:
    """Draw with every processor, a face at a time: a specimen is the same whatever other faces are drawn."""
    counts = [len(range(place, count, len(Face))) for place in range(len(Face))]
    draw = partial(_drawn_of_face, seed=seed, level=level, copies=copies, other_hand=other_hand, fonts=fonts)
    with ProcessPoolExecutor(os.process_cpu_count(), mp_context=get_context("spawn")) as pool:
        in_turn = zip_longest(*pool.map(draw, Face, counts))
        yield from (specimen for specimen in chain.from_iterable(in_turn) if specimen is not None)


def _drawn_of_face(
    face: Face,
    count: int,
    *,
    seed: int,
    level: Level,
    copies: bool,
    other_hand: bool,
    fonts: FontLoader = debian_font,
) -> list[Specimen]:
    made = make_specimens(
        seed=seed,
        count=count,
        level=level,
        faces=[face],
        fonts=fonts,
        treatments=COPIES_AND_ORIGINALS if copies else (Treatment.ORIGINAL,),
        hand=draw_face_otherwise if other_hand else draw_face,
    )
    return list(made)


def _generator() -> str:
    """Return a short name of the generator as it is: its code, and what draws for it."""
    code = sha256(version("pillow").encode())
    for source in sorted((_ROOT / "specimens").glob("*.py")):
        code.update(source.read_bytes())
    return code.hexdigest()[:10]
