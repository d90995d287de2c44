"""Finds the value of a label on a card, reading empty strips again if necessary."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from recognizer.reading.fields.ocr_field import Corners, OcrField, field_from_lines
from recognizer.reading.layout.card_layout import Layout, Piece, text_of
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.text_lines import BOX_GAP, BoundingBox, TextLine, boxes, join

type Reread = Callable[[BoundingBox, str | None], str]
"""Reads one line in a box in deskewed pixels, only characters of the given alphabet; empty unless it is confident."""
type ReadAgain = Callable[[BoundingBox], Sequence[tuple[str, float]]]
"""Reads one line in several crops around a box in deskewed pixels: each text with its least confidence."""
type IsCovered = Callable[[TextLine], bool]
"""Tells whether something may cover the beginning or the end of a line: glare, a finger, the image's edge."""
type Locate = Callable[[BoundingBox], Corners | None]
"""Returns the corners in the upright photo of a box in deskewed pixels."""
type Parse = Callable[[str], str | None]
"""Extracts a value from a text; see ``value_parsers``."""
_REREAD: Final = 0.8
"""Maximum confidence of reread text: the detector found no text there."""
_MAYBE_COVERED: Final = 0.8
"""Maximum confidence of a text that may continue under glare."""
_LONE_SEX: Final = re.compile(r"(?:性\S?|\S别|[\d./年月日]*|\d{4}\.\d\d\.\d\d\s+\S)\s*([男女])")
_SEX_IN_LAST_BOX: Final = re.compile(rf"{BOX_GAP}(?:性\S?|\S别)\s*([男女])$")
_SEX_AFTER_LABEL: Final = re.compile(rf"\S{{1,2}}{BOX_GAP}[男女]")
_MISREAD: Final = 0.6
"""Confidence below which two characters before a sex may be its label, and a text may be a sex with its label."""
_COMPLETE: Final = re.compile(r"[男女]|\d{4}[./]\d{1,2}[./]\d{1,2}(-.*)?|\d{17}[\dX]|.*\(.\)")
"""Formats in which a missing part would be noticed."""
_JOINED: Final = 0.8
"""Maximum confidence of a value joined from several pieces: another one between them may have been missed."""
_MISSED: Final = 12.0
"""Where a value beside another one is, in text heights: the second column begins at 0.6 of a card's width."""
_WITHOUT_LABEL_OR_BOX: Final = 0.7
"""Maximum confidence of reread text that has no label either."""
_WITHOUT_LABEL: Final = 0.85
"""Maximum confidence of a value found only by its format."""


def no_reread(_box: BoundingBox, _alphabet: str | None) -> str:
    """Read nothing: for a card without an image."""
    return ""


def nothing_again(_box: BoundingBox) -> Sequence[tuple[str, float]]:
    """Read nothing: for a card without an image."""
    return ()


def never_covered(_line: TextLine) -> bool:
    """Report nothing covered: for a card without an image."""
    return False


def no_position(_box: BoundingBox) -> Corners | None:
    """Return no position: for a card without an image."""
    return None


def lone_sex(text: str) -> str | None:
    """Return the sex if the text is nothing else, except half of its label or a date; between them, a misread label.

    Other text may be in another box before the label.
    """
    found = _LONE_SEX.fullmatch(text) or _SEX_IN_LAST_BOX.search(text)
    return found[1] if found else None


@dataclass(frozen=True)
class FieldFinder:
    """The layout of one card, with the rules for finding values on it."""

    layout: Layout
    reread: Reread = no_reread
    is_covered: IsCovered = never_covered
    locate: Locate = no_position
    reread_checked: Reread = no_reread
    """Like ``reread``, but also returns uncertain characters: for text with check digits."""
    read_again: ReadAgain = nothing_again

    def field(self, text: str, lines: Sequence[TextLine]) -> OcrField:
        """Return a text extracted from some lines; less confident if the ends of the lines may be covered."""
        field = replace(field_from_lines(text, lines), corners=self.corners(lines))
        if _COMPLETE.fullmatch(text) or not any(self.is_covered(line) for line in lines):
            return field
        return field.at_most(_MAYBE_COVERED)

    def corners(self, lines: Sequence[TextLine]) -> Corners | None:
        """Return the corners around some lines in the upright photo."""
        if not lines:
            return None
        edges = zip(*((line.left, line.top, -line.right, -line.bottom) for line in lines), strict=True)
        left, top, right, bottom = map(min, edges)
        return self.locate(BoundingBox(left, top, -right, -bottom))

    def value(self, label: Label, parse: Parse, *, alphabet: str | None = None) -> OcrField | None:
        """Return the value beside or below a label that ``parse`` accepts.

        With an ``alphabet``, empty strips are read again, because the detector misses single characters.
        """
        anchor = self.layout.anchor(label)
        if anchor is None:
            return None
        beside, below = self.layout.right_of(anchor), self.layout.below(anchor)
        for pieces in (below, beside) if self.layout.values_are_below() else (beside, below):
            for candidate in _combinations(pieces):
                if text := parse(text_of(candidate)):
                    field = self.field(text, [join([piece.line for piece in candidate])])
                    return field if len(candidate) == 1 else field.at_most(_JOINED)
        if alphabet is None:
            return None
        strips = [self.layout.strip_right_of(anchor.line), self.layout.strip_below(anchor)]
        for strip in reversed(strips) if self.layout.values_are_below() else strips:
            if strip and (text := parse(self.reread(strip, alphabet))):
                return OcrField(text, _REREAD, self.locate(strip))
        return None

    def anywhere(self, parse: Parse, *, not_beside: frozenset[Label] = frozenset()) -> OcrField | None:
        """Return the first value on the card that ``parse`` accepts, except those owned by ``not_beside``."""
        for piece in self.layout.pieces:
            if piece.is_part_of_range:
                continue
            if (piece.owner is None or piece.owner.label not in not_beside) and (text := parse(piece.text)):
                return self.field(text, [piece.line]).at_most(_WITHOUT_LABEL)
        return None

    def missed_beside(self, neighbour: Parse, parse: Parse, *, alphabet: str) -> OcrField | None:
        """Return a sex or count that the detector missed to the right of the only text that ``neighbour`` accepts.

        It is in the empty strip there, where any other text begins, or in one box with its label and misread. Last, a
        window is moved over what is free of that row and the one below: a character in a long strip may be overlooked.
        """
        neighbours = [
            piece.line for piece in self.layout.pieces if not piece.is_part_of_range and neighbour(piece.text)
        ]
        if len(neighbours) != 1:
            return None
        alone = [box for box in boxes(neighbours[0]) if neighbour(box.text)]  # its piece may go on with a label
        line = alone[0] if len(alone) == 1 else neighbours[0]
        windows = self.layout.windows_around(line, heights=_MISSED)
        free = (window for window in windows if not self.layout.has_text_in(window, confidence=_MISREAD))
        for strip in chain(self.layout.strips_beside(line, heights=_MISSED), free):
            if text := parse(self.reread(strip, alphabet)):
                return OcrField(text, _WITHOUT_LABEL_OR_BOX, self.locate(strip))
        return None

    def missed_in(self, box: BoundingBox, parse: Parse, *, alphabet: str) -> OcrField | None:
        """Return a sex or count that the detector missed in a box where there is no other text."""
        if self.layout.has_text_in(box):
            return None
        text = parse(self.reread(box, alphabet))
        return OcrField(text, _WITHOUT_LABEL_OR_BOX, self.locate(box)) if text else None

    def lone_sex(self) -> OcrField | None:
        """Return a 男 or 女 without a label, or after half of one or a misread one; a date may be close before it."""
        return self.anywhere(lone_sex) or next(
            (
                self.field(piece.text[-1], [piece.line]).at_most(_WITHOUT_LABEL)
                for piece in self.layout.pieces
                if _SEX_AFTER_LABEL.fullmatch(piece.text)
                and min(character.confidence for character in piece.line.characters[:-1]) < _MISREAD
            ),
            None,
        )


def _combinations(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Yield the piece nearest to the label, then it joined with more and more others, then each other one."""
    yield from (pieces[: end + 1] for end in range(len(pieces)))
    yield from ([piece] for piece in pieces[1:])
