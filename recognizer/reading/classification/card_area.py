"""The text in the area of a card: a card may lie on other papers, whose text says nothing about it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout, Piece
from recognizer.reading.ocr.text_lines import BOX_GAP, TextLine, strip_spaces

_MIN_VALUE: Final = 2
_MIN_PART: Final = 4
_MIN_DIGITS: Final = 6
"""Characters of a value, of a part of one and of a number that are hardly in another text by chance."""
_LABEL_LENGTH: Final = 2

type IsOnCard = Callable[[TextLine], bool]
"""Tells whether a line is within the card's outline."""
_BESIDE: Final = 1.5
_ABOVE: Final = 4.0
_BELOW: Final = 2.2
"""How many text heights right of labels, values and title, above and below them text still belongs to them. None does
that is left of them, or begins right of all of them: a card has only its portrait and its chip symbol there. Above the
labels there is only the title, so all text there counts if it is within a known outline."""


def card_pieces(layout: Layout, fields: Fields) -> list[Piece]:
    """Return the texts that are values: of a label that was read, or of a field without one. A title is none."""
    values = [_plain(field.text) for name, field in fields.items() if name != "Type" and len(field.text) >= _MIN_VALUE]
    return [piece for piece in layout.pieces if piece.owner or _is_value(_plain(piece.text), values)]


def _is_value(text: str, values: Sequence[str]) -> bool:
    """Tell whether a text is a value, a line of one, or a short misread label and a value."""
    if text.isdigit() and len(text) < _MIN_DIGITS:
        return False
    date = value_parsers.slashed_date(text)
    return any(
        value in {text, date}
        or (len(text) >= _MIN_PART and text in value)
        or (text.endswith(value) and len(text) <= len(value) + _LABEL_LENGTH)
        for value in values
    )


def _plain(text: str) -> str:
    return "".join(simplified(text).split())


def texts_in_area(layout: Layout, is_on_card: IsOnCard | None = None) -> list[TextLine]:
    """Return the text that is neither label nor title, in and near the area of those, within the outline if known."""
    height, owned = layout.height, layout.own_lines()
    if not owned:
        return []
    left, right = min(line.left for line in owned), max(line.right for line in owned)
    top, bottom = min(line.top for line in owned), max(line.bottom for line in owned)
    return [
        line
        for line in texts_within(layout, is_on_card)
        if (is_on_card is not None and line.middle < top)
        or (
            line.left < right
            and left < (line.left + line.right) / 2 < right + _BESIDE * height
            and top - _ABOVE * height < line.middle < bottom + _BELOW * height
        )
    ]


def texts_within(layout: Layout, is_on_card: IsOnCard | None) -> list[TextLine]:
    """Return the text that is neither label nor title, within the outline if known."""
    texts = [line for piece in layout.pieces for line in _boxes(piece.line)]
    return [line for line in texts if is_on_card is None or is_on_card(line)]


def _boxes(line: TextLine) -> Iterator[TextLine]:
    """Yield the texts that were read separately: one of them may be on another paper."""
    start = 0
    gaps = [index for index, character in enumerate(line.characters) if character.text == BOX_GAP]
    for end in (*gaps, len(line.characters)):
        if start < end and (part := strip_spaces(line.part(start, end))):
            yield part
        start = end + 1
