"""``python -m specimens.independent``: writes photographs of an independent generator and their truth to a folder."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from specimens.collection import write
from specimens.independent.browser import MissingProgramError, require_programs
from specimens.independent.generate import Generator, Request, generate
from specimens.photography.photo import Level


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 1 if a program, a font or the folder is missing."""
    options = _parser().parse_args(arguments)
    request = Request(
        generator=Generator(options.generator),
        seed=options.seed,
        count=options.count,
        level=Level(options.level),
        negatives=options.negatives,
    )
    try:
        require_programs()
        count = write(generate(request), options.out)
    except (MissingProgramError, OSError) as error:
        sys.stderr.write(f"specimens.independent: {error}\n")
        return 1
    sys.stdout.write(f"specimens.independent: photos in {options.out}: {count}, described by truth.json\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m specimens.independent",
        description="Draws photographs of permits, or of other documents, by means of their own.",
    )
    parser.add_argument("generator", choices=[generator.value for generator in Generator])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the JPEGs and truth.json")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same photos (default 1)")
    parser.add_argument("--count", type=_positive, default=12, help="number of photos (default 12)")
    levels = [level.value for level in Level]
    parser.add_argument("--level", type=int, choices=levels, default=0, help="0 scan, 1 hand-held, 2 hard (default 0)")
    parser.add_argument("--negatives", action="store_true", help="other documents instead of permits")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
