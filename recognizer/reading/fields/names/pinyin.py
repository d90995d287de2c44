"""Compares a Chinese name with its Hanyu Pinyin: each may correct a misread character of the other.

Permits of mainland residents romanise names in Pinyin (GB/T 28039), and so do Taiwan permits as far as is known. Some
syllables of other romanisations are Pinyin, too: CHANG may be 張. So a letter is corrected only if the models confuse
it with the right one, and a character only if the model sees the other one rather than a gap between characters.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Final

from xpinyin import Pinyin

from permit_ocr.domain.card.chinese_script import simplified
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.names.holder_names import reread_name
from recognizer.reading.fields.ocr_field import OcrField

_CONFIRMED: Final = 0.6
"""Minimum confidence of a name that its Pinyin confirms: characters of one sound may be similar (清, 青)."""
_CORRECTED: Final = 0.7
_CERTAIN: Final = 0.9
"""What is as confident is not corrected by what is less confident."""
_U_UMLAUT: Final = ("V", "U", "YU")
"""How ü is written: LV, LU, and LYU in passports and permits since 2012."""
_CONFUSED: Final = frozenset(
    map(frozenset, ("IL", "IJ", "IT", "LT", "OQ", "OD", "CG", "UV", "VY", "MN", "HN", "EF", "PR"))
)
"""Letters of similar shape. U for O or C for ZH is another romanisation."""
_LONGEST_SYLLABLE: Final = len("ZHUANG")
_MOST_CHARACTERS: Final = 8
"""Longer text is no name, and has too many readings to compare."""
_LONGEST_NAME: Final = 3
"""Characters of a surname with a given name of one or two. Tibetan and other longer names have no surname."""
_NAME_CHARACTERS: Final = range(0x4E00, 0x9FA6)


def compared_names(finder: FieldFinder, name: OcrField, romanised: OcrField) -> tuple[OcrField, OcrField]:
    """Return both names, the less confident one corrected if the other shows which of its characters is misread."""
    letters = _letters(romanised.text)
    if not letters or not name.text or len(name.text) > _MOST_CHARACTERS:
        return name, romanised
    if letters in _spellings(name.text):
        return name.at_least(_CONFIRMED), _with_comma(romanised, name.text)
    if name.confidence >= _CERTAIN > romanised.confidence:
        corrected = _with_one_letter_corrected(romanised.text, name.text)
        return name, replace(romanised, text=corrected).at_most(_CORRECTED) if corrected else romanised
    is_less_sure = name.confidence < min(_CERTAIN, romanised.confidence)
    if is_less_sure and (corrected := _reread(finder, name.text, romanised.text)):
        return replace(name, text=corrected, confidence=_CORRECTED), romanised
    return name, romanised


def _letters(romanised: str) -> str:
    return re.sub("[^A-Z]", "", romanised)


def _spellings(name: str) -> set[str]:
    """Return all Pinyin of a name: some characters have several readings."""
    return {"".join(syllables) for syllables in product(*map(_readings, name))}


@cache
def _dictionary() -> Pinyin:
    return Pinyin()


@cache
def _readings(character: str) -> tuple[str, ...]:
    """Return a character's syllables without tones; the character itself if it has none."""
    readings = [reading.upper() for reading in _dictionary().get_pinyins(character)]
    return tuple({reading.replace("V", umlaut) for reading in readings for umlaut in _U_UMLAUT})


@cache
def _characters_by_syllable() -> dict[str, str]:
    characters: dict[str, list[str]] = {}
    for character in map(chr, _NAME_CHARACTERS):
        for reading in _readings(character):
            if reading.isascii():
                characters.setdefault(reading, []).append(character)
    return {reading: "".join(sounding) for reading, sounding in characters.items()}


def _with_comma(romanised: OcrField, name: str) -> OcrField:
    """Return the romanised name with a comma after the surname's Pinyin, if none was read."""
    if "," in romanised.text or len(name) > _LONGEST_NAME or value_parsers.COMPOUND_SURNAMES.match(simplified(name)):
        return romanised
    surnames = [one for one in _readings(name[0]) if _letters(romanised.text.removeprefix(one)) in _spellings(name[1:])]
    if len(surnames) != 1 or not romanised.text.startswith(surnames[0]):
        return romanised
    given = romanised.text.removeprefix(surnames[0]).lstrip(" .-")
    return replace(romanised, text=f"{surnames[0]},{given}", confidence=_CORRECTED)


def _with_one_letter_corrected(romanised: str, name: str) -> str | None:
    """Return the romanised name with the only letter replaced that differs from the name's Pinyin, if it is similar."""
    letters = _letters(romanised)
    places = [index for index, character in enumerate(romanised) if "A" <= character <= "Z"]
    corrected = set()
    for spelling in _spellings(name):
        if len(spelling) != len(letters):
            continue
        wrong = [index for index, (one, other) in enumerate(zip(letters, spelling, strict=True)) if one != other]
        if len(wrong) == 1 and {letters[wrong[0]], spelling[wrong[0]]} in _CONFUSED:
            place = places[wrong[0]]
            corrected.add(romanised[:place] + spelling[wrong[0]] + romanised[place + 1 :])
    return corrected.pop() if len(corrected) == 1 else None


def _reread(finder: FieldFinder, name: str, romanised: str) -> str | None:
    """Return the name read again with only characters that sound like its Pinyin, if some of it was right."""
    syllables = {one for divided in _divisions(romanised, len(name)) for one in divided}
    if not any(set(_readings(character)) & syllables for character in name):
        return None
    alphabet = "".join(_characters_by_syllable()[syllable] for syllable in sorted(syllables))
    text = reread_name(finder, name, alphabet)
    return text if len(text) == len(name) and _letters(romanised) in _spellings(text) else None


def _divisions(romanised: str, count: int) -> Iterator[list[str]]:
    """Yield the ways to divide a romanised name into so many syllables; none contains a comma or a hyphen."""
    yield from _divided(re.findall("[A-Z]+", romanised), count)


def _divided(words: list[str], count: int) -> Iterator[list[str]]:
    """Yield the ways to divide words into so many syllables. The count bounds the search."""
    if not words and count == 0:
        yield []
    if not 0 < len(words) <= count:
        return
    word, *others = words
    for end in range(1, min(len(word), _LONGEST_SYLLABLE) + 1):
        if word[:end] in _characters_by_syllable():
            left = [word[end:], *others] if word[end:] else others
            yield from ([word[:end], *rest] for rest in _divided(left, count - 1))
