"""What the field readers are given: a card's layout, a way to look again, and the rules for finding a label's value."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from recognizer.reading.fields.ocr_field import OcrField, field_from_lines
from recognizer.reading.layout.card_layout import Layout, Piece, text_of
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine, join

type Reread = Callable[[BoundingBox, str | None], str]
"""Reads one line in a rectangle of levelled pixels, only in the characters given; empty unless it is sure."""
type IsCovered = Callable[[TextLine], bool]
"""Tells whether something may lie over the beginning or the end of a line: glare, a finger, the image's edge."""
type Parse = Callable[[str], str | None]
"""Takes a value in its printed form out of a text."""
_READ_AGAIN: Final = 0.8
"""How sure what was read again is at most: the detector saw no text there."""
_MAYBE_CUT: Final = 0.8
"""How sure a text is at most that may go on under glare."""
_WHOLE: Final = re.compile(r"[男女]|\d{4}[./]\d{1,2}[./]\d{1,2}(-.*)?|\d{17}[\dX]|.*\(.\)")
"""Forms that show that nothing is missing."""
_PUT_TOGETHER: Final = 0.8
"""How sure a value of several pieces is at most: there may be another between them that was not seen."""
_WITHOUT_LABEL: Final = 0.85
"""How sure a value is at most that was found by its form alone."""


def no_reread(_place: BoundingBox, _alphabet: str | None) -> str:
    """Look again and see nothing: for a page that is only text."""
    return ""


def never_covered(_line: TextLine) -> bool:
    """Tell that all of a line is seen: for a page that is only text."""
    return False


@dataclass(frozen=True)
class FieldFinder:
    """One card as text."""

    layout: Layout
    reread: Reread = no_reread
    is_covered: IsCovered = never_covered

    def found(self, text: str, lines: Sequence[TextLine]) -> OcrField:
        """Return a text that was taken from some lines, as sure as their characters are, and as their ends are seen."""
        found = field_from_lines(text, lines)
        if _WHOLE.fullmatch(text) or not any(self.is_covered(line) for line in lines):
            return found
        return found.at_most(_MAYBE_CUT)

    def value(self, label: Label, parse: Parse, *, alphabet: str | None = None) -> OcrField | None:
        """Return what stands beside or below a label, in the form that ``take`` knows.

        With an ``alphabet``, strips where the detector found nothing are read again: it passes over lone characters.
        """
        anchor = self.layout.anchor(label)
        if anchor is None:
            return None
        beside, below = self.layout.right_of(anchor), self.layout.below(anchor)
        for pieces in (below, beside) if self.layout.values_are_below() else (beside, below):
            for reading in _readings(pieces):
                if text := parse(text_of(reading)):
                    found = self.found(text, [join([piece.line for piece in reading])])
                    return found if len(reading) == 1 else found.at_most(_PUT_TOGETHER)
        if alphabet is None:
            return None
        strips = [self.layout.strip_right_of(anchor), self.layout.strip_below(anchor)]
        for strip in reversed(strips) if self.layout.values_are_below() else strips:
            if strip and (text := parse(self.reread(strip, alphabet))):
                return OcrField(text, _READ_AGAIN)
        return None

    def anywhere(self, parse: Parse, *, not_beside: frozenset[Label] = frozenset()) -> OcrField | None:
        """Return the first value of a form on the whole card, leaving out what other labels own."""
        for piece in self.layout.pieces:
            if (piece.owner is None or piece.owner.label not in not_beside) and (text := parse(piece.text)):
                return self.found(text, [piece.line]).at_most(_WITHOUT_LABEL)
        return None

    def lone_sex(self) -> OcrField | None:
        """Return the sex that stands alone, without a label."""
        return self.anywhere(lambda text: text if text in {"男", "女"} else None)


def _readings(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Yield the piece nearest to the label, it with more and more of those beyond, then each of the others alone."""
    yield from (pieces[: end + 1] for end in range(len(pieces)))
    yield from ([piece] for piece in pieces[1:])
