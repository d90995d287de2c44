"""Machine-readable zones: three lines of 30 characters on the HK/Macao permit's back, one on the exit-entry permit.

Sources: ICAO Doc 9303 parts 3 and 5 (check digits, TD1 cards). The exit-entry permit's line has its own format: ``CS``,
number, expiry and birth, each with a check digit, then a composite one.

On the HK/Macao permit, the check digits verify no field of the back: they cover the permit's number, birth and expiry,
which are on the front. The third line repeats the romanised name, which is on the back only if the holder has no
Chinese name.
"""

import re
from dataclasses import dataclass
from typing import Final

from recognizer.reading.fields.check_digits import correct_one_character, mrz_check_digit
from recognizer.reading.fields.value_parsers import half_width

_LINE: Final = re.compile(r"[A-Z0-9<]{24,}")
_EXIT_ENTRY_LINE: Final = re.compile(
    r"CS([A-Z0-9<]{9})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<*([A-Z0-9])?"
)
_DIGIT_LOOKALIKES: Final = str.maketrans("OQDILZSB", "00011258")
_NAME: Final = re.compile(r"[A-Z]+(?:<[A-Z]+)*(?:<<[A-Z]+(?:<[A-Z]+)*)?<*")
_WIDTH: Final = 30
_MIN_FILLERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitEntryLine:
    """The exit-entry permit's line.

    A part with a wrong check digit is empty; all parts are empty if only the composite one is wrong. Dates are six
    digits, without the century.
    """

    number: str
    expiry: str
    birth: str


def machine_lines(texts: list[str]) -> list[str]:
    """Return the texts that are machine-readable lines, without spaces."""
    plain = [
        re.sub(r"\s+", "", half_width(text).upper()).replace("«", "<<").replace("《", "<<").replace("〈", "<")
        for text in texts
    ]
    return [
        text for text in plain if _LINE.fullmatch(text) and (text.count("<") >= _MIN_FILLERS or text.startswith("CS"))
    ]


def exit_entry_line(lines: list[str]) -> ExitEntryLine | None:
    """Return the exit-entry permit's line, if one of the lines is it."""
    for line in lines:
        if found := _EXIT_ENTRY_LINE.search(line):
            document, *digits = found.groups(default="")
            parts = [document, *(part.translate(_DIGIT_LOOKALIKES) for part in digits)]
            number, expiry, birth = (_verified(parts[part], parts[part + 1]) for part in (0, 2, 4))
            over_all, composite = "".join(parts[:6]), parts[6]
            if number and expiry and birth and composite and not _verified(over_all, composite):
                number = expiry = birth = ""  # two errors may cancel out in one check digit, hardly in two
            return ExitEntryLine(number=number.rstrip("<"), expiry=expiry, birth=birth)
    return None


def confirms_name(lines: list[str], name: str) -> bool:
    """Tell whether a line repeats a romanised name such as ``VAN DER BERG,PIETER JAN``, truncated to 30 characters."""
    expected = re.sub("[^A-Z<]+", "<", name.replace("'", "").replace(",", "<<")).ljust(_WIDTH, "<")[:_WIDTH]
    return any(_NAME.fullmatch(line) and line.ljust(_WIDTH, "<")[:_WIDTH] == expected for line in lines)


def _verified(field: str, check: str) -> str:
    return field if mrz_check_digit(field) == check else ""


def correct_from(printed: str, proven: str, digits_of: slice = slice(None)) -> str:
    """Correct one confused character of the printed text by the verified digits; unchanged if more differs."""
    plain = printed.replace(".", "")[digits_of]
    if not proven or plain == proven:
        return printed
    return correct_one_character(printed, lambda text: text.replace(".", "")[digits_of] == proven) or printed
