"""Which photographs are meant: files, folders and patterns."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = frozenset((
    *(".jpg", ".jpeg", ".png", ".heic", ".heif", ".pdf"),
    *(".avif", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
))  # fmt: skip
"""What is taken from a folder or by a pattern. A file that is named itself is taken whatever it is called."""


class NoPhotographs(Exception):  # noqa: N818  it names what is missing
    """What was named is not there, or has no photograph in it."""


def photographs(said: Iterable[str]) -> list[Path]:
    """Return the files that ``said`` means, each once: in the order of ``said``, those of a folder by name.

    A folder means the photographs in it and below, without hidden ones; a pattern (``*``, ``?``, ``[…]``, ``**``) what
    it matches. Raises ``NoPhotographs``.
    """
    found: dict[Path, None] = {}
    for one in said:
        files = list(_meant_by(one))
        if not files:
            raise NoPhotographs(f"{one}: no such file, and no photograph below or matched")
        found.update(dict.fromkeys(files))
    return list(found)


def _meant_by(said: str) -> Iterator[Path]:
    path = Path(said)
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _in_folder(path)
    else:
        for match in sorted(glob.glob(said, recursive=True)):  # noqa: PTH207  Path.glob takes no absolute pattern
            matched = Path(match)
            if matched.is_dir() and "**" not in said:
                yield from _in_folder(matched)
            elif _is_photograph(matched):
                yield matched


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and _is_photograph(path):
            yield path


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
