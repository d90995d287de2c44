"""Random document numbers with valid check digits."""

from datetime import date
from random import Random
from typing import Final

from permit_ocr.domain.card.resident_number import check_digit as resident_number_check

_SERIES_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of the 2018 exit-entry series, without I and O, which look like 1 and 0."""


def resident_number(random: Random, *, prefix: str, birth: date, sex: str) -> str:
    """Return an 18-character resident number (GB 11643).

    ``prefix`` is 810000 (Hong Kong), 820000 (Macao) or 830000 (Taiwan); ``sex`` is 男 or 女.
    """
    sequence = random.randrange(0, 500) * 2 + (1 if sex == "男" else 0)
    body = f"{prefix}{birth:%Y%m%d}{sequence:03d}"
    return body + resident_number_check(body)


def hong_kong_identity(random: Random) -> str:
    """Return a Hong Kong identity card number such as ``A123456(3)``.

    The check character uses weights 9 to 2 modulo 11, with A for 10. The empty position before the letter counts 36.
    """
    letter = random.choice("ABCDEFGHKMNPRSVYZ")
    digits = f"{random.randrange(1_000_000):06d}"
    values = (36, ord(letter) - 55, *map(int, digits))
    check = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return f"{letter}{digits}({check:X})"


def macao_identity(random: Random) -> str:
    """Return a number like ``1234567(8)``. Macao does not publish the check digit's rule, so that digit is random."""
    return f"{random.choice('157')}{random.randrange(1_000_000):06d}({random.randrange(10)})"


def local_identity(random: Random, region: str) -> str:
    """Return an identity card number of Hong Kong (``HK``) or Macao (``MO``)."""
    return hong_kong_identity(random) if region == "HK" else macao_identity(random)


def exit_entry_number(random: Random, *, issued: date) -> str:
    """Return a permit number of the series then in use: ``C`` and 8 digits; since 2018 ``C``, a letter, 7 digits."""
    if issued < date(2018, 1, 1):
        return f"C{random.randrange(100_000_000):08d}"
    return f"C{random.choice(_SERIES_LETTERS)}{random.randrange(10_000_000):07d}"
