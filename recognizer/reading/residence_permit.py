"""The residence permit's two faces: text lines in, the fields of ``HmtResidentPermitOCR`` out."""

import re
from dataclasses import replace
from typing import Any, Final

from permit_ocr.domain.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType
from permit_ocr.domain.resident_number import faults_of
from recognizer.reading import printed_forms
from recognizer.reading.authorities import issuing_authority
from recognizer.reading.check_digits import repair, resident_number_holds
from recognizer.reading.confidence import weighed_by_day, weighed_by_script, weighed_by_term
from recognizer.reading.found import NOTHING, PROVEN, Fields, Found
from recognizer.reading.labels import Label, distance
from recognizer.reading.layout import Layout, Piece, Place
from recognizer.reading.outcome import NOT_ENABLED
from recognizer.reading.page import Page

_FRONT: Final = 0
_BACK: Final = 1
_NUMBER: Final = re.compile(r"(?<![\dA-Z])\d{17}[\dX](?![\dA-Z])")
_SHORTER: Final = 5.0
"""A line that ends this many text heights before the longest one is the last: digits are narrower than characters."""
_END_OF_ADDRESS: Final = re.compile(r"[\u4e00-\u9fffA-Z0-9-]{1,5}")
_END_READ_AGAIN: Final = 0.8
_ENDS_IN_A_NUMBER: Final = 0.8
"""How sure an address is at most that ends in a digit: most go on with 号 or 室."""
_BEGINNING: Final = re.compile(r"[\u4e00-\u9fff]{1,9}[省市区县州旗盟]")
_NO_BEGINNING: Final = 0.5
"""How sure an address is at most that does not begin with a province or a town: its first line is not seen."""
_WITHOUT_LABEL: Final = 0.85
_UNPROVEN: Final = 0.5
"""How sure a number is at most whose check digit or region is wrong, or what the number contradicts."""


def front_fields(page: Page) -> Fields:
    """Read the side with the portrait."""
    birth = page.value(Label.BIRTH, printed_forms.slashed_date) or page.anywhere(_written_date) or NOTHING
    number = _resident_number(page, birth.text)
    sex = page.value(Label.SEX, printed_forms.sex, alphabet="男女") or page.lone_sex() or NOTHING
    address = _address(page)
    return {
        "Name": weighed_by_script(_name(page) or NOTHING),
        "Sex": _agreed_sex(sex, number),
        "Birth": _agreed_birth(birth, number),
        "Address": replace(address, text=printed_forms.simplified(address.text)),
        "IdCardNo": number,
    }


def _name(page: Page) -> Found | None:
    """Return the name beside its label, else the nearest line above the birth date in its column that may be one."""
    for form in (printed_forms.chinese_name, printed_forms.latin_name):
        if found := page.value(Label.NAME, form):
            return found
    birth = _birth_line(page)
    if birth is None or page.layout.anchor(Label.NAME):
        return None
    above = [
        piece
        for piece in page.layout.in_column(birth)
        if piece.line.middle < birth.line.middle and printed_forms.chinese_name(piece.text)
    ]
    nearest = max(above, key=lambda piece: piece.line.middle, default=None)
    if nearest is None:
        return None
    return page.found(printed_forms.chinese_name(nearest.text) or "", [nearest.line]).at_most(_WITHOUT_LABEL)


def _birth_line(page: Page) -> Piece | None:
    return next((piece for piece in page.layout.pieces if _written_date(piece.text)), None)


def _written_date(text: str) -> str | None:
    """Return a date as only this card prints one: ``1997年6月2日``."""
    return printed_forms.slashed_date(text) if re.fullmatch(r"\D{0,3}\d{4}\s*年.*月.*", text) else None


def back_fields(page: Page) -> Fields:
    """Read the side with the emblem."""
    own = frozenset({Label.VALIDITY, Label.ISSUE_COUNT, Label.AUTHORITY})
    period = page.value(Label.VALIDITY, printed_forms.period) or page.anywhere(printed_forms.period) or NOTHING
    number = (
        page.value(Label.PASS_NUMBER, _pass_number)
        or page.value(Label.PASS_NUMBER, _no_pass_number)
        or page.anywhere(_pass_number, not_beside=own)
    )
    return {
        "ValidDate": weighed_by_term(period, PermitType.RESIDENCE_PERMIT),
        "Authority": issuing_authority(page),
        "VisaNum": page.value(Label.ISSUE_COUNT, printed_forms.count, alphabet="0123456789") or NOTHING,
        "PassNo": number or NOTHING,
    }


def front_answer(fields: Fields) -> ResidencePermitAnswer:
    """Return the answer for the side with the portrait."""
    return ResidencePermitAnswer(**_texts(fields), CardType=_FRONT, WarnCardInfos=NOT_ENABLED)


def back_answer(fields: Fields) -> ResidencePermitAnswer:
    """Return the answer for the side with the emblem."""
    return ResidencePermitAnswer(**_texts(fields), CardType=_BACK, WarnCardInfos=NOT_ENABLED)


def _texts(fields: Fields) -> dict[str, Any]:
    return {name: found.text for name, found in fields.items()}


def _pass_number(text: str) -> str | None:
    return printed_forms.permit_number(text, PermitType.RESIDENCE_PERMIT)


def _no_pass_number(text: str) -> str | None:
    """Return the three zeros that some cards print in place of a number."""
    return text if text == "000" else None


def _resident_number(page: Page, birth: str) -> Found:
    """Return the number.

    A wrong character is put right if that makes the check digit, the region and the printed birth date right.
    """
    read = page.value(Label.RESIDENT_NUMBER, _number) or page.anywhere(_number)
    if read is None:
        return NOTHING

    def holds(number: str) -> bool:
        return not faults_of(number) and (not birth or _birth_in(number) == birth)

    right = repair(read.text, holds)
    if right is None:
        return read.at_most(_UNPROVEN) if faults_of(read.text) else read.at_least(PROVEN)
    return replace(read, text=right).at_least(PROVEN)


def _number(text: str) -> str | None:
    plain = re.sub(r"\s+", "", printed_forms.half_width(text)).upper().translate(str.maketrans("OQDIL|", "000111"))
    found = _NUMBER.search(plain)
    return found[0] if found else None


def _birth_in(number: str) -> str:
    return f"{int(number[6:10])}/{int(number[10:12])}/{int(number[12:14])}"


def _agreed_birth(birth: Found, number: Found) -> Found:
    """Return the birth date the number's check digit proves, where the printed one differs in one character at most."""
    if not birth.text or not resident_number_holds(number.text):
        return weighed_by_day(birth)
    if distance(birth.text, _birth_in(number.text)) > 1:
        return weighed_by_day(birth).at_most(_UNPROVEN)
    return replace(birth, text=_birth_in(number.text)).at_least(PROVEN)


def _agreed_sex(sex: Found, number: Found) -> Found:
    """Return the sex, as sure as the number's 17th digit makes it: odd for men."""
    if not sex.text or not resident_number_holds(number.text):
        return sex
    agrees = (int(number.text[16]) % 2 == 1) == (sex.text == "男")
    return sex.at_least(PROVEN) if agrees else sex.at_most(_UNPROVEN)


def _address(page: Page) -> Found:
    """Return the lines beside the label and those below that begin where the first one does."""
    layout = page.layout
    lines = [piece for piece in _first_line(page) if _address_line(piece)]
    while lines and (following := layout.line_after(lines[0].line, lines[-1].line)) and _address_line(following):
        lines.append(following)
    if not lines:
        return NOTHING
    parts = [page.found(_address_line(piece), [piece.line]) for piece in lines]
    whole = Found("".join(part.text for part in parts), min(part.confidence for part in parts))
    end = _short_last_line(page, lines)
    address = Found(whole.text + end, min(whole.confidence, _END_READ_AGAIN)) if end else whole
    if not _BEGINNING.match(address.text):
        return address.at_most(_NO_BEGINNING)
    return address.at_most(_ENDS_IN_A_NUMBER) if address.text[-1].isdigit() else address


def _first_line(page: Page) -> list[Piece]:
    """Return the line beside the address's label or below it, else the line below the birth date in its column."""
    layout = page.layout
    if anchor := layout.anchor(Label.ADDRESS):
        return layout.right_of(anchor)[:1] or layout.below(anchor)[:1]
    birth = _birth_line(page)
    below = [piece for piece in layout.in_column(birth) if piece.line.middle > birth.line.middle] if birth else []
    return sorted(below, key=lambda piece: piece.line.middle)[:1]


def _address_line(piece: Piece) -> str:
    """Return a line of an address without spaces; empty for a residence number."""
    return "" if _number(piece.text) else printed_forms.chinese_text(piece.text) or re.sub(r"\s+", "", piece.text)


def _short_last_line(page: Page, lines: list[Piece]) -> str:
    """Return what a last line of a few characters says: the detector may pass over it."""
    first, last = lines[0].line, lines[-1].line
    pitch = last.middle - lines[-2].line.middle if len(lines) > 1 else 1.3 * last.height
    place = Place(first.left - 0.2 * first.height, last.top + pitch, first.left + 4 * first.height, last.bottom + pitch)
    if last.right < max(line.line.right for line in lines) - _SHORTER * last.height or _taken(page.layout, place):
        return ""
    text = page.look_again(place, None)
    return text if _END_OF_ADDRESS.fullmatch(text) else ""


def _taken(layout: Layout, place: Place) -> bool:
    lines = [*(piece.line for piece in layout.pieces), *(anchor.line for anchor in layout.anchors)]
    return any(
        line.top < place.bottom and place.top < line.bottom and line.left < place.right and place.left < line.right
        for line in lines
    )
