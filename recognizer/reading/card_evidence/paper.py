"""Measures what is printed behind a card's text: a colour or a pattern. Forms are printed on blank paper.

Cards are printed in dark inks on light paper. Light text is on a screen, such as in the dark bubbles of a chat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import brightness_of, flatten, span, surrounding
from recognizer.reading.ocr.brightness import colour_percentiles, log_brightness
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.text_lines import TextLine

_SCALE: Final = 16.0
"""Pixels per text height: fine enough for the lines of a pattern."""
_MIN_BLANK: Final = 400
"""Pixels without text that are a sufficient sample."""
_SMOOTH: Final = (9, 9)
_PERCENTILE: Final = 60
_INK_SCALE: Final = 12.0
_INK_EXTREMES: Final = (3, 97)
"""Percentiles of brightness in a text line that are its ink's and its paper's, or the other way round."""
_LIGHT_LINES: Final = 0.75
"""The part of the lines that is light. Shadows and glare make it 0.5 at most on own cards of level 2."""
_OTHER_COLOUR: Final = (0.022, 0.15)
"""How far another paper's colour is from that behind the card's own lines, in log brightness, at least and at most. On
own fronts of level 2, nine of ten lines of other papers differ so much, and one of ten on the card. A printed band
differs more: its text counts."""
_WHITE: Final = 250
_MOST: Final = 0.8
"""If more of the paper is white, it is no reflection."""


@dataclass(frozen=True, slots=True)
class Paper:
    """``colour``: how far its colours are from grey. ``pattern``: its unevenness. In hundredths of its brightness."""

    colour: float
    pattern: float


def examine_paper(text: CardText, lines: Sequence[TextLine], height: float) -> Paper | None:
    """Return the traits of the paper between the ``lines``; None if too little of it is visible."""
    area = flatten(text, surrounding(lines, 0, 0), _SCALE / height)
    blank = np.ones(area.pixels.shape[:2], np.uint8)
    for left, top, right, bottom in area.boxes(text.lines).tolist():
        blank[span(top - 3, bottom + 3), span(left - 6, right + 6)] = 0
    inside = cv2.erode(blank, np.ones((5, 5), np.uint8)) > 0
    inside &= ~_in_glare(area.pixels, inside)
    if inside.sum() < _MIN_BLANK:
        return None
    colours = log_brightness(area.pixels)
    grey = brightness_of(colours)
    smooth = cv2.blur(grey * blank, _SMOOTH) / (cv2.blur(blank.astype(np.float32), _SMOOTH) + 1e-6)
    fine = np.abs(cv2.blur(grey, (3, 3)) - smooth)
    paper = log_brightness(colour_percentiles(area.pixels[inside][:, None], 50))
    return Paper(float(100 * np.ptp(paper)), float(100 * np.percentile(fine[inside], _PERCENTILE)))


def is_text_light(text: CardText, lines: Sequence[TextLine], height: float) -> bool:
    """Tell whether the text of nearly all ``lines`` is lighter than its background, which is most of each line's box.

    ``height``: of the text, in deskewed pixels.
    """
    area = flatten(text, surrounding(lines, 0, 0), _INK_SCALE / height)
    brightness = brightness_of(log_brightness(area.pixels))
    boxes = area.boxes(lines).tolist()
    cuts = [brightness[span(top, bottom), span(left, right)] for left, top, right, bottom in boxes]
    return _are_light(cuts) and _are_light([part for cut in cuts for part in _parts(cut)])


def _are_light(cuts: Sequence[NDArray[Any]]) -> bool:
    """Tell whether most of nearly all pieces of text is darker than the middle between ink and paper."""
    light = [float((cut < np.percentile(cut, _INK_EXTREMES).mean()).mean()) > 0.5 for cut in cuts if cut.size]  # noqa: PLR2004
    return bool(light) and float(np.mean(light)) >= _LIGHT_LINES


def _parts(cut: NDArray[Any]) -> list[NDArray[Any]]:
    """Return a line of text in parts about twice as wide as high: a shadow over half of a line is its own ink."""
    return np.array_split(cut, max(1, round(cut.shape[1] / max(1, 2 * cut.shape[0]))), axis=1)


def lines_on_same_paper(text: CardText, lines: Sequence[TextLine], own: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Return some lines without those whose paper has a colour of another paper than that behind most ``own`` lines."""
    if not own:
        return tuple(lines)
    usual = np.median([text.paper_colour(line) for line in own], axis=0)
    least, most = _OTHER_COLOUR
    return tuple(line for line in lines if not least < np.abs(text.paper_colour(line) - usual).max() < most)


def _in_glare(pixels: Pixels, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pixels are white because of a reflection: if nearly all are, the paper itself is white."""
    white = cv2.inRange(pixels, (_WHITE,) * 3, (255,) * 3) > 0
    return white if inside.any() and white[inside].mean() < _MOST else np.zeros_like(white)
