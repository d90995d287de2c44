"""Cuts the card out of a photo, for a closer second look."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels, Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

_FEW_LINES: Final = 6
"""With fewer lines, the size of the card cannot be estimated."""
_SIDE_MARGIN: Final = 0.65
_TOP_MARGIN: Final = 0.35
"""The card extends beyond its text to the sides and above by these fractions of the text's width and height."""
_OUTLINE_MARGIN: Final = 0.04
"""Margin around a card's outline, which is 0.01 to 0.05 off, relative to its width and height."""


def close_up(text: CardText, core: Sequence[TextLine], outline: Quad | None = None) -> tuple[Pixels, NDArray[Any]]:
    """Return the part of the image around the card's lines, rectified, and its ``origin``.

    ``core`` are the lines that certainly belong to the card, at least one. The card extends beyond them: there may be a
    portrait beside them and a title above. ``outline``: the card's corners in the image, if found. If all these lines
    are within it, it is the part, because it shows the perspective, and how far the card extends beyond a shadow.
    """
    if outline is not None and _contains(outline, text, core):
        return _rectified(text, _widened(outline))
    left, right = min(line.left for line in core), max(line.right for line in core)
    top, bottom = min(line.top for line in core), max(line.bottom for line in core)
    width, height = right - left, bottom - top
    few = len(core) < _FEW_LINES
    beside = max(_SIDE_MARGIN * width, height if few else 0.0)
    above = max(_TOP_MARGIN * height, width if few else 0.0)
    left, right, top, bottom = _clipped_to_image(
        text, BoundingBox(left - beside, top - above, right + beside, bottom + above)
    )
    return _rectified(text, text.quad(BoundingBox(left, top, right, bottom)))


def _contains(outline: Quad, text: CardText, lines: Sequence[TextLine]) -> bool:
    """Tell whether the middle of each line is within the outline."""
    middles = (text.deskew.to_image((line.left + line.right) / 2, line.middle) for line in lines)
    return all(cv2.pointPolygonTest(outline, middle, measureDist=False) >= 0 for middle in middles)


def _widened(outline: Quad) -> Quad:
    """Return the corners of a card with a margin around it, in its perspective."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    wider = unit + (2 * unit - 1) * _OUTLINE_MARGIN
    transform = cv2.getPerspectiveTransform(unit, outline)
    return np.asarray(cv2.perspectiveTransform(wider[None].astype(np.float32), transform)[0], np.float32)


def _rectified(text: CardText, quad: Quad) -> tuple[Pixels, NDArray[Any]]:
    """Return the content of a quadrilateral as an upright image, and its ``origin``."""
    straight = engine.crop(text.image, quad)
    rows, columns = straight.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    return straight, cv2.getPerspectiveTransform(corners, text.in_photo(quad))


def _clipped_to_image(text: CardText, box: BoundingBox) -> tuple[float, float, float, float]:
    """Clip a box to the image. Returns left, right, top and bottom."""
    height, width = text.image.shape[:2]
    corners = np.array([text.deskew.to_deskewed(x, y) for x in (0, width) for y in (0, height)])
    (least_x, least_y), (most_x, most_y) = corners.min(axis=0), corners.max(axis=0)
    return (
        max(box.left, float(least_x)),
        min(box.right, float(most_x)),
        max(box.top, float(least_y)),
        min(box.bottom, float(most_y)),
    )
