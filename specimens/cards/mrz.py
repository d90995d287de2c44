"""Machine-readable lines with the check digits of ICAO 9303."""

from datetime import date
from itertools import cycle
from typing import Final

from specimens.cards.holders import Holder

_WEIGHTS: Final = (7, 3, 1)
_NUMBER_WIDTH: Final = 9
_LINE_WIDTH: Final = 30


def check_digit(characters: str) -> str:
    """Return the check digit of ICAO 9303 part 3: weights 7, 3, 1; A to Z count 10 to 35, ``<`` counts 0."""
    values = (0 if character == "<" else int(character, 36) for character in characters)
    return str(sum(value * weight for value, weight in zip(values, cycle(_WEIGHTS), strict=False)) % 10)


def td1_lines(code: str, number: str, person: Holder, expiry: date, optional: str) -> tuple[str, str, str]:
    """Return the three 30-character TD1 lines (ICAO 9303 part 5) of a card issued by China.

    A number longer than nine characters continues in the optional field, as the standard requires: ``<`` replaces the
    check digit, which then follows the rest of the number.
    """
    if len(number) > _NUMBER_WIDTH:
        document = f"{number[:_NUMBER_WIDTH]}<{number[_NUMBER_WIDTH:]}{check_digit(number)}"
    else:
        document = number.ljust(_NUMBER_WIDTH, "<")
        document += check_digit(document)
    first = f"{code:<<2}CHN{document}{optional}".ljust(_LINE_WIDTH, "<")
    birth, expires = f"{person.birth:%y%m%d}", f"{expiry:%y%m%d}"
    sex = "M" if person.sex == "男" else "F"
    second = f"{birth}{check_digit(birth)}{sex}{expires}{check_digit(expires)}{person.nationality_code}".ljust(29, "<")
    composite = check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    name = person.romanised.replace(",", "<<").replace(" ", "<").replace("-", "<")
    return first, second + composite, name.ljust(_LINE_WIDTH, "<")[:_LINE_WIDTH]


def exit_entry_line(*, number: str, expiry: date, birth: date) -> str:
    """Return the single 30-character line of an exit-entry permit.

    Number, expiry and birth date each have a check digit. The last digit covers all of them without the fillers.
    """
    parts = [part + check_digit(part) for part in (f"{number:<<9}", f"{expiry:%y%m%d}", f"{birth:%y%m%d}")]
    return f"CS{'<'.join(parts)}<{check_digit(''.join(parts))}"
