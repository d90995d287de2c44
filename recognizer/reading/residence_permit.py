"""The residence permit's two faces: text lines in, the answer of ``HmtResidentPermitOCR`` out."""

import re
from typing import Final

from permit_ocr.domain.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType
from recognizer.reading import printed_forms
from recognizer.reading.check_digits import repair, resident_number_holds
from recognizer.reading.labels import Label, distance
from recognizer.reading.layout import Layout, Piece, Place
from recognizer.reading.page import Page

NOT_ENABLED: Final = (-9109,)
"""Warning code: telling copies from originals is not enabled."""
_FRONT: Final = 0
_BACK: Final = 1
_NUMBER: Final = re.compile(r"(?<![\dA-Z])\d{17}[\dX](?![\dA-Z])")
_SHORTER: Final = 5.0
"""A line that ends this many text heights before the longest one is the last: digits are narrower than characters."""
_END_OF_ADDRESS: Final = re.compile(r"[\u4e00-\u9fffA-Z0-9-]{1,5}")
_REGIONS: Final = ("810000", "820000", "830000")


def read_front(page: Page) -> ResidencePermitAnswer:
    """Read the side with the portrait."""
    birth = page.value(Label.BIRTH, printed_forms.slashed_date) or ""
    number = _resident_number(page, birth)
    return ResidencePermitAnswer(
        Name=page.value(Label.NAME, printed_forms.chinese_name)
        or page.value(Label.NAME, printed_forms.latin_name)
        or "",
        Sex=page.value(Label.SEX, printed_forms.sex, alphabet="男女") or "",
        Birth=_agree(birth, number),
        Address=printed_forms.simplified(_address(page)),
        IdCardNo=number,
        CardType=_FRONT,
        WarnCardInfos=NOT_ENABLED,
    )


def read_back(page: Page) -> ResidencePermitAnswer:
    """Read the side with the emblem."""
    own = frozenset({Label.VALIDITY, Label.ISSUE_COUNT, Label.AUTHORITY})
    return ResidencePermitAnswer(
        CardType=_BACK,
        ValidDate=page.value(Label.VALIDITY, printed_forms.period) or page.anywhere(printed_forms.period) or "",
        Authority=printed_forms.simplified(page.value(Label.AUTHORITY, printed_forms.chinese_text) or ""),
        VisaNum=page.value(Label.ISSUE_COUNT, printed_forms.count, alphabet="0123456789") or "",
        PassNo=page.value(Label.PASS_NUMBER, _pass_number) or page.anywhere(_pass_number, not_beside=own) or "",
        WarnCardInfos=NOT_ENABLED,
    )


def _pass_number(text: str) -> str | None:
    return printed_forms.permit_number(text, PermitType.RESIDENCE_PERMIT)


def _resident_number(page: Page, birth: str) -> str:
    """Return the number.

    A wrong character is put right if that makes the check digit, the region and the printed birth date right.
    """
    read = page.value(Label.RESIDENT_NUMBER, _number) or page.anywhere(_number) or ""

    def holds(number: str) -> bool:
        return (
            resident_number_holds(number) and number.startswith(_REGIONS) and (not birth or _birth_in(number) == birth)
        )

    return repair(read, holds) or read if read else ""


def _number(text: str) -> str | None:
    plain = re.sub(r"\s+", "", printed_forms.half_width(text)).upper().translate(str.maketrans("OQDIL|", "000111"))
    found = _NUMBER.search(plain)
    return found[0] if found else None


def _birth_in(number: str) -> str:
    return f"{int(number[6:10])}/{int(number[10:12])}/{int(number[12:14])}"


def _agree(birth: str, number: str) -> str:
    """Return the birth date the number's check digit proves, where the printed one differs in one character."""
    if birth and resident_number_holds(number) and distance(birth, _birth_in(number)) == 1:
        return _birth_in(number)
    return birth


def _address(page: Page) -> str:
    """Return the lines beside the label and those below that begin where the first one does."""
    layout = page.layout
    anchor = layout.anchor(Label.ADDRESS)
    if anchor is None:
        return ""
    lines = layout.right_of(anchor)[:1] or layout.below(anchor)[:1]
    while lines and (following := layout.line_after(lines[0].line, lines[-1].line)):
        lines.append(following)
    text = "".join(printed_forms.chinese_text(line.text) or re.sub(r"\s+", "", line.text) for line in lines)
    return text + _short_last_line(page, lines) if lines else ""


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
