"""Finds out whether something hides a back's machine-readable lines. A form has blank paper in their place.

What lies on a card comes from outside, so it hides a part of the card's edge, too. The band of a badge does not.
On a screen, what is around a message may seem to hide them: there, the rest differs from the text's background as well.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import flatten_card
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.ocr.brightness import log_brightness
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad

_SIDE: Final = 0.06
_LINES: Final = (0.72, 0.94)
_PRINT: Final = (0.06, 0.66)
"""Where the lines are, and the print above them: from and to which parts of a card's height."""
_BESIDE_EDGE: Final = 0.04
"""How far inside and outside the card's edge colours are compared, as a part of its height."""
_SAME: Final = 0.15
"""The difference of log brightness, in any colour, up to which both are of the same thing."""
_CROSSED: Final = 0.4
"""The least part of one side beside the lines where that is so, if something lies across it."""
_SCALE: Final = 6.0
"""Pixels per text height."""
_HIDDEN: Final = 0.5
"""The part of their place that differs from the paper if something covers them: the lines are 0.3 of it, a hand 0.9."""


def are_lines_hidden(text: CardText, outline: Quad, height: float) -> bool:
    """Tell whether something covers the place of the lines within the ``outline`` (corners in ``text.image``).

    It does not cover most of the print above them. ``height``: of the text, in deskewed pixels.
    """
    lines, print_above = covered_parts(text, outline, height)
    return lines > _HIDDEN > print_above and _is_edge_hidden(text, outline)


def _is_edge_hidden(text: CardText, outline: Quad) -> bool:
    """Tell whether there is no edge along a part of a side beside the lines' place: left, right or below.

    Outside the photo nothing is known.
    """
    upper, lower = _LINES
    along = np.linspace(0, 1, 24)
    down, ends = upper + (lower - upper) * along, np.zeros_like(along)
    across, below = _SIDE + (1 - 2 * _SIDE) * along, np.ones_like(along)
    step = _BESIDE_EDGE
    sides = (((ends, down), (step, 0.0)), ((below, down), (-step, 0.0)), ((across, below), (0.0, -step)))
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    to_image = cv2.getPerspectiveTransform(unit, outline.astype(np.float32))
    image = cv2.blur(text.image, (5, 5))

    def at(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        points = cv2.perspectiveTransform(np.stack([x, y], axis=1)[None].astype(np.float32), to_image)[0]
        columns, rows = points[None, :, 0], points[None, :, 1]
        pixels = cv2.remap(image.astype(np.float32), columns, rows, cv2.INTER_LINEAR, borderValue=(np.nan,) * 3)[0]
        return log_brightness(pixels)

    return any(
        bool((np.abs(at(x + dx, y + dy) - at(x - dx, y - dy)).max(axis=1) < _SAME).mean() > _CROSSED)
        for (x, y), (dx, dy) in sides
    )


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
