"""The three lines of 30 characters on the back of the HK/Macao permit. They are not those of ICAO 9303's TD1 cards.

Source: published lines of official specimens, whose check digits were recomputed (weights 7, 3, 1 as in ICAO Doc 9303
part 3). The layout of the lines of the edition for non-Chinese citizens (CF) is from a single third-party source.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from recognizer.reading.fields.check_digits import (
    is_valid_hong_kong_number,
    mrz_check_digit,
    with_one_character_changed,
)
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.mrz.name_line import romanized_name

type _Part = tuple[str, str]
"""A part of a line and its check digit."""
_LENGTH: Final = 30
_LETTER: Final = "A"
_DIGIT: Final = "0"
_FORM_OF_FIRST_LINE: Final = "AA" + "A?00000000" + "000" + "0000000" + "A" + "0000000"
"""Code, number, issue count, expiry, sex and birth. All but code and sex end with their check digit."""
_PARTS_OF_FIRST_LINE: Final = ((2, 11), (12, 14), (15, 21), (23, 29))
_FORMS: Final = (r"[HM][A\d]\d{7}", r"[0-2]\d", r"\d{6}", r"\d{6}", r"[A-Z0-9]{2}\d{4}[A-Z0-9<]{3}")
"""Number, issue count, expiry, birth and identity number."""
_FORM_OF_SECOND_LINE_1999: Final = "0000000" + "A" + "0000000" + "A00000000000" + "??" + "0"
"""Birth, sex, expiry and number; then the centuries of birth and expiry, and the line's check digit."""
_PARTS_OF_SECOND_LINE_1999: Final = ((0, 6), (8, 14), (15, 26))
_TO_DIGIT: Final = str.maketrans("OQDILZSBGT", "0001125867")
_TO_LETTER: Final = str.maketrans("0125864", "OIZSBGA")
_SEX: Final = {"M": "男", "F": "女"}
_CENTURIES: Final = {"A": "18", "4": "18", "B": "19", "8": "19", "C": "20", "G": "20"}
"""With what A, B and C are confused with."""
_CENTURIES_1999: Final = {"0": "18", "1": "19", "2": "20", "A": "18", "B": "19", "C": "20"}
"""Digits or letters: no source says which."""
_EXPIRY_CENTURY: Final = "20"
_NAME_LENGTHS: Final = {"R": 16, "F": 12}
_CODED_NAME: Final = re.compile(r"(?:[A-P]{4})+")
_SECOND_LINE: Final = re.compile(r"(?:[I-P][A-P][E-P][A-P]){2}.*\d.*\d.*\d")
"""GBK's first bytes begin at 81, its second ones at 40."""
_HAS_DIGIT: Final = re.compile(r"\d")
_NOT_CHINESE: Final = re.compile(r"[^\u3400-\u9fff]")
_MIN_NAME: Final = 2
_HONG_KONG: Final = re.compile(r"[A-Z]{1,2}\d{6}\([\dA]\)")


def hk_macao_facts(lines: Sequence[str]) -> MrzFacts | None:
    """Return what the lines prove; None if nothing. Names have no check digit and need proven facts beside them.

    Digits of a paper beside the card may be read with one of the lines that check digits prove, before or after it.
    """
    cuts = (
        lines,
        [line[-_LENGTH:] if _HAS_DIGIT.search(line) else line for line in lines],
        [line[:_LENGTH] if _HAS_DIGIT.search(line) else line for line in lines],
    )
    different = [cut for place, cut in enumerate(cuts) if not place or cut != list(lines)]
    proven = [facts for cut in different if (facts := _current_facts(cut) or _facts_of_1999(cut)) != MrzFacts()]
    found = [facts for facts in proven if facts]
    return next((facts for facts in found if facts.number), found[0] if found else None)


def printed_identity(field: str) -> str:
    """Return an identity number as it is printed: ``A123456(3)`` in Hong Kong, ``1234567(8)`` in Macao."""
    plain = field.replace("<", "")
    return f"{plain[:-1]}({plain[-1]})" if re.fullmatch(r"[A-Z]{1,2}\d{6}[\dA]|\d{8}", plain) else plain


def _current_facts(lines: Sequence[str]) -> MrzFacts | None:
    """Return the facts of the editions since 2012."""
    first = next((_in_form(line, _FORM_OF_FIRST_LINE) for line in lines if re.match(r"[CG0Q][RF]", line)), None)
    second = next((line for line in map(_with_coded_letters, lines) if _is_second_line(line)), None)
    if first and second:
        return _facts_of_both_lines(first, second, lines)
    if first:
        number, count, expiry, _ = (part if _is_right((part, check)) else "" for part, check in _parts(first))
        return MrzFacts(number=number, issue_count=count, expiry=_date(_EXPIRY_CENTURY, expiry))
    return MrzFacts(identity_number=_identity_without_first_line(second)) if second else None


def _with_coded_letters(line: str) -> str:
    """Return a second line with letters where its name has no digits."""
    length = _NAME_LENGTHS["F"]
    return line[:length].translate(_TO_LETTER) + line[length:]


def _is_second_line(line: str) -> bool:
    """Tell whether a line begins like a coded name and ends like a number; a romanised name may begin like that."""
    return len(line) in {_LENGTH - 1, _LENGTH} and bool(_SECOND_LINE.match(line))


def _facts_of_both_lines(first: str, second: str, lines: Sequence[str]) -> MrzFacts:
    """Return what the composite check digit verifies, with at most one confused character corrected in all."""
    parts = [*_parts(first), _identity_part(second)]
    wrong = [index for index, part in enumerate(parts) if not _is_right(part)]
    if not wrong and not _is_right_identity(parts[-1]):
        wrong = [len(parts) - 1]
    place = wrong[0] if wrong else 0
    repairs = _repairs(parts[place]) if wrong else [parts[place]]
    candidates = [[*parts[:place], repair, *parts[place + 1 :]] for repair in repairs]
    proven = [candidate for candidate in candidates if _is_proven(candidate, second[-1].translate(_TO_DIGIT))]
    if len(proven) != 1:
        return MrzFacts(identity_number=_identity_without_first_line(second))
    number, count, expiry, birth, identity = (part for part, _ in proven[0])
    is_whole = len(second) == _LENGTH
    return MrzFacts(
        number=number.rstrip("<"),
        issue_count=count,
        expiry=_date(_EXPIRY_CENTURY, expiry),
        sex=_SEX.get(first[22], ""),
        birth=_date(_CENTURIES.get(second[-12], ""), birth),
        chinese_name=_chinese_name(second[: _NAME_LENGTHS.get(first[1], 0)].translate(_TO_LETTER)) if is_whole else "",
        romanized_name=romanized_name(lines),
        identity_number=printed_identity(identity),
    )


def _is_proven(parts: Sequence[_Part], composite: str) -> bool:
    """Tell whether parts have their form and check digits, and are verified by the composite one, too."""
    have_form = all(re.fullmatch(form, text) for form, (text, _) in zip(_FORMS, parts, strict=True))
    are_right = all(map(_is_right, parts)) and _is_right_identity(parts[-1])
    return have_form and are_right and mrz_check_digit("".join(map("".join, parts))) == composite


def _identity_without_first_line(second: str) -> str:
    """Return an identity number that its own rule verifies as well; empty if there is no such rule, as in Macao."""
    part = _identity_part(second)
    printed = printed_identity(part[0])
    return printed if _is_right(part) and is_valid_hong_kong_number(printed) else ""


def _parts(first: str) -> list[_Part]:
    return [(first[start:end], first[end]) for start, end in _PARTS_OF_FIRST_LINE]


def _identity_part(second: str) -> _Part:
    """Return the number at the end of the second line: seen from there, a missing letter of the name does no harm."""
    text = second[-11:-2]
    return text[:2] + text[2:6].translate(_TO_DIGIT) + text[6:], second[-2].translate(_TO_DIGIT)


def _is_right(part: _Part) -> bool:
    """Tell whether a part's check digit is right."""
    text, check = part
    return mrz_check_digit(text) == check


def _is_right_identity(part: _Part) -> bool:
    """Tell whether the check digit within a Hong Kong number is right; a non-Chinese permit's number looks like one."""
    printed = printed_identity(part[0])
    return not _HONG_KONG.fullmatch(printed) or is_valid_hong_kong_number(printed)


def _repairs(part: _Part) -> Iterator[_Part]:
    """Yield the part with each of its characters replaced by those it is confused with."""
    for changed in with_one_character_changed("".join(part)):
        yield changed[:-1], changed[-1]


def _facts_of_1999(lines: Sequence[str]) -> MrzFacts | None:
    """Return the facts of the 1999 edition, whose number ends with the issue count: all are in its second line."""
    for line in filter(None, (_in_form(line, _FORM_OF_SECOND_LINE_1999) for line in lines)):
        parts = [(line[start:end], line[end]) for start, end in _PARTS_OF_SECOND_LINE_1999]
        if line[7] in _SEX and line[15] in "HM" and all(map(_is_right, [*parts, (line[:29], line[29])])):
            (birth, _), (expiry, _), (number, _) = parts
            return MrzFacts(
                number=number,
                issue_count=number[-2:],
                expiry=_date(_CENTURIES_1999.get(line[28], ""), expiry),
                sex=_SEX[line[7]],
                birth=_date(_CENTURIES_1999.get(line[27], ""), birth),
                romanized_name=romanized_name(lines),
            )
    return None


def _in_form(line: str, form: str) -> str | None:
    """Return the line with look-alikes replaced where only a digit or only a letter is possible."""
    if len(line) != _LENGTH:
        return None
    tables = {_LETTER: _TO_LETTER, _DIGIT: _TO_DIGIT}
    return "".join(
        character.translate(tables[kind]) if kind in tables else character
        for character, kind in zip(line, form, strict=True)
    )


def _chinese_name(letters: str) -> str:
    """Return the name whose GBK bytes are coded in letters, one from A to P for each half of a byte.

    Empty if a letter is wrong. The line has room for four characters; a longer name is cut.
    """
    coded = letters.rstrip("<")
    if not _CODED_NAME.fullmatch(coded):
        return ""
    halves = [ord(letter) - ord("A") for letter in coded]
    code = bytes(16 * high + low for high, low in zip(halves[::2], halves[1::2], strict=True))
    try:
        name = code.decode("gbk")
    except UnicodeDecodeError:
        return ""
    return "" if len(name) < _MIN_NAME or _NOT_CHINESE.search(name) else name


def _date(century: str, digits: str) -> str:
    return f"{century}{digits[:2]}.{digits[2:4]}.{digits[4:]}" if century and digits else ""
