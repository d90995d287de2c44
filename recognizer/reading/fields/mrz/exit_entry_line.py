"""The line of 30 characters on the exit-entry permit's front.

``CS``, number, expiry and birth, each with a check digit, then a composite one. Source: published lines of official
specimens; check digits as in ICAO Doc 9303 part 3.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from recognizer.reading.fields.check_digits import mrz_check_digit

_LINE: Final = re.compile(
    r"[CG]S([A-Z0-9<]{9})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<+([A-Z0-9]{6})([A-Z0-9])<*([A-Z0-9])?"
)
_DIGIT_LOOKALIKES: Final = str.maketrans("OQDILZSBG", "000112586")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitEntryLine:
    """The exit-entry permit's line.

    A part with a wrong check digit is empty; all parts are empty if only the composite one is wrong. Dates are six
    digits, without the century. ``is_proven``: all parts and the composite check digit are right.
    """

    number: str
    expiry: str
    birth: str
    is_proven: bool = False


def exit_entry_line(lines: Sequence[str]) -> ExitEntryLine | None:
    """Return the exit-entry permit's line, if one of the lines is it."""
    for line in lines:
        if found := _LINE.search(line):
            document, *digits = found.groups(default="")
            parts = [document, *(part.translate(_DIGIT_LOOKALIKES) for part in digits)]
            number, expiry, birth = (_verified(parts[part], parts[part + 1]) for part in (0, 2, 4))
            over_all, composite = "".join(parts[:6]), parts[6]
            is_proven = bool(number and expiry and birth and composite and _verified(over_all, composite))
            if number and expiry and birth and composite and not is_proven:
                number = expiry = birth = ""  # two errors may cancel out in one check digit, hardly in two
            return ExitEntryLine(number=number.rstrip("<"), expiry=expiry, birth=birth, is_proven=is_proven)
    return None


def _verified(field: str, check: str) -> str:
    return field if mrz_check_digit(field) == check else ""
