"""The travel permits' fronts and the HK/Macao permit's back: text lines in, the fields of ``MainlandPermitOCR`` out."""

import re
from dataclasses import replace
from typing import Any, Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack
from permit_ocr.domain.card.permit_number import NON_CHINESE
from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import correct_hong_kong_number, may_be_hong_kong
from recognizer.reading.fields.confidence import adjust_for_calendar, adjust_for_script, adjust_for_term
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.issuing_authority import OFFICE, issuing_authority
from recognizer.reading.fields.mrz import confirms_name, correct_from, exit_entry_line, machine_lines
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, VERIFIED, Fields, OcrField
from recognizer.reading.layout.card_layout import Layout, Piece
from recognizer.reading.layout.labels import TITLES, Anchor, Label
from recognizer.reading.ocr.text_lines import SAME_ROW
from recognizer.reading.result import NOT_ENABLED

_TYPE_NAMES: Final[dict[PermitType, str]] = {
    permit: title for title, permit in TITLES.items() if permit is not PermitType.RESIDENCE_PERMIT
}
_EXIT_ENTRY: Final = PermitType.EXIT_ENTRY_PERMIT
_NON_CHINESE: Final = "（非中国籍）"
"""Printed after the title of the edition for permanent residents who are not Chinese citizens (since July 2024)."""
_NAME_BLOCK: Final = 6.0
"""The name's label and both names stand within so many text heights."""
_TWO_LINES: Final = 4.0
"""The second date of a period is at most this many text heights from the label."""
_NAME_LINES: Final = 3.2
"""The Latin name is at most this many text heights below the Chinese one."""
_WITHOUT_TITLE: Final = 0.8
"""How sure a document's name is that follows from the form of its number."""
_WITHOUT_LABEL: Final = 0.85
"""How sure a value is at most that was found beside a label that cannot be read."""
_CONTRADICTED: Final = 0.35
"""How sure a field is at most that another one contradicts."""
_UNPROVEN: Final = 0.5
"""How sure a number is at most whose check digit is wrong."""
_HALF: Final = 0.5
"""How sure a romanised name is at most whose other half is not seen."""
_SHORTENED: Final = {PermitType.HK_MACAO_PERMIT: (2012, 2013), PermitType.TAIWAN_PERMIT: (2015, 2015)}
"""The first and the last year in which numbers of ten digits and of fewer were both issued."""
_LONG_NUMBER: Final = re.compile(r"[HM]?\d{10}.*")
_COUNTRY_LABEL: Final = re.compile(r"国\S?(?:\s+(?P<country>\S+))?")
"""The label of the nationality when its second character is misread or not seen."""
_ALONE: Final = 0.7
"""How sure a single character or number is at most that stands alone, without a label."""


def front_fields(finder: FieldFinder, permit: PermitType) -> Fields:
    """Read the side with the portrait."""
    latin = _latin_name(finder)
    name = adjust_for_script(_chinese_name(finder, latin) or EMPTY_FIELD)
    number = _number(finder, permit)
    authority, place = _authority_and_place(finder)
    fields = {
        "Name": replace(name, text=value_parsers.simplified(name.text)) if permit is _EXIT_ENTRY else name,
        "EnglishName": _whole_latin_name(finder, latin) if latin else EMPTY_FIELD,
        "Sex": finder.value(Label.SEX, value_parsers.sex, alphabet="男女") or finder.lone_sex() or EMPTY_FIELD,
        "Birthday": _birthday(finder),
        "IssueAuthority": authority,
        "ValidDate": adjust_for_term(_period(finder), permit),
        "Number": number,
        "IssueAddress": place,
        "IssueNumber": _issue_count(finder, permit),
        "Type": type_name(finder.layout, permit),
        "Nationality": finder.value(Label.NATIONALITY, _nationality) or EMPTY_FIELD,
    }
    if fields["Type"].text.endswith(_NON_CHINESE) and not fields["Nationality"].text:
        fields["Nationality"] = _country_at_broken_label(finder)
    if permit is _EXIT_ENTRY:
        fields |= _agreed_with_machine_line(finder, fields)
    return fields | {
        "Birthday": _before(adjust_for_calendar(fields["Birthday"]), fields["ValidDate"], permit),
        "Number": _of_its_time(fields["Number"], fields["ValidDate"], permit),
        "EnglishName": fields["EnglishName"] if _is_non_chinese(fields) else _in_two_parts(fields["EnglishName"]),
    }


def back_fields(finder: FieldFinder) -> Fields:
    """Read the HK/Macao permit's side without the portrait; the fields are those of its back."""
    name = (
        finder.value(Label.NAME, value_parsers.chinese_name)
        or finder.value(Label.NAME, value_parsers.latin_name)
        or _name_above_identity(finder)
    )
    identity = (
        finder.value(Label.IDENTITY_NUMBER, value_parsers.identity_card_number)
        or finder.value(Label.PERMIT_NUMBER, value_parsers.identity_card_number)
        or finder.anywhere(_bracketed_identity)
        or EMPTY_FIELD
    )
    return {
        "Type": type_name(finder.layout, PermitType.HK_MACAO_PERMIT),
        "Name": _confirmed(finder, adjust_for_script(name)) if name else EMPTY_FIELD,
        "IDNumber": _proven_identity(identity),
        "HistoryNumber": finder.value(Label.HISTORY_NUMBER, value_parsers.permits_before) or EMPTY_FIELD,
    }


def front_answer(fields: Fields) -> MainlandPermitAnswer:
    """Return the answer for a side with the portrait."""
    return MainlandPermitAnswer(
        **_texts(fields),
        MainlandTravelPermitBackInfos=MainlandPermitBack(Type=fields["Type"].text),
        WarnCardInfos=NOT_ENABLED,
    )


def back_answer(fields: Fields) -> MainlandPermitAnswer:
    """Return the answer for the HK/Macao permit's back."""
    return MainlandPermitAnswer(
        Type=fields["Type"].text,
        MainlandTravelPermitBackInfos=MainlandPermitBack(**_texts(fields)),
        WarnCardInfos=NOT_ENABLED,
    )


def _texts(fields: Fields) -> dict[str, Any]:
    return {name: found.text for name, found in fields.items()}


def type_name(layout: Layout, permit: PermitType) -> OcrField:
    """Return the document's name as printed, with the mark of the edition for holders who are not Chinese citizens."""
    marked = any(anchor.word == _NON_CHINESE.strip("（）") for anchor in layout.anchors)
    name = _TYPE_NAMES[permit] + (_NON_CHINESE if marked and permit is PermitType.HK_MACAO_PERMIT else "")
    title = layout.anchor(Label.TITLE)
    return OcrField(name, VERIFIED if title and TITLES[title.word] is permit else _WITHOUT_TITLE)


def _latin_name(finder: FieldFinder) -> Piece | None:
    """Return the romanised name.

    The nearest to the label or to the top; a comma marks a name more surely than anything else.
    """
    layout = finder.layout
    found = [piece for piece in layout.pieces if value_parsers.latin_name(piece.text) and _may_be_name(piece)]
    label = layout.anchor(Label.NAME)
    if label:
        found = [piece for piece in found if _drop(label, piece, layout) < _NAME_BLOCK] or found
    return min(
        found, key=lambda piece: ("," not in (value_parsers.latin_name(piece.text) or ""), piece.row), default=None
    )


def _whole_latin_name(finder: FieldFinder, first: Piece) -> OcrField:
    """Return the name with the line below it, if it breaks after its comma."""
    text = first.line.text.strip()
    following = finder.layout.line_after(first.line, first.line) if text.endswith((",", "，")) else None
    both = value_parsers.latin_name(text + following.text) if following else None
    if following and both:
        return finder.found(both, [first.line, following.line])
    return finder.found(value_parsers.latin_name(first.text) or "", [first.line])


def _is_non_chinese(fields: Fields) -> bool:
    """Tell the edition for holders who are not Chinese citizens: some of them have a name of one word."""
    number = NON_CHINESE.number.fullmatch(fields["Number"].text)
    return bool(number or fields["Nationality"].text or fields["Type"].text.endswith(_NON_CHINESE))


def _in_two_parts(name: OcrField) -> OcrField:
    """Return a romanised name, hardly sure where the comma between surname and given name is not seen."""
    return name if "," in name.text else name.at_most(_HALF)


def _drop(anchor: Anchor, piece: Piece, layout: Layout) -> float:
    """Return how many text heights above or below a label a piece stands."""
    return abs(piece.line.middle - anchor.line.middle) / layout.height


def _may_be_name(piece: Piece) -> bool:
    return piece.owner is None or piece.owner.label is Label.NAME


def _chinese_name(finder: FieldFinder, latin: Piece | None) -> OcrField | None:
    """Return the name beside or below its label, else the line above the Latin name: some cards print no label."""
    if labelled := finder.value(Label.NAME, value_parsers.chinese_name):
        return labelled
    if latin is None or finder.layout.anchor(Label.NAME):
        return None
    above = [
        piece
        for piece in finder.layout.pieces
        if _may_be_name(piece)
        and 0.5 * latin.line.height < latin.line.middle - piece.line.middle < _NAME_LINES * latin.line.height
        and piece.line.left < latin.line.right
        and piece.line.right > latin.line.left
        and value_parsers.chinese_name(piece.text)
    ]
    nearest = max(above, key=lambda piece: piece.line.middle, default=None)
    return finder.found(value_parsers.chinese_name(nearest.text) or "", [nearest.line]) if nearest else None


def _birthday(finder: FieldFinder) -> OcrField:
    """Return the date beside its label, else the one date that stands alone where no label took it."""
    if labelled := finder.value(Label.BIRTH, _birth, alphabet="0123456789."):
        return labelled
    others = frozenset(Label) - {Label.BIRTH, Label.SEX}
    return finder.anywhere(_birth, not_beside=others) or EMPTY_FIELD


def _before(birthday: OcrField, period: OcrField, permit: PermitType) -> OcrField:
    """Return the birth date, hardly sure where the permit was issued before it."""
    issued_before = value_parsers.is_term(period.text, permit) and birthday.text >= period.text[:10]
    return birthday.at_most(_CONTRADICTED) if issued_before else birthday


def _issue_count(finder: FieldFinder, permit: PermitType) -> OcrField:
    """Return the count beside its label, else the two digits that stand alone on a card that always has one."""
    if labelled := finder.value(Label.ISSUE_COUNT, _count_from_one, alphabet="0123456789"):
        return labelled
    alone = [piece for piece in finder.layout.pieces if piece.owner is None and re.fullmatch(r"0\d", piece.text)]
    return (
        finder.found(alone[0].text, [alone[0].line]).at_most(_ALONE)
        if len(alone) == 1 and permit is not _EXIT_ENTRY
        else EMPTY_FIELD
    )


def _count_from_one(text: str) -> str | None:
    """Return a count; 0 is what is left of one whose second digit is hidden: the first issue is counted."""
    count = value_parsers.count(text)
    return count if count and int(count) else None


def _birth(text: str) -> str | None:
    """Return a lone date: the one with another behind it begins the period of validity."""
    return None if value_parsers.period(text) else value_parsers.dotted_date(text)


def _period(finder: FieldFinder) -> OcrField:
    """Return the validity period; its two dates may stand in two lines."""
    if found := finder.value(Label.VALIDITY, value_parsers.period) or finder.anywhere(value_parsers.period):
        return found
    anchor = finder.layout.anchor(Label.VALIDITY)
    if anchor is None:
        return EMPTY_FIELD
    dates = [
        piece
        for piece in finder.layout.pieces
        if piece.owner in {None, anchor}
        and _drop(anchor, piece, finder.layout) < _TWO_LINES
        and value_parsers.dotted_date(piece.text)
    ][:2]
    text = value_parsers.period(" ".join(piece.text for piece in dates))
    return finder.found(text, [piece.line for piece in dates]) if text else EMPTY_FIELD


def _number(finder: FieldFinder, permit: PermitType) -> OcrField:
    def parse(text: str) -> str | None:
        return value_parsers.permit_number(text, permit)

    labelled = finder.value(Label.PERMIT_NUMBER, parse) or finder.value(Label.PASS_NUMBER, parse)
    others = frozenset(Label) - {Label.PERMIT_NUMBER, Label.PASS_NUMBER, Label.NAME}
    return labelled or finder.anywhere(parse, not_beside=others) or EMPTY_FIELD


def _of_its_time(number: OcrField, period: OcrField, permit: PermitType) -> OcrField:
    """Return the number, less sure where permits issued when this one was had numbers of another length: it is cut."""
    issued = parse_date(period.text[:10])
    if issued is None or permit not in _SHORTENED:
        return number
    first, last = _SHORTENED[permit]
    fits = issued.year <= last if _LONG_NUMBER.fullmatch(number.text) else issued.year >= first
    return number if fits else number.at_most(_UNPROVEN)


def _authority_and_place(finder: FieldFinder) -> tuple[OcrField, OcrField]:
    """Return authority and place of issue, parted where the reader glued them."""
    authority = issuing_authority(finder)
    place = finder.value(Label.ISSUE_PLACE, _place)
    if place is None and authority.text and finder.layout.anchor(Label.ISSUE_PLACE):
        glued = finder.value(Label.AUTHORITY, lambda text: _after(text, authority.text))
        return authority, glued or finder.anywhere(lambda text: _province_after(text, authority.text)) or EMPTY_FIELD
    return authority, place or finder.anywhere(value_parsers.province, not_beside=frozenset(Label)) or EMPTY_FIELD


def _after(text: str, authority: str) -> str | None:
    """Return what follows the authority in a text: a place the reader glued to it."""
    plain = value_parsers.simplified(value_parsers.chinese_text(text) or "")
    return plain.removeprefix(authority) or None if plain.startswith(authority) else None


def _province_after(text: str, authority: str) -> str | None:
    """Return the province that follows the authority in a text: columns cut it elsewhere where a line is crowded."""
    return value_parsers.province(_after(text, authority) or "")


def _place(text: str) -> str | None:
    found = value_parsers.chinese_words(text)
    return None if found is None or OFFICE.match(found) else value_parsers.simplified(found)


def _nationality(text: str) -> str | None:
    """Return a country's name in Chinese, else its code of three letters."""
    return value_parsers.chinese_words(text) or (text if re.fullmatch(r"[A-Z]{3}", text) else None)


def _country_at_broken_label(finder: FieldFinder) -> OcrField:
    """Return what stands behind or below the first character of the nationality's label."""
    for label in finder.layout.pieces:
        broken = _COUNTRY_LABEL.fullmatch(label.text)
        value = label if broken and broken["country"] else finder.layout.line_after(label.line, label.line)
        country = value_parsers.chinese_words(broken["country"] or (value.text if value else "")) if broken else None
        if value and country:
            return finder.found(country, [value.line]).at_most(_WITHOUT_LABEL)
    return EMPTY_FIELD


def _bracketed_identity(text: str) -> str | None:
    return value_parsers.identity_card_number(text) if re.search(r"[(（].[)）]", text) else None


def _name_above_identity(finder: FieldFinder) -> OcrField | None:
    """Return the Chinese name in the row above the identity number's label: where its own label cannot be read."""
    anchor = finder.layout.anchor(Label.IDENTITY_NUMBER)
    if anchor is None or finder.layout.anchor(Label.NAME):
        return None
    above = [
        piece
        for piece in finder.layout.pieces
        if SAME_ROW < (anchor.line.middle - piece.line.middle) / anchor.line.height < _NAME_LINES
        and value_parsers.chinese_name(piece.text)
    ]
    nearest = max(above, key=lambda piece: (piece.row, piece.line.left), default=None)
    if nearest is None:
        return None
    return finder.found(value_parsers.chinese_name(nearest.text) or "", [nearest.line]).at_most(_WITHOUT_LABEL)


def _confirmed(finder: FieldFinder, name: OcrField) -> OcrField:
    """Return the name, proven where it is romanised and the machine-readable lines repeat it."""
    said_twice = confirms_name(machine_lines([piece.text for piece in finder.layout.pieces]), name.text)
    return name.at_least(VERIFIED) if said_twice else name


def _proven_identity(read: OcrField) -> OcrField:
    """Return a Hong Kong number with one confused character put right where its check digit proves it."""
    right = correct_hong_kong_number(read.text)
    if right is None:
        return read.at_most(_UNPROVEN) if may_be_hong_kong(read.text) else read
    return replace(read, text=right).at_least(VERIFIED)


def _agreed_with_machine_line(finder: FieldFinder, fields: Fields) -> Fields:
    """Return the fields that the machine-readable line repeats, one confused character put right where it proves it."""
    proven = exit_entry_line(machine_lines([piece.text for piece in finder.layout.pieces]))
    if proven is None:
        return {}
    return {
        "Number": _agreed(fields["Number"], proven.number) if fields["Number"].text else _number_of(proven.number),
        "Birthday": _agreed(fields["Birthday"], proven.birth, slice(2, None)),
        "ValidDate": _agreed_period(fields["ValidDate"], proven.expiry),
    }


def _agreed_period(printed: OcrField, expiry: str) -> OcrField:
    """Return the period, no surer for its end where it runs for no usual term: its beginning is misread then."""
    agreed = _agreed(printed, expiry, slice(-6, None))
    return agreed if value_parsers.is_term(agreed.text, _EXIT_ENTRY) else agreed.at_most(printed.confidence)


def _number_of(proven: str) -> OcrField:
    """Return a number that is only in the machine-readable line."""
    return OcrField(proven, VERIFIED) if value_parsers.permit_number(proven, _EXIT_ENTRY) == proven else EMPTY_FIELD


def _agreed(printed: OcrField, proven: str, digits_of: slice = slice(None)) -> OcrField:
    """Return what is printed, put right by what is proven and as sure as that makes it."""
    if not printed.text or not proven:
        return printed
    text = correct_from(printed.text, proven, digits_of)
    agrees = text.replace(".", "")[digits_of] == proven
    found = replace(printed, text=text)
    return found.at_least(VERIFIED) if agrees else found.at_most(_CONTRADICTED)
