"""What the field readers are given: a card's layout, a way to look again, and the rules for finding a label's value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recognizer.reading.labels import Label
from recognizer.reading.layout import Layout, Piece, Place, text_of

type LookAgain = Callable[[Place, str | None], str]
"""Reads one line in a rectangle of levelled pixels, only in the characters given; empty unless it is sure."""
type Take = Callable[[str], str | None]
"""Takes a value in its printed form out of a text."""


def nothing_more(_place: Place, _alphabet: str | None) -> str:
    """Look again and see nothing: for a page that is only text."""
    return ""


@dataclass(frozen=True)
class Page:
    """One card as text."""

    layout: Layout
    look_again: LookAgain = nothing_more

    def value(self, label: Label, take: Take, *, alphabet: str | None = None) -> str | None:
        """Return what stands beside or below a label, in the form that ``take`` knows.

        With an ``alphabet``, strips where the detector found nothing are read again: it passes over lone characters.
        """
        anchor = self.layout.anchor(label)
        if anchor is None:
            return None
        beside, below = self.layout.right_of(anchor), self.layout.below(anchor)
        for pieces in (below, beside) if self.layout.values_are_below() else (beside, below):
            for text in _readings(pieces):
                if found := take(text):
                    return found
        if alphabet is None:
            return None
        strips = [self.layout.strip_right_of(anchor), self.layout.strip_below(anchor)]
        for strip in reversed(strips) if self.layout.values_are_below() else strips:
            if strip and (found := take(self.look_again(strip, alphabet))):
                return found
        return None

    def anywhere(self, take: Take, *, not_beside: frozenset[Label] = frozenset()) -> str | None:
        """Return the first value of a form on the whole card, leaving out what other labels own."""
        for piece in self.layout.pieces:
            if (piece.owner is None or piece.owner.label not in not_beside) and (found := take(piece.text)):
                return found
        return None


def _readings(pieces: list[Piece]) -> Iterator[str]:
    """Yield the pieces together, then each alone."""
    if not pieces:
        return
    yield text_of(pieces)
    if len(pieces) > 1:
        yield from (piece.text for piece in pieces)
