"""Where an image differs from the paper of a card's text: a portrait, a hand, the table."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import DARK, Mask, span
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
    colours = np.log(flat.astype(np.float32) + DARK)
    papers, middles = [], []
    for left, top, right, bottom in boxes.tolist():
        cut = colours[span(top, bottom), span(left, right)].reshape(-1, 3)
        if len(cut):
            papers.append(np.percentile(cut, _PAPER_PERCENTILE, axis=0))
            middles.append((top + bottom) / 2)
    if not papers:
        return np.zeros(flat.shape[:2], bool)
    weights = 1 / (text_height + (np.arange(flat.shape[0])[:, None] - np.array(middles)) ** 2)
    local = weights @ np.stack(papers) / weights.sum(axis=1, keepdims=True)
    difference = colours - local[:, None, :]
    brighter = difference.mean(axis=2)
    tint = np.abs(difference - brighter[..., None]).max(axis=2)
    return np.asarray((brighter < _DARKER) | ((tint > _TINTED) & (brighter < _BRIGHT)))
