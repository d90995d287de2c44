"""Counts where a text departs from the layout that every card of a side has.

A card side prints fixed things at fixed places, so these signs need no words of other documents: text that the side
does not print, another side's label, a label or title twice, labels in another order, a title among them. The order of
labels is known from a photo of an official specimen (HK/Macao), from the form of the resident identity card (residence
permit) and from vendors' descriptions (Taiwan, exit-entry). The drawn cards have none of these signs, except on a few
hard photos; exact distances are not compared, because only some editions are known.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from recognizer.reading.classification.card_area import IsOnCard
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.unexplained_text import unexplained_texts
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import Anchor, Label

_MAX_UNEXPLAINED: Final = 3
"""More do not make it more certain."""
_NOTES_ON_A_BACK: Final = 1
"""Lines of a HK/Macao back whose text nobody knows."""
_CHINESE_FIELDS: Final = ("Name", "Address")
_TITLE_ABOVE: Final = 0.6
"""Text heights by which a label may be above a title that is read with a slope."""
_SAME_HEIGHT: Final = 0.3
"""The same for labels in the wrong order."""
_TITLE_LEFT: Final = 2.0
"""A travel permit's title begins above its portrait, at least so many text heights left of the labels."""
_MAX_HEIGHT: Final = 21.0
"""A card is 17 text heights high, by the size of values on a photo of a specimen; with small print a few more."""
_DAY: Final = re.compile(r"\d\s*年|月\s*\d|\d\s*日")
_ORDER: Final = {
    CardSide.RESIDENCE_FRONT: (Label.NAME, Label.SEX, Label.BIRTH, Label.ADDRESS, Label.RESIDENT_NUMBER),
    CardSide.RESIDENCE_BACK: (Label.AUTHORITY, Label.VALIDITY, Label.PASS_NUMBER, Label.ISSUE_COUNT),
    CardSide.HK_MACAO_BACK: (Label.NAME, Label.IDENTITY_NUMBER),
} | dict.fromkeys(PERMIT_BY_FRONT, (Label.NAME, Label.BIRTH, Label.VALIDITY, Label.AUTHORITY, Label.PERMIT_NUMBER))
"""From top to bottom; a permit's other labels are beside these."""
_NOT_LABELS: Final = frozenset({Label.TITLE, Label.NOISE})


def departures(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None = None) -> int:
    """Return how many signs there are that the text is not on a card of this side.

    ``is_on_card`` tells whether a line is within the card's outline, if that is known.
    """
    completed = layout.with_misread_labels(LABELS_BY_SIDE[card_side])
    labels = [anchor for anchor in completed.anchors if anchor.label not in _NOT_LABELS]
    return (
        _unexplained(completed, card_side, fields, is_on_card)
        + _repeated(layout)
        + _of_other_sides(layout, card_side)
        + _out_of_order(completed, card_side)
        + _title_elsewhere(completed, card_side, labels)
        + (_height(completed, labels) > _MAX_HEIGHT)
        + (card_side is CardSide.RESIDENCE_FRONT and _has_other_birth_date(completed, fields))
    )


def _unexplained(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None) -> int:
    allowed = _NOTES_ON_A_BACK if card_side is CardSide.HK_MACAO_BACK else 0
    allowed += sum(
        name in fields and not fields[name].text for name in _CHINESE_FIELDS
    )  # it is there, but was not read
    texts = unexplained_texts(layout, card_side, fields, is_on_card)
    return min(max(0, len(texts) - allowed), _MAX_UNEXPLAINED)


def _repeated(layout: Layout) -> int:
    """Count labels and titles that occur again: of another person, or quoted."""
    counts = Counter(anchor.label for anchor in layout.anchors if anchor.label is not Label.NOISE)
    return sum(count - 1 for count in counts.values())


def _of_other_sides(layout: Layout, card_side: CardSide) -> int:
    if card_side is CardSide.HK_MACAO_BACK:  # its labels are not known
        return 0
    exact = {anchor.label for anchor in layout.anchors if anchor.word in simplified(anchor.line.text)}
    return len(exact - LABELS_BY_SIDE[card_side] - _NOT_LABELS)


def _out_of_order(layout: Layout, card_side: CardSide) -> int:
    found = [anchor for label in _ORDER[card_side] if (anchor := layout.anchor(label))]
    least = _SAME_HEIGHT * _value_height(layout)
    return sum(after.line.middle < before.line.middle - least for before, after in pairwise(found))


def _title_elsewhere(layout: Layout, card_side: CardSide, labels: Sequence[Anchor]) -> int:
    """Count a title that is not above all labels, begins where a travel permit's labels do, or has no place at all."""
    title = layout.anchor(Label.TITLE)
    if title is None or not labels:
        return 0
    if card_side is CardSide.RESIDENCE_FRONT:
        return 1
    is_below = any(label.line.middle < title.line.middle - _TITLE_ABOVE * title.line.height for label in labels)
    distance = median(label.line.left for label in labels) - title.line.left
    is_beside = card_side in PERMIT_BY_FRONT and distance < _TITLE_LEFT * _value_height(layout)
    return is_below + is_beside


def _height(layout: Layout, labels: Sequence[Anchor]) -> float:
    """Return the height of the area of title and labels in text heights."""
    lines = [label.line for label in labels] + [piece.line for piece in layout.pieces if piece.owner]
    if title := layout.anchor(Label.TITLE):
        lines.append(title.line)
    if not lines:
        return 0.0
    return (max(line.bottom for line in lines) - min(line.top for line in lines)) / _value_height(layout)


def _has_other_birth_date(layout: Layout, fields: Fields) -> bool:
    """Tell whether a birth date was read that is not printed with 年, 月 and 日, as residence permits have it."""
    return bool(fields["Birth"].text) and not any(_DAY.search(piece.text) for piece in layout.pieces)


def _value_height(layout: Layout) -> float:
    values = [piece.line.height for piece in layout.pieces if len(piece.text) > 3]  # noqa: PLR2004
    return median(values) if values else layout.height
