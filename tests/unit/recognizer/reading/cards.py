"""Pages made of text, for tests without models."""

from recognizer.reading.fields.field_finder import FieldFinder, Reread, no_reread
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.text_lines import TextLine, text_line

HEIGHT = 40.0
"""Height in pixels of a line whose size does not matter to the test."""


def line(text: str, left: float, middle: float, height: float = HEIGHT) -> TextLine:
    """Return a line as wide as its characters are: a Chinese one 0.8 of the box' height, others half of that."""
    units = sum(2 if ord(character) >= 0x2E80 else 1 for character in text)
    return text_line(
        text,
        left=left,
        top=middle - height / 2,
        right=left + units * 0.4 * height,
        bottom=middle + height / 2,
    )


def finder(*lines: TextLine, reread: Reread = no_reread) -> FieldFinder:
    """Return the page that these lines make."""
    return FieldFinder(Layout(lines), reread)
