"""Counts where labels and values are not where a card side has them.

Only their order and rows are compared: no two editions have the same distances, and only some are known.
"""

from itertools import permutations
from statistics import median
from typing import Final

from recognizer.reading.classification.card_sides import PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.side_print import ALWAYS_PRINTED, NEW_NUMBER, NOT_LABELS, ROWS, SAME_ROW
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import Anchor, Label
from recognizer.reading.ocr.text_lines import TextLine

_MAX_OUT_OF_ORDER: Final = 3
"""More do not make it more certain."""
_TITLE_ABOVE: Final = 0.6
"""Text heights by which a label may be above a title that is read with a slope."""
_SAME_HEIGHT: Final = 0.3
"""The same for labels in the wrong order."""
_OTHER_ROW: Final = 0.8
"""Text heights from which on labels are in different rows."""
_TITLE_LEFT: Final = 2.0
"""A travel permit's title begins above its portrait, at least so many text heights left of the labels."""
_TITLE_HEIGHTS: Final = {CardSide.RESIDENCE_BACK: 1.15} | dict.fromkeys(PERMIT_BY_FRONT, 0.9)
"""How many times as high as the values a title is, at least."""
_MAX_HEIGHT: Final = 21.0
"""A card is 17 text heights high, by the size of values on a photo of a specimen; with small print a few more."""
_FAR: Final = 6.0
"""A value beside its label is at most so many text heights away; those at the other side of a screen are farther."""
_UNREAD_LABELS: Final = 2
"""How many values may seem to be far from their label, because the label before them was not read."""
_MAX_FAR: Final = 2
_VALUES_BELOW: Final = 2
"""Signs that values below their labels count as, on a side that has them beside each other."""
_LABELS_BESIDE: Final = frozenset({CardSide.RESIDENCE_FRONT, CardSide.RESIDENCE_BACK})
"""Sides in the form of the resident identity card, which has its labels left of the values."""


def misplaced(layout: Layout, card_side: CardSide, fields: Fields) -> int:
    """Return how many signs there are that labels and values are not where cards of this side have them."""
    height = _value_height(layout)
    return (
        _out_of_order(layout, card_side, fields, height)
        + _in_other_rows(layout, card_side, height)
        + _VALUES_BELOW * (card_side in _LABELS_BESIDE and layout.values_are_below())
        + _far_from_labels(layout, height)
        + _title_elsewhere(layout, card_side, height)
        + _small_title(layout, card_side, height)
        + (_extent(layout) > _MAX_HEIGHT * height)
    )


def _out_of_order(layout: Layout, card_side: CardSide, fields: Fields, height: float) -> int:
    """Count pairs of labels of which the lower one should be above.

    A value counts for a label that was not read, but only as one sign: not every edition's order is known.
    """
    rows = {label: row for row, labels in enumerate(ROWS[card_side]) for label in labels}
    labels = [(rows[label], anchor.line.middle) for label in rows if (anchor := layout.anchor(label))]
    values = [
        (rows[label], line.middle)
        for name, label in ALWAYS_PRINTED.get(card_side, {}).items()
        if label is not None
        and layout.anchor(label) is None
        and name in fields
        and not (name == "Number" and len(fields[name].text) > NEW_NUMBER)
        and (line := _line_of(layout, fields[name].text))
    ]
    wrong, wrong_with_values = (
        sum(
            row < other_row and middle > other_middle + _SAME_HEIGHT * height
            for (row, middle), (other_row, other_middle) in permutations(found, 2)
        )
        for found in (labels, labels + values)
    )
    return min(wrong + (wrong_with_values > wrong), _MAX_OUT_OF_ORDER)


def _line_of(layout: Layout, value: str) -> TextLine | None:
    """Return the only line that is exactly a value. Addresses of several lines and dates in words have none."""
    lines = [piece.line for piece in layout.pieces if value and simplified(piece.text) == simplified(value)]
    return lines[0] if len(lines) == 1 else None


def _in_other_rows(layout: Layout, card_side: CardSide, height: float) -> int:
    """Count pairs of labels that are beside each other on a card with labels above the values, but not here."""
    if card_side not in PERMIT_BY_FRONT or not layout.values_are_below():
        return 0
    # Nobody knows in which row the non-Chinese edition has the nationality.
    is_non_chinese = card_side is CardSide.HK_MACAO_FRONT and layout.has(Label.NATIONALITY, Label.NOISE)
    rows = [pair for pair in SAME_ROW if not (is_non_chinese and Label.SEX in pair)]
    pairs = ((layout.anchor(one), layout.anchor(other)) for one, other in rows)
    return sum(
        one is not None and other is not None and abs(one.line.middle - other.line.middle) > _OTHER_ROW * height
        for one, other in pairs
    )


def _far_from_labels(layout: Layout, height: float) -> int:
    """Count values that are at the other side of a page or screen."""
    far = sum(
        bool(owned) and owned[0].line.left - label.line.right > _FAR * height
        for label in _labels(layout)
        for owned in [layout.right_of(label)]
    )
    return min(max(0, far - _UNREAD_LABELS), _MAX_FAR)


def _title_elsewhere(layout: Layout, card_side: CardSide, height: float) -> int:
    """Count a title that is not above all labels, begins where a travel permit's labels do, or has no place at all."""
    title, labels = layout.anchor(Label.TITLE), _labels(layout)
    if title is None or not labels:
        return 0
    if card_side is CardSide.RESIDENCE_FRONT:
        return 1
    is_below = any(label.line.middle < title.line.middle - _TITLE_ABOVE * title.line.height for label in labels)
    distance = median(label.line.left for label in labels) - title.line.left
    is_beside = card_side in PERMIT_BY_FRONT and distance < _TITLE_LEFT * height
    return is_below + is_beside


def _small_title(layout: Layout, card_side: CardSide, height: float) -> bool:
    """Tell whether a title is lower than all editions have it; on the back of a HK/Macao permit nobody knows."""
    title = layout.anchor(Label.TITLE)
    return title is not None and title.line.height < _TITLE_HEIGHTS.get(card_side, 0.0) * height


def _extent(layout: Layout) -> float:
    """Return the height of the area of title, labels and the values beside them."""
    lines = [label.line for label in _labels(layout)] + [piece.line for piece in layout.pieces if piece.owner]
    if title := layout.anchor(Label.TITLE):
        lines.append(title.line)
    return max(line.bottom for line in lines) - min(line.top for line in lines) if lines else 0.0


def _labels(layout: Layout) -> list[Anchor]:
    return [anchor for anchor in layout.anchors if anchor.label not in NOT_LABELS]


def _value_height(layout: Layout) -> float:
    values = [piece.line.height for piece in layout.pieces if len(piece.text) > 3]  # noqa: PLR2004
    return median(values) if values else layout.height
