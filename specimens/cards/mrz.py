"""Machine-readable lines of the permits, with the check digits of ICAO 9303.

None of them has the format of ICAO 9303 part 5. The positions and check digits were recomputed on the published lines
of official specimens; ``docs/specimens.md`` says what is a guess.
"""

from dataclasses import dataclass
from datetime import date
from itertools import cycle
from typing import Final

from specimens.cards.holders import Holder

_WEIGHTS: Final = (7, 3, 1)
_LINE_WIDTH: Final = 30
_GBK_LETTERS: Final = "ABCDEFGHIJKLMNOP"
"""One letter for each value of half a byte."""
_CENTURIES: Final = {18: "A", 19: "B", 20: "C"}


def check_digit(characters: str) -> str:
    """Return the check digit of ICAO 9303 part 3: weights 7, 3, 1; A to Z count 10 to 35, ``<`` counts 0."""
    values = (0 if character == "<" else int(character, 36) for character in characters)
    return str(sum(value * weight for value, weight in zip(values, cycle(_WEIGHTS), strict=False)) % 10)


def checked(characters: str) -> str:
    """Return the characters followed by their check digit."""
    return characters + check_digit(characters)


def gbk_letters(name: str, width: int) -> str:
    """Return a Chinese name in letters A to P, two for each byte of its GBK code, filled or cut to ``width``."""
    code = "".join(_GBK_LETTERS[byte >> 4] + _GBK_LETTERS[byte & 15] for byte in name.encode("gbk"))
    return _fill(code, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitData:
    """What the machine-readable lines of a permit's back contain."""

    number: str
    issues: int
    expiry: date
    person: Holder
    identity: str
    """Number of the Hong Kong, Macao or Taiwan identity card, as printed."""

    @property
    def sex(self) -> str:
        """The letter for the holder's sex."""
        return "M" if self.person.sex == "男" else "F"


def permit_back_lines(code: str, data: PermitData, *, place: str = "") -> tuple[str, str, str]:
    """Return the three lines on the back of a current permit.

    ``code`` is CR (Hong Kong and Macao), CF (the same for non-Chinese citizens) or CT (Taiwan; ``place`` is the code of
    the issuing place). The first line of CR and CF has no fillers.
    """
    person = data.person
    number = _fill(data.number, 9)
    expiry, birth = checked(f"{data.expiry:%y%m%d}"), checked(f"{person.birth:%y%m%d}")
    first = f"{code}{checked(number)}{checked(f'{data.issues:02d}')}{expiry}{data.sex}{birth}"
    if code == "CF":
        name = gbk_letters(person.simplified, 12) + "AAA" + person.nationality_code
    else:
        cut = "B" if len(gbk_letters(person.simplified, 0)) > 16 else "A"
        name = gbk_letters(person.simplified, 16) + cut + "A"
    identity = data.identity.replace("(", "").replace(")", "")
    local = _fill(identity, 10) if code == "CT" else checked(_fill(identity, 9))
    second = f"{name}{_CENTURIES[person.birth.year // 100]}{local}"
    second += check_digit(first[2:22] + first[23:] + second[19:])
    third = _fill(_roman_letters(person), _LINE_WIDTH - len(place)) + place
    return first, second, third


def permit_back_lines_1999(data: PermitData) -> tuple[str, str, str]:
    """Return the three lines on the back of the 1999 edition; its number has 11 characters.

    The first line has each character of the name as four digits. They stand in for telegraph codes and are not these.
    """
    codes = "".join(f"{ord(character) % 10_000:04d}" for character in data.person.simplified[:5])
    first = f"C<CHN{checked(_fill(codes, 20) + '0')}<<"
    birth, expiry = data.person.birth, data.expiry
    second = f"{checked(f'{birth:%y%m%d}')}{data.sex}{checked(f'{expiry:%y%m%d}')}{checked(data.number)}"
    second += f"{birth.year // 100 - 18}{expiry.year // 100 - 18}"
    return checked(first), checked(second), _fill(_roman_letters(data.person), _LINE_WIDTH)


def exit_entry_line(*, number: str, expiry: date, birth: date, code: str = "CS") -> str:
    """Return the single line of an exit-entry permit; with code CD, of the look-alike permit for Taiwan.

    Number, expiry and birth date each have a check digit. The last digit covers all of them without the fillers.
    """
    parts = [checked(part) for part in (_fill(number, 9), f"{expiry:%y%m%d}", f"{birth:%y%m%d}")]
    return f"{code}{'<'.join(parts)}<{check_digit(''.join(parts))}"


def _roman_letters(person: Holder) -> str:
    return person.romanised.replace(",", "<<").replace(" ", "<").replace("-", "<")


def _fill(characters: str, width: int) -> str:
    """Fill or cut to ``width``; 0 leaves the length."""
    return characters.ljust(width, "<")[: width or None]
