"""Reads the fields of ``MainlandPermitOCR`` from the HK/Macao permit's back.

Its machine-readable lines repeat the identity number with check digits, and the Chinese name without; the printed
fields are compared with both.
"""

import re
from dataclasses import replace
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack
from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import (
    correct_hong_kong_number,
    is_valid_hong_kong_number,
    may_be_hong_kong_number,
)
from recognizer.reading.fields.confidence import adjust_for_mixed_scripts, adjust_for_script
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.hk_macao_lines import hk_macao_facts
from recognizer.reading.fields.mrz.machine_lines import machine_lines, machine_rows, plain_line, readings
from recognizer.reading.fields.mrz.name_line import confirms_name, romanized_name
from recognizer.reading.fields.names.holder_names import clearest_name, reread_name
from recognizer.reading.fields.ocr_field import CONTRADICTED, CONVERTED, EMPTY_FIELD, VERIFIED, Fields, OcrField
from recognizer.reading.fields.travel_permit import type_name
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.text_lines import SAME_ROW
from recognizer.reading.result import NOT_ENABLED

_NAME_DISTANCE: Final = 3.2
"""The name is at most this many text heights above the identity number's label."""
_NAME_BELOW_TITLE: Final = 4.0
"""Or that many heights of the title below it."""
_WITHOUT_LABEL: Final = 0.85
"""Maximum confidence of a value beside an unreadable label."""
_UNVERIFIED: Final = 0.5
"""Maximum confidence of a number with a wrong check digit."""
_ONLY_CODED: Final = 0.5
"""Confidence of a name that is only in the machine-readable lines: the card may print it in traditional characters."""
_CORRECTED_NAME: Final = (0.6, 0.88)
"""Least and greatest confidence of a name of which the machine-readable lines correct one character."""
_HARDLY_READ: Final = 0.4
"""Below this confidence, a printed name that differs more is taken from those lines."""
_PREVIOUS_NUMBER: Final = re.compile(r"(?<!\d{3})[HM]\d{8}(?:\d\d)?(?![\d<])")
"""Not a part of a machine-readable line, of which glare hides the rest."""


_LETTER_AND_DIGITS: Final = re.compile(r"[HM]A?\d+")
"""After the letter, an A is on the permits of holders who are not Chinese."""


def back_fields(finder: FieldFinder, facts: MrzFacts | None = None) -> Fields:
    """Read the side without the portrait. ``facts``: what its machine-readable lines prove."""
    facts = facts or MrzFacts()
    number = OcrField(facts.number, VERIFIED) if facts.number else EMPTY_FIELD
    name = (
        finder.value(Label.NAME, value_parsers.chinese_name)
        or _romanised_name(finder)
        or finder.value(Label.NAME, value_parsers.latin_name)
        or _coded_name(finder, facts.chinese_name)
        or _name_above_identity(finder)
        or EMPTY_FIELD
    )
    identity = (
        finder.value(Label.IDENTITY_NUMBER, value_parsers.identity_card_number)
        or finder.value(Label.PERMIT_NUMBER, value_parsers.identity_card_number)
        or finder.anywhere(_bracketed_identity)
        or EMPTY_FIELD
    )
    if not facts.chinese_name:  # else it is read again as the lines have it
        name = clearest_name(finder, name)
    history = finder.value(Label.HISTORY_NUMBER, value_parsers.previous_permit_numbers)
    return {
        "Type": type_name(finder, PermitType.HK_MACAO_PERMIT, number).at_least(number.confidence),
        "Name": _checked_name(finder, adjust_for_script(name), facts.chinese_name),
        "IDNumber": _checked_identity(identity, facts.identity_number),
        "HistoryNumber": _checked_history(history or _history_without_label(finder, facts) or EMPTY_FIELD),
    }


def machine_readable_facts(finder: FieldFinder) -> MrzFacts | None:
    """Return what the machine-readable lines prove, read again with only their characters if necessary."""
    best: MrzFacts | None = None
    for lines in readings(finder, machine_rows(finder)):
        facts = hk_macao_facts(lines)
        if facts and facts.number:
            return facts
        best = best or facts
    return best


def back_answer(fields: Fields) -> MainlandPermitAnswer:
    """Return the answer for the side without the portrait."""
    return MainlandPermitAnswer(
        Type=fields["Type"].text,
        MainlandTravelPermitBackInfos=MainlandPermitBack(**{name: found.text for name, found in fields.items()}),
        WarnCardInfos=NOT_ENABLED,
    )


def _bracketed_identity(text: str) -> str | None:
    return value_parsers.identity_card_number(text) if re.search(r"[(（].[)）]", text) else None


def _coded_name(finder: FieldFinder, coded: str) -> OcrField | None:
    """Return the text that the machine-readable lines repeat as the name, or the beginning of it, wherever it is."""

    def parse(text: str) -> str | None:
        name = value_parsers.chinese_name(text)
        return name if name and coded and simplified(name).startswith(simplified(coded)) else None

    return finder.anywhere(parse)


def _romanised_name(finder: FieldFinder) -> OcrField | None:
    """Return the text that the last machine-readable line repeats in letters, wherever it is: non-Chinese holders'."""
    lines = machine_lines(finder)
    coded = romanized_name(lines)

    def parse(text: str) -> str | None:
        name = value_parsers.latin_name(text)
        if not name or "<" in text:
            return None
        if confirms_name(lines, name):
            return name
        return _with_comma(name, coded) if _letters(name) == _letters(coded) else None

    return finder.anywhere(parse)


def _with_comma(name: str, coded: str) -> str:
    """Return a printed name with the comma that was not read of it, where the ``coded`` one with its letters has it."""
    surname = len(_letters(coded.partition(",")[0]))
    ends = [index for index, character in enumerate(name, 1) if character.isalpha()]
    return f"{name[: ends[surname - 1]]},{name[ends[surname - 1] :].lstrip()}" if surname < len(ends) else name


def _letters(name: str) -> str:
    return re.sub("[^A-Z]", "", name)


def _name_above_identity(finder: FieldFinder) -> OcrField | None:
    """Return the name in the row above the identity number or its label, for an unreadable name label.

    If something hides both, the Chinese name is the one below the title.
    """
    label = finder.layout.anchor(Label.IDENTITY_NUMBER) or finder.layout.anchor(Label.PERMIT_NUMBER)
    below = label or next((piece for piece in finder.layout.pieces if _bracketed_identity(piece.text)), None)
    if finder.layout.anchor(Label.NAME):
        return None
    if below is None:
        return _name_below_title(finder)
    coded = _letters(romanized_name(machine_lines(finder)))  # glare may hide its beginning

    def latin_name(text: str) -> str | None:
        name = value_parsers.latin_name(text)
        return name if name and "," in name and coded in _letters(name) else None

    near = [
        piece
        for piece in (*finder.layout.pieces, *finder.layout.specimen_marks)
        if SAME_ROW < (below.line.middle - piece.line.middle) / below.line.height < _NAME_DISTANCE
        and piece.line.right > below.line.left  # text farther left is on another paper
    ]
    for parse in (value_parsers.chinese_name, latin_name):
        found = [piece for piece in near if parse(piece.text)]
        if nearest := max(found, key=lambda piece: (piece.row, piece.line.left), default=None):
            return finder.field(parse(nearest.text) or "", [nearest.line]).at_most(_WITHOUT_LABEL)
    return None


def _name_below_title(finder: FieldFinder) -> OcrField | None:
    title = finder.layout.anchor(Label.TITLE)
    near = [
        (piece, name)
        for piece in (*finder.layout.pieces, *finder.layout.specimen_marks)
        if title is not None
        and SAME_ROW < (piece.line.middle - title.line.middle) / title.line.height < _NAME_BELOW_TITLE
        and title.line.left - title.line.height < piece.line.left < title.line.right
        and (name := value_parsers.chinese_name(piece.text))
    ]
    if len(near) != 1:
        return None
    piece, name = near[0]
    return finder.field(name, [piece.line]).at_most(_WITHOUT_LABEL)


def _checked_name(finder: FieldFinder, name: OcrField, coded: str) -> OcrField:
    """Return the name compared with the romanised one in the last line and the one coded in the second line."""
    if not name.text:
        return OcrField(coded, _ONLY_CODED) if coded else EMPTY_FIELD
    if confirms_name(machine_lines(finder), name.text):
        return name.at_least(VERIFIED)
    if not coded or not value_parsers.chinese_name(name.text):
        return name
    return _reread_as_coded(finder, name, coded) or _checked_by_coded_name(name, coded)


def _reread_as_coded(finder: FieldFinder, name: OcrField, coded: str) -> OcrField | None:
    """Return a name that was read otherwise, read again with only the coded characters in both scripts."""
    if simplified(name.text).startswith(simplified(coded)):
        return None
    text = reread_name(finder, name.text, value_parsers.written_forms(coded))
    if len(text) < len(name.text) or simplified(text) != simplified(coded):
        return None  # the line has room for four characters
    least, most = _CORRECTED_NAME
    return adjust_for_mixed_scripts(replace(name, text=text).at_least(least).at_most(most))


def _checked_by_coded_name(name: OcrField, coded: str) -> OcrField:
    """Return the printed Chinese name, verified or corrected in one character; less confident if more differs."""
    printed, expected = simplified(name.text), simplified(coded)
    if printed[: len(expected)] == expected:  # the line has room for four characters
        return _confirmed(name) if len(printed) == len(expected) else name
    differing = [index for index, (one, other) in enumerate(zip(printed, expected, strict=False)) if one != other]
    if len(printed) != len(expected) or len(differing) > 1:
        is_readable = name.confidence >= _HARDLY_READ
        return name.at_most(_UNVERIFIED) if is_readable else replace(name, text=coded, confidence=_ONLY_CODED)
    wrong, right = differing[0], coded[differing[0]]
    if value_parsers.is_traditional(name.text):
        right = value_parsers.traditional_form(simplified(right)) or ""
    if not right:
        return name.at_most(_UNVERIFIED)
    corrected = name.text[:wrong] + right + name.text[wrong + 1 :]
    least, most = _CORRECTED_NAME
    return replace(name, text=corrected).at_least(least).at_most(most)


def _confirmed(name: OcrField) -> OcrField:
    """Return a name that the lines repeat. They do not show in which script it is printed."""
    if value_parsers.is_mixed(name.text):
        return name
    script_is_read = name.confidence > CONVERTED and not value_parsers.is_simplified(name.text)
    return name.at_least(VERIFIED if script_is_read else _CORRECTED_NAME[1])


def _checked_identity(printed: OcrField, proven: str) -> OcrField:
    """Return the number that the machine-readable lines prove, else the printed one after its own check."""
    if proven:
        if printed.text == proven or not is_valid_hong_kong_number(printed.text):
            return replace(printed, text=proven, confidence=VERIFIED)
        return printed.at_most(CONTRADICTED)
    corrected = correct_hong_kong_number(printed.text)
    if corrected is None:
        return printed.at_most(_UNVERIFIED) if may_be_hong_kong_number(printed.text) else printed
    return replace(printed, text=corrected).at_least(VERIFIED)


def _checked_history(numbers: OcrField) -> OcrField:
    """Lower the confidence of earlier numbers that do not begin with H or M: the letter is hidden or misread."""
    return numbers if all(map(_LETTER_AND_DIGITS.fullmatch, numbers.text.split(","))) else numbers.at_most(_UNVERIFIED)


def _history_without_label(finder: FieldFinder, facts: MrzFacts) -> OcrField | None:
    """Return a permit number in the column of values or beside any text: its label may be misread or unknown.

    It is no other number: the permit's own one is only in the machine-readable lines.
    """
    values = [piece for piece in finder.layout.pieces if piece.owner and piece.owner.label in _LABELS_OF_VALUES]
    for piece in finder.layout.pieces:
        found = _PREVIOUS_NUMBER.search(re.sub(r"\s+", "", piece.text).upper())
        if found is None or plain_line(piece.text) or found[0] == facts.number:
            continue
        if not values or any(_is_in_column(piece, value) for value in values):
            text = value_parsers.previous_permit_numbers(piece.text[piece.text.upper().index(found[0][0]) :])
            return finder.field(text or found[0], [piece.line]).at_most(_WITHOUT_LABEL)
    return None


_LABELS_OF_VALUES: Final = frozenset({Label.NAME, Label.IDENTITY_NUMBER, Label.PERMIT_NUMBER})


def _is_in_column(piece: Piece, value: Piece) -> bool:
    """Tell whether a piece begins or ends in the column of a value; a label may have been read with it."""
    near = 1.5 * value.line.height
    return abs(piece.line.left - value.line.left) < near or piece.line.left < value.line.left < piece.line.right
