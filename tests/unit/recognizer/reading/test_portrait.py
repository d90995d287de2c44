"""Finding the portrait on synthetic cards made of rectangles and text lines."""

import cv2
import numpy as np

from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.portrait import PortraitCrop, find_portrait
from tests.unit.recognizer.reading.cards import line

DESK, PAPER, BACKGROUND, COAT = (60, 90, 70), (225, 230, 235), (180, 150, 140), (50, 40, 90)
PORTRAIT = (210, 180, 240, 310)
"""Left, top, width and height."""
LINES = tuple(line("有效期限 2018.10.09", 480, 150 + 70 * number) for number in range(6))


def card() -> Pixels:
    """Return a slightly blurred card on a desk."""
    image = np.full((700, 1100, 3), DESK, np.uint8)
    cv2.rectangle(image, (150, 100), (810, 620), PAPER, -1)
    x, y, width, height = PORTRAIT
    cv2.rectangle(image, (x, y), (x + width, y + height), BACKGROUND, -1)
    cv2.ellipse(image, (x + width // 2, y + height), (width // 3, height // 3), 0, 180, 360, COAT, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 5), np.uint8)


def found(image: Pixels) -> PortraitCrop | None:
    text = CardText(image, LINES, Deskew(), 0, np.eye(3), ())
    return find_portrait(text, Layout(LINES), 1.0)


def cover(portrait: PortraitCrop) -> float:
    """Return the intersection over union with the true position."""
    x, y, width, height = PORTRAIT
    common_width = min(x + width, portrait.x + portrait.width) - max(x, portrait.x)
    common_height = min(y + height, portrait.y + portrait.height) - max(y, portrait.y)
    common = max(0, common_width) * max(0, common_height)
    return common / (width * height + portrait.width * portrait.height - common)


def test_the_portrait_is_the_rectangle_with_paper_around_it() -> None:
    portrait = found(card())
    assert portrait is not None
    assert cover(portrait) > 0.8


def test_a_larger_paper_beside_the_card_is_not_the_portrait() -> None:
    image = card()
    cv2.rectangle(image, (840, 90), (1090, 430), (250, 250, 250), -1)
    portrait = found(image)
    assert portrait is not None
    assert cover(portrait) > 0.8
