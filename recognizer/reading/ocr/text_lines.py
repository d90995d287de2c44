"""Text lines with positions, as the models return them: grouped into rows and split into pieces.

All positions are in *deskewed* pixels: rotated so that text runs along x, and corrected where perspective makes rows
fan out. Distances are measured in text heights, not in pixels, so that neither the resolution nor the size of the card
in the photo matters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Final

SAME_ROW: Final = 0.55
"""Lines whose middles differ by less, in text heights, are in one row: labels and values differ in size, and few cards
are perfectly flat."""
_SAME_LINE: Final = 0.2
"""Boxes whose middles differ by less, in text heights, are in one line even if they overlap."""

BOX_GAP: Final = "\u2003"
"""Marks where two boxes were joined; the recognition model never returns this space."""
_CONFIDENT_IN_OVERLAP: Final = 0.9


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A rectangle in deskewed pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Character:
    """One character. ``x`` is its centre along the line, ``confidence`` is 0 to 1.

    ``box``: top and bottom of the box it was read in, if the line was joined from several boxes.
    """

    text: str
    x: float
    confidence: float = 1.0
    box: tuple[float, float] | None = None


@dataclass(frozen=True)
class TextLine:
    """Characters from left to right, with their bounding box."""

    characters: tuple[Character, ...]
    left: float
    top: float
    right: float
    bottom: float
    tilt: float = 0.0
    """Radians by which a line rises or falls although its text was deskewed. Of a short one only a large tilt is known;
    else it is 0."""

    @cached_property
    def text(self) -> str:
        """The characters as a string, spaces included."""
        return "".join(character.text for character in self.characters)

    @property
    def height(self) -> float:
        """Height of the box: about 1.2 times the height of a Chinese character."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The vertical middle."""
        return (self.top + self.bottom) / 2

    @property
    def confidence(self) -> float:
        """The lowest confidence of its characters."""
        return min((character.confidence for character in self.characters if character.text != " "), default=0.0)

    def part(self, start: int, end: int) -> "TextLine":
        """Return the characters from ``start`` up to ``end`` (at least one), in a box as wide as they are."""
        kept = self.characters[start:end]
        half = self.height * 0.3
        left = self.left if start == 0 else max(self.left, kept[0].x - half)
        right = self.right if end >= len(self.characters) else min(self.right, kept[-1].x + half)
        boxes = [character.box for character in kept if character.box]
        top, bottom = (median(edge) for edge in zip(*boxes, strict=True)) if boxes else (self.top, self.bottom)
        return TextLine(kept, left, top, right, bottom)


def text_line(text: str, *, left: float, top: float, right: float, bottom: float, confidence: float = 1.0) -> TextLine:
    """Return a line of evenly spaced characters; Chinese ones are twice as wide as others."""
    widths = [2 if ord(character) >= 0x2E80 else 1 for character in text]  # noqa: PLR2004 - the first CJK radical
    unit = (right - left) / max(1, sum(widths))
    characters = []
    x = left
    for character, width in zip(text, widths, strict=True):
        characters.append(Character(character, x + width * unit / 2, confidence))
        x += width * unit
    return TextLine(tuple(characters), left, top, right, bottom)


def strip_spaces(line: TextLine) -> TextLine | None:
    """Return the line without leading and trailing spaces; None if nothing is left."""
    kept = [index for index, character in enumerate(line.characters) if character.text.strip()]
    return line.part(kept[0], kept[-1] + 1) if kept else None


def boxes(line: TextLine) -> list[TextLine]:
    """Return the parts that ``join`` made the line of."""
    gaps = [index for index, character in enumerate(line.characters) if character.text == BOX_GAP]
    starts, ends = [0, *(gap + 1 for gap in gaps)], [*gaps, len(line.characters)]
    return [line.part(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def rows(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Group the lines into rows: rows from top to bottom, lines from left to right."""
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
    """Compare with the nearest neighbour, because a curved card displaces it least.

    Lines above each other are in different rows.
    """
    nearest = min(row, key=lambda other: max(other.left - line.right, line.left - other.right))
    apart = abs(nearest.middle - line.middle) / min(line.height, nearest.height)
    overlap = min(nearest.right, line.right) - max(nearest.left, line.left)
    if (
        apart > _SAME_LINE
        and overlap > 0.5 * min(line.height, nearest.height)
        and overlap > 0.3 * min(line.right - line.left, nearest.right - nearest.left)
    ):
        return False
    return apart < SAME_ROW


def join(lines: Sequence[TextLine]) -> TextLine:
    """Join the lines into one, with a ``BOX_GAP`` between them: the detector splits text only at gaps.

    Where two boxes overlap, each may show a slice of the other's characters, so uncertain characters in the overlap
    are dropped.
    """
    characters: list[Character] = []
    for before, line in zip([None, *lines[:-1]], lines, strict=True):
        if before is not None:
            while characters and characters[-1].x > line.left and characters[-1].confidence < _CONFIDENT_IN_OVERLAP:
                characters.pop()
            characters.append(Character(BOX_GAP, (before.right + line.left) / 2))
        box = (line.top, line.bottom)
        characters.extend(
            line.characters if len(lines) == 1 else (replace(character, box=box) for character in line.characters)
        )
    return TextLine(
        tuple(characters),
        lines[0].left,
        min(line.top for line in lines),
        lines[-1].right,
        max(line.bottom for line in lines),
    )
