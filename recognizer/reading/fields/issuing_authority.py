"""The issuing authority. Its name ends with the word for its office, even if other text follows without a gap."""

import re
from dataclasses import replace
from typing import Final

from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, OcrField
from recognizer.reading.fields.value_parsers import begins_province, chinese_text, province, simplified
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import Label, edit_distance
from recognizer.reading.ocr.text_lines import BoundingBox

OFFICE_SUFFIX: Final = re.compile(r"^.*?(?:分局|管理局|[局厅处队署](?!.*(?:分局|管理局)))")
NOT_A_PLACE: Final = "0123456789Il|丨·.-— "
"""What may be read between an authority and a place printed close to it."""
_LABEL_END: Final = re.compile(r"^(?:.{0,2}(?:机关|機關))?[\W_]*")
"""What may be read of the label 签发机关 directly before the name, and specks after it."""
_MIN_LENGTH: Final = 4
"""Characters of the shortest authority name that is recognised without its label."""
_CENTRAL: Final = ("公安部出入境管理局", "中华人民共和国出入境管理局", "国家移民管理局", "中华人民共和国国家移民管理局")
_MAX_DISTANCE: Final = 3
_MISREAD: Final = 0.3
_WITHOUT_PLACE: Final = re.compile("[省市区县州]?(?:公安局|公安厅|公安分局|分局|派出所)")
"""How a name begins if its place is covered."""
_BRANCH, _POLICE = "分局", "公安"
"""A branch's name has that of its bureau before it."""
_SIMILAR_WORD, _BORDER_CROSSING = "出人境", "出入境"
_CORRECTED: Final = 0.88
_ONE_MISREAD: Final = 0.7
"""Maximum confidence of a central authority of which another character is misread."""
_WHOLE_CENTRAL: Final = 0.7
"""Minimum confidence of a central authority's name: nothing can be hidden between the characters of one of so few."""
_OFFICES: Final = "局厅"
"""A local authority whose beginning is covered differs by one of these from a central one: 公安局, 公安部."""
_REREAD: Final = 0.8
"""Maximum confidence of text that the detector missed."""
_PARTIAL: Final = 0.5
"""Maximum confidence of an authority without its place or without the word for its office."""


def issuing_authority(finder: FieldFinder) -> OcrField:
    """Return the authority beside its label, joined from two lines if it wraps; else any text that is like one."""
    read = _corrected(_authority(finder))
    read = (_reread_from_beginning(finder, read.text) if _is_misread(read.text) else None) or read
    if _is_misread(read.text):
        return read.at_most(_MISREAD)
    if read.text in _CENTRAL:
        return read.at_least(_WHOLE_CENTRAL)
    is_partial = _WITHOUT_PLACE.match(read.text) or not OFFICE_SUFFIX.match(read.text)
    is_branch_alone = read.text.endswith(_BRANCH) and _POLICE not in read.text
    return read.at_most(_PARTIAL) if is_partial or is_branch_alone else read


def _reread_from_beginning(finder: FieldFinder, end: str) -> OcrField | None:
    """Return the central authority of which the detector missed the beginning, read again where it must be."""
    centrals = sorted((central for central in _CENTRAL if central.endswith(end) and central != end), key=len)
    for piece in finder.layout.pieces:
        line = piece.line
        if len(end) < _MIN_LENGTH or not _is_text(piece, end):
            continue
        pitch = (line.characters[-1].x - line.characters[0].x) / (len(line.characters) - 1)
        for central in centrals:
            start = line.characters[-1].x - (len(central) - 0.3) * pitch
            place = BoundingBox(start, line.top, line.right, line.bottom)
            if finder.reread(place, "".join(_CENTRAL)) == central:
                return OcrField(central, _REREAD, finder.locate(place))
    return None


def _corrected(read: OcrField) -> OcrField:
    """Correct the only word of authorities' names in which a character is similar to another one.

    In a central authority's name, correct any one character.
    """
    corrected = read.text.replace(_SIMILAR_WORD, _BORDER_CROSSING)
    found = read if corrected == read.text else replace(read, text=corrected).at_most(_CORRECTED)
    central = [name for name in _CENTRAL if _differs_in_one_character(found.text, name)]
    return replace(found, text=central[0]).at_most(_ONE_MISREAD) if len(central) == 1 else found


def _differs_in_one_character(name: str, central: str) -> bool:
    if len(name) != len(central):
        return False
    differing = [one for one, other in zip(name, central, strict=True) if one != other]
    return len(differing) == 1 and differing[0] not in _OFFICES


def _authority(finder: FieldFinder) -> OcrField:
    beginning = finder.value(Label.AUTHORITY, chinese_text) or EMPTY_FIELD
    text = simplified(beginning.text)
    if name := authority_at_start(text):
        return replace(beginning, text=name)
    others = frozenset(Label) - {Label.AUTHORITY, Label.ISSUE_PLACE}
    complete = (_with_next_line(finder, text) if text else None) or finder.value(Label.AUTHORITY, authority_at_start)
    return complete or finder.anywhere(_authority_only, not_beside=others) or replace(beginning, text=text)


def authority_at_start(text: str) -> str | None:
    """Return the authority's name at the start of a text, in simplified characters, without the end of its label."""
    found = OFFICE_SUFFIX.match(simplified(_after_label(text)))
    return found[0] if found else None


def _after_label(text: str) -> str:
    return _LABEL_END.sub("", chinese_text(text) or "")


def province_after_office(text: str) -> str | None:
    """Return the province after an authority's name, the beginning of which may be covered."""
    plain = chinese_text(text)
    name = OFFICE_SUFFIX.match(simplified(plain)) if plain else None
    return province((plain or "")[name.end() :].lstrip(NOT_A_PLACE)) if name else None


def _is_misread(name: str) -> bool:
    """Tell whether a name is similar to that of a central authority or a part of it: no other one has such a name."""
    if name in _CENTRAL or not name:
        return False
    ends = any(central.startswith(name) or central.endswith(name) for central in _CENTRAL)
    return ends or any(edit_distance(name, central) <= _MAX_DISTANCE for central in _CENTRAL)


def _authority_only(text: str) -> str | None:
    """Return the authority if the text is nothing else, except for (half of) a place that follows without a gap."""
    name = authority_at_start(text)
    if name is None or len(name) < _MIN_LENGTH:
        return None
    rest = _after_label(text)[len(name) :]
    place = rest.lstrip(NOT_A_PLACE)
    return name if not rest or province(place) or begins_province(place) else None


def _with_next_line(finder: FieldFinder, beginning: str) -> OcrField | None:
    """Return the name joined with the line below, if that completes it."""
    first = next((piece for piece in finder.layout.pieces if _is_text(piece, beginning)), None)
    next_line = finder.layout.line_after(first.line, first.line) if first else None
    end = chinese_text(next_line.text) if next_line else None
    if first is None or next_line is None or end is None or not OFFICE_SUFFIX.fullmatch(beginning + simplified(end)):
        return None
    return finder.field(beginning + simplified(end), [first.line, next_line.line])


def _is_text(piece: Piece, text: str) -> bool:
    return simplified(chinese_text(piece.text) or "") == text
