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

_EXIT_ENTRY: Final = PermitType.EXIT_ENTRY_PERMIT


def checked_by_machine_line(finder: FieldFinder, fields: Fields) -> Fields:
    """Return the fields that the machine-readable line repeats, with one confused character corrected by it."""
    verified = _best_reading(finder)
    if verified is None:
        return {}
    return {
        "Number": _checked_against(fields["Number"], verified.number)
        if fields["Number"].text
        else _number_from_mrz(verified.number),
        "Birthday": _checked_against(fields["Birthday"], verified.birth, slice(2, None)),
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
