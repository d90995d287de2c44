"""``python -m specimens``: writes photographs and their truth into a folder."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from specimens.cards import Face
from specimens.collection import make_committed, make_specimens, write
from specimens.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.faces import draw_face
from specimens.fonts import (
    FAMILIES,
    OTHER_FAMILIES,
    FontFile,
    FontLoader,
    MissingFontsError,
    debian_font,
    require_fonts,
)
from specimens.other_hand import draw_face_otherwise
from specimens.photograph import Level


def main(
    arguments: Sequence[str] | None = None,
    *,
    fonts: FontLoader = debian_font,
    files: Mapping[str, FontFile] = FAMILIES,
    other_files: Mapping[str, FontFile] = OTHER_FAMILIES,
) -> int:
    """Run the command and return its exit status: 1 where fonts are missing or the folder cannot be written.

    ``fonts`` draws; ``files`` must be there before anything is drawn, and ``other_files`` for the other hand.
    """
    options = _parser().parse_args(arguments)
    try:
        require_fonts({**files, **other_files} if options.other_hand else files)
        if options.committed:
            made = make_committed(fonts)
        else:
            faces = options.kind or list(Face)
            level = Level(options.level)
            treatments = COPIES_AND_ORIGINALS if options.copies else (Treatment.ORIGINAL,)
            made = make_specimens(
                seed=options.seed,
                count=options.count,
                level=level,
                faces=faces,
                fonts=fonts,
                treatments=treatments,
                hand=draw_face_otherwise if options.other_hand else draw_face,
            )
        count = write(made, options.out)
    except (MissingFontsError, OSError) as error:
        sys.stderr.write(f"specimens: {error}\n")
        return 1
    sys.stdout.write(f"specimens: {count} photographs and truth.json in {options.out}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m specimens", description="Draws clearly fictitious permit photographs, each with its truth."
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for NAME.jpg and truth.json")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same pictures (default 1)")
    parser.add_argument("--count", type=_positive, default=12, help="how many pictures, faces in turn (default 12)")
    levels = [level.value for level in Level]
    parser.add_argument("--level", type=int, choices=levels, default=0, help="0 scan, 1 hand-held, 2 hard (default 0)")
    names = ", ".join(Face)
    parser.add_argument(
        "--kind", type=_face, action="append", metavar="FACE", help=f"only this face (repeatable): {names}"
    )
    parser.add_argument("--copies", action="store_true", help="copies and originals in turn, half of each")
    parser.add_argument("--other-hand", action="store_true", help="other fonts, spacings and arrangements")
    parser.add_argument("--committed", action="store_true", help="the set of events/specimens, whatever the rest says")
    return parser


def _face(text: str) -> Face:
    try:
        return Face(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(Face)}, not {text}") from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
