"""Tells where the edges of a HK/Macao back are from its machine-readable lines, and whether what is around them fits.

The lines span nearly the whole width of a card and are the last thing on it. A card ends there and hides what it lies
on, so no text begins on it and ends beside it, and its outline is no larger. On a page of a manual that prints the
lines as an example, running text crosses these edges, and an outline is the page's or a frame's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import TextLine, boxes

_LINE_LENGTH: Final = 30
_WHOLE: Final = 28
"""Characters of a line of which at most two are unread: its ends are those of the print."""
_MARGIN: Final = 0.05
"""Between the lines and the card's left and right edges, in widths of the lines. It is 0.055 on drawn cards."""
_REACH: Final = 0.06
"""How far a text must be on both sides of an edge: perspective moves the edges of cards that are seen from aside. With
ten characters an inch (ICAO Doc 9303 part 3), the lines are 76 mm wide on a card of 85.6 mm, so such a text ends beyond
any margin that a card has."""
_ABOVE: Final = 0.51
_BELOW: Final = 0.085
"""From how far above the last line's middle to how far below it text counts: from below the title to the card's lower
edge, which is 0.6 and 0.07 away on drawn cards."""
_BELOW_LINES: Final = (0.05, 0.16)
"""How far below the last line's middle a caption is. A nearer text is a part of the lines; a farther one may be on the
table."""
_CAPTION_CONFIDENCE: Final = 0.4
"""The least of a caption's characters: captions are small. Below it, shadows are read as text."""
_WORDS: Final = re.compile("[\u3400-\u9fff]{2}|[a-z]{3}")
"""In a caption, but not in a part of the lines, however that was read."""
_FILLER: Final = re.compile("[<＜《«]")
_BELOW_UPPER_EDGE: Final = 0.57
"""From how far above the last line's middle a text is certainly not above the card, whose upper edge is 0.64 away."""
_LONG: Final = 10
_PUNCTUATION: Final = re.compile("[，。；,;]")
"""Characters of a running text, and what it has. Titles and watermarks have none."""
_BESIDE: Final = 2.0
_SAME_ROW: Final = 0.3
"""How far a text is beside a line, in its heights."""
_NUMBER_LENGTH: Final = 2
_LIST_ITEM: Final = re.compile(r"\s*[(（]?([1-9])[)）、]")
_MIN_ITEMS: Final = 3
"""Numbers before the sentences of a page. Nobody knows a back with so many numbered notes."""
_MOST_MARGINS: Final = 0.3
_MOST_BELOW: Final = 0.12
"""The margins of an outline at both sides together, and below the last line's middle, at most. On own backs of level 2
they were 0.21 and 0.1, except 0.13 below one whose outline was another paper's; on pages 0.27 and 0.14 or more."""
_MIN_ROWS: Final = 2
_MAX_LEAN: Final = 0.25
_MIN_CONFIDENCE: Final = 0.6
_MIN_LENGTH: Final = 3


@dataclass(frozen=True, slots=True)
class CardOfLines:
    """The place of the lines in deskewed pixels: their ends, and the middle of the last one.

    ``lean``: how far the card's left and right edges go to the right per pixel down, in a photo taken from aside.
    """

    rows: Sequence[TextLine]
    left: float
    right: float
    last: float
    lean: float

    def texts_across_edges(self, lines: Sequence[TextLine]) -> int:
        """Return how many of the ``lines`` cross the card's left or right edge."""
        width = self.right - self.left
        edges, reach = (self.left - _MARGIN * width, self.right + _MARGIN * width), _REACH * width
        return sum(
            self.last - _ABOVE * width < text.middle < self.last + _BELOW * width
            and any(
                text.left < edge - reach and text.right > edge + reach
                for edge in (edge + self.lean * (text.middle - self.last) for edge in edges)
            )
            for line in lines
            for text in boxes(line)
            if text.confidence >= _MIN_CONFIDENCE and len(text.text) >= _MIN_LENGTH and not self._is_line(text)
        )

    def texts_above_title(self, title: TextLine, lines: Sequence[TextLine]) -> int:
        """Return how many running texts are between the title and the card's upper edge, where a card has none."""
        width = self.right - self.left
        return sum(
            self.last - _BELOW_UPPER_EDGE * width < text.middle < title.top
            and text.left < self.right
            and text.right > self.left
            for line in lines
            for text in boxes(line)
            if text.confidence >= _MIN_CONFIDENCE and len(text.text) >= _LONG and _PUNCTUATION.search(text.text)
        )

    def texts_below(self, lines: Sequence[TextLine]) -> list[TextLine]:
        """Return the texts close below the lines, where a card has nothing more; they may be beside the card."""
        nearest, farthest = (self.last + part * (self.right - self.left) for part in _BELOW_LINES)
        return [
            line
            for line in lines
            if nearest < line.middle < farthest
            and self.left < (line.left + line.right) / 2 < self.right
            and _WORDS.search(line.text)
            and not _FILLER.search(line.text)
            and line.confidence >= _CAPTION_CONFIDENCE
        ]

    def are_explained(self, lines: Sequence[TextLine]) -> bool:
        """Tell whether two or more of the lines have a short text beside them, or a numbered list is around them."""
        beside = [
            any(
                abs(text.middle - row.middle) < _SAME_ROW * row.height
                and 0 < max(row.left - text.right, text.left - row.right) < _BESIDE * row.height
                for line in lines
                for text in boxes(line)
                if len(text.text) <= _NUMBER_LENGTH
            )
            for row in self.rows
        ]
        items = {found[1] for line in lines if (found := _LIST_ITEM.match(line.text))}
        return sum(beside) > 1 or len(items) >= _MIN_ITEMS

    def fits(self, outline: Quad) -> bool:
        """Tell whether an ``outline`` with these deskewed corners is that of the card, or smaller, but not larger."""
        width = self.right - self.left
        upper_left, upper_right, lower_right, lower_left = outline
        middle = float(np.mean([row.middle for row in self.rows]))
        sides = _at(upper_right, lower_right, middle) - _at(upper_left, lower_left, middle)
        below = float(lower_left[1] + lower_right[1]) / 2 - self.last
        return sides - width < _MOST_MARGINS * width and below < _MOST_BELOW * width

    def _is_line(self, text: TextLine) -> bool:
        return any(abs(text.middle - row.middle) < row.height / 2 for row in self.rows)


def texts_above(rows: Sequence[TextLine], lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the legible texts above the first of some rows that are within half their width of them."""
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    first, reach = min(row.top for row in rows), (right - left) / 2
    return [
        line
        for line in lines
        if line.middle < first
        and left - reach < line.right
        and line.left < right
        and line.confidence >= _MIN_CONFIDENCE
        and len(line.text) >= _MIN_LENGTH
    ]


def card_of_lines(machine_rows: Sequence[TextLine], outline: Quad | None = None) -> CardOfLines | None:
    """Return where the card is whose lines these are; None if none was read to both ends.

    ``outline``: the card's deskewed corners, which tell how far its sides lean if too few lines are complete.
    """
    whole = [row for row in machine_rows if _WHOLE <= len(re.sub(r"\s", "", row.text)) <= _LINE_LENGTH]
    if not whole:
        return None
    last, lean = max(row.middle for row in machine_rows), _lean(whole, outline)
    left = min(row.left + lean * (last - row.middle) for row in whole)
    right = max(row.right + lean * (last - row.middle) for row in whole)
    return CardOfLines(machine_rows, left, right, last, lean)


def _lean(rows: Sequence[TextLine], outline: Quad | None) -> float:
    """Return how far complete rows move to the right per pixel down: of others, the beginning may be unread."""
    complete = [row for row in rows if len(re.sub(r"\s", "", row.text)) == _LINE_LENGTH]
    if len(complete) >= _MIN_ROWS:
        slope = float(np.polyfit([row.middle for row in complete], [row.left for row in complete], 1)[0])
    elif outline is not None:
        upper_left, upper_right, lower_right, lower_left = outline
        down, across = (lower_left + lower_right - upper_left - upper_right)[::-1]
        slope = float(across / max(down, 1.0))
    else:
        return 0.0
    return float(np.clip(slope, -_MAX_LEAN, _MAX_LEAN))


def _at(upper: Quad, lower: Quad, y: float) -> float:
    """Return the x of the edge between two corners at the height ``y``."""
    return float(np.interp(y, (upper[1], lower[1]), (upper[0], lower[0])))
