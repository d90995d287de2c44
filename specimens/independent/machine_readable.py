"""Machine-readable lines, written a second time from the facts, so that a mistake in ``specimens.cards.mrz`` shows.

The layouts of the HK/Macao permit and the exit-entry permit were recomputed from lines of official specimens, those of
other documents are ICAO 9303 parts 4 to 6. What nobody has seen is a guess and marked as one.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

_VALUES: Final = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_CENTURIES: Final = {18: "A", 19: "B", 20: "C"}
TD1_WIDTH: Final = 30
TD2_WIDTH: Final = 36
TD3_WIDTH: Final = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The holder as the lines show them. ``romanised`` is ``SURNAME,GIVEN NAMES``; ``sex`` is M or F."""

    chinese: str
    romanised: str
    sex: str
    birth: date
    nationality: str = "CHN"


def check(text: str) -> str:
    """Return the check digit of ICAO 9303 part 3."""
    total = 0
    for place, character in enumerate(text):
        total += _VALUES.get(character, 0) * (7, 3, 1)[place % 3]
    return str(total % 10)


def checked(text: str) -> str:
    """Return ``text`` with its check digit."""
    return text + check(text)


def gbk_letters(name: str) -> str:
    """Return the first four characters of a name: each nibble of their GBK bytes as a letter from A to P.

    Shorter names are filled up with ``<``, a guess: the only known name has four characters.
    """
    letters = "".join(chr(ord("A") + int(nibble, 16)) for nibble in name[:4].encode("gbk").hex())
    return f"{letters:<<16}"


def hk_macao_lines(person: Person, *, number: str, issues: str, expiry: date, identity: str) -> tuple[str, ...]:
    """Return the lines of an edition since 2013; citizens of other states have their nationality beside a shorter name.

    Fillers after an identity number of eight characters are a guess, and so is the end of a foreigner's name.
    """
    is_chinese = person.nationality == "CHN"
    birth, ends = f"{person.birth:%y%m%d}", f"{expiry:%y%m%d}"
    first = (
        f"{'CR' if is_chinese else 'CF'}{checked(number)}{checked(issues)}{checked(ends)}{person.sex}{checked(birth)}"
    )
    plain = "".join(character for character in identity if character.isalnum())
    name = f"{gbk_letters(person.chinese)}AA" if is_chinese else gbk_letters(person.chinese)[:15] + person.nationality
    second = f"{name}{_CENTURIES[person.birth.year // 100]}{checked(f'{plain:<<9}')}"
    return first, second + check(first[2:22] + first[23:30] + second[19:29]), _names(person, TD1_WIDTH)


def hk_macao_1999_lines(person: Person, *, number: str, expiry: date, codes: str) -> tuple[str, ...]:
    """Return the lines of an edition of 1999; ``codes`` are the telegraph codes of the name.

    The known parts are ``C<CHN``, the codes at 5 to 25, the line checks at 29 and line 2; the flag is a guess.
    """
    first = f"{f'C<CHN{codes:<<20}1{check(codes)}':<<29}"
    second = f"{checked(f'{person.birth:%y%m%d}')}{person.sex}{checked(f'{expiry:%y%m%d}')}{checked(number)}"
    second += _CENTURIES[person.birth.year // 100] + _CENTURIES[expiry.year // 100]
    return checked(first), checked(second), _names(person, TD1_WIDTH)


def td1_lines(
    person: Person, *, code: str, state: str, number: str, expiry: date, optional: tuple[str, str] = ("", "")
) -> tuple[str, ...]:
    """Return the lines of ICAO 9303 part 5, for a number of at most nine characters."""
    first = f"{f'{code:<<2}{state:<<3}{checked(f"{number:<<9}")}{optional[0]}':<<30}"
    birth, ends = checked(f"{person.birth:%y%m%d}"), checked(f"{expiry:%y%m%d}")
    second = f"{f'{birth}{person.sex}{ends}{person.nationality:<<3}{optional[1]}':<<29}"
    composite = check(first[5:] + second[:7] + second[8:15] + second[18:])
    return first, second + composite, _names(person, TD1_WIDTH)


def td2_lines(person: Person, *, code: str, state: str, number: str, expiry: date) -> tuple[str, ...]:
    """Return the lines of ICAO 9303 part 6."""
    birth, ends = checked(f"{person.birth:%y%m%d}"), checked(f"{expiry:%y%m%d}")
    document = checked(f"{number:<<9}")
    second = f"{f'{document}{person.nationality:<<3}{birth}{person.sex}{ends}':<<35}"
    names = _names(person, TD2_WIDTH - 5)
    return f"{code:<<2}{state:<<3}{names}", second + check(second[:10] + second[13:20] + second[21:])


def td3_lines(person: Person, *, code: str, state: str, number: str, expiry: date) -> tuple[str, ...]:
    """Return the lines of a passport, ICAO 9303 part 4."""
    birth, ends = checked(f"{person.birth:%y%m%d}"), checked(f"{expiry:%y%m%d}")
    document = checked(f"{number:<<9}")
    second = f"{document}{person.nationality:<<3}{birth}{person.sex}{ends}{'':<<14}<"
    composite = check(second[:10] + second[13:20] + second[21:])
    return f"{code:<<2}{state:<<3}{_names(person, TD3_WIDTH - 5)}", second + composite


def one_line(*, code: str, number: str, expiry: date, birth: date) -> str:
    """Return the only line of an exit-entry permit. The last digit covers the three parts without their fillers."""
    parts = checked(f"{number:<<9}"), checked(f"{expiry:%y%m%d}"), checked(f"{birth:%y%m%d}")
    return f"{code}{'<'.join(parts)}<{check(''.join(parts))}"


def taiwan_back_lines(person: Person, *, number: str, identity: str, place: str) -> tuple[str, ...]:
    """Return the lines on the back of a Taiwan permit: ``CT``, number; identity number; name, code of the place."""
    second = f"{checked(f'{person.birth:%y%m%d}')}{person.sex}"
    second = f"{f'{second:<<19}{identity}':<<29}"
    return f"{f'CT{number}':<<30}", checked(second), f"{_names(person, 26)}{place:<<4}"


def _names(person: Person, width: int) -> str:
    surname, _, given = person.romanised.partition(",")
    words = "<<".join(part for part in (surname, given.strip()) if part)
    for separator in (" ", "-", "'"):
        words = words.replace(separator, "<")
    return f"{words:<<{width}}"[:width]
