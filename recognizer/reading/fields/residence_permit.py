"""Reads the fields of ``HmtResidentPermitOCR`` from both sides of the residence permit."""

import re
from dataclasses import replace
from typing import Any, Final

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import correct_one_character, is_valid_resident_number
from recognizer.reading.fields.confidence import adjust_for_calendar, adjust_for_script, adjust_for_term
from recognizer.reading.fields.field_finder import FieldFinder, Parse, lone_sex
from recognizer.reading.fields.issuing_authority import issuing_authority
from recognizer.reading.fields.names.holder_names import clearest_name
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, VERIFIED, Fields, OcrField
from recognizer.reading.fields.resident_number_faults import faults_of
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import Label, edit_distance
from recognizer.reading.ocr.text_lines import BOX_GAP, SAME_ROW, BoundingBox, TextLine
from recognizer.reading.result import NOT_ENABLED

_FRONT: Final = 0
_BACK: Final = 1
_NUMBER: Final = re.compile(r"(?<![\dA-Z])\d{17}[\dX](?![\dA-Z])")
_LAST_LINE_GAP: Final = 5.0
"""A line that ends this many text heights before the longest one is the last: digits are narrow, so lines differ."""
_END_OF_ADDRESS: Final = re.compile(r"[\u4e00-\u9fffA-Z0-9-]{1,5}")
_LINE_PITCHES: Final = (1.0, 1.3)
"""How far the second line may be below the first, in text heights: boxes are more or less narrow."""
_END_REREAD: Final = 0.8
_ENDS_WITH_DIGIT: Final = 0.8
"""Maximum confidence of an address that ends with a digit: most continue with 号 or 室."""
_PROVINCE_OR_TOWN: Final = re.compile(
    r"(?:(?![区县旗路街道村镇])[\u4e00-\u9fff]){2,9}(?:[省市盟]|州(?![路街道巷])|自治区)"
)
_WITHOUT_PROVINCE: Final = 0.5
"""Maximum confidence of an address that does not begin with a province or a town: its first line was missed."""
_WIDTH_OF_LABEL: Final = 2.5
"""Text heights by which a line may begin left of the next one: its label may be in its box and unread."""
_SEX_ROW: Final = (2.0, 5.0)
"""Text heights between the middles of the name and the birth date if there is a row between them."""
_OTHER_ROWS: Final = (2, 3)
"""How many values are above the count, with or without one that was not read."""
_ROW_PITCH: Final = 2.2
"""Text heights between two rows of a back, at most."""
_ONE_DIGIT: Final = 0.7
"""Maximum confidence of a count of one digit or without its label."""
_MISSING_DIGIT: Final = 0.85
"""Part of the distance of two digits by which a number without its first character begins farther right."""
_TWO_DIGITS: Final = re.compile(rf"(?:[^\d]*{BOX_GAP}|(?=\S*[^\W\d])\S{{2,6}}[ {BOX_GAP}])?(0\d|1[0-2])")
"""A count, with its misread label before it."""
_LABEL_LENGTH: Final = 2
_OUTDENT: Final = 1.3
"""Lines of one column begin at most this many text heights apart."""
_DROPS: Final = (0.15, 2.4)
"""How far the middle of an address's next line is below that of the line before, in text heights."""
_LINE_PITCH: Final = 2.0
"""Lines of one address are at most this many text heights apart."""
_COLUMN: Final = -0.4
"""Text heights right of where the values begin from which on the middle of a character is a value's, and not a label's:
columns lean by 0.3."""
_COLUMN_AFTER_LABEL: Final = 0.1
"""The same where a label was read before: the middle of a value's first character is at 0.5."""
_SEX_AFTER_LABEL: Final = re.compile(r"(?:性|\S?别)\S*[男女]")
_WITHOUT_LABEL: Final = 0.85
_ONLY_DIGITS: Final = 0.7
"""Maximum confidence of a birth date of which only the digits were read, and that no number verifies."""
_UNVERIFIED: Final = 0.5
"""Maximum confidence of a number with a wrong check digit or region or perhaps without its letter, and of fields that
contradict the number."""


def front_fields(finder: FieldFinder) -> Fields:
    """Read the side with the portrait."""
    birth = finder.value(Label.BIRTH, value_parsers.slashed_date) or finder.anywhere(_written_date) or EMPTY_FIELD
    number = _resident_number(finder, birth.text)
    birth_line = _birth_line(finder, birth.text, number)
    if birth_line and not birth.text:
        birth = finder.field(_birth_in(number.text), [birth_line.line])
    elif not (birth.text or is_valid_resident_number(number.text)) and (birth_line := _line_of_digits(finder)):
        birth = finder.field(value_parsers.unpadded_date(birth_line.text) or "", [birth_line.line]).at_most(
            _ONLY_DIGITS
        )
    sex = finder.value(Label.SEX, value_parsers.sex, alphabet=value_parsers.SEXES) or finder.lone_sex()
    address = _address(finder, birth_line)
    name = _name(finder, birth_line or _sex_line(finder) or _beginning_of_address(finder)) or EMPTY_FIELD
    if sex is None and birth_line:
        sex = _missed_sex(finder, birth_line.line, name.text)
    sex = sex or EMPTY_FIELD
    return {
        "Name": adjust_for_script(clearest_name(finder, name)),
        "Sex": _checked_sex(sex, number),
        "Birth": _checked_birth(birth, number),
        "Address": replace(address, text=value_parsers.simplified(address.text)),
        "IdCardNo": number,
    }


def _name(finder: FieldFinder, below: Piece | None) -> OcrField | None:
    """Return the name beside its label, else the nearest possible name above the value ``below`` in its column."""
    for form in (value_parsers.chinese_name, value_parsers.latin_name):
        if found := finder.value(Label.NAME, form):
            return found
    if below is None or finder.layout.anchor(Label.NAME):
        return None
    above = [
        value
        for piece in (*finder.layout.pieces, *finder.layout.specimen_marks)
        if _begins_in_column(piece, below)
        and piece.line.middle < below.line.middle
        and (value := _without_label(piece, below))
        and value_parsers.chinese_name(value.text)
        and not (lone_sex(value.text) or lone_sex(piece.text))
        and not _SEX_AFTER_LABEL.fullmatch(piece.text)
        and not _PROVINCE_OR_TOWN.match(value.text)
    ]
    nearest = max(above, key=lambda piece: piece.line.middle, default=None)
    if nearest is None:
        return None
    return finder.field(value_parsers.chinese_name(nearest.text) or "", [nearest.line]).at_most(_WITHOUT_LABEL)


def _begins_in_column(piece: Piece, value: Piece) -> bool:
    """Tell whether a piece, or what follows a misread label in it, begins in the column of a value."""
    near = value.line.height
    return piece.line.left - near < value.line.left < piece.line.right


def _without_label(piece: Piece, value: Piece) -> Piece | None:
    """Return a piece without what is left of another value's column: part of a label that was read with it."""
    column = _COLUMN_AFTER_LABEL if piece.text.startswith(("姓", "性")) else _COLUMN
    left = value.line.left + column * value.line.height
    inside = [index for index, character in enumerate(piece.line.characters) if character.x > left]
    return replace(piece, line=piece.line.part(inside[0], len(piece.line.characters))) if inside else None


def _birth_line(finder: FieldFinder, birth: str, number: OcrField) -> Piece | None:
    """Return the birth date, else the text with its digits: 年, 月 and 日 may be so small that they are not read."""
    pieces = finder.layout.pieces
    printed = [piece for piece in pieces if birth and value_parsers.slashed_date(piece.text) == birth]
    if not printed and is_valid_resident_number(number.text):
        digits = _birth_in(number.text).replace("/", "")
        printed = [piece for piece in pieces if value_parsers.unpadded_date_digits(piece.text) == digits]
    return _from_first_digit(printed[0]) if printed else None


def _from_first_digit(piece: Piece) -> Piece:
    """Return a piece without what is before its first digit: a part of the label that was not read as such."""
    characters = piece.line.characters
    first = next((index for index, character in enumerate(characters) if character.text.isdigit()), 0)
    return replace(piece, line=piece.line.part(first, len(characters))) if first else piece


def _line_of_digits(finder: FieldFinder) -> Piece | None:
    """Return the only text that can be a birth date without its 年, 月 and 日, if glare hides the number."""
    found = [piece for piece in finder.layout.pieces if value_parsers.unpadded_date(piece.text)]
    return found[0] if len(found) == 1 else None


def _sex_line(finder: FieldFinder) -> Piece | None:
    return next((piece for piece in finder.layout.pieces if lone_sex(piece.text) == piece.text), None)


def _missed_sex(finder: FieldFinder, birth: TextLine, name: str) -> OcrField | None:
    """Return a sex that the detector missed between the name and the birth date, in the same column."""
    names = [piece.line for piece in finder.layout.pieces if name and name in piece.text]
    if len(names) != 1:
        return None
    above = names[0].middle
    if not _SEX_ROW[0] < (birth.middle - above) / birth.height < _SEX_ROW[1]:
        return None
    return finder.missed_in(_box_at(birth, (above + birth.middle) / 2), value_parsers.sex, alphabet=value_parsers.SEXES)


def _box_at(value: TextLine, middle: float) -> BoundingBox:
    """Return the place of a character or two that begin in the column of a value."""
    height = value.height
    return BoundingBox(
        value.left - 0.3 * height, middle - 0.65 * height, value.left + 2.2 * height, middle + 0.65 * height
    )


def _written_date(text: str) -> str | None:
    """Return a date in the format that only this card uses: ``1997年6月2日``."""
    return value_parsers.slashed_date(text) if re.fullmatch(r"\D{0,3}\d{4}\s*(年.*|\D?\d{1,2})月.*", text) else None


def back_fields(finder: FieldFinder) -> Fields:
    """Read the side with the emblem."""
    other_labels = frozenset({Label.VALIDITY, Label.ISSUE_COUNT, Label.AUTHORITY})
    period = finder.value(Label.VALIDITY, value_parsers.period) or finder.anywhere(value_parsers.period) or EMPTY_FIELD
    number = (
        finder.value(Label.PASS_NUMBER, _pass_number)
        or finder.value(Label.PASS_NUMBER, _placeholder_number)
        or finder.anywhere(_pass_number, not_beside=other_labels)
    )
    return {
        "ValidDate": adjust_for_term(period, PermitType.RESIDENCE_PERMIT),
        "Authority": issuing_authority(finder),
        "VisaNum": _issue_count(finder),
        "PassNo": _checked_for_letter(finder, number or EMPTY_FIELD, period.text),
    }


def _checked_for_letter(finder: FieldFinder, number: OcrField, period: str) -> OcrField:
    """Lower the confidence of eight digits that begin a digit's width right of the period: a letter was not read."""
    digits = _places_of_digits(finder, _pass_number, number.text)
    others = _places_of_digits(finder, value_parsers.period, period)
    if not number.text.isdigit() or len(digits) < len(number.text) or not others:
        return number
    pitch = (digits[-1] - digits[0]) / (len(number.text) - 1)
    return number.at_most(_UNVERIFIED) if digits[0] - others[0] > _MISSING_DIGIT * pitch else number


def _places_of_digits(finder: FieldFinder, parse: Parse, value: str) -> list[float]:
    """Return where the digits are in the only text of a value; none if there are several."""
    found = [piece.line.characters for piece in finder.layout.pieces if value and parse(piece.text) == value]
    return [character.x for character in found[0] if character.text.isdigit()] if len(found) == 1 else []


def _issue_count(finder: FieldFinder) -> OcrField:
    """Return the count, which has two digits: a single one may be half of it.

    If its label is unreadable, it is the only text of two digits in the column of the number and the period.
    """
    if count := finder.value(Label.ISSUE_COUNT, value_parsers.count, alphabet="0123456789"):
        return count if len(count.text) > 1 else count.at_most(_ONE_DIGIT)
    pieces = finder.layout.pieces
    values = [piece for piece in pieces if _pass_number(piece.text) or value_parsers.period(piece.text)]
    found = [
        (piece, digits[1])
        for piece in pieces
        if (digits := _TWO_DIGITS.fullmatch(piece.text)) and any(_begins_in_column(piece, value) for value in values)
    ]
    if finder.layout.anchor(Label.ISSUE_COUNT):
        return EMPTY_FIELD
    if len(found) != 1:
        return (not found and _missed_count(finder)) or EMPTY_FIELD
    piece, text = found[0]
    return finder.field(text, [piece.line]).at_most(_ONE_DIGIT)


def _missed_count(finder: FieldFinder) -> OcrField | None:
    """Return a count that the detector missed: as far below the last of the other values as they are apart."""
    periods = [piece for piece in finder.layout.pieces if value_parsers.period(piece.text)]
    if len(periods) != 1:
        return None
    column = [value.line for piece in finder.layout.pieces if (value := _in_column_of(periods[0], piece))]
    period = periods[0].line
    near = [line for line in column if abs(line.middle - period.middle) < _ROW_PITCH * period.height]
    rows = sorted(near, key=lambda line: line.middle)
    if len(rows) not in _OTHER_ROWS or rows[-1] is period:
        return None
    pitch = (rows[-1].middle - rows[0].middle) / (len(rows) - 1)
    box = _box_at(rows[-1], rows[-1].middle + pitch)
    return finder.missed_in(
        box, lambda text: text if value_parsers.ISSUE_COUNT.fullmatch(text) else None, alphabet="0123456789"
    )


def _in_column_of(value: Piece, piece: Piece) -> Piece | None:
    """Return a piece that begins in the column of a value, without a label that was read with it."""
    if piece is value:
        return piece
    if not _begins_in_column(piece, value) or piece.line.right > value.line.right + value.line.height:
        return None
    return _without_label(piece, value)


def front_answer(fields: Fields) -> ResidencePermitAnswer:
    """Return the answer for the side with the portrait."""
    return ResidencePermitAnswer(**_texts(fields), CardType=_FRONT, WarnCardInfos=NOT_ENABLED)


def back_answer(fields: Fields) -> ResidencePermitAnswer:
    """Return the answer for the side with the emblem."""
    return ResidencePermitAnswer(**_texts(fields), CardType=_BACK, WarnCardInfos=NOT_ENABLED)


def _texts(fields: Fields) -> dict[str, Any]:
    return {name: found.text for name, found in fields.items()}


def _pass_number(text: str) -> str | None:
    return value_parsers.permit_number(text, PermitType.RESIDENCE_PERMIT)


def _placeholder_number(text: str) -> str | None:
    """Return the three zeros that some cards print instead of a number."""
    return text if text == "000" else None


def _resident_number(finder: FieldFinder, birth: str) -> OcrField:
    """Return the number, with one character corrected if check digit, region and printed birth date then match."""
    printed = finder.value(Label.RESIDENT_NUMBER, _number) or finder.anywhere(_number)
    if printed is None:
        return EMPTY_FIELD

    def is_valid(number: str) -> bool:
        return not faults_of(number) and (not birth or _birth_in(number) == birth)

    corrected = correct_one_character(printed.text, is_valid)
    if corrected is None:
        return printed.at_most(_UNVERIFIED) if faults_of(printed.text) else printed.at_least(VERIFIED)
    return replace(printed, text=corrected).at_least(VERIFIED)


def _number(text: str) -> str | None:
    plain = re.sub(r"\s+", "", value_parsers.half_width(text)).upper().translate(str.maketrans("OQDIL|", "000111"))
    found = _NUMBER.search(plain)
    return found[0] if found else None


def _birth_in(number: str) -> str:
    return f"{int(number[6:10])}/{int(number[10:12])}/{int(number[12:14])}"


def _checked_birth(birth: OcrField, number: OcrField) -> OcrField:
    """Return the birth date verified by the number, if the printed one differs in at most one character."""
    if not birth.text or not is_valid_resident_number(number.text):
        return adjust_for_calendar(birth)
    if edit_distance(birth.text, _birth_in(number.text)) > 1:
        return adjust_for_calendar(birth).at_most(_UNVERIFIED)
    return replace(birth, text=_birth_in(number.text)).at_least(VERIFIED)


def _checked_sex(sex: OcrField, number: OcrField) -> OcrField:
    """Adjust the confidence of the sex by the number's 17th digit, which is odd for men."""
    if not sex.text or not is_valid_resident_number(number.text):
        return sex
    agrees = (int(number.text[16]) % 2 == 1) == (sex.text == "男")
    return sex.at_least(VERIFIED) if agrees else sex.at_most(_UNVERIFIED)


def _address(finder: FieldFinder, birth: Piece | None) -> OcrField:
    """Return the line beside the label and the aligned lines below."""
    layout = finder.layout
    lines = [piece for piece in _first_line(finder, birth) if _address_line(piece)]
    if lines and (above := _beginning_above(finder, lines[0])):
        lines.insert(0, above)
    while lines and (next_line := _next_line(finder, lines[0].line, lines[-1].line)) and _address_line(next_line):
        lines.append(next_line)
    if not lines:
        return EMPTY_FIELD
    parts = [finder.field(_address_line(piece), [piece.line]) for piece in lines]
    whole = OcrField(
        value_parsers.without_label_before_province("".join(part.text for part in parts)),
        min(part.confidence for part in parts),
        finder.corners([piece.line for piece in lines]),
    )
    end = _short_last_line(finder, lines)
    address = replace(whole, text=whole.text + end).at_most(_END_REREAD) if end else whole
    if layout.anchor(Label.ADDRESS) is None and birth is None:
        address = address.at_most(_WITHOUT_LABEL)
    if not _PROVINCE_OR_TOWN.match(address.text):
        return address.at_most(_WITHOUT_PROVINCE)
    return address.at_most(_ENDS_WITH_DIGIT) if address.text[-1].isdigit() else address


def _next_line(finder: FieldFinder, first: TextLine, last: TextLine) -> Piece | None:
    """Return the next line of an address: below the last one, in the column of the first, whose label may be unread.

    Lines that are partly above each other are not in one row, however close they are: few cards are perfectly flat.
    """
    below = [
        piece
        for piece in finder.layout.pieces
        if piece.owner is None
        and piece.line.left < last.right
        and -_OUTDENT < (piece.line.left - first.left) / first.height < _WIDTH_OF_LABEL
        and _DROPS[0] < (piece.line.middle - last.middle) / last.height < _DROPS[1]
    ]
    return min(below, key=lambda piece: piece.line.middle, default=None)


def _beginning_of_address(finder: FieldFinder) -> Piece | None:
    lines = _first_line(finder, None)
    return (_beginning_above(finder, lines[0]) or lines[0]) if lines else None


def _beginning_above(finder: FieldFinder, line: Piece) -> Piece | None:
    """Return the line above one that does not begin like an address: the label may be beside the second line."""
    if _PROVINCE_OR_TOWN.match(_address_line(line)):
        return None
    above = [
        piece
        for piece in finder.layout.pieces
        if SAME_ROW < (line.line.middle - piece.line.middle) / line.line.height < _LINE_PITCH
        and -1 < (line.line.left - piece.line.left) / line.line.height < _WIDTH_OF_LABEL
        and _PROVINCE_OR_TOWN.match(_address_line(piece))
    ]
    return above[0] if len(above) == 1 else None


def _first_line(finder: FieldFinder, birth: Piece | None) -> list[Piece]:
    """Return the line beside the address's label or below it, else the line below the birth date in its column.

    Without both, it is the only text that begins with a province or a town, in one column with any other text.
    """
    layout = finder.layout
    if anchor := layout.anchor(Label.ADDRESS):
        return layout.right_of(anchor)[:1] or layout.below(anchor)[:1]
    if birth:
        below = [
            piece
            for piece in layout.pieces
            if piece.line.middle > birth.line.middle
            and -_WIDTH_OF_LABEL < (piece.line.left - birth.line.left) / birth.line.height < _OUTDENT
        ]
        lines = [piece for piece in below if len(piece.text) > _LABEL_LENGTH]  # without what is left of the label
        return sorted(lines, key=lambda piece: piece.line.middle)[:1]
    found = [
        piece
        for piece in layout.pieces
        if piece.owner is None and _PROVINCE_OR_TOWN.match(_address_line(piece)) and layout.in_column(piece)
    ]
    return found if len(found) == 1 else []


def _address_line(piece: Piece) -> str:
    """Return an address line without spaces; empty for a residence number."""
    return "" if _number(piece.text) else value_parsers.chinese_text(piece.text) or re.sub(r"\s+", "", piece.text)


def _short_last_line(finder: FieldFinder, lines: list[Piece]) -> str:
    """Return a last line of only a few characters, which the detector may miss."""
    first, last = lines[0].line, lines[-1].line
    if last.right < max(line.line.right for line in lines) - _LAST_LINE_GAP * last.height:
        return ""
    one_line = [pitch * last.height for pitch in _LINE_PITCHES]
    for pitch in [last.middle - lines[-2].line.middle] if len(lines) > 1 else one_line:
        box = BoundingBox(
            first.left - 0.2 * first.height, last.top + pitch, first.left + 4 * first.height, last.bottom + pitch
        )
        if finder.layout.has_text_in(box):
            return ""
        if _END_OF_ADDRESS.fullmatch(text := finder.reread(box, None)):
            return text
    return ""
