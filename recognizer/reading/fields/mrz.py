"""Machine-readable lines: three of 30 signs on the HK/Macao permit's back, one on the exit-entry permit's front.

Sources: ICAO Doc 9303 parts 3 and 5 (check digits, three-line cards); the single line is the exit-entry permit's own
form: ``CS``, number, expiry and birth, each with its check digit, then one over all of them.

The check digits of the three lines prove nothing that the HK/Macao back answers: number, birth and expiry of the permit
are on its front. Their third line repeats the romanised name, which is the back's only where the holder has no Chinese
one.
"""

import re
from dataclasses import dataclass
from typing import Final

from recognizer.reading.fields.check_digits import correct_one_character, mrz_check_digit
from recognizer.reading.fields.value_parsers import half_width

_LINE: Final = re.compile(r"[A-Z0-9<]{24,}")
_EXIT_ENTRY: Final = re.compile(
    r"CS([A-Z0-9<]{9})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<*([A-Z0-9])?"
)
_DIGITS_LIKE: Final = str.maketrans("OQDILZSB", "00011258")
_NAME: Final = re.compile(r"[A-Z]+(?:<[A-Z]+)*(?:<<[A-Z]+(?:<[A-Z]+)*)?<*")
_WIDTH: Final = 30
_LEAST_FILLERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitEntryLine:
    """The exit-entry permit's line.

    A part whose check digit is wrong is empty, and so are all where only the digit over them is. Dates are six digits,
    the century left out.
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
        if found := _EXIT_ENTRY.search(line):
            place, *digits = found.groups(default="")
            said = [place, *(part.translate(_DIGITS_LIKE) for part in digits)]
            number, expiry, birth = (_proven(said[part], said[part + 1]) for part in (0, 2, 4))
            over_all, composite = "".join(said[:6]), said[6]
            if number and expiry and birth and composite and not _proven(over_all, composite):
                number = expiry = birth = ""  # two misreadings may agree in one digit, hardly in two
            return ExitEntryLine(number=number.rstrip("<"), expiry=expiry, birth=birth)
    return None


def confirms_name(lines: list[str], name: str) -> bool:
    """Tell whether one of the lines repeats a romanised name such as ``VAN DER BERG,PIETER JAN``, cut at 30 signs."""
    written = re.sub("[^A-Z<]+", "<", name.replace("'", "").replace(",", "<<")).ljust(_WIDTH, "<")[:_WIDTH]
    return any(_NAME.fullmatch(line) and line.ljust(_WIDTH, "<")[:_WIDTH] == written for line in lines)


def _proven(field: str, check: str) -> str:
    return field if mrz_check_digit(field) == check else ""


def correct_from(printed: str, proven: str, digits_of: slice = slice(None)) -> str:
    """Return the printed text with the proven digits in place of one confused character; unchanged if more differs."""
    plain = printed.replace(".", "")[digits_of]
    if not proven or plain == proven:
        return printed
    return correct_one_character(printed, lambda text: text.replace(".", "")[digits_of] == proven) or printed
