"""``python -m specimens``: writes specimen photos and their truth to a folder."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from specimens.cards.card import CardSide
from specimens.collection import Negative, Specimen, make_committed, make_negatives, make_specimens, write
from specimens.negatives.kinds import NegativeKind
from specimens.photography.copies import COPIES_AND_ORIGINALS, Treatment
from specimens.photography.photo import Level
from specimens.rendering.fonts import (
    FAMILIES,
    FontFile,
    FontLoader,
    MissingFontsError,
    debian_font,
    require_fonts,
)


def main(
    arguments: Sequence[str] | None = None,
    *,
    fonts: FontLoader = debian_font,
    files: Mapping[str, FontFile] = FAMILIES,
) -> int:
    """Run the command and return its exit status: 1 if fonts are missing or the folder cannot be written.

    ``files`` must exist before anything is drawn.
    """
    options = _parse(arguments)
    try:
        require_fonts(files)
        count = write(_draw(options, fonts), options.out)
    except (MissingFontsError, OSError) as error:
        sys.stderr.write(f"specimens: {error}\n")
        return 1
    sys.stdout.write(f"specimens: photos in {options.out}: {count}, described by truth.json\n")
    return 0


def _draw(options: argparse.Namespace, fonts: FontLoader) -> Iterator[Specimen] | Iterator[Negative]:
    """Draw what the options ask for."""
    if options.committed:
        return make_committed(fonts)
    level = Level(options.level)
    if options.negatives:
        return make_negatives(seed=options.seed, count=options.count, level=level, kinds=options.kind, fonts=fonts)
    return make_specimens(
        seed=options.seed,
        count=options.count,
        level=level,
        card_sides=options.kind,
        fonts=fonts,
        treatments=COPIES_AND_ORIGINALS if options.copies else (Treatment.ORIGINAL,),
    )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m specimens",
        description="Draws photos of clearly fictitious permits with their expected answers.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the JPEGs and truth.json")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same photos (default 1)")
    parser.add_argument("--count", type=_positive, default=12, help="number of photos, cycling the kinds (default 12)")
    levels = [level.value for level in Level]
    parser.add_argument("--level", type=int, choices=levels, default=0, help="0 scan, 1 hand-held, 2 hard (default 0)")
    parser.add_argument("--kind", action="append", help="only this card side or kind of document (repeatable)")
    parser.add_argument("--copies", action="store_true", help="alternate copies and originals, half of each")
    parser.add_argument("--negatives", action="store_true", help="documents that are no permit and have no answer")
    parser.add_argument(
        "--committed", action="store_true", help="redraw the set in events/specimens; ignores the other options"
    )
    options = parser.parse_args(arguments)
    kinds: type[NegativeKind | CardSide] = NegativeKind if options.negatives else CardSide
    try:
        options.kind = [kinds(kind) for kind in options.kind or kinds]
    except ValueError as error:
        parser.error(f"argument --kind: {error}; must be one of {', '.join(kinds)}")
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
