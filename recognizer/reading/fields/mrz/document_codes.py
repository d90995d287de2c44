"""Tells from machine-readable lines which document they are on.

Sources: ICAO Doc 9303 parts 4 to 7 (codes of passports, identity cards and visas); published lines of official
specimens for the codes of the permits.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from recognizer.reading.fields.check_digits import mrz_check_digit


class DocumentCode(Enum):
    """The document that machine-readable lines are on."""

    HK_MACAO_BACK = auto()
    EXIT_ENTRY_FRONT = auto()
    OTHER = auto()


_HK_MACAO: Final = re.compile(
    r"C[RF][HM][A\d]|CF[A-Z<]{0,6}[HM]A[\dOIBSZG]{7}|CF<?CHN|C.?CHN[\dOIBSZG]{6}|[RF]?[HM][A\d]\d{8}\d{3}\d{7}[MF]\d{6,7}$|[<C]{0,2}HN\d{8,}<"
)
"""The current editions begin CR or CF, then the number; the 1999 edition C<CHN, then a name in digits. Their beginning
may be outside the photo. Of CF only the code is known, from a third party: a country may precede the number."""
_WHOLE_HK_MACAO: Final = re.compile(r"(?:\d{1,6}|^)(?:C[RF][HM][A\d]\d{7}[A-Z\d]{17,20}|C<CHN\d{6}[\d<]{15,})$")
"""The same line, read to its end. No other document's lines are like that, so other text may come before it: lines, or
digits of a paper beside the card."""
_END_OF_HK_MACAO: Final = re.compile(r"\d{7,}(\d\d[01]\d[0-3]\d)(\d)[MF](\d\d[01]\d[0-3]\d)(\d)$")
"""The first line if its code is hidden: digits, then expiry, sex and birth date with check digits. Other documents have
fewer digits before the sex. A ticket's number may look like this but for the check digits."""
_EXIT_ENTRY: Final = re.compile(r"[CG]SC[A-Z0-9]")
_OTHER: Final = re.compile(r"CT|CD(?!\d{8}<)|[PIAV][A-Z<]|[A-Z]{2}[A-Z]{3}[A-Z0-9<]{9}\d")
"""Taiwan permit's back, permit to Taiwan; passports, identity cards and visas of any country. After CD there may
also be seven digits and a check digit: an exit-entry permit's number, whose code CS is hidden."""
_LOOKALIKES: Final = str.maketrans("0GQ", "CCC")
_CODED_NAME: Final = re.compile(r"(?:[I-P][A-P][E-P][A-P]){2}[A-P<]{4,8}[A-Z]{2,6}[ABC84][A-Z0-9][A-Z0-9<]{8}\d\d")
"""The second line of the HK/Macao permit's back. No other document has a name coded in letters A to P."""


def _is_end_of_hk_macao(line: str) -> bool:
    found = _END_OF_HK_MACAO.search(line)
    return found is not None and all(mrz_check_digit(found[at]) == found[at + 1] for at in (1, 3))


def document_code(lines: Sequence[str]) -> DocumentCode | None:
    """Return whose lines these are; None if there are none, or if too little of them is left to tell.

    Only the first line has a code, so lines that follow another document's are never taken for a permit's.
    """
    if not lines:
        return None
    if any(map(_WHOLE_HK_MACAO.search, lines)):
        return DocumentCode.HK_MACAO_BACK
    first = lines[0][:1].translate(_LOOKALIKES) + lines[0][1:]
    if _HK_MACAO.match(first):
        return DocumentCode.HK_MACAO_BACK
    if _EXIT_ENTRY.match(lines[0]):
        return DocumentCode.EXIT_ENTRY_FRONT
    if _OTHER.match(first):
        return DocumentCode.OTHER
    is_back = any(_CODED_NAME.fullmatch(line) or _is_end_of_hk_macao(line) for line in lines)
    return DocumentCode.HK_MACAO_BACK if is_back else None
