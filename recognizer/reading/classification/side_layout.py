"""Counts where a text departs from the layout that every card of a side has.

A card side prints fixed things at fixed places, so these signs need no words of other documents: text that the side
does not print, another side's label, a label or title twice, labels in another order, a title among them. The drawn
cards have none of these signs, except on a few hard photos.
"""

import re
from collections import Counter
from typing import Final

from recognizer.reading.classification.card_area import IsOnCard, texts_in_area, texts_within
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.classification.side_positions import misplaced
from recognizer.reading.classification.side_print import (
    ALWAYS_PRINTED,
    NEW_NUMBER,
    NOT_LABELS,
    SPELLINGS,
    VISIBLE_PARTS,
)
from recognizer.reading.classification.unexplained_text import unexplained_texts
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, Fields
from recognizer.reading.fields.value_parsers import simplified
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import STATE_NAME, WORDS, Label, edit_distance

_MAX_UNEXPLAINED: Final = 3
"""More do not make it more certain."""
_OTHER_SPELLINGS: Final = 1
_MAX_OTHER_SPELLINGS: Final = 2
_HIDDEN: Final = 1
"""How many labels may be spelled otherwise, and how many of the fields with their labels hidden, on a card."""
_NUMBER: Final = re.compile(r"(?<![A-Z\d])(?:[HMC][A-Z]?\d{7,10}|\d{17}[\dX])(?![\d<])")
"""The number of a permit or a resident."""
_MISREAD: Final = 2
"""In how many characters two readings of a number or a period may differ: many cards print their number twice."""
_MAX_OTHER_HOLDERS: Final = 2
_MAX_OTHER_PERIODS: Final = 2
_NOTES_ON_A_BACK: Final = 1
"""Lines of a HK/Macao back whose text nobody knows."""
_OTHER_DATE: Final = re.compile(
    r"\b\d{1,2}\s*(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*\.?\s*(?:(?:19|20)\d\d|\d\d\b)"
    r"|(?<![\d.])\d\d([./-])\d\d\1(?:19|20)\d\d(?![\d.])",
    re.IGNORECASE,
)
"""Dates as other documents print them: 26 JUN 1971, 26/06/1971."""
_CHINESE_DATE: Final = re.compile(r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日")
"""Residence permits have such a birth date; travel permits print 1967.09.16."""
_MAX_OTHER_DATES: Final = 2
_LEGIBLE: Final = 0.9
"""The least confidence of the characters of a text that is not misread."""
FILLERS: Final = re.compile("[<＜《«]{3}")
"""Only machine-readable lines of other documents have so many on a front: the exit-entry permit's line has none."""
_MAX_FILLED: Final = 2
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_LONG_TEXT: Final = 4
"""Characters of the shortest head of a badge, such as a company's name."""
_HEAD: Final = 2.5
_AS_HIGH: Final = 0.8
"""How far above a title another head is at most, and how high at least, in heights of the title."""
_HEADLINE: Final = 10
"""Latin letters of the shortest title of another document, such as that of its state."""
_WHOLE_VALUE: Final = 8
"""Characters of a date. A count may be in what is left of another value."""
_DAY: Final = re.compile(r"\d\s*年|月\s*\d|\d\s*日")
_OTHER_BIRTH_DATE: Final = re.compile(r"(?<!\d)(?:19|20)\d\d[/-]\d{1,2}[/-]\d{1,2}(?!\d)")
_SLASHED_DATE: Final = re.compile(r"(?:19|20)\d\d/\d{1,2}/\d{1,2}")
"""If all of it is legible, it is no misread 1997年6月2日."""
_PADDED_DAY: Final = re.compile(r"年\s*0\d\s*月|月\s*0\d\s*日")
"""Resident identity cards print 1997年6月2日, not 1997/6/2 or 1997年06月02日."""


def departures(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None = None) -> int:
    """Return how many signs there are that the text is not on a card of this side.

    ``is_on_card`` tells whether a line is within the card's outline, if that is known.
    """
    completed = layout.with_misread_labels(LABELS_BY_SIDE[card_side])
    return (
        _unexplained(completed, card_side, fields, is_on_card)
        + _repeated(layout)
        + _of_other_sides(layout, card_side)
        + _spelled_otherwise(layout, card_side)
        + _other_holders(layout, card_side, is_on_card)
        + _other_periods(layout, is_on_card)
        + misplaced(completed, card_side, fields)
        + _dates_in_other_formats(layout, card_side, is_on_card)
        + _has_name_label(completed, card_side, fields)
        + _filled_lines(layout, card_side, is_on_card)
        + _has_other_headline(layout, card_side, fields, is_on_card)
        + (card_side is CardSide.HK_MACAO_BACK and _has_text_above_title(layout, is_on_card))
        + (card_side is CardSide.RESIDENCE_BACK and _has_no_state_name(layout, is_on_card))
        + (_faults_of_dates(completed, fields, is_on_card) if card_side is CardSide.RESIDENCE_FRONT else 0)
    )


def missing_fields(layout: Layout, card_side: CardSide, fields: Fields) -> int:
    """Return how much is missing that the side always prints: neither label nor value was read, nor a part of it.

    Glare may hide one field. Only a complete reading shows what is missing.
    """
    missing = sum(
        name in fields
        and not fields[name].text
        and (label is None or layout.anchor(label) is None)
        and not _is_partly_visible(name, layout, fields)
        for name, label in ALWAYS_PRINTED.get(card_side, {}).items()
    )
    return max(0, missing - _HIDDEN)


def _is_partly_visible(name: str, layout: Layout, fields: Fields) -> bool:
    """Tell whether a text is a part of the field's value, and no other field's value."""
    part = VISIBLE_PARTS.get(name)
    others = {field.text for field in fields.values() if len(field.text) >= _WHOLE_VALUE}
    return part is not None and any(
        part.search(piece.text) and not any(other in piece.text for other in others) for piece in layout.pieces
    )


def _unexplained(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None) -> int:
    allowed = _NOTES_ON_A_BACK if card_side is CardSide.HK_MACAO_BACK else 0
    texts = unexplained_texts(layout, card_side, fields, is_on_card)
    return min(max(0, len(texts) - allowed), _MAX_UNEXPLAINED)


def _repeated(layout: Layout) -> int:
    """Count labels and titles that occur again: of another person, or quoted."""
    counts = Counter(anchor.label for anchor in layout.anchors if anchor.label is not Label.NOISE)
    return sum(count - 1 for count in counts.values())


def _of_other_sides(layout: Layout, card_side: CardSide) -> int:
    """Count labels of other sides, except what may be a part of this side's own."""
    if card_side is CardSide.HK_MACAO_BACK:  # its labels are not known
        return 0
    own = [word for label in LABELS_BY_SIDE[card_side] for word in WORDS[label]]
    other = {
        anchor.label
        for anchor in layout.anchors
        if anchor.label not in LABELS_BY_SIDE[card_side] | NOT_LABELS
        and not any(simplified(anchor.line.text) in word for word in own)
    }
    return len(other)


def _texts_of_card(layout: Layout, is_on_card: IsOnCard | None) -> list[str]:
    """Return the texts in the area of labels and values, or without a label, all within the outline if known."""
    lines = texts_in_area(layout, is_on_card) if layout.own_lines() else texts_within(layout, is_on_card)
    return [line.text for line in lines]


def _dates_in_other_formats(layout: Layout, card_side: CardSide, is_on_card: IsOnCard | None) -> int:
    texts = _texts_of_card(layout, is_on_card)
    others = (_OTHER_DATE, _CHINESE_DATE) if card_side in PERMIT_BY_FRONT else (_OTHER_DATE,)
    return min(sum(any(other.search(text) for other in others) for text in texts), _MAX_OTHER_DATES)


def _has_name_label(layout: Layout, card_side: CardSide, fields: Fields) -> bool:
    """Tell whether a name has a label on a travel permit's front with labels above their values.

    The edition of 2013 has none, by a photo of an official specimen. Those before have ten-digit numbers.
    """
    return (
        card_side in PERMIT_BY_FRONT
        and 0 < len(fields.get("Number", EMPTY_FIELD).text) <= NEW_NUMBER
        and layout.anchor(Label.NAME) is not None
        and layout.values_are_below()
    )


def _filled_lines(layout: Layout, card_side: CardSide, is_on_card: IsOnCard | None) -> int:
    """Count machine-readable lines on a front, such as those of TD1 documents (ICAO Doc 9303, part 5).

    Without an outline, they may be on a document that the card lies on.
    """
    if card_side in {CardSide.HK_MACAO_BACK, CardSide.RESIDENCE_BACK}:
        return 0
    filled = sum(bool(FILLERS.search(line.text)) for line in texts_within(layout, is_on_card))
    return min(filled, 1 if is_on_card is None else _MAX_FILLED)


def _has_other_headline(layout: Layout, card_side: CardSide, fields: Fields, is_on_card: IsOnCard | None) -> bool:
    """Tell whether a Latin text is above all else on a travel permit's front, where its Chinese title should be."""
    own = layout.own_lines()
    if card_side not in PERMIT_BY_FRONT or layout.anchor(Label.TITLE) is not None or not own:
        return False
    top, name = min(line.top for line in own), _letters(fields.get("EnglishName", EMPTY_FIELD).text)
    return any(
        line.middle < top
        and len(letters := _letters(line.text)) >= _HEADLINE
        and not value_parsers.has_title_words(line.text)
        and letters not in name
        and not (name and name in letters)
        for line in texts_in_area(layout, is_on_card)
    )


def _has_text_above_title(layout: Layout, is_on_card: IsOnCard | None) -> bool:
    """Tell whether a Chinese text besides the state's name is above the title, within the outline."""
    title = layout.anchor(Label.TITLE)
    return (
        title is not None
        and is_on_card is not None
        and any(
            line.middle < title.line.top and len(_CHINESE.findall(line.text)) >= _LONG_TEXT
            for line in texts_within(layout, is_on_card)
        )
    )


def _has_no_state_name(layout: Layout, is_on_card: IsOnCard | None) -> bool:
    """Tell whether a residence permit's title has another text above it, as large as itself, than the state's name."""
    title = layout.anchor(Label.TITLE)
    if title is None:
        return False
    return any(
        title.line.top - _HEAD * title.line.height < line.middle < title.line.top
        and line.left < title.line.right
        and line.right > title.line.left
        and line.height > _AS_HIGH * title.line.height
        and line.confidence >= _LEGIBLE
        and len(_CHINESE.findall(line.text)) > 1
        and 2 * sum(one in STATE_NAME for one in simplified(line.text)) <= len(line.text)
        for line in texts_within(layout, is_on_card)
    )


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z]", "", text.upper())


def _other_holders(layout: Layout, card_side: CardSide, is_on_card: IsOnCard | None) -> int:
    """Count numbers besides the card's own: a list has several people's. Without an outline, one may be beside it."""
    if card_side is CardSide.HK_MACAO_BACK:  # it may name an earlier permit
        return 0
    found: list[str] = []
    for line in texts_within(layout, is_on_card):
        for number in _NUMBER.findall(re.sub(r"\s+", "", line.text)):
            if all(edit_distance(number, other) > _MISREAD for other in found):
                found.append(number)
    return min(max(0, len(found) - (2 if is_on_card is None else 1)), _MAX_OTHER_HOLDERS)


def _other_periods(layout: Layout, is_on_card: IsOnCard | None) -> int:
    """Count periods besides the card's own: a list has several. Without an outline, one may be beside it."""
    found: list[str] = []
    for line in texts_within(layout, is_on_card):
        period = value_parsers.period(line.text)
        if period and all(edit_distance(period, other) > _MISREAD for other in found):
            found.append(period)
    return min(max(0, len(found) - (2 if is_on_card is None else 1)), _MAX_OTHER_PERIODS)


def _spelled_otherwise(layout: Layout, card_side: CardSide) -> int:
    """Count labels that the side spells in another way; one may be misread or of an unknown edition.

    Of a label that the photo cuts off, a single character may be left.
    """
    spelled = SPELLINGS.get(card_side)
    labels = [anchor for anchor in layout.anchors if anchor.label not in NOT_LABELS]
    if spelled is None:
        return 0
    other = sum(
        len(label.word) > 1 and label.word not in spelled and label.word in simplified(label.line.text)
        for label in labels
    )
    return min(max(0, other - _OTHER_SPELLINGS), _MAX_OTHER_SPELLINGS)


def _faults_of_dates(layout: Layout, fields: Fields, is_on_card: IsOnCard | None) -> int:
    """Count dates besides the birth date, of which a residence permit's front has none, and other formats of it."""
    texts = _texts_of_card(layout, is_on_card)
    days = {day for text in texts if (day := value_parsers.slashed_date(text))}
    is_padded = any(_PADDED_DAY.search(text) for text in texts)
    is_other = _has_other_birth_date(layout, fields) or (
        len(days) <= 1 and any(_OTHER_BIRTH_DATE.search(text) for text in texts)
    )
    is_slashed = any(
        _SLASHED_DATE.fullmatch(line.text) and line.confidence >= _LEGIBLE for line in texts_in_area(layout, is_on_card)
    )
    return max(0, len(days) - 1) + is_padded + is_other + is_slashed


def _has_other_birth_date(layout: Layout, fields: Fields) -> bool:
    """Tell whether a birth date was read that is not printed with 年, 月 and 日, as residence permits have it.

    If these are too small to be read, nothing else is between its numbers.
    """
    digits = fields["Birth"].text.replace("/", "")
    return bool(digits) and not any(
        _DAY.search(piece.text) or value_parsers.unpadded_date_digits(piece.text) == digits for piece in layout.pieces
    )
