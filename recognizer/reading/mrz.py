"""Machine-readable lines: three of 30 signs on the HK/Macao permit's back, one on the exit-entry permit's front.

Sources: ICAO Doc 9303 parts 3 and 5 (check digits, three-line cards); the single line is the exit-entry permit's own
form: ``CS``, number, expiry and birth, each with its check digit, then one over all of them.
"""

import re
from dataclasses import dataclass
from typing import Final

from recognizer.reading.check_digits import mrz_check_digit, repair
from recognizer.reading.printed_forms import half_width

_LINE: Final = re.compile(r"[A-Z0-9<]{24,}")
_EXIT_ENTRY: Final = re.compile(r"CS([A-Z0-9<]{9})([0-9])<+([0-9]{6})([0-9])<+([0-9]{6})([0-9])<*([0-9])?")
_LEAST_FILLERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitEntryLine:
    """The exit-entry permit's line.

    A part whose check digit is wrong is empty. Dates are six digits, the century left out.
    """

    number: str
    expiry: str
    birth: str


def machine_lines(texts: list[str]) -> list[str]:
    """Return those texts that are machine-readable lines, without spaces."""
    plain = [
        re.sub(r"\s+", "", half_width(text).upper()).replace("«", "<<").replace("《", "<<").replace("〈", "<")
        for text in texts
    ]
    return [
        text for text in plain if _LINE.fullmatch(text) and (text.count("<") >= _LEAST_FILLERS or text.startswith("CS"))
    ]


def exit_entry_line(lines: list[str]) -> ExitEntryLine | None:
    """Return the parts of the exit-entry permit's line if one of the lines is it."""
    for line in lines:
        if found := _EXIT_ENTRY.match(line):
            number, expiry, birth = (_proven(found[part], found[part + 1]) for part in (1, 3, 5))
            return ExitEntryLine(number=number.rstrip("<"), expiry=expiry, birth=birth)
    return None


def _proven(field: str, check: str) -> str:
    return field if mrz_check_digit(field) == check else ""


def put_right(printed: str, proven: str, digits_of: slice = slice(None)) -> str:
    """Return the printed text with the proven digits in place of one confused character; unchanged if more differs."""
    plain = printed.replace(".", "")[digits_of]
    if not proven or plain == proven:
        return printed
    return repair(printed, lambda text: text.replace(".", "")[digits_of] == proven) or printed
