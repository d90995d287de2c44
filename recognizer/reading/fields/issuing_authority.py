"""Who issued a card: an authority's name ends in the word for its office, whatever else is glued to it."""

import re
from dataclasses import replace
from typing import Final

from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField
from recognizer.reading.fields.value_parsers import chinese_text, province, simplified
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import Label, edit_distance

OFFICE: Final = re.compile(r"^.*?(?:分局|管理局|[局厅处队署](?!.*(?:分局|管理局)))")
_LEAST: Final = 4
"""Characters of the shortest name of an authority that is recognised without its label."""
_CENTRAL: Final = ("公安部出入境管理局", "中华人民共和国出入境管理局", "国家移民管理局", "中华人民共和国国家移民管理局")
_NEARLY: Final = 3
_MISREAD: Final = 0.3
_NO_PLACE: Final = re.compile("[省市区县州]?(?:公安局|公安厅|公安分局|分局|派出所)")
"""What a name begins with whose place is covered."""
_IN_PART: Final = 0.5
"""How sure an authority is at most whose name lacks its place or the word for its office."""


def issuing_authority(finder: FieldFinder) -> OcrField:
    """Return the authority beside its label, put together from two lines if it breaks; else what is named like one."""
    read = _authority(finder)
    if _is_misread(read.text):
        return read.at_most(_MISREAD)
    return read.at_most(_IN_PART) if _NO_PLACE.match(read.text) or not OFFICE.match(read.text) else read


def _authority(finder: FieldFinder) -> OcrField:
    begun = finder.value(Label.AUTHORITY, chinese_text) or EMPTY_FIELD
    text = simplified(begun.text)
    if name := office_in(text):
        return replace(begun, text=name)
    others = frozenset(Label) - {Label.AUTHORITY, Label.ISSUE_PLACE}
    whole = (_with_next_line(finder, text) if text else None) or finder.value(Label.AUTHORITY, office_in)
    return whole or finder.anywhere(_office_alone, not_beside=others) or replace(begun, text=text)


def office_in(text: str) -> str | None:
    """Return the name of an authority that a text begins with, in simplified characters."""
    plain = chinese_text(text)
    found = OFFICE.match(simplified(plain)) if plain else None
    return found[0] if found else None


def _is_misread(name: str) -> bool:
    """Tell whether a name is nearly that of a central authority, or one end of it: there is no such one."""
    if name in _CENTRAL or not name:
        return False
    ends = any(central.startswith(name) or central.endswith(name) for central in _CENTRAL)
    return ends or any(edit_distance(name, central) <= _NEARLY for central in _CENTRAL)


def _office_alone(text: str) -> str | None:
    """Return the authority that is all of a text, but for a place of issue glued to it."""
    name = office_in(text)
    if name is None or len(name) < _LEAST:
        return None
    rest = (chinese_text(text) or "")[len(name) :]
    return name if not rest or province(rest) else None


def _with_next_line(finder: FieldFinder, begun: str) -> OcrField | None:
    """Return the name with the line below, if that ends it."""
    first = next((piece for piece in finder.layout.pieces if _says(piece, begun)), None)
    following = finder.layout.line_after(first.line, first.line) if first else None
    end = chinese_text(following.text) if following else None
    if first is None or following is None or end is None or not OFFICE.fullmatch(begun + simplified(end)):
        return None
    return finder.found(begun + simplified(end), [first.line, following.line])


def _says(piece: Piece, text: str) -> bool:
    return simplified(chinese_text(piece.text) or "") == text
