"""Cards made of text lines, for tests without models."""

from recognizer.reading.fields.field_finder import FieldFinder, Reread, no_reread
from recognizer.reading.layout.card_layout import Layout
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
