"""Checks the fields of the exit-entry permit's front by its machine-readable line."""

from dataclasses import replace
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import correct_one_character
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.exit_entry_line import ExitEntryLine, exit_entry_line
from recognizer.reading.fields.mrz.machine_lines import machine_rows, readings
from recognizer.reading.fields.ocr_field import CONTRADICTED, EMPTY_FIELD, VERIFIED, Fields, OcrField
from recognizer.reading.layout.labels import edit_distance

_EXIT_ENTRY: Final = PermitType.EXIT_ENTRY_PERMIT
_MISREAD_CHARACTERS: Final = 2
"""At most so many characters of a printed date of ten are misread."""
_MISREAD: Final = 0.85
"""Maximum confidence of a date that is not printed as it was read."""


def checked_by_machine_line(finder: FieldFinder, fields: Fields) -> Fields:
    """Return the fields that the machine-readable line repeats, with one confused character corrected by it."""
    verified = _best_reading(finder)
    if verified is None:
        return {}
    return {
        "Number": _checked_against(fields["Number"], verified.number)
        if fields["Number"].text
        else _number_from_mrz(verified.number),
        "Birthday": _checked_against(fields["Birthday"], verified.birth, slice(2, None))
        if fields["Birthday"].text
        else _misread_birthday(finder, verified),
        "ValidDate": _checked_period(fields["ValidDate"], verified.expiry),
    }


def _checked_period(printed: OcrField, expiry: str) -> OcrField:
    """Return the period, verified only if it has a usual term: otherwise its beginning is misread."""
    checked = _checked_against(printed, expiry, slice(-6, None))
    return checked if value_parsers.is_term(checked.text, _EXIT_ENTRY) else checked.at_most(printed.confidence)


def _number_from_mrz(verified: str) -> OcrField:
    """Return a number that was only found in the machine-readable line."""
    return (
        OcrField(verified, VERIFIED) if value_parsers.permit_number(verified, _EXIT_ENTRY) == verified else EMPTY_FIELD
    )


def _misread_birthday(finder: FieldFinder, verified: ExitEntryLine) -> OcrField:
    """Return the proven birth date if a text that is no date is like it: ``198/.05.25`` is 25 May 1987."""
    if not verified.is_proven:
        return EMPTY_FIELD
    year, month, day = verified.birth[:2], verified.birth[2:4], verified.birth[4:]
    dates = [f"{century}{year}.{month}.{day}" for century in (19, 20)]

    def parse(text: str) -> str | None:
        return next((date for date in dates if edit_distance(text.strip(), date) <= _MISREAD_CHARACTERS), None)

    found = finder.anywhere(parse)
    return found.at_most(_MISREAD) if found else EMPTY_FIELD


def _checked_against(printed: OcrField, verified: str, digits_of: slice = slice(None)) -> OcrField:
    """Correct the printed text by the verified digits and adjust its confidence."""
    if not printed.text or not verified:
        return printed
    text = _correct_from(printed.text, verified, digits_of)
    agrees = text.replace(".", "")[digits_of] == verified
    found = replace(printed, text=text)
    return found.at_least(VERIFIED) if agrees else found.at_most(CONTRADICTED)


def _best_reading(finder: FieldFinder) -> ExitEntryLine | None:
    """Return the first reading of the line that its composite check digit proves, else the first one at all."""
    best = None
    for lines in readings(finder, machine_rows(finder)):
        line = exit_entry_line(lines)
        if line and line.is_proven:
            return line
        best = best or line
    return best


def _correct_from(printed: str, proven: str, digits_of: slice = slice(None)) -> str:
    """Correct one confused character of the printed text by the verified digits; unchanged if more differs."""
    plain = printed.replace(".", "")[digits_of]
    if not proven or plain == proven:
        return printed
    return correct_one_character(printed, lambda text: text.replace(".", "")[digits_of] == proven) or printed
