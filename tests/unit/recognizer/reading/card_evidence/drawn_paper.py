"""Drawn paper and text on it, for tests of what is seen of a card: the words are given, so no model runs."""

from typing import Any

import numpy as np

from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.text_lines import TextLine

type Image = Any

WHITE, BLUE = (255, 255, 255), (240, 228, 215)

OUTLINE = np.array([[60, 60], [1040, 60], [1040, 660], [60, 660]], np.float32)


def blank(colour: tuple[int, int, int]) -> Image:
    return np.full((700, 1100, 3), colour, np.uint8)


def patterned(paper: tuple[int, int, int]) -> Image:
    """Return paper with fine lines."""
    image = blank(paper)
    image[::6] = (image[::6] * 0.9).astype(np.uint8)
    return image


def text_on(image: Image, lines: list[TextLine]) -> CardText:
    return CardText(image, tuple(lines), Deskew(), 0, np.eye(3), tuple(range(len(lines))))
