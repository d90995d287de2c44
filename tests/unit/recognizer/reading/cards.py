"""Cards made of text lines, for tests without models."""

import numpy as np

from recognizer.reading.fields.field_finder import FieldFinder, Reread, no_reread
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.text_lines import TextLine, text_line

HEIGHT = 40.0
"""Line height in pixels for tests in which the size does not matter."""


def line(text: str, left: float, middle: float, height: float = HEIGHT) -> TextLine:
    """Return a line of natural width: a Chinese character has 0.8 of the box height, others half of that."""
    units = sum(2 if ord(character) >= 0x2E80 else 1 for character in text)
    return text_line(
        text,
        left=left,
        top=middle - height / 2,
        right=left + units * 0.4 * height,
        bottom=middle + height / 2,
    )


def finder(*lines: TextLine, reread: Reread = no_reread) -> FieldFinder:
    """Return a finder for a card with these lines."""
    return FieldFinder(Layout(lines), reread)


def text_of(*texts: str, height: float = 20) -> CardText:
    """Return text on a large image, one line below the other."""
    lines = tuple(line(text, 100, 100 + 70 * number, height) for number, text in enumerate(texts))
    pixels = np.zeros((600, 600, 3), np.uint8)
    indexes = tuple(range(len(lines)))
    return CardText(pixels, lines, Deskew(), quarter_turns=0, origin=np.eye(3), quad_indexes=indexes)
