"""Measures how much of a card is in glare, which hides fields."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import Mask, brightness_of, flatten_card, span
from recognizer.reading.ocr.brightness import log_brightness
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels, Quad

_SCALE: Final = 6.0
"""Pixels per text height."""
_PAPER_PERCENTILE: Final = 75
"""Percentile of brightness within a text line that is the paper's."""
_BRIGHTER: Final = (0.05, 0.25)
"""How much brighter than the paper behind the text glare is, in log brightness, at least and at most."""
_WHITE: Final = float(log_brightness(np.array(255)))


def part_in_glare(text: CardText, outline: Quad, height: float) -> float:
    """Return the part of a card that is much brighter than the paper behind its text, from 0 to 1.

    ``outline``: the card's corners in ``text.image``. ``height``: of the text, in deskewed pixels.
    """
    area, corners = flatten_card(text, outline, _SCALE / height)
    glare, card = in_glare(area.pixels, area.boxes(text.lines)), area.within(corners)
    return float(glare[card].mean()) if card.any() else 0.0


def in_glare(pixels: Pixels, lines: NDArray[np.float64]) -> Mask:
    """Return which pixels are much brighter than the paper behind ``lines``: left, top, right and bottom of each."""
    brightness = brightness_of(log_brightness(pixels))
    texts = [brightness[span(upper, lower), span(start, end)] for start, upper, end, lower in lines.tolist()]
    papers = [np.percentile(text, _PAPER_PERCENTILE) for text in texts if text.size]
    if not papers:
        return np.zeros(brightness.shape, bool)
    paper = float(np.median(papers))
    least, most = _BRIGHTER
    return np.asarray(brightness > paper + min(max((_WHITE - paper) / 2, least), most))
