"""Check digits, and the correction of one confused character if a check digit verifies it.

The check digit of residence numbers is in ``permit_ocr.domain.card.resident_number``. Source for the machine-readable
zone: ICAO Doc 9303 part 3.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from permit_ocr.domain.card.resident_number import parse_resident_number

_MRZ_WEIGHTS: Final = (7, 3, 1)
_CONFUSED_PAIRS: Final = ("0O", "0D", "0Q", "1I", "1L", "17", "68", "69", "5S", "56", "8B", "2Z", "38", "08", "06")
_HONG_KONG_LENGTHS: Final = (10, 11)
_MACAO_FIRST_DIGITS: Final = "157"
"""Macao's numbers have the same length and begin with these; the rule of their check digit is not published."""
_LETTERS_BY_DIGIT: Final = {"2": "Z", "8": "B", "6": "G", "0": "DO", "4": "A"}


def is_valid_resident_number(number: str) -> bool:
    """Tell whether a citizen's number, of any region, has the right check digit and an existing birth date."""
    parsed = parse_resident_number(number)
    return parsed is not None and parsed.has_valid_check_digit and parsed.birth is not None


def mrz_check_digit(field: str) -> str:
    """Return the check digit over digits, letters A to Z (10 to 35) and fillers (0), weighted 7, 3, 1."""
    values = (0 if character == "<" else int(character, 36) for character in field)
    return str(sum(value * _MRZ_WEIGHTS[index % 3] for index, value in enumerate(values)) % 10)


def correct_hong_kong_number(number: str) -> str | None:
    """Return a Hong Kong identity number such as ``A123456(3)``, with at most one confused character corrected.

    None if no correction makes its check digit right. The weights are 9 to 2, modulo 11. A number with only one letter
    is padded with a space, which counts 36.
    """
    if not may_be_hong_kong_number(number):
        return None
    valid = {text for text in (number, *_with_letter_first(number)) if is_valid_hong_kong_number(text)}
    if number in valid:
        return number
    return valid.pop() if len(valid) == 1 else correct_one_character(number, is_valid_hong_kong_number)


def may_be_hong_kong_number(number: str) -> bool:
    """Tell whether a number has the length of a Hong Kong number and does not begin like one of Macao's."""
    return len(number) in _HONG_KONG_LENGTHS and number[0] not in _MACAO_FIRST_DIGITS


def _with_letter_first(number: str) -> list[str]:
    """Return the number with its first digit replaced by the letters that look like it."""
    return [letter + number[1:] for letter in _LETTERS_BY_DIGIT.get(number[0], "")]


def is_valid_hong_kong_number(number: str) -> bool:
    """Tell whether a number such as ``A123456(3)`` has the right check digit."""
    if not re.fullmatch(r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)", number):
        return False
    values = (36 if character == " " else int(character, 36) for character in number[:-3].rjust(8))
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return number[-2] == "0123456789A"[-total % 11]


def correct_one_character(text: str, is_valid: Callable[[str], bool]) -> str | None:
    """Return the text if it is valid, else the only valid text that differs in one confused character.

    None if there is no such text or several.
    """
    if is_valid(text):
        return text
    valid = {candidate for candidate in with_one_character_changed(text) if is_valid(candidate)}
    return valid.pop() if len(valid) == 1 else None


def with_one_character_changed(text: str) -> Iterator[str]:
    """Yield the text with each of its characters replaced by each one that it is confused with."""
    for index, character in enumerate(text):
        for pair in _CONFUSED_PAIRS:
            if character in pair:
                yield text[:index] + pair.replace(character, "", 1) + text[index + 1 :]
