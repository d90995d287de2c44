"""Finds out whether a picture is printed beside a card's text. Forms have blank paper there.

It needs no frame and no face: a picture is a compact area that differs from the paper behind the text. ``portrait``
looks for the exact rectangle; this only tells whether there is one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import Mask, flatten, span, surrounding, up_to_outline
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.card_evidence.person import inside
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import TextLine

_SCALE: Final = 6.0
"""Pixels per text height in the searched image: enough for the outline of a head."""
_REACH: Final = 18.0
"""A picture is at most this many text heights beside the text."""
_ABOVE: Final = 3.0
_WIDTHS: Final = (2.5, 14.0)
_HEIGHTS: Final = (3.0, 18.0)
_SHAPES: Final = (0.4, 1.6)
_MIN_AREA: Final = 5.0
"""Sizes of a separate picture in text heights. Portraits cover 7 to 34 squared ones."""
_BESIDE: Final = 0.2
"""The part of a portrait that is beside the text at least, if only the lowest lines can be read."""
_WINDOWS: Final = ((5.5, 7.0), (7.0, 9.0), (8.5, 11.0), (10.0, 13.0))
_FRAME: Final = 0.5
_FILLED: Final = (0.3, 0.9)
_BLANK_AROUND: Final = 0.85
CERTAIN: Final = 0.45
_POSSIBLE: Final = 0.2
_NONE: Final = -0.15


def picture_beside(
    text: CardText,
    lines: Sequence[TextLine],
    height: float,
    *,
    on_the_left: bool,
    outline: Quad | None = None,
    may_be_above: bool = False,
) -> float:
    """Return the points for a picture beside the ``lines``, whose text has this height: negative if there is none.

    It counts less if it is not separate from its surroundings: a hand or a dark table may touch a portrait, but it may
    also be the corner of a page. Outside the card's ``outline``, if it is known, there is none.
    ``on_the_left`` tells where the side has its portrait: a picture at the lines' other end is another document's.
    ``may_be_above``: above all ``lines`` as well, as far up as the outline.
    """
    box = surrounding(lines, _REACH * height, _ABOVE * height)
    if may_be_above and outline is not None:
        box = up_to_outline(box, text, outline)
    area = flatten(text, box, _SCALE / height)
    boxes = area.boxes(lines)
    different = differs_from_paper(area.pixels, boxes, _SCALE)
    if on_the_left:
        different[:, span(float(np.median(boxes[:, 2])), different.shape[1])] = False
    else:
        different[:, span(0, float(np.median(boxes[:, 0])))] = False
    for left, top, right, bottom in area.boxes(text.lines).tolist():
        different[span(top - 1, bottom + 1), span(left - 1, right + 1)] = False
    if outline is not None:
        different &= inside(area, text, outline)
    first_row = 0.0 if may_be_above and outline is not None else float(boxes[:, 1].min())
    if _has_separate_picture(different, first_row):
        return CERTAIN
    return _POSSIBLE if _has_window(different) else _NONE


def _has_separate_picture(different: Mask, first_row: float) -> bool:
    """Tell whether a connected area has the size and shape of a portrait and does not reach the searched edge.

    ``first_row``: where the lines begin. What is above them is a badge's portrait.
    """
    thick = cv2.morphologyEx(different.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))  # a collar separates head and shoulders
    _, _, parts, _ = cv2.connectedComponentsWithStats(solid)
    rows, columns = solid.shape
    return any(
        left > 0
        and top > 0
        and left + width < columns
        and top + height < rows
        and _WIDTHS[0] < width / _SCALE < _WIDTHS[1]
        and _HEIGHTS[0] < height / _SCALE < _HEIGHTS[1]
        and _SHAPES[0] < width / height < _SHAPES[1]
        and top + height - first_row > _BESIDE * height
        and area > _MIN_AREA * _SCALE**2
        for left, top, width, height, area in parts[1:].tolist()
    )


def _has_window(different: Mask) -> bool:
    """Tell whether a partly filled window has paper above it and on one side."""
    total = np.pad(different.astype(np.float32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return any(bool(found.any()) for found in _windows(total))


def _windows(total: NDArray[Any]) -> Iterator[Mask]:
    """Yield for each window size where such a window begins. ``total`` is an integral image."""
    margin = round(_FRAME * _SCALE)
    for across, down in _WINDOWS:
        width, height = round(across * _SCALE), round(down * _SCALE)
        rows, columns = total.shape[0] - 1 - height - 2 * margin, total.shape[1] - 1 - width - 2 * margin
        if rows <= 0 or columns <= 0:
            continue
        inside = _means(total, (rows, columns), margin, (0, height, 0, width))
        above = _means(total, (rows, columns), margin, (-margin, 0, 0, width))
        left = _means(total, (rows, columns), margin, (0, height, -margin, 0))
        right = _means(total, (rows, columns), margin, (0, height, width, width + margin))
        around = np.maximum(above, np.minimum(left, right))
        yield np.asarray((inside > _FILLED[0]) & (inside < _FILLED[1]) & (around < 1 - _BLANK_AROUND))


def _means(
    total: NDArray[Any], shape: tuple[int, int], margin: int, part: tuple[int, int, int, int]
) -> NDArray[np.float64]:
    """Return for every place the mean of a part of the window there: top, bottom, left and right in its pixels."""
    top, bottom, left, right = part

    def at(down: int, across: int) -> NDArray[Any]:
        return total[margin + down :, margin + across :][: shape[0], : shape[1]]

    sums = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
    return np.asarray(sums / ((bottom - top) * (right - left)))
