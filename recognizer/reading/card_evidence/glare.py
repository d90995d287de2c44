"""Measures how much of a card is in glare, which hides fields."""

from typing import Final

import cv2
import numpy as np

from recognizer.reading.card_evidence.flat_area import DARK, flatten, span
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import BoundingBox

_SCALE: Final = 6.0
"""Pixels per text height."""
_PAPER_PERCENTILE: Final = 75
"""Percentile of brightness within a text line that is the paper's."""
_BRIGHTER: Final = (0.05, 0.25)
"""How much brighter than the paper behind the text glare is, in log brightness, at least and at most."""
_WHITE: Final = float(np.log(255 + DARK))


def part_in_glare(text: CardText, outline: Quad, height: float) -> float:
    """Return the part of a card that is much brighter than the paper behind its text, from 0 to 1.

    ``outline``: the card's corners in ``text.image``. ``height``: of the text, in deskewed pixels.
    """
    corners = np.array([text.deskew.to_deskewed(x, y) for x, y in outline.tolist()], np.float32)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    area = flatten(text, BoundingBox(left, top, right, bottom), _SCALE / height)
    brightness = np.log(area.pixels.astype(np.float32) + DARK).mean(axis=2)
    lines = [
        brightness[span(upper, lower), span(start, end)] for start, upper, end, lower in area.boxes(text.lines).tolist()
    ]
    papers = [np.percentile(line, _PAPER_PERCENTILE) for line in lines if line.size]
    if not papers:
        return 0.0
    paper = float(np.median(papers))
    least, most = _BRIGHTER
    glare = brightness > paper + min(max((_WHITE - paper) / 2, least), most)
    card = np.zeros(brightness.shape, np.uint8)
    place = (corners - np.array([left, top], np.float32)) * np.float32(area.scale)
    cv2.fillConvexPoly(card, np.round(place).astype(np.int32), 1)
    return float(glare[card > 0].mean()) if card.any() else 0.0
