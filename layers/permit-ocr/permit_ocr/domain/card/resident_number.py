"""The citizen identity number on a residence permit (GB 11643), with a check digit by ISO 7064 MOD 11-2.

830000 19970602 004 2
│      │        │   └ check digit: 0 to 9, or X for ten
│      │        └ sequence number; odd for men, even for women
│      └ date of birth
└ 810000 Hong Kong, 820000 Macao, 830000 Taiwan
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from permit_ocr.domain.card.valid_date import parse_date
from permit_ocr.domain.permits import Sex

_PATTERN: Final = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"


class Region(StrEnum):
    """Where the holder of a residence permit comes from."""

    HONG_KONG = "hong-kong"
    MACAO = "macao"
    TAIWAN = "taiwan"


_REGIONS: Final = {"810000": Region.HONG_KONG, "820000": Region.MACAO, "830000": Region.TAIWAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNumber:
    """The parts of a well-formed number, parsed independently: one misread digit does not hide the others."""

    region: Region | None  # None if the first six digits are not the code of one of the three regions
    birth: date | None  # None if digits 7 to 14 are not a date
    sex: Sex
    has_valid_check_digit: bool


def parse_resident_number(number: str) -> ResidentNumber | None:
    """Return the parts of ``number`` (18 characters, capital X, no spaces); None if it is malformed."""
    if not _PATTERN.fullmatch(number):
        return None
    return ResidentNumber(
        region=_REGIONS.get(number[:6]),
        birth=parse_date(number[6:14]),
        sex=Sex.MALE if int(number[16]) % 2 else Sex.FEMALE,
        has_valid_check_digit=number[17] == check_digit(number[:17]),
    )


def check_digit(body: str) -> str:
    """Return the check digit of the 17 digits ``body`` (ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
