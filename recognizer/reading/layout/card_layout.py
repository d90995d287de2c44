"""A card's text laid out: labels, the pieces of text between them, and which piece answers which label.

A value stands to the right of its label or below it; both kinds of card exist, and some mix them. Where it may stand
follows from the labels around it, what it may say is the caller's business.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from recognizer.reading.layout.labels import ENGLISH_LABEL_WORDS, SPREAD, Anchor, Label, find_anchors, spread_labels
from recognizer.reading.ocr.text_lines import SAME_ROW, BoundingBox, TextLine, join, rows, strip_spaces

WIDE_GAP: Final = 1.9
"""Characters whose centres are this many text heights apart belong to different pieces."""
_BELOW: Final = 2.4
"""A value stands at most this many text heights below its label, middle to middle."""
_LEAST_DROP: Final = 0.15
_ALIGNED: Final = 1.3
"""Lines that begin this many text heights apart at most are lines of one value."""
_COLUMN_SLACK: Final = 0.9
"""A value below its label begins at most this many text heights to the left of it."""
_LOOSE_SIGNS: Final = " \u3000:：;；,，.。、|·-_"
_WATERMARK: Final = re.compile(
    r"SPECIMEN|SAMPLE|EXAMPLE|FICTITIOUS|DEMO|TEST|VOID|NOT VALID|仅供测试|测试专用|样本|樣本|样张|样例|示例|测试|虚构"
)
_LARGE: Final = 2.2
"""A box this many times as high as the usual one, with a character or two in it, is a picture taken for text."""


@dataclass(frozen=True)
class Piece:
    """A run of characters without a label and without a wide gap.

    ``owner`` is the label before it in its row, if any.
    """

    line: TextLine
    row: int
    owner: Anchor | None

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text.strip(_LOOSE_SIGNS)


class Layout:
    """The rows of one card; made once from its lines, then asked."""

    def __init__(self, lines: Iterable[TextLine]) -> None:
        self.anchors: list[Anchor] = []
        self.pieces: list[Piece] = []
        self._row_of: dict[int, int] = {}
        joined = [join(row) for row in rows(_without_pictures(list(lines)))]
        anchors = [find_anchors(line) for line in joined]
        if not any(anchor.label in SPREAD for row in anchors for anchor in row):
            for number, anchor in spread_labels(joined).items():
                anchors[number].insert(0, anchor)
        for number, (line, found) in enumerate(zip(joined, anchors, strict=True)):
            self._add_row(number, line, found)

    def _add_row(self, number: int, line: TextLine, anchors: list[Anchor]) -> None:
        ends = [0, *(anchor.end for anchor in anchors)]
        starts = [*(anchor.start for anchor in anchors), len(line.characters)]
        for owner, start, end in zip([None, *anchors], ends, starts, strict=True):
            belongs = owner if owner and owner.label not in {Label.TITLE, Label.NOISE} else None
            for part in _split(line, start, end):
                if not _is_printed_around(part.text):
                    self.pieces.append(Piece(part, number, belongs))
        for anchor in anchors:
            self._row_of[id(anchor)] = number
        self.anchors.extend(anchors)

    @cached_property
    def height(self) -> float:
        """The usual height of a text line."""
        return median(piece.line.height for piece in self.pieces) if self.pieces else 1.0

    def anchor(self, label: Label) -> Anchor | None:
        """Return the label's place; if it was found twice the best spelt one, then the one nearest to all labels."""
        found = [anchor for anchor in self.anchors if anchor.label is label]
        return max(found, key=lambda anchor: (len(anchor.word), -self._far_off(anchor)), default=None)

    def _far_off(self, anchor: Anchor) -> float:
        """Return how far a label stands from the middle of them all: those of other papers stand apart."""
        across = abs(anchor.line.left - median(other.line.left for other in self.anchors))
        return across + abs(anchor.line.middle - median(other.line.middle for other in self.anchors))

    def has(self, *labels: Label) -> bool:
        """Tell whether all of these labels were found."""
        return all(self.anchor(label) for label in labels)

    def right_of(self, anchor: Anchor) -> list[Piece]:
        """Return the pieces in the label's row, from it to the next label."""
        return [piece for piece in self.pieces if piece.owner is anchor]

    def below(self, anchor: Anchor) -> list[Piece]:
        """Return the pieces of the nearest row below that begin in the label's column.

        Cut where the next label's column begins.
        """
        left, right = self.column(anchor)
        row = self._row_of[id(anchor)]
        nearest: list[Piece] = []
        for piece in self.pieces:
            drop = piece.line.middle - anchor.line.middle
            height = max(anchor.line.height, piece.line.height)
            if piece.owner or piece.row == row or not _LEAST_DROP * anchor.line.height < drop < _BELOW * height:
                continue
            kept = _within(piece, left, right)
            if kept and (not nearest or piece.row == nearest[0].row):
                nearest.append(kept)
        return nearest

    def column(self, anchor: Anchor) -> tuple[float, float]:
        """Return where the label's column begins and where the next one's does."""
        others = [
            other for other in self.anchors if self._same_row(other, anchor) and other.line.left > anchor.line.left
        ]
        height = max(anchor.line.height, self.height)
        end = min((other.line.left - 0.5 * height for other in others), default=float("inf"))
        return anchor.line.left - _COLUMN_SLACK * height, end

    def _same_row(self, one: Anchor, other: Anchor) -> bool:
        return self._row_of[id(one)] == self._row_of[id(other)]

    def line_after(self, first: TextLine, last: TextLine) -> Piece | None:
        """Return the line below the last one that begins where the first one does: a value goes on there."""
        for piece in self.pieces:
            drop = (piece.line.middle - last.middle) / last.height
            if (
                piece.owner is None
                and abs(piece.line.left - first.left) < _ALIGNED * first.height
                and SAME_ROW < drop < _BELOW
            ):
                return piece
        return None

    def in_column(self, piece: Piece) -> list[Piece]:
        """Return the other pieces that begin where one does."""
        near = _ALIGNED * piece.line.height
        return [one for one in self.pieces if one is not piece and abs(one.line.left - piece.line.left) < near]

    def values_are_below(self) -> bool:
        """Tell whether this card prints values below their labels, by the majority of its labels."""
        votes = 0
        for anchor in self.anchors:
            if anchor.label in {Label.TITLE, Label.NOISE}:
                continue
            votes += -1 if self.right_of(anchor) else 1 if self.below(anchor) else 0
        return votes > 0

    def strip_right_of(self, anchor: Anchor, *, heights: float = 7.0) -> BoundingBox | None:
        """Return the blank strip between a label and whatever comes next in its row; None if there is no room."""
        line = anchor.line
        followers = [
            other.left
            for other in self._all_lines()
            if other.left > line.right - 0.2 * line.height and abs(other.middle - line.middle) < 0.7 * line.height
        ]
        right = min([line.right + heights * line.height, *(left - 0.2 * line.height for left in followers)])
        margin = 0.12 * line.height
        strip = BoundingBox(line.right + margin, line.top - margin, right, line.bottom + margin)
        return strip if strip.right - strip.left > 0.6 * line.height else None

    def strip_below(self, anchor: Anchor, *, heights: float = 4.0) -> BoundingBox | None:
        """Return the strip below a label, as high as the values beside it if there are any."""
        line = anchor.line
        neighbours = [
            piece.line
            for other in self.anchors
            if other is not anchor and self._same_row(other, anchor)
            for piece in self.below(other)
        ]
        top = min((value.top for value in neighbours), default=line.bottom)
        bottom = max((value.bottom for value in neighbours), default=line.bottom + 1.7 * line.height)
        left, end = self.column(anchor)
        followers = [
            other.left
            for other in self._all_lines()
            if other.left > line.left + line.height and top < other.middle < bottom
        ]
        right = min([left + heights * (bottom - top), end, *(value - 0.2 * line.height for value in followers)])
        return BoundingBox(left, top, right, bottom) if right - left > 0.6 * line.height else None

    def _all_lines(self) -> Iterator[TextLine]:
        yield from (piece.line for piece in self.pieces)
        yield from (anchor.line for anchor in self.anchors)


def text_of(pieces: Iterable[Piece]) -> str:
    """Return the pieces' text with a space between them."""
    return " ".join(piece.text for piece in pieces)


def _split(line: TextLine, start: int, end: int) -> Iterator[TextLine]:
    """Yield the runs of characters between two labels, cut at wide gaps."""
    solid = [index for index in range(start, end) if line.characters[index].text.strip()]
    begin = 0
    for place in range(1, len(solid) + 1):
        if place < len(solid):
            gap = line.characters[solid[place]].x - line.characters[solid[place - 1]].x
            if gap <= WIDE_GAP * line.height:
                continue
        yield line.part(solid[begin], solid[place - 1] + 1)
        begin = place


def _within(piece: Piece, left: float, right: float) -> Piece | None:
    """Return the part of a piece whose characters stand in a column; None if none do."""
    line = piece.line
    if line.left >= right or line.right <= left:
        return None
    start, end = _cut_at(line, left), _cut_at(line, right)
    part = strip_spaces(line.part(start, end)) if start < end else None
    return Piece(part, piece.row, piece.owner) if part else None


def _cut_at(line: TextLine, x: float) -> int:
    """Return the first character of a column that begins at x; or after a gap close by."""
    if line.characters[0].x >= x:
        return 0
    near = [
        (abs(character.x - x), index)
        for index, character in enumerate(line.characters)
        if character.text.isspace() and abs(character.x - x) < line.height
    ]
    if near:
        return min(near)[1] + 1
    return next((index for index, character in enumerate(line.characters) if character.x >= x), len(line.characters))


def _without_pictures(lines: list[TextLine]) -> list[TextLine]:
    if not lines:
        return []
    usual = median(line.height for line in lines)
    return [line for line in lines if line.height < _LARGE * usual or len(line.text.strip()) > 2]  # noqa: PLR2004


def _is_printed_around(text: str) -> bool:
    """Tell a watermark or a translated label from a value: English labels have small letters, values have none."""
    bare = text.strip(_LOOSE_SIGNS)
    words = bare.replace("/", " ").replace(".", " ").split()
    if not _WATERMARK.sub("", bare).strip(_LOOSE_SIGNS) or all(word.upper() in ENGLISH_LABEL_WORDS for word in words):
        return True
    letters = [character for character in bare if character.isascii() and character.isalpha()]
    small = sum(character.islower() for character in letters)
    return len(letters) >= 2 and small > len(letters) / 2 and not any(character.isdigit() for character in bare)  # noqa: PLR2004
