"""Finds out whether something hides a back's machine-readable lines. A form has blank paper in their place.

On a screen, what is around a message may seem to hide them: there, the rest differs from the text's background as well.
"""

from typing import Final

import numpy as np

from recognizer.reading.card_evidence.flat_area import flatten_card
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad

_SIDE: Final = 0.06
_LINES: Final = (0.72, 0.94)
_PRINT: Final = (0.06, 0.66)
"""Where the lines are, and the print above them: from and to which parts of a card's height."""
_SCALE: Final = 6.0
"""Pixels per text height."""
_HIDDEN: Final = 0.5
"""The part of their place that differs from the paper if something covers them: the lines are 0.3 of it, a hand 0.9."""


def are_lines_hidden(text: CardText, outline: Quad, height: float) -> bool:
    """Tell whether something covers the place of the lines within the ``outline`` (corners in ``text.image``).

    It does not cover most of the print above them. ``height``: of the text, in deskewed pixels.
    """
    lines, print_above = covered_parts(text, outline, height)
    return lines > _HIDDEN > print_above


def covered_parts(text: CardText, outline: Quad, height: float) -> tuple[float, float]:
    """Return which parts of the lines' place and of the print above it differ from the paper behind the text."""
    area, corners = flatten_card(text, outline, _SCALE / height)
    different = differs_from_paper(area.pixels, area.boxes(text.lines), _SCALE)
    places = [area.within(_part(corners, top, bottom)) for top, bottom in (_LINES, _PRINT)]
    lines, print_above = (float(different[place].mean()) if place.any() else 0.0 for place in places)
    return lines, print_above


def _part(corners: Quad, top: float, bottom: float) -> Quad:
    """Return the corners of a part of a card with these corners."""
    upper_left, upper_right, lower_right, lower_left = corners

    def at(across: float, down: float) -> Quad:
        left, right = upper_left + down * (lower_left - upper_left), upper_right + down * (lower_right - upper_right)
        return np.asarray(left + across * (right - left), np.float32)

    return np.stack([at(_SIDE, top), at(1 - _SIDE, top), at(1 - _SIDE, bottom), at(_SIDE, bottom)])
