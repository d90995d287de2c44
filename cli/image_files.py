"""Find the image files that a command's arguments name, and the options that describe what the photos show."""

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
"""Suffixes of image files in folders and patterns. A file named explicitly is used whatever its suffix."""

PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH…", help="Photos, folders of photos, or patterns such as 'in/*.jpg'.")
]
DocumentOption = Annotated[
    Literal["residence-permit", "mainland-permit", "auto"],
    typer.Option("--document", help="What the photos show."),
]
CardSideOption = Annotated[
    Literal["FRONT", "BACK"] | None,
    typer.Option("--card-side", case_sensitive=False, help="The side they show; FRONT has the portrait."),
]


class NoImagesFound(Exception):
    """A path does not exist or contains no image files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFiles:
    """The image files that were found, and the other files next to them that are skipped."""

    files: list[Path]
    skipped: list[Path]

    def skipped_message(self) -> str | None:
        """Return a line about the skipped files, or None if there are none."""
        match len(self.skipped):
            case 0:
                return None
            case 1:
                return "1 file skipped: not an image file name"
            case count:
                return f"{count} files skipped: not image file names"


def find_images(paths: Iterable[str]) -> ImageFiles:
    """Return the image files that ``paths`` name, without duplicates: in that order, and by name within a folder.

    A folder stands for its visible image files, including subfolders. A pattern (``*``, ``?``, ``[…]``, ``**``) stands
    for what it matches. Raises ``NoImagesFound``.
    """
    found: dict[Path, None] = {}
    skipped: dict[Path, None] = {}
    for path in paths:
        candidates = list(_expand(path))
        images = [candidate for candidate in candidates if _is_image(candidate) or candidate == Path(path)]
        if not images:
            raise NoImagesFound(f"{path}: no such file, and no photos in it or matching it")
        found.update(dict.fromkeys(images))
        skipped.update(dict.fromkeys(candidates))
    return ImageFiles(files=list(found), skipped=[path for path in skipped if path not in found])


def _expand(text: str) -> Iterator[Path]:
    """Yield every file that a path or pattern stands for, image or not."""
    path = Path(text)
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _visible_files(path)
    else:
        for match in sorted(glob.glob(text, recursive=True)):  # noqa: PTH207  Path.glob takes no absolute pattern
            matched = Path(match)
            if matched.is_dir() and "**" not in text:
                yield from _visible_files(matched)
            elif matched.is_file():
                yield matched


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES
