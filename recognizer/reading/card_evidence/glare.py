"""Measures how much of a card is in glare, which hides fields."""

from typing import Final

import numpy as np

from recognizer.reading.card_evidence.flat_area import DARK, flatten_card, span
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad

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
    area, corners = flatten_card(text, outline, _SCALE / height)
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
    card = area.within(corners)
    return float(glare[card].mean()) if card.any() else 0.0
