"""Where an image differs from the paper of a card's text: a portrait, a hand, the table."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import Mask, brightness_of, in_any_colour, span
from recognizer.reading.ocr.brightness import colour_percentiles, log_brightness
from recognizer.reading.ocr.engine import Pixels

_PAPER_PERCENTILE: Final = 75
"""Percentile of brightness within a text line that is the paper's."""
_DARKER: Final = -0.22
_TINTED: Final = 0.1
_BRIGHT: Final = 0.3
"""How far a picture differs from the nearest paper, in log brightness and in the log of any one colour. Glare is
brighter."""


def differs_from_paper(flat: Pixels, boxes: NDArray[Any], text_height: float) -> Mask:
    """Return where ``flat`` differs from the paper of text lines; those at the same height count most.

    ``boxes``: left, top, right and bottom of each line, in pixels of ``flat``, like ``text_height``.
    """
    colours = log_brightness(flat)
    papers, middles = [], []
    for left, top, right, bottom in boxes.tolist():
        cut = flat[span(top, bottom), span(left, right)]
        if cut.size:
            papers.append(log_brightness(colour_percentiles(cut, _PAPER_PERCENTILE)))
            middles.append((top + bottom) / 2)
    if not papers:
        return np.zeros(flat.shape[:2], bool)
    weights = 1 / (text_height + (np.arange(flat.shape[0])[:, None] - np.array(middles)) ** 2)
    local = weights @ np.stack(papers) / weights.sum(axis=1, keepdims=True)
    difference = colours - local[:, None, :]
    brighter = brightness_of(difference)
    tint = in_any_colour(difference - brighter[..., None])
    return np.asarray((brighter < _DARKER) | ((tint > _TINTED) & (brighter < _BRIGHT)))
