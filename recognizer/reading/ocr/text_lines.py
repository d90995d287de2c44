"""Text with places: lines as the models give them, levelled, put together to rows and cut into pieces.

All places are in *levelled* pixels: turned so that text runs along x, and straightened where perspective makes rows fan
out. Distances are told in text heights, never in pixels, so that neither the resolution nor the size of the card in its
frame matters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Final

SAME_ROW: Final = 0.55
"""Middles this many text heights apart are still one row: label and value differ in size, and hardly any card is quite
flat."""
_ONE_LINE: Final = 0.2
"""Boxes so little apart are of one line even where they overlap."""

JOINT: Final = "\u2003"
"""Stands where two boxes were joined: white space that no reader gives."""
_SURE_IN_OVERLAP: Final = 0.9


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A rectangle in levelled pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Character:
    """One character with its centre's place along the line. ``confidence`` from 0 to 1.

    ``box``: top and bottom of the box it was read in, where the line was put together from several.
    """

    text: str
    x: float
    confidence: float = 1.0
    box: tuple[float, float] | None = None


@dataclass(frozen=True)
class TextLine:
    """Characters from left to right in one box."""

    characters: tuple[Character, ...]
    left: float
    top: float
    right: float
    bottom: float

    @cached_property
    def text(self) -> str:
        """What it says, spaces included."""
        return "".join(character.text for character in self.characters)

    @property
    def height(self) -> float:
        """Height of the box: about 1.2 times a Chinese character's."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2

    @property
    def confidence(self) -> float:
        """The least sure character's."""
        return min((character.confidence for character in self.characters if character.text != " "), default=0.0)

    def part(self, start: int, end: int) -> "TextLine":
        """Return the characters from ``start`` to before ``end``, in a box as wide as they are.

        There must be at least one.
        """
        kept = self.characters[start:end]
        half = self.height * 0.3
        left = self.left if start == 0 else max(self.left, kept[0].x - half)
        right = self.right if end >= len(self.characters) else min(self.right, kept[-1].x + half)
        boxes = [character.box for character in kept if character.box]
        top, bottom = (median(edge) for edge in zip(*boxes, strict=True)) if boxes else (self.top, self.bottom)
        return TextLine(kept, left, top, right, bottom)


def text_line(text: str, *, left: float, top: float, right: float, bottom: float, confidence: float = 1.0) -> TextLine:
    """Return a line whose characters are as wide as each other, Chinese ones twice as wide as the others."""
    widths = [2 if ord(character) >= 0x2E80 else 1 for character in text]  # noqa: PLR2004 - the first CJK radical
    unit = (right - left) / max(1, sum(widths))
    characters = []
    x = left
    for character, width in zip(text, widths, strict=True):
        characters.append(Character(character, x + width * unit / 2, confidence))
        x += width * unit
    return TextLine(tuple(characters), left, top, right, bottom)


def strip_spaces(line: TextLine) -> TextLine | None:
    """Return the line without the spaces at its ends; None if nothing else is there."""
    kept = [index for index, character in enumerate(line.characters) if character.text.strip()]
    return line.part(kept[0], kept[-1] + 1) if kept else None


def rows(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Return the lines grouped by the row they stand in: rows from top to bottom, lines from left to right."""
    grouped: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        row = next((row for row in reversed(grouped[-3:]) if _in_row(line, row)), None)
        if row is None:
            grouped.append([line])
        else:
            row.append(line)
    grouped.sort(key=lambda row: median(line.middle for line in row))
    return [sorted(row, key=lambda line: line.left) for row in grouped]


def _in_row(line: TextLine, row: Sequence[TextLine]) -> bool:
    """Tell by the nearest neighbour, which is the least displaced by a card that is not flat.

    Lines one above the other are two rows.
    """
    nearest = min(row, key=lambda other: max(other.left - line.right, line.left - other.right))
    apart = abs(nearest.middle - line.middle) / min(line.height, nearest.height)
    overlap = min(nearest.right, line.right) - max(nearest.left, line.left)
    if (
        apart > _ONE_LINE
        and overlap > 0.5 * min(line.height, nearest.height)
        and overlap > 0.3 * min(line.right - line.left, nearest.right - nearest.left)
    ):
        return False
    return apart < SAME_ROW


def join(lines: Sequence[TextLine]) -> TextLine:
    """Return the lines as one, with a ``JOINT`` between them: the detector parts text only at gaps.

    Where two boxes overlap, each may show a slice of the other's characters: unsure characters in the overlap go.
    """
    characters: list[Character] = []
    for before, line in zip([None, *lines[:-1]], lines, strict=True):
        if before is not None:
            while characters and characters[-1].x > line.left and characters[-1].confidence < _SURE_IN_OVERLAP:
                characters.pop()
            characters.append(Character(JOINT, (before.right + line.left) / 2))
        box = (line.top, line.bottom)
        characters.extend(line.characters if len(lines) == 1 else (replace(one, box=box) for one in line.characters))
    return TextLine(
        tuple(characters),
        lines[0].left,
        min(line.top for line in lines),
        lines[-1].right,
        max(line.bottom for line in lines),
    )
