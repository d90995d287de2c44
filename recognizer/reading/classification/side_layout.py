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
from statistics import median
from typing import Final

from recognizer.reading.classification.card_area import IsOnCard
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.unexplained_text import unexplained_texts
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import WORDS, Anchor, Label

_MAX_UNEXPLAINED: Final = 3
"""More do not make it more certain."""
_MAX_OUT_OF_ORDER: Final = 3
_OTHER_SPELLINGS: Final = 1
_MAX_OTHER_SPELLINGS: Final = 2
_HIDDEN: Final = 2
"""How many labels may be spelled otherwise, and how many of the fields with their labels hidden, on a card."""
_NOTES_ON_A_BACK: Final = 1
"""Lines of a HK/Macao back whose text nobody knows."""
_TITLE_ABOVE: Final = 0.6
"""Text heights by which a label may be above a title that is read with a slope."""
_SAME_HEIGHT: Final = 0.3
"""The same for labels in the wrong order."""
_TITLE_LEFT: Final = 2.0
"""A travel permit's title begins above its portrait, at least so many text heights left of the labels."""
_MAX_HEIGHT: Final = 21.0
"""A card is 17 text heights high, by the size of values on a photo of a specimen; with small print a few more."""
_DAY: Final = re.compile(r"\d\s*年|月\s*\d|\d\s*日")
_TRAVEL_FRONT_ROWS: Final = (
    (Label.NAME,),
    (Label.BIRTH, Label.SEX),
    (Label.VALIDITY,),
    (Label.AUTHORITY, Label.ISSUE_PLACE),
    (Label.PERMIT_NUMBER, Label.ISSUE_COUNT),
)
_ROWS: Final[dict[CardSide, tuple[tuple[Label, ...], ...]]] = {
    CardSide.RESIDENCE_FRONT: (
        (Label.NAME,),
        (Label.SEX,),
        (Label.BIRTH,),
        (Label.ADDRESS,),
        (Label.RESIDENT_NUMBER,),
    ),
    CardSide.RESIDENCE_BACK: ((Label.AUTHORITY,), (Label.VALIDITY,), (Label.PASS_NUMBER,), (Label.ISSUE_COUNT,)),
    CardSide.HK_MACAO_BACK: ((Label.NAME,), (Label.IDENTITY_NUMBER,)),
} | dict.fromkeys(PERMIT_BY_FRONT, _TRAVEL_FRONT_ROWS)
"""From top to bottom. Labels of one row may also be below each other, in either order."""
_SPELLINGS: Final = {
    CardSide.RESIDENCE_FRONT: frozenset({"姓名", "性别", "出生", "住址", "公民身份号码"}),
    CardSide.RESIDENCE_BACK: frozenset({"签发机关", "有效期限", "通行证号码", "签发次数"}),
} | dict.fromkeys(
    PERMIT_BY_FRONT,
    frozenset(
        {"姓名", "出生日期", "性别", "国籍", "有效期限", "签发机关", "签发地点", "证件号码", "换证次数", "签发次数"}
    ),
)
"""The labels that a side prints, in simplified characters; ``WORDS`` also has those of forms and unknown editions."""
_TRAVEL_FRONT: Final = {
    "Sex": Label.SEX,
    "Birthday": Label.BIRTH,
    "ValidDate": Label.VALIDITY,
    "IssueAuthority": Label.AUTHORITY,
}
_ALWAYS_PRINTED: Final[dict[CardSide, dict[str, Label | None]]] = {
    CardSide.RESIDENCE_FRONT: {
        "Name": Label.NAME,
        "Sex": Label.SEX,
        "Birth": Label.BIRTH,
        "Address": Label.ADDRESS,
        "IdCardNo": Label.RESIDENT_NUMBER,
    },
    CardSide.RESIDENCE_BACK: {
        "Authority": Label.AUTHORITY,
        "ValidDate": Label.VALIDITY,
        "PassNo": Label.PASS_NUMBER,
        "VisaNum": Label.ISSUE_COUNT,
    },
    CardSide.HK_MACAO_FRONT: {**_TRAVEL_FRONT, "EnglishName": None, "Number": Label.PERMIT_NUMBER},
    CardSide.TAIWAN_FRONT: {
        **_TRAVEL_FRONT,
        "Name": None,
        "Number": Label.PERMIT_NUMBER,
        "IssueAddress": Label.ISSUE_PLACE,
        "IssueNumber": Label.ISSUE_COUNT,
    },
    CardSide.EXIT_ENTRY_FRONT: {**_TRAVEL_FRONT, "Name": None, "Number": None, "IssueAddress": Label.ISSUE_PLACE},
}
"""Fields of every edition, each with its label if it has one."""
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
        + _spelled_otherwise(layout, card_side)
        + _out_of_order(completed, card_side)
        + _title_elsewhere(completed, card_side, labels)
        + (_height(completed, labels) > _MAX_HEIGHT)
        + (card_side is CardSide.RESIDENCE_FRONT and _has_other_birth_date(completed, fields))
    )


def missing_fields(layout: Layout, card_side: CardSide, fields: Fields) -> int:
    """Return how much is missing that the side always prints: neither label nor value was read.

    Glare may hide two fields. Only a complete reading shows what is missing.
    """
    missing = sum(
        name in fields and not fields[name].text and (label is None or layout.anchor(label) is None)
        for name, label in _ALWAYS_PRINTED.get(card_side, {}).items()
    )
    return max(0, missing - _HIDDEN)


def _unexplained(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None) -> int:
    allowed = _NOTES_ON_A_BACK if card_side is CardSide.HK_MACAO_BACK else 0
    texts = unexplained_texts(layout, card_side, fields, is_on_card)
    return min(max(0, len(texts) - allowed), _MAX_UNEXPLAINED)


def _repeated(layout: Layout) -> int:
    """Count labels and titles that occur again: of another person, or quoted."""
    counts = Counter(anchor.label for anchor in layout.anchors if anchor.label is not Label.NOISE)
    return sum(count - 1 for count in counts.values())


def _of_other_sides(layout: Layout, card_side: CardSide) -> int:
    if card_side is CardSide.HK_MACAO_BACK:  # its labels are not known
        return 0
    """Count labels of other sides, except what may be a part of this side's own."""
    own = [word for label in LABELS_BY_SIDE[card_side] for word in WORDS[label]]
    other = {
        anchor.label
        for anchor in layout.anchors
        if anchor.label not in LABELS_BY_SIDE[card_side] | _NOT_LABELS
        and not any(simplified(anchor.line.text) in word for word in own)
    }
    return len(other)


def _spelled_otherwise(layout: Layout, card_side: CardSide) -> int:
    """Count labels that the side spells in another way; one may be misread or of an unknown edition."""
    spelled = _SPELLINGS.get(card_side)
    labels = [anchor for anchor in layout.anchors if anchor.label not in _NOT_LABELS]
    if spelled is None:
        return 0
    other = sum(label.word not in spelled and label.word in simplified(label.line.text) for label in labels)
    return min(max(0, other - _OTHER_SPELLINGS), _MAX_OTHER_SPELLINGS)


def _out_of_order(layout: Layout, card_side: CardSide) -> int:
    """Count pairs of labels of which the lower one should be above, up to a maximum."""
    found = [(row, layout.anchor(label)) for row, labels in enumerate(_ROWS[card_side]) for label in labels]
    least = _SAME_HEIGHT * _value_height(layout)
    wrong = sum(
        row < other_row and label.line.middle > other.line.middle + least
        for row, label in found
        for other_row, other in found
        if label and other
    )
    return min(wrong, _MAX_OUT_OF_ORDER)


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
