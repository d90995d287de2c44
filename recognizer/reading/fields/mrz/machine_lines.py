"""Machine-readable lines among a card's text, read a second time with only their characters if necessary."""

import re
import string
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields.check_digits import is_valid_resident_number, mrz_check_digit
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.value_parsers import half_width, identity_card_number
from recognizer.reading.layout.labels import TITLES, Label
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine, boxes, join

ALPHABET: Final = string.ascii_uppercase + string.digits + "<"
"""All characters of machine-readable lines. Source: ICAO Doc 9303 part 3."""
_FILLER_LOOKALIKES: Final = {"«": "<<", "《": "<<", "〈": "<", "‹": "<", "く": "<", "＜": "<"}
_MIN_LENGTH: Final = 24
"""The shortest line has 30 characters; fewer if something covers its end."""
_CODED: Final = re.compile(r"C[RF][HM][A\d]\d{7}[A-Z\d]{7}")
"""What is left of a HK/Macao back's first line if its end is hidden: at least the number, and more."""
_CHECKED_NUMBER: Final = re.compile(r"C[RF]([HM][A\d]\d{7})(\d)(\d\d)(\d)")
"""A HK/Macao permit's number and issue count, each with its check digit."""
_CODE: Final = re.compile(r"C[RF][HM][A\d]\d")
"""The beginning of that line, of which glare may hide most."""
_NEXT_LINE: Final = 4.0
"""Heights from its middle to that of a line below it, at most: one of the three may be hidden."""
_SAME_HEIGHT: Final = 1.4
_NOT_WORDS: Final = re.compile(r"<<|\d.*\d.*\d.*\d|^[A-P]{16}")
"""Fillers, digits or the letters of a coded name. A title in capitals has none of them."""
_PART: Final = re.compile(r"<<|(?=(?:.*\d){8})(?=.*[A-Z].*\d)[A-Z0-9<]{15,}")
"""Fillers, or more letters and digits than any number has. A residence number may end with a letter."""
_IDENTITY_LENGTH: Final = 9
_MAX_LOWER_CASE: Final = 2
_MARGIN: Final = 0.1
_LINE_LENGTH: Final = 30
"""A text with as many characters is a line by itself: no other one in its row is a part of it."""


def plain_line(text: str) -> str:
    """Return a text in the alphabet of machine-readable lines, without spaces, if that is what it is; else empty."""
    plain = _in_alphabet(text)
    is_line = len(plain) >= _MIN_LENGTH and _NOT_WORDS.search(plain)
    return plain if is_line or _CODED.match(plain) else ""


def _in_alphabet(text: str) -> str:
    """Return a text without spaces if it has, or may have, only characters of the alphabet; else empty."""
    if sum(character.islower() for character in text) > _MAX_LOWER_CASE:
        return ""
    for lookalike, fillers in _FILLER_LOOKALIKES.items():
        text = text.replace(lookalike, fillers)
    plain = re.sub(r"\s+", "", half_width(text)).upper()
    return "" if plain.strip(ALPHABET) else plain


def machine_rows(finder: FieldFinder) -> list[TextLine]:
    """Return the machine-readable lines of a card, from top to bottom, without what is beside them."""
    rows = (list(pieces) for _, pieces in groupby(finder.layout.pieces, key=lambda piece: piece.row))
    parts = ([box for piece in row for box in boxes(piece.line) if _may_be_part(box.text)] for row in rows)
    joined = [join(_whole_line(lines) or lines) for lines in parts if lines]
    plain = [line for line in joined if plain_line(line.text)]
    code = [line for line in joined if line not in plain and _begins_first_line(line, plain)]
    return code + plain


def _begins_first_line(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Tell whether a text begins like a HK/Macao back's first line, and is where the ``lines`` below it begin."""
    return bool(lines and _CODE.match(_in_alphabet(line.text))) and (
        0 < lines[0].middle - line.middle < _NEXT_LINE * line.height
        and abs(lines[0].left - line.left) < line.height
        and lines[0].height < _SAME_HEIGHT * line.height < _SAME_HEIGHT**2 * lines[0].height
    )


def _may_be_part(text: str) -> bool:
    """Tell whether a text may be a part of a line: a resident's number is none, though a text beside it may be one."""
    return bool(plain := _in_alphabet(text)) and not is_valid_resident_number(plain)


def _whole_line(lines: Sequence[TextLine]) -> list[TextLine]:
    return [line for line in lines if len(_in_alphabet(line.text)) == _LINE_LENGTH][:1]


def machine_lines(finder: FieldFinder) -> list[str]:
    """Return the text of the machine-readable lines, from top to bottom."""
    return [_in_alphabet(line.text) for line in machine_rows(finder)]


def parts_of_lines(finder: FieldFinder) -> int:
    """Return how many texts are what glare or a hand leaves of machine-readable lines."""
    return sum(
        bool(_PART.search(_in_alphabet(box.text))) for piece in finder.layout.pieces for box in boxes(piece.line)
    )


def are_parts_above(finder: FieldFinder) -> bool:
    """Tell whether parts of other lines are above the first one that was read: then it is a name, not a code."""
    rows = machine_rows(finder)
    return bool(rows) and any(
        piece.line.middle < rows[0].top and _PART.search(_in_alphabet(piece.line.text))
        for piece in finder.layout.pieces
    )


def has_parts_of_back(finder: FieldFinder) -> bool:
    """Tell whether two parts of the lines are beside a HK/Macao permit's title, or one repeats a printed number."""
    parts = parts_of_lines(finder)
    if not parts:
        return False
    title = finder.layout.anchor(Label.TITLE)
    if title is not None and TITLES[title.word] is not PermitType.HK_MACAO_PERMIT:
        return False
    if title is not None and parts > 1:
        return True
    numbers = (identity_card_number(piece.text) for piece in finder.layout.pieces)
    return any(repeats_identity_number(finder, number) for number in numbers if number)


def repeats_identity_number(finder: FieldFinder, printed: str) -> bool:
    """Tell whether a part of the lines repeats a printed HK/Macao identity number, followed by its check digit."""
    plain = re.sub(r"[^A-Z0-9]", "", printed)
    if not plain:
        return False
    field = plain.ljust(_IDENTITY_LENGTH, "<")
    return any(field + mrz_check_digit(field) in _in_alphabet(piece.text) for piece in finder.layout.pieces)


def has_checked_number(finder: FieldFinder) -> bool:
    """Tell whether a HK/Macao back's first line begins with a number and a count that have the right check digits."""
    found = (_CHECKED_NUMBER.match(line) for line in machine_lines(finder))
    return any(all(mrz_check_digit(one[at]) == one[at + 1] for at in (1, 3)) for one in found if one)


def readings(finder: FieldFinder, rows: Sequence[TextLine]) -> Iterator[list[str]]:
    """Yield the lines as they were read, then with each combination of lines read again in their own alphabet.

    The general reading may contain characters that these lines do not have. Reading again costs time, so callers stop
    at the first reading that the check digits prove.
    """
    first = [_in_alphabet(row.text) for row in rows]
    yield first
    again = [_reread(finder, row) for row in rows]
    choices = [dict.fromkeys(choice for choice in pair if choice) for pair in zip(again, first, strict=True)]
    yield from (list(lines) for lines in product(*choices) if list(lines) != first)


def _reread(finder: FieldFinder, row: TextLine) -> str:
    margin = _MARGIN * row.height
    box = BoundingBox(row.left - margin, row.top - margin, row.right + margin, row.bottom + margin)
    return plain_line(finder.reread_checked(box, ALPHABET))
