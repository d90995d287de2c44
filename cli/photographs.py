"""Which photographs are meant, files, folders and patterns, and what they show: the options that say so."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

SUFFIXES: Final = frozenset((
    *(".jpg", ".jpeg", ".png", ".heic", ".heif", ".pdf"),
    *(".avif", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
))  # fmt: skip
"""What is taken from a folder or by a pattern. A file that is named itself is taken whatever it is called."""

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH…", help="Photographs, folders of them, or patterns such as 'in/*.jpg'.")
]
"""The argument that says which."""
Shown = Annotated[
    Literal["residence-permit", "mainland-permit", "auto"],
    typer.Option("--document", help="What the photographs show."),
]
SideShown = Annotated[
    Literal["FRONT", "BACK"] | None,
    typer.Option("--card-side", case_sensitive=False, help="The side they show; FRONT has the portrait."),
]


class NoPhotographs(Exception):
    """What was named is not there, or has no photograph in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographs:
    """The files that are meant, and those beside them that are no photographs by the end of their names."""

    files: list[Path]
    skipped: list[Path]

    def said_of_skipped(self) -> str | None:
        """Return the line that tells of them; None if there are none."""
        match len(self.skipped):
            case 0:
                return None
            case 1:
                return "1 file skipped: no photograph by the end of its name"
            case many:
                return f"{many} files skipped: no photographs by the end of their names"


def photographs(said: Iterable[str]) -> Photographs:
    """Return the files that ``said`` means, each once: in the order of ``said``, those of a folder by name.

    A folder means the photographs in it and below, without hidden ones; a pattern (``*``, ``?``, ``[…]``, ``**``) what
    it matches. Raises ``NoPhotographs``.
    """
    found: dict[Path, None] = {}
    skipped: dict[Path, None] = {}
    for one in said:
        meant = list(_meant_by(one))
        files = [path for path in meant if _is_photograph(path) or path == Path(one)]
        if not files:
            raise NoPhotographs(f"{one}: no such file, and no photograph below or matched")
        found.update(dict.fromkeys(files))
        skipped.update(dict.fromkeys(meant))
    return Photographs(files=list(found), skipped=[path for path in skipped if path not in found])


def _meant_by(said: str) -> Iterator[Path]:
    """Yield every file, photograph or not."""
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
            elif matched.is_file():
                yield matched


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES
