"""Finds out whether something hides a back's machine-readable lines. A form has blank paper in their place."""

from typing import Final

import numpy as np

from recognizer.reading.card_evidence.flat_area import flatten_card
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad

_TOP, _BOTTOM, _SIDE = 0.72, 0.94, 0.06
"""Where the lines are, as parts of a card's height and width."""
_SCALE: Final = 6.0
"""Pixels per text height."""
_HIDDEN: Final = 0.5
"""The part of their place that differs from the paper if something covers them: the lines are 0.3 of it, a hand 0.9."""


def are_lines_hidden(text: CardText, outline: Quad, height: float) -> bool:
    """Tell whether something covers the place of the lines within the ``outline`` (corners in ``text.image``).

    ``height``: of the text, in deskewed pixels.
    """
    return covered_part(text, outline, height) > _HIDDEN


def covered_part(text: CardText, outline: Quad, height: float) -> float:
    """Return the part of the lines' place that differs from the paper behind the text above it."""
    area, corners = flatten_card(text, outline, _SCALE / height)
    different = differs_from_paper(area.pixels, area.boxes(text.lines), _SCALE)
    place = area.within(_part(corners))
    return float(different[place].mean()) if place.any() else 0.0


def _part(corners: Quad) -> Quad:
    """Return the corners of the lines' place on a card with these corners."""
    upper_left, upper_right, lower_right, lower_left = corners

    def at(across: float, down: float) -> Quad:
        left, right = upper_left + down * (lower_left - upper_left), upper_right + down * (lower_right - upper_right)
        return np.asarray(left + across * (right - left), np.float32)

    return np.stack([at(_SIDE, _TOP), at(1 - _SIDE, _TOP), at(1 - _SIDE, _BOTTOM), at(_SIDE, _BOTTOM)])
