"""The layout of a card's text: labels, the pieces of text between them, and which piece belongs to which label.

A value is to the right of its label or below it; both kinds of card exist, and some mix them. This module decides where
a value may be, from the labels around it; the caller decides whether its text is valid.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from recognizer.reading.layout.labels import (
    ENGLISH_LABEL_WORDS,
    SPACED_LABELS,
    Anchor,
    Label,
    edit_distance,
    find_anchors,
    spaced_labels,
)
from recognizer.reading.layout.misread_labels import Row, misread_labels
from recognizer.reading.ocr.text_lines import BOX_GAP, SAME_ROW, BoundingBox, TextLine, boxes, join, rows, strip_spaces

WIDE_GAP: Final = 1.9
"""Characters whose centres are this many text heights apart belong to different pieces of text."""
_MAX_DROP: Final = 2.4
"""A value is at most this many text heights below its label, middle to middle."""
_MIN_DROP: Final = 0.15
_ALIGNMENT_TOLERANCE: Final = 1.3
"""Lines of one value begin at most this many text heights apart."""
_COLUMN_TOLERANCE: Final = 0.9
"""A value below its label begins at most this many text heights to the left of it."""
_WINDOW_STEP: Final = 1.1
"""Text heights; a window is twice as wide."""
_WINDOW_HEIGHT: Final = 1.3
_ROW_BETWEEN: Final = (1.6, 4.5)
"""Text heights between two values of one column if there is a row between them."""
_PUNCTUATION: Final = " \u3000:：;；,，.。、|·-_"
_TRANSLATION: Final = re.compile(r"[\s/|.:]*(?:(?:[A-Z][a-z]+|of|No|ID)\b[\s/.:]*)+")
_DASH_AT_END: Final = re.compile(r"^\s*[-—–]|[-—–]\s*$")
_WATERMARK: Final = re.compile(
    r"SPECIMEN|SAMPLE|EXAMPLE|FICTITIOUS|DEMO|TEST|VOID|NOT VALID|仅供测试|测试专用|样本|樣本|样张|样例|示例|测试|虚构"
)
_MIN_MISREAD: Final = 4
"""Letters of a label's translation of which one may be misread; shorter words are too much like others."""
_SPECIMEN_MARKS: Final = ("样本", "樣本")
_PICTURE_RATIO: Final = 2.2
"""A box this many times as high as the median with only one or two characters is a picture mistaken for text."""
_LABEL_AND_VALUE: Final = 1.35
"""A box this many times as high as a row has a small label and the value below it. On cards they are 1.5 together."""
_VALUE_REACH: Final = 6.0
"""A value is at most so many text heights right of its label; text in the same row of another paper is farther."""


@dataclass(frozen=True)
class Piece:
    """A run of characters without labels and wide gaps. ``owner`` is the label before it in its row, if any."""

    line: TextLine
    row: int
    owner: Anchor | None

    @property
    def text(self) -> str:
        """The text without surrounding punctuation."""
        return self.line.text.strip(_PUNCTUATION)

    @property
    def is_part_of_range(self) -> bool:
        """Tell whether the text begins or ends with a dash: the other part may be covered."""
        return bool(_DASH_AT_END.search(self.line.text))


class Layout:
    """The labels and pieces of one card, made from its lines."""

    def __init__(self, lines: Iterable[TextLine]) -> None:
        self.anchors: list[Anchor] = []
        self.pieces: list[Piece] = []
        self.specimen_marks: list[Piece] = []
        """The word 样本 alone: a watermark, or the holder's name on an official specimen."""
        self._rows: list[Row] = []
        self._row_of: dict[int, int] = {}
        joined = [join(row) for row in rows(_without_pictures(list(lines)))]
        anchors = [find_anchors(line) for line in joined]
        if not any(anchor.label in SPACED_LABELS for row in anchors for anchor in row):
            for row, anchor in spaced_labels(joined).items():
                anchors[row].insert(0, anchor)
        for line, matches in zip(joined, anchors, strict=True):
            self._add_row(line, matches)

    def with_misread_labels(self, labels: frozenset[Label]) -> "Layout":
        """Return the layout with those of ``labels`` that are missing, if they are found with more tolerance."""
        misread = misread_labels(self._rows, labels - {anchor.label for anchor in self.anchors})
        if not misread:
            return self
        completed = Layout(())
        for row, (line, anchors) in enumerate(self._rows):
            completed._add_row(line, sorted([*anchors, *misread.get(row, ())], key=lambda anchor: anchor.start))
        return completed

    def _add_row(self, line: TextLine, anchors: Sequence[Anchor]) -> None:
        row = len(self._rows)
        self._rows.append((line, anchors))
        ends = [0, *(anchor.end for anchor in anchors)]
        starts = [*(anchor.start for anchor in anchors), len(line.characters)]
        for owner, start, end in zip([None, *anchors], ends, starts, strict=True):
            owner_label = owner if owner and owner.label not in {Label.TITLE, Label.NOISE} else None
            for part in _split(line, _after_translation(line, start, end) if owner_label else start, end):
                if not _is_background_text(part.text):
                    self.pieces.append(Piece(part, row, owner_label))
                elif part.text.strip(_PUNCTUATION) in _SPECIMEN_MARKS:
                    self.specimen_marks.append(Piece(part, row, owner_label))
        for anchor in anchors:
            self._row_of[id(anchor)] = row
        self.anchors.extend(anchors)

    @cached_property
    def height(self) -> float:
        """The median height of the values, or of the labels if there is no other text; 1 without any text."""
        lines = [piece.line for piece in self.pieces] or [anchor.line for anchor in self.anchors]
        return median(line.height for line in lines) if lines else 1.0

    def anchor(self, label: Label) -> Anchor | None:
        """Return the label's anchor. Of several, prefer the longest spelling, then the one nearest to all labels."""
        matches = [anchor for anchor in self.anchors if anchor.label is label]
        return max(matches, key=lambda anchor: (len(anchor.word), -self._distance_to_labels(anchor)), default=None)

    def _distance_to_labels(self, anchor: Anchor) -> float:
        """Return a label's distance to the median of all labels: labels on other papers are farther away."""
        across = abs(anchor.line.left - median(other.line.left for other in self.anchors))
        return across + abs(anchor.line.middle - median(other.line.middle for other in self.anchors))

    def has(self, *labels: Label) -> bool:
        """Tell whether all of these labels were found."""
        return all(self.anchor(label) for label in labels)

    def right_of(self, anchor: Anchor) -> list[Piece]:
        """Return the pieces between the label and the next label in its row."""
        owned = [piece for piece in self.pieces if piece.owner is anchor]
        if anchor.label is Label.NAME and not owned:
            return [mark for mark in self.specimen_marks if mark.owner is anchor]
        return owned

    def text_after(self, anchor: Anchor) -> str:
        """Return all that follows a label in its row, also what is no piece of text, such as a colon alone."""
        line, _ = self._rows[self._row_of[id(anchor)]]
        return line.text[anchor.end :]

    def below(self, anchor: Anchor) -> list[Piece]:
        """Return the pieces of the nearest row below that begin in the label's column, clipped to that column."""
        if anchor.label is not Label.NAME:
            return self._below(anchor, self.pieces)
        return self._below(anchor, sorted((*self.pieces, *self.specimen_marks), key=lambda piece: piece.row))

    def _below(self, anchor: Anchor, pieces: Iterable[Piece]) -> list[Piece]:
        left, right = self.column(anchor)
        row = self._row_of[id(anchor)]
        nearest: list[Piece] = []
        for piece in pieces:
            drop = piece.line.middle - anchor.line.middle
            height = max(anchor.line.height, piece.line.height)
            if piece.owner or piece.row == row or not _MIN_DROP * anchor.line.height < drop < _MAX_DROP * height:
                continue
            clipped = _clip_to_column(piece, left, right)
            if clipped and (not nearest or piece.row == nearest[0].row):
                nearest.append(clipped)
        return nearest

    def column(self, anchor: Anchor) -> tuple[float, float]:
        """Return where the label's column and the next column begin."""
        others = [
            other for other in self.anchors if self._same_row(other, anchor) and other.line.left > anchor.line.left
        ]
        height = max(anchor.line.height, self.height)
        end = min((other.line.left - 0.5 * height for other in others), default=float("inf"))
        return anchor.line.left - _COLUMN_TOLERANCE * height, end

    def _same_row(self, one: Anchor, other: Anchor) -> bool:
        return self._row_of[id(one)] == self._row_of[id(other)]

    def line_after(self, first: TextLine, last: TextLine) -> Piece | None:
        """Return the line below ``last`` that is aligned with ``first``: the continuation of a value."""
        for piece in self.pieces:
            drop = (piece.line.middle - last.middle) / last.height
            if (
                piece.owner is None
                and abs(piece.line.left - first.left) < _ALIGNMENT_TOLERANCE * first.height
                and SAME_ROW < drop < _MAX_DROP
            ):
                return piece
        return None

    def in_column(self, piece: Piece) -> list[Piece]:
        """Return the other pieces with the same left edge."""
        near = _ALIGNMENT_TOLERANCE * piece.line.height
        return [one for one in self.pieces if one is not piece and abs(one.line.left - piece.line.left) < near]

    def has_text_in(self, box: BoundingBox, *, confidence: float = 0.0) -> bool:
        """Tell whether the middle of a text of so much confidence is in a box: the edges of close rows overlap."""
        return any(
            box.top < line.middle < box.bottom
            and line.left < box.right
            and box.left < line.right
            and line.confidence >= confidence
            for line in self._all_lines()
        )

    def own_lines(self) -> list[TextLine]:
        """Return the lines that are most certainly the card's: labels, titles, and the value nearest to each label."""
        values_of = self.below if self.values_are_below() else self.right_of
        values = [
            value.line
            for anchor in self.anchors
            for value in values_of(anchor)[:1]
            if value.line.left - anchor.line.right < _VALUE_REACH * self.height
        ]
        return [anchor.line for anchor in self.anchors] + values

    def values_are_below(self) -> bool:
        """Tell whether most labels on this card have their value below."""
        votes = 0
        for anchor in self.anchors:
            if anchor.label in {Label.TITLE, Label.NOISE}:
                continue
            votes += -1 if self.right_of(anchor) else 1 if self.below(anchor) else 0
        return votes > 0

    def strip_right_of(self, line: TextLine, *, heights: float = 7.0) -> BoundingBox | None:
        """Return the empty strip between a label and the next text in its row; None if it is too narrow."""
        followers = [
            other.left
            for other in self._all_lines()
            if other.left > line.right - 0.2 * line.height and abs(other.middle - line.middle) < 0.7 * line.height
        ]
        right = min([line.right + heights * line.height, *(left - 0.2 * line.height for left in followers)])
        margin = 0.12 * line.height
        strip = BoundingBox(line.right + margin, line.top - margin, right, line.bottom + margin)
        return strip if strip.right - strip.left > 0.6 * line.height else None

    def strips_beside(self, line: TextLine, *, heights: float) -> Iterator[BoundingBox]:
        """Yield strips of the line's row in which a character may have been missed, at most so far to the right.

        First the empty strip up to the next text; then one as wide as a character wherever any other text begins, on
        that text, too: a character may be in one box with its label above it. Small text in the row is such a label,
        and of a high box the lower part is the character.
        """
        if strip := self.strip_right_of(line, heights=heights):
            yield strip
        margin = 0.12 * line.height
        reach = line.right + heights * line.height
        others = [other for other in self._all_lines() if line.right < other.left < reach]
        for other in others:
            if other.height > _LABEL_AND_VALUE * line.height and other.top < line.middle < other.bottom:
                top = other.bottom - line.height
                yield BoundingBox(other.left - 2 * margin, top, other.right + 2 * margin, other.bottom + margin)
        yield from (
            BoundingBox(left - 0.3 * line.height, line.top - margin, left + 1.5 * line.height, line.bottom + margin)
            for left in _apart(sorted(other.left for other in others), _COLUMN_TOLERANCE * line.height)
        )

    def windows_around(self, line: TextLine, *, heights: float) -> Iterator[BoundingBox]:
        """Yield overlapping windows, little wider than a character, where one may be that belongs to a line.

        First to the right of it, at most so many text heights; then in a row between it and the next one in its column.
        """
        height = line.height
        step, near = _WINDOW_STEP * height, _COLUMN_TOLERANCE * height
        below = [other.middle for other in self._all_lines() if abs(other.left - line.left) < near]
        gap = min((middle for middle in below if middle > line.middle + height), default=line.middle) - line.middle
        rows = [(line.right + step / 2, line.middle)]
        if _ROW_BETWEEN[0] < gap / height < _ROW_BETWEEN[1]:
            rows.append((line.left - step / 2, line.middle + gap / 2))
        for start, middle in rows:
            for number in range(int((line.right + heights * height - start) / step)):
                left = start + number * step
                half = _WINDOW_HEIGHT / 2 * height
                yield BoundingBox(left, middle - half, left + 2 * step, middle + half)

    def strip_below(self, anchor: Anchor, *, heights: float = 4.0) -> BoundingBox | None:
        """Return the strip below a label, as high as the values next to it, if there are any."""
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
        """Yield each box of the text: a piece may have several."""
        yield from (box for piece in self.pieces for box in boxes(piece.line))
        yield from (anchor.line for anchor in self.anchors)


def _apart(values: Iterable[float], distance: float) -> Iterator[float]:
    """Yield the values, in ascending order, that are at least so far from the one before."""
    last = float("-inf")
    for value in values:
        if value - last >= distance:
            last = value
            yield value


def text_of(pieces: Iterable[Piece]) -> str:
    """Join the pieces' text with spaces."""
    return " ".join(piece.text for piece in pieces)


def _split(line: TextLine, start: int, end: int) -> Iterator[TextLine]:
    """Yield the runs of characters between two labels, split at wide gaps and beside a watermark's box."""
    visible = [index for index in range(start, end) if line.characters[index].text.strip()]
    watermarks = _watermarks(line)
    first = 0
    for position in range(1, len(visible) + 1):
        if position < len(visible):
            before, after = visible[position - 1], visible[position]
            gap = line.characters[after].x - line.characters[before].x
            if gap <= WIDE_GAP * line.height and (before in watermarks) is (after in watermarks):
                continue
        yield line.part(visible[first], visible[position - 1] + 1)
        first = position


def _watermarks(line: TextLine) -> set[int]:
    """Return the indexes of the characters in boxes that show nothing but a watermark."""
    indexes: set[int] = set()
    start = 0
    for text in line.text.split(BOX_GAP):
        if (stripped := text.strip(_PUNCTUATION)) and _is_watermark(stripped):
            indexes.update(range(start, start + len(text)))
        start += len(text) + len(BOX_GAP)
    return indexes


def _is_misread_translation(word: str) -> bool:
    return len(word) >= _MIN_MISREAD and any(edit_distance(known, word) == 1 for known in ENGLISH_LABEL_WORDS)


def _is_watermark(text: str) -> bool:
    return not _WATERMARK.sub("", text).strip(_PUNCTUATION)


def _after_translation(line: TextLine, start: int, end: int) -> int:
    """Return where the text after a label begins, without the label's translation: ``/Name``, ``Date of Birth``.

    After a slash, one letter of a word may be misread: this is the smallest print on a card.
    """
    translation = _TRANSLATION.match(line.text, start, end)
    words = re.findall("[A-Za-z]+", translation[0].upper()) if translation else []
    is_slash = line.text[start:end].lstrip().startswith("/")
    is_translation = words and all(
        word in ENGLISH_LABEL_WORDS or (is_slash and _is_misread_translation(word)) for word in words
    )
    return translation.end() if translation and is_translation else start


def _clip_to_column(piece: Piece, left: float, right: float) -> Piece | None:
    """Return the part of a piece that is within a column; None if there is none."""
    line = piece.line
    if line.left >= right or line.right <= left:
        return None
    start, end = _index_at(line, left), _index_at(line, right)
    part = strip_spaces(line.part(start, end)) if start < end else None
    return Piece(part, piece.row, piece.owner) if part else None


def _index_at(line: TextLine, x: float) -> int:
    """Return the index of the first character at or after x, or of the one after a gap close to x."""
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
    return [line for line in lines if line.height < _PICTURE_RATIO * usual or len(line.text.strip()) > 2]  # noqa: PLR2004


def _is_background_text(text: str) -> bool:
    """Tell whether the text is a watermark or a translated label: those have lower-case letters, values do not."""
    stripped = text.strip(_PUNCTUATION)
    words = stripped.replace("/", " ").replace(".", " ").split()
    if _is_watermark(stripped) or all(word.upper() in ENGLISH_LABEL_WORDS for word in words):
        return True
    letters = [character for character in stripped if character.isascii() and character.isalpha()]
    lower_case = sum(character.islower() for character in letters)
    has_digit = any(character.isdigit() for character in stripped)
    return len(letters) > 1 and lower_case > len(letters) / 2 and not has_digit
