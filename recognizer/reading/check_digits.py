"""Check digits, and what they allow: one confused character put right where a check digit proves it.

Sources: GB 11643-1999 with ISO/IEC 7064 MOD 11-2 (residence numbers), ICAO Doc 9303 part 3 (machine-readable lines).
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_MRZ_WEIGHTS: Final = (7, 3, 1)
_CONFUSED: Final = ("0O", "0D", "0Q", "1I", "1L", "17", "68", "69", "5S", "56", "8B", "2Z", "38", "08", "06")
_RESIDENT_LENGTH: Final = 18


def resident_number_holds(number: str) -> bool:
    """Tell whether a residence number of 18 characters has the right check digit and a birth date that exists."""
    if len(number) != _RESIDENT_LENGTH or not number[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == _CHECKS[total % 11] and _is_date(number[6:14])


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def mrz_check_digit(field: str) -> str:
    """Return the check digit over digits, letters A to Z (10 to 35) and fillers (0), weighted 7, 3, 1."""
    values = (0 if sign == "<" else int(sign, 36) for sign in field)
    return str(sum(value * _MRZ_WEIGHTS[index % 3] for index, value in enumerate(values)) % 10)


def repair(text: str, holds: Callable[[str], bool]) -> str | None:
    """Return the text if it holds, else the one text that holds and differs in one confused character.

    None if there is none or several do.
    """
    if holds(text):
        return text
    right = {candidate for candidate in _one_character_changed(text) if holds(candidate)}
    return right.pop() if len(right) == 1 else None


def _one_character_changed(text: str) -> Iterator[str]:
    for index, character in enumerate(text):
        for pair in _CONFUSED:
            if character in pair:
                yield text[:index] + pair.replace(character, "", 1) + text[index + 1 :]
