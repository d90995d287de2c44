"""The photographs that are measured: drawn once, kept in a folder, and never those that rules are written on."""

import json
import sys
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from specimens.cards import Face
from specimens.collection import make_specimens, write
from specimens.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.faces import draw_face
from specimens.fonts import FAMILIES, OTHER_FAMILIES, debian_font, require_fonts
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
        treatments = COPIES_AND_ORIGINALS if copies else (Treatment.ORIGINAL,)
        made = make_specimens(
            seed=seed,
            count=count,
            level=level,
            faces=list(Face),
            fonts=debian_font,
            treatments=treatments,
            hand=draw_face_otherwise if other_hand else draw_face,
        )
        unfinished = folder.with_name(f"{name}.unfinished")
        rmtree(unfinished, ignore_errors=True)
        write(made, unfinished)
        unfinished.rename(folder)
    return photos_of(folder)


def _generator() -> str:
    """Return a short name of the generator as it is: its code, and what draws for it."""
    code = sha256(version("pillow").encode())
    for source in sorted((_ROOT / "specimens").glob("*.py")):
        code.update(source.read_bytes())
    return code.hexdigest()[:10]
