"""Reads the fields of ``MainlandPermitOCR`` from the travel permits' fronts."""

import re
from dataclasses import replace
from typing import Any, Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack
from permit_ocr.domain.card.permit_number import NON_CHINESE
from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.confidence import (
    adjust_for_calendar,
    adjust_for_mixed_scripts,
    adjust_for_script,
    adjust_for_term,
)
from recognizer.reading.fields.exit_entry_checks import checked_by_machine_line
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.issuing_authority import (
    NOT_A_PLACE,
    OFFICE_SUFFIX,
    issuing_authority,
    province_after_office,
)
from recognizer.reading.fields.names.holder_names import (
    checked_for_comma,
    chinese_name,
    clearest_name,
    romanised_name,
    romanised_name_piece,
)
from recognizer.reading.fields.names.pinyin import compared_names
from recognizer.reading.fields.ocr_field import CONTRADICTED, EMPTY_FIELD, VERIFIED, Fields, OcrField
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import TITLES, Label
from recognizer.reading.ocr.text_lines import BOX_GAP, SAME_ROW
from recognizer.reading.result import NOT_ENABLED

_TYPE_NAMES: Final[dict[PermitType, str]] = {
    permit: title for title, permit in TITLES.items() if permit is not PermitType.RESIDENCE_PERMIT
}
_EXIT_ENTRY: Final = PermitType.EXIT_ENTRY_PERMIT
_NON_CHINESE: Final = "（非中国籍）"
"""Follows the title of the edition for permanent residents who are not Chinese citizens (since July 2024)."""
_PERIOD_HEIGHT: Final = 4.0
"""The second date of a period is at most this many text heights from the label."""
_WITHOUT_TITLE: Final = 0.8
"""Confidence of a document type derived from the format of the number."""
_TELLS_EDITION: Final = 0.9
"""Least confidence of a number that tells the edition against a title without suffix: H4 is similar to HA."""
_WITHOUT_LABEL: Final = 0.85
"""Maximum confidence of a value beside an unreadable label."""
_UNVERIFIED: Final = 0.5
"""Maximum confidence of a number with a wrong check digit."""
_ONE_CHARACTER: Final = 0.5
"""Maximum confidence of a place of one character: all have two or three."""
_BEHIND_LABEL: Final = 0.8
"""Maximum confidence of a place that was partly taken for its misread label."""
_LENGTH_CHANGE_YEARS: Final = {PermitType.HK_MACAO_PERMIT: (2012, 2013), PermitType.TAIWAN_PERMIT: (2015, 2015)}
"""First and last year in which both ten-digit and shorter numbers were issued."""
_LONG_NUMBER: Final = re.compile(r"[HM]?\d{10}.*")
_UNKNOWN_COUNTRY: Final = 0.85
"""Maximum confidence of a nationality that is not the usual name of a country."""
_IN_PERIOD: Final = re.compile(r"[-—–]\s*(?:19|20)\d\d\D{0,2}\d\d|\d{4}\D?\d\d\D?\d\d\s*[-—–]\s*\d")
_BEGINNING_OF_DATE: Final = re.compile(r"(?:19|20)\d\d\.[\d.]{0,4}")
_ISOLATED: Final = 0.7
"""Maximum confidence of a single character or number without a label."""


def front_fields(finder: FieldFinder, permit: PermitType) -> Fields:
    """Read the side with the portrait."""
    latin = romanised_name_piece(finder)
    name, romanised = _names(finder, permit, latin)
    number = _number(finder, permit)
    authority, place = _authority_and_place(finder)
    fields = {
        "Name": _in_simplified(name) if permit is _EXIT_ENTRY else adjust_for_script(name),
        "EnglishName": romanised,
        "Sex": _sex(finder),
        "Birthday": _birthday(finder),
        "IssueAuthority": authority,
        "ValidDate": adjust_for_term(_period(finder), permit),
        "Number": number,
        "IssueAddress": place,
        "IssueNumber": _issue_count(finder, permit, number),
        "Type": type_name(finder, permit, number),
    }
    fields["Nationality"] = _nationality(finder, may_lack_label=fields["Type"].text.endswith(_NON_CHINESE))
    if is_non_chinese(fields) and value_parsers.country(fields["Name"].text):
        fields["Name"] = EMPTY_FIELD  # the nationality is also in Chinese above its translation
    if permit is _EXIT_ENTRY:
        fields |= checked_by_machine_line(finder, fields)
    return fields | {
        "Birthday": _checked_against_issue(adjust_for_calendar(fields["Birthday"]), fields["ValidDate"], permit),
        "Number": _checked_against_period(fields["Number"], fields["ValidDate"], permit),
        "EnglishName": fields["EnglishName"] if is_non_chinese(fields) else checked_for_comma(fields["EnglishName"]),
    }


def _names(finder: FieldFinder, permit: PermitType, latin: Piece | None) -> tuple[OcrField, OcrField]:
    """Return the Chinese and the romanised name, compared unless that is not Pinyin but as on the identity card."""
    name = chinese_name(finder, latin) or EMPTY_FIELD
    romanised = romanised_name(finder, latin) if latin else EMPTY_FIELD
    if permit is PermitType.HK_MACAO_PERMIT:
        return clearest_name(finder, name), romanised
    compared = compared_names(finder, name, romanised)
    clearest = clearest_name(finder, name) if compared[0] == name else name
    return compared if clearest == name else compared_names(finder, clearest, romanised)


def front_answer(fields: Fields) -> MainlandPermitAnswer:
    """Return the answer for a side with the portrait."""
    return MainlandPermitAnswer(
        **_texts(fields),
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=fields["Type"].text),
        WarnCardInfos=NOT_ENABLED,
    )


def _in_simplified(name: OcrField) -> OcrField:
    """Return a name as an exit-entry permit prints it: only in simplified characters."""
    return replace(adjust_for_mixed_scripts(name), text=value_parsers.simplified(name.text))


def _texts(fields: Fields) -> dict[str, Any]:
    return {name: found.text for name, found in fields.items()}


def type_name(finder: FieldFinder, permit: PermitType, number: OcrField) -> OcrField:
    """Return the document's title as printed, with the suffix of the edition for non-Chinese holders.

    If the title or its suffix is not readable, the permit's number tells the edition.
    """
    layout = finder.layout
    is_marked = any(anchor.word == _NON_CHINESE.strip("（）") for anchor in layout.anchors)
    title = layout.anchor(Label.TITLE)
    is_certain = title is None or number.confidence >= _TELLS_EDITION
    is_non_chinese = is_marked or (is_certain and NON_CHINESE.number.fullmatch(number.text) is not None)
    name = _TYPE_NAMES[permit] + (_NON_CHINESE if is_non_chinese and permit is PermitType.HK_MACAO_PERMIT else "")
    if title is None or TITLES[title.word] is not permit or is_marked is not is_non_chinese:
        return OcrField(name, _WITHOUT_TITLE)
    return OcrField(name, VERIFIED, finder.corners([title.line]))


def is_non_chinese(fields: Fields) -> bool:
    """Tell whether this is the edition for holders who are not Chinese citizens; some of them have one-word names."""
    number = NON_CHINESE.number.fullmatch(fields["Number"].text)
    return bool(number or fields["Nationality"].text or fields["Type"].text.endswith(_NON_CHINESE))


def _sex(finder: FieldFinder) -> OcrField:
    """Return the sex beside its label, else a lone one, else one that the detector missed beside the birth date."""
    labelled = finder.value(Label.SEX, value_parsers.sex, alphabet=value_parsers.SEXES) or finder.lone_sex()
    return (
        labelled or finder.missed_beside(_birth_or_part, value_parsers.sex, alphabet=value_parsers.SEXES) or EMPTY_FIELD
    )


def _birthday(finder: FieldFinder) -> OcrField:
    """Return the date beside its label, else the single date that no other label owns."""
    if labelled := finder.value(Label.BIRTH, _birth, alphabet="0123456789."):
        return labelled
    others = frozenset(Label) - {Label.BIRTH, Label.SEX}
    return finder.anywhere(_birth, not_beside=others) or EMPTY_FIELD


def _checked_against_issue(birthday: OcrField, period: OcrField, permit: PermitType) -> OcrField:
    """Lower the confidence of a birth date that is after the date of issue."""
    issued_before = value_parsers.is_term(period.text, permit) and birthday.text >= period.text[:10]
    return birthday.at_most(CONTRADICTED) if issued_before else birthday


def _issue_count(finder: FieldFinder, permit: PermitType, number: OcrField) -> OcrField:
    """Return the count beside its label, else two isolated digits to the right of the number, whatever is above them.

    It has two digits, and the first issue is 00.
    """
    if labelled := finder.value(Label.ISSUE_COUNT, _count, alphabet="0123456789"):
        return labelled if len(labelled.text) > 1 else labelled.at_most(_ISOLATED)
    if permit is _EXIT_ENTRY:
        return EMPTY_FIELD
    if number.text and (close := finder.anywhere(lambda text: _count_after(text, number.text))):
        return close.at_most(_ISOLATED)
    isolated = [
        piece
        for piece in finder.layout.pieces
        if value_parsers.ISSUE_COUNT.fullmatch(piece.text) and _may_be_count(piece)
    ]
    numbers = [piece for piece in finder.layout.pieces if number.text and number.text in piece.text]
    beside = [piece for piece in isolated if any(_is_right_of(piece, one) for one in numbers)]
    found = beside if len(beside) == 1 else [piece for piece in isolated if piece.owner is None]
    if len(found) == 1:
        return finder.field(found[0].text, [found[0].line]).at_most(_ISOLATED)
    return _missed_count(finder, number.text) or EMPTY_FIELD


def _missed_count(finder: FieldFinder, number: str) -> OcrField | None:
    """Return a count that the detector missed beside the number."""
    if not number or ends_with_count(number):
        return None
    return finder.missed_beside(
        lambda text: text if number in text else None,
        lambda text: text if value_parsers.ISSUE_COUNT.fullmatch(text) else None,
        alphabet="0123456789",
    )


def _count_after(text: str, number: str) -> str | None:
    """Return the count in another box close to the number's."""
    count = text.rpartition(number + BOX_GAP)[2].strip()
    return count if count != text and value_parsers.ISSUE_COUNT.fullmatch(count) else None


def ends_with_count(number: str) -> bool:
    """Tell whether a number is one of the 1999 edition, which has no issue count of its own."""
    return bool(_LONG_NUMBER.fullmatch(number))


def _may_be_count(piece: Piece) -> bool:
    return piece.owner is None or piece.owner.label is Label.PERMIT_NUMBER


def _is_right_of(piece: Piece, number: Piece) -> bool:
    apart = abs(piece.line.middle - number.line.middle) / number.line.height
    return piece.line.left > number.line.right and apart < SAME_ROW


def _count(text: str) -> str | None:
    """Return a count. A lone 0 is half of one, whose other digit is hidden."""
    count = value_parsers.count(text)
    return None if count == "0" else count


def _birth(text: str) -> str | None:
    """Return a single date; one beside a dash is part of the period of validity."""
    is_period = value_parsers.period(text) or _IN_PERIOD.search(value_parsers.half_width(text))
    return None if is_period else value_parsers.dotted_date(text)


def _birth_or_part(text: str) -> str | None:
    """Return a birth date, or what glare leaves of its beginning: a sex may be beside the glare."""
    return _birth(text) or (text if _BEGINNING_OF_DATE.fullmatch(value_parsers.half_width(text)) else None)


def _period(finder: FieldFinder) -> OcrField:
    """Return the validity period; its two dates may be on two lines, beside the label or below it."""
    if found := finder.value(Label.VALIDITY, value_parsers.period) or finder.anywhere(value_parsers.period):
        return found
    anchor = finder.layout.anchor(Label.VALIDITY)
    if anchor is None:
        return EMPTY_FIELD
    dates = [
        piece
        for piece in finder.layout.pieces
        if piece.owner in {None, anchor}
        and -SAME_ROW < (piece.line.middle - anchor.line.middle) / finder.layout.height < _PERIOD_HEIGHT
        and value_parsers.dotted_date(piece.text)
    ][:2]
    text = value_parsers.period(" ".join(piece.text for piece in dates))
    return finder.field(text, [piece.line for piece in dates]) if text else EMPTY_FIELD


def _number(finder: FieldFinder, permit: PermitType) -> OcrField:
    def parse(text: str) -> str | None:
        return value_parsers.permit_number(text, permit)

    labelled = finder.value(Label.PERMIT_NUMBER, parse) or finder.value(Label.PASS_NUMBER, parse)
    others = frozenset(Label) - {Label.PERMIT_NUMBER, Label.PASS_NUMBER, Label.NAME}
    return labelled or finder.anywhere(parse, not_beside=others) or EMPTY_FIELD


def _checked_against_period(number: OcrField, period: OcrField, permit: PermitType) -> OcrField:
    """Lower the confidence of a number whose length was not in use when the permit was issued: it is incomplete."""
    issued = parse_date(period.text[:10])
    if issued is None or permit not in _LENGTH_CHANGE_YEARS:
        return number
    first, last = _LENGTH_CHANGE_YEARS[permit]
    fits = issued.year <= last if _LONG_NUMBER.fullmatch(number.text) else issued.year >= first
    return number if fits else number.at_most(_UNVERIFIED)


def _authority_and_place(finder: FieldFinder) -> tuple[OcrField, OcrField]:
    """Return authority and place of issue, separated if they were read as one text."""
    authority = issuing_authority(finder)
    place = _completed_place(finder, finder.value(Label.ISSUE_PLACE, _place))
    if authority.text and not (place and value_parsers.province(place.text)):
        place = _place_after(finder, authority.text) or place
    place = place or finder.anywhere(value_parsers.province)
    others = frozenset(Label) - {Label.AUTHORITY, Label.ISSUE_PLACE}
    return authority, place or finder.anywhere(province_after_office, not_beside=others) or EMPTY_FIELD


def _completed_place(finder: FieldFinder, place: OcrField | None) -> OcrField | None:
    """Return a place with what its label took of it: a misread label may be a character shorter than the right one."""
    label = finder.layout.anchor(Label.ISSUE_PLACE)
    if place is None or label is None or value_parsers.province(place.text):
        return place
    if province := value_parsers.province_at_end(label.line.text + place.text):
        return replace(place, text=province).at_most(_BEHIND_LABEL)
    return place.at_most(_ONE_CHARACTER) if len(place.text) == 1 else place


def _place_after(finder: FieldFinder, authority: str) -> OcrField | None:
    """Return a place that was read together with the authority: the columns may split their text elsewhere."""
    if province := finder.anywhere(lambda text: _province_after(text, authority)):
        return province
    if finder.layout.anchor(Label.ISSUE_PLACE) is None or finder.value(Label.ISSUE_PLACE, _place):
        return None
    return finder.value(Label.AUTHORITY, lambda text: _text_after(text, authority))


def _text_after(text: str, authority: str) -> str | None:
    """Return the text after the authority: a place that was read together with it."""
    plain = value_parsers.simplified(value_parsers.chinese_text(text) or "")
    return plain.removeprefix(authority).lstrip(NOT_A_PLACE) or None if plain.startswith(authority) else None


def _province_after(text: str, authority: str) -> str | None:
    """Return the province after the authority in a text: on crowded lines, the columns split it elsewhere."""
    return value_parsers.province(_text_after(text, authority) or "")


def _place(text: str) -> str | None:
    found = value_parsers.chinese_words(text)
    return None if found is None or OFFICE_SUFFIX.match(found) else value_parsers.simplified(found)


def _nationality(finder: FieldFinder, *, may_lack_label: bool) -> OcrField:
    """Return the nationality beside its label, else a country anywhere; doubtful if it is no country's usual name."""
    found = finder.value(Label.NATIONALITY, _country_or_code)
    if found is None and may_lack_label:
        found = finder.anywhere(value_parsers.country)
    if found is None:
        return EMPTY_FIELD
    found = found if value_parsers.country(found.text) else found.at_most(_UNKNOWN_COUNTRY)
    return replace(found, text=value_parsers.simplified(found.text))


def _country_or_code(text: str) -> str | None:
    """Return a country's name in Chinese, else its code of three letters."""
    return value_parsers.chinese_words(text) or (text if re.fullmatch(r"[A-Z]{3}", text) else None)
