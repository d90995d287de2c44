"""Find the image files that a command's arguments name, and the options that describe what the photos show."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from cli.quantities import listing, quantity
from permit_ocr.images.formats import format_of

_SIGNATURE_BYTES: Final = 1024
SUFFIXES: Final = frozenset((
    *(".jpg", ".jpeg", ".png", ".heic", ".heif", ".pdf"),
    *(".avif", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
))  # fmt: skip
"""Suffixes of image files. In folders and patterns, a file is used if its content or its suffix is that of an image: an
empty photo then has a result that says so. A file named explicitly is always used."""

PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH…", help="Photos, folders of photos, or patterns such as 'in/*.jpg'.")
]
DocumentOption = Annotated[
    Literal["residence-permit", "mainland-permit", "auto"],
    typer.Option("--document", metavar="KIND", help="What the photos show: residence-permit, mainland-permit or auto."),
]
CardSideOption = Annotated[
    Literal["FRONT", "BACK"] | None,
    typer.Option(
        "--card-side",
        metavar="SIDE",
        case_sensitive=False,
        help="The side they show: FRONT (with the portrait) or BACK.",
    ),
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
        if not self.skipped:
            return None
        no_images = "not an image" if len(self.skipped) == 1 else "not images"
        return f"{quantity(len(self.skipped), 'file')} skipped, {no_images}: {listing(map(str, self.skipped))}"


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
            raise NoImagesFound(f"{path}: {_why_none(path)}")
        found.update(dict.fromkeys(images))
        skipped.update(dict.fromkeys(candidates))
    return ImageFiles(files=list(found), skipped=[path for path in skipped if path not in found])


def _why_none(path: str) -> str:
    if Path(path).is_dir():
        return "no photos in this folder"
    return "no photo matches this pattern" if glob.has_magic(path) else "no such file or folder"


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
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return format_of(file.read(_SIGNATURE_BYTES)) is not None
    except OSError:
        return False
