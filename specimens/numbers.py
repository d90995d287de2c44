"""Numbers with the check digits their standards ask for, and machine-readable lines."""

from datetime import date
from itertools import cycle
from random import Random
from typing import Final

from permit_ocr.domain.card.resident_number import check_digit as resident_number_check
from specimens.holder import Holder

_MRZ_WEIGHTS: Final = (7, 3, 1)
_NUMBER_WIDTH: Final = 9
_LINE_WIDTH: Final = 30
_SERIES_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of the 2018 exit-entry series: I and O are left out because they look like 1 and 0."""


def resident_number(random: Random, *, prefix: str, birth: date, sex: str) -> str:
    """Return a residence number of 18 characters (GB 11643).

    ``prefix`` is 810000 (Hong Kong), 820000 (Macao) or 830000 (Taiwan); ``sex`` is 男 or 女.
    """
    order = random.randrange(0, 500) * 2 + (1 if sex == "男" else 0)
    body = f"{prefix}{birth:%Y%m%d}{order:03d}"
    return body + resident_number_check(body)


def hong_kong_identity(random: Random) -> str:
    """Return a Hong Kong identity card number such as ``A123456(3)``.

    Its check sign is made with weights 9 to 2 modulo 11, A for 10; the empty place before the letter counts 36.
    """
    letter = random.choice("ABCDEFGHKMNPRSVYZ")
    digits = f"{random.randrange(1_000_000):06d}"
    values = (36, ord(letter) - 55, *map(int, digits))
    check = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return f"{letter}{digits}({check:X})"


def macao_identity(random: Random) -> str:
    """Return a number shaped like a Macao identity card's, ``1234567(8)``; its check digit's rule is not published."""
    return f"{random.choice('157')}{random.randrange(1_000_000):06d}({random.randrange(10)})"


def exit_entry_number(random: Random, *, issued: date) -> str:
    """Return a permit number of the series in use on the day: ``C`` and 8 digits, from 2018 a letter and 7 digits."""
    if issued < date(2018, 1, 1):
        return f"C{random.randrange(100_000_000):08d}"
    return f"C{random.choice(_SERIES_LETTERS)}{random.randrange(10_000_000):07d}"


def check_digit(characters: str) -> str:
    """Return the check digit of ICAO 9303 part 3: weights 7, 3, 1; A is 10 to Z is 35, ``<`` is 0."""
    values = (0 if sign == "<" else int(sign, 36) for sign in characters)
    return str(sum(value * weight for value, weight in zip(values, cycle(_MRZ_WEIGHTS), strict=False)) % 10)


def card_lines(code: str, number: str, person: Holder, expiry: date, optional: str) -> tuple[str, str, str]:
    """Return the three lines of 30 signs of a card (ICAO 9303 part 5) issued by China.

    A number longer than nine signs goes on in the optional field, as the standard has it: ``<`` stands where its check
    digit would, and the check digit follows the rest.
    """
    if len(number) > _NUMBER_WIDTH:
        place = f"{number[:_NUMBER_WIDTH]}<{number[_NUMBER_WIDTH:]}{check_digit(number)}"
    else:
        place = number.ljust(_NUMBER_WIDTH, "<")
        place += check_digit(place)
    first = f"{code:<<2}CHN{place}{optional}".ljust(_LINE_WIDTH, "<")
    born, ends = f"{person.birth:%y%m%d}", f"{expiry:%y%m%d}"
    sex = "M" if person.sex == "男" else "F"
    middle = f"{born}{check_digit(born)}{sex}{ends}{check_digit(ends)}{person.nationality_code}".ljust(29, "<")
    composite = check_digit(first[5:30] + middle[0:7] + middle[8:15] + middle[18:29])
    letters = person.romanised.replace(",", "<<").replace(" ", "<").replace("-", "<")
    return first, middle + composite, letters.ljust(_LINE_WIDTH, "<")[:_LINE_WIDTH]


def exit_entry_line(*, number: str, expiry: date, birth: date) -> str:
    """Return the one line of 30 signs of an exit-entry permit.

    Number, expiry and birth have a check digit each, and the last is over them all without the fillers between them.
    """
    parts = [part + check_digit(part) for part in (f"{number:<<9}", f"{expiry:%y%m%d}", f"{birth:%y%m%d}")]
    return f"CS{'<'.join(parts)}<{check_digit(''.join(parts))}"
