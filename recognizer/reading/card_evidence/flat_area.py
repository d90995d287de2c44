"""Cuts a flat, scaled area out of a photo, in deskewed coordinates."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

_MIN_SIDE: Final = 8
_MAX_SHRINK: Final = 1.5
"""Photos are smoothed before they are shrunk by more than this, so that no single pixel stands for many."""


def surrounding(lines: Sequence[TextLine], beside: float, above: float) -> BoundingBox:
    """Return the bounding box of some lines with margins beside them, and above and below."""
    return BoundingBox(
        min(line.left for line in lines) - beside,
        min(line.top for line in lines) - above,
        max(line.right for line in lines) + beside,
        max(line.bottom for line in lines) + above,
    )


def flatten(text: CardText, area: BoundingBox, scale: float) -> Pixels:
    """Return an area in deskewed pixels as an upright image, ``scale`` times as large."""
    width = max(_MIN_SIDE, round((area.right - area.left) * scale))
    height = max(_MIN_SIDE, round((area.bottom - area.top) * scale))
    quad = text.quad(area)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shrink = float(np.linalg.norm(quad[1] - quad[0])) / width
    image = cv2.blur(text.image, (round(shrink), round(shrink))) if shrink > _MAX_SHRINK else text.image
    transform = cv2.getPerspectiveTransform(quad, corners)
    return cv2.warpPerspective(image, transform, (width, height), borderMode=cv2.BORDER_REPLICATE)


def span(start: float, end: float) -> slice:
    """Return the pixels from ``start`` to ``end``, both included, clipped at 0."""
    return slice(max(0, int(start)), max(0, int(end) + 1))
