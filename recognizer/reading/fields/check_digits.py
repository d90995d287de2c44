"""Check digits, and what they allow: one confused character put right where a check digit proves it.

Residence numbers have theirs in ``permit_ocr.domain.card.resident_number``. Source of the machine-readable lines':
ICAO Doc
9303 part 3.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from permit_ocr.domain.card.resident_number import parse_resident_number

_MRZ_WEIGHTS: Final = (7, 3, 1)
_CONFUSED: Final = ("0O", "0D", "0Q", "1I", "1L", "17", "68", "69", "5S", "56", "8B", "2Z", "38", "08", "06")
_HONG_KONG_LENGTHS: Final = (10, 11)
_MACAO_SERIES: Final = "157"
"""What Macao's numbers, which are as long, begin with; the rule of their check digit is not published."""
_LETTERS_LIKE: Final = {"2": "Z", "8": "B", "6": "G", "0": "DO", "4": "A"}


def is_valid_resident_number(number: str) -> bool:
    """Tell whether a citizen's number, of any region, has the right check digit and a birth date that exists."""
    said = parse_resident_number(number)
    return said is not None and said.check_digit_belongs and said.birth is not None


def mrz_check_digit(field: str) -> str:
    """Return the check digit over digits, letters A to Z (10 to 35) and fillers (0), weighted 7, 3, 1."""
    values = (0 if sign == "<" else int(sign, 36) for sign in field)
    return str(sum(value * _MRZ_WEIGHTS[index % 3] for index, value in enumerate(values)) % 10)


def correct_hong_kong_number(number: str) -> str | None:
    """Return a Hong Kong identity number such as ``A123456(3)`` with one confused character put right at most.

    None where its check digit proves nothing. The digit is made with weights 9 to 2 modulo 11; a number that begins
    with one letter is taken to begin with a space before it, which counts 36.
    """
    if not may_be_hong_kong(number):
        return None
    right = {text for text in (number, *_letter_first(number)) if _is_valid_hong_kong_number(text)}
    if number in right:
        return number
    return right.pop() if len(right) == 1 else correct_one_character(number, _is_valid_hong_kong_number)


def may_be_hong_kong(number: str) -> bool:
    """Tell whether a number is as long as a Hong Kong one and does not begin as Macao's do."""
    return len(number) in _HONG_KONG_LENGTHS and number[0] not in _MACAO_SERIES


def _letter_first(number: str) -> list[str]:
    """Return the number with letters in place of a digit that cannot stand first."""
    return [letter + number[1:] for letter in _LETTERS_LIKE.get(number[0], "")]


def _is_valid_hong_kong_number(number: str) -> bool:
    if not re.fullmatch(r"[A-Z]{1,2}[0-9]{6}\([0-9A]\)", number):
        return False
    values = (36 if sign == " " else int(sign, 36) for sign in number[:-3].rjust(8))
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return number[-2] == "0123456789A"[-total % 11]


def correct_one_character(text: str, is_valid: Callable[[str], bool]) -> str | None:
    """Return the text if it holds, else the one text that holds and differs in one confused character.

    None if there is none or several do.
    """
    if is_valid(text):
        return text
    right = {candidate for candidate in _one_character_changed(text) if is_valid(candidate)}
    return right.pop() if len(right) == 1 else None


def _one_character_changed(text: str) -> Iterator[str]:
    for index, character in enumerate(text):
        for pair in _CONFUSED:
            if character in pair:
                yield text[:index] + pair.replace(character, "", 1) + text[index + 1 :]
