"""The words printed beside the values, and the cards' titles, found in text that may be misread in a character or two.

Sources: the faces listed in the documents' rules of issue (labels of the 1999, 2013, 2015, 2018 and 2024 editions),
both simplified and traditional.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from statistics import median
from typing import Final

from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.permits import PermitType
from recognizer.reading.ocr.text_lines import JOINT, TextLine


class Label(Enum):
    """What a printed label announces."""

    NAME = auto()
    SEX = auto()
    BIRTH = auto()
    ADDRESS = auto()
    RESIDENT_NUMBER = auto()
    AUTHORITY = auto()
    VALIDITY = auto()
    PERMIT_NUMBER = auto()
    PASS_NUMBER = auto()
    ISSUE_COUNT = auto()
    ISSUE_PLACE = auto()
    NATIONALITY = auto()
    IDENTITY_NUMBER = auto()
    HISTORY_NUMBER = auto()
    TITLE = auto()
    NOISE = auto()


RESIDENCE_TITLE: Final = "居民居住证"
TITLES: Final = {
    "港澳居民来往内地通行证": PermitType.HK_MACAO_PERMIT,
    "台湾居民来往大陆通行证": PermitType.TAIWAN_PERMIT,
    "往来港澳通行证": PermitType.EXIT_ENTRY_PERMIT,
    "港澳台居民居住证": PermitType.RESIDENCE_PERMIT,
    "港澳居民居住证": PermitType.RESIDENCE_PERMIT,
    "台湾居民居住证": PermitType.RESIDENCE_PERMIT,
}
_WORDS: Final = {
    Label.NAME: ("姓名", "中文姓名", "身份证件姓名", "持证人姓名", "持有人姓名"),
    Label.SEX: ("性别",),
    Label.BIRTH: ("出生日期", "出生"),
    Label.ADDRESS: ("住址",),
    Label.RESIDENT_NUMBER: ("公民身份号码", "公民身份证号码", "身份号码"),
    Label.AUTHORITY: ("签发机关", "签发单位", "发证机关"),
    Label.VALIDITY: ("有效期限", "有效期至", "有效期", "有效日期"),
    Label.PERMIT_NUMBER: ("证件号码", "证件编号"),
    Label.PASS_NUMBER: ("通行证号码", "通行证件号码"),
    Label.ISSUE_COUNT: ("签发次数", "换证次数", "换发次数", "发证次数"),
    Label.ISSUE_PLACE: ("签发地点", "签发地", "发证地点"),
    Label.NATIONALITY: ("国籍", "国籍地区", "国籍/地区"),
    Label.IDENTITY_NUMBER: ("身份证件号码", "港澳身份证件号码", "身份证号码", "居民身份证号码"),
    Label.HISTORY_NUMBER: (
        "曾持证件号码",
        "曾持有证件号码",
        "曾用证件号码",
        "曾持通行证号码",
        "曾持有通行证号码",
        "曾持有的证件号码",
        "曾持有的通行证号码",
        "原证件号码",
    ),
    Label.TITLE: tuple(TITLES),
    Label.NOISE: ("非中国籍",),
}
# fmt: off
ENGLISH_LABEL_WORDS: Final = frozenset((
    "NAME", "SURNAME", "GIVEN", "NAMES", "SEX", "GENDER", "DATE", "OF", "BIRTH", "PERIOD", "VALIDITY",
    "VALID", "FROM", "UNTIL", "EXPIRY", "ISSUING", "AUTHORITY", "PLACE", "ISSUE", "ISSUED", "TIMES", "PERMIT",
    "DOCUMENT", "CARD", "NO", "NUMBER", "NATIONALITY", "ENGLISH", "CHINESE", "ADDRESS",
))
# fmt: on
SPREAD: Final = (Label.NAME, Label.SEX, Label.BIRTH, Label.ADDRESS)
_LEAST_SPREAD: Final = 2
_COLUMN: Final = 1.0
_DECORATION: Final = frozenset(JOINT + " 　:：·.,，。、|/（）()-_")
_STATE: Final = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A label where it is printed.

    ``word`` is its spelling in the table, ``start`` and ``end`` its characters in the line it was found in.
    """

    label: Label
    word: str
    start: int
    end: int
    line: TextLine


@dataclass(frozen=True, slots=True)
class _Match:
    score: float
    label: Label
    word: str
    start: int
    end: int


def find_anchors(line: TextLine) -> list[Anchor]:
    """Return the labels and titles in a line, from left to right, none overlapping.

    A longer and truer match goes first.
    """
    text = simplified(line.text)
    places = [index for index, character in enumerate(text) if character not in _DECORATION]
    bare = "".join(text[index] for index in places)
    matches = [match for label, words in _WORDS.items() for word in words for match in _matches(bare, label, word)]
    matches.extend(_state_title(bare))
    matches.sort(key=lambda match: (-match.score, match.start))
    taken: list[_Match] = []
    for match in matches:
        if all(match.end <= other.start or other.end <= match.start for other in taken):
            taken.append(match)
    taken.sort(key=lambda match: match.start)
    return [
        Anchor(match.label, match.word, start, end, line.part(start, end))
        for match in taken
        for start, end in [(places[match.start], places[match.end - 1] + 1)]
    ]


def spread_labels(lines: Sequence[TextLine]) -> dict[int, Anchor]:
    """Return labels of which only the last character was seen, by their line's index.

    Some cards print the residence permit's short labels as wide as their longest (姓　　名): the detector passes over
    the first character and takes the other one for the beginning of the value. One such line proves nothing; several
    that begin in one column do.
    """
    ends = dict(zip("名别生址", SPREAD, strict=True))
    begun = {index: line for index, line in enumerate(lines) if line.text[:1] in ends}
    column = median(line.left for line in begun.values()) if begun else 0.0
    kept = {index: line for index, line in begun.items() if abs(line.left - column) < _COLUMN * line.height}
    if len({line.text[0] for line in kept.values()}) < _LEAST_SPREAD:
        return {}
    return {index: Anchor(ends[line.text[0]], line.text[0], 0, 1, line.part(0, 1)) for index, line in kept.items()}


def _state_title(bare: str) -> list[_Match]:
    """Match the name of the state above or before a title, not where it begins the name of an authority."""
    start = bare.find(_STATE)
    after = bare[start + len(_STATE) :]
    if start < 0 or (after and not any(edit_distance(after[: len(title)], title) <= 2 for title in TITLES)):  # noqa: PLR2004
        return []
    return [_Match(len(_STATE), Label.NOISE, _STATE, start, start + len(_STATE))]


def _matches(bare: str, label: Label, word: str) -> list[_Match]:
    """Find a word exactly if it is short; else with one character in four wrong, missing or too many."""
    allowed = len(word) // 4
    found: list[_Match] = []
    if sum(character in bare for character in word) < len(word) - allowed:
        return found  # nearly every word on nearly every line: the comparison below is slow
    for start in range(len(bare)):
        for length in range(len(word) - (allowed > 0), len(word) + 1 + (allowed > 0)):
            end = start + length
            if end > len(bare):
                break
            wrong = edit_distance(bare[start:end], word)
            if wrong <= allowed:
                found.append(_Match(len(word) - 1.6 * wrong, label, word, start, end))
    return found


def edit_distance(one: str, other: str) -> int:
    """Return how many characters must be changed, left out or put in to make one text of the other (Levenshtein)."""
    before = list(range(len(other) + 1))
    for index, character in enumerate(one, 1):
        current = [index]
        for place, wanted in enumerate(other, 1):
            current.append(min(before[place] + 1, current[-1] + 1, before[place - 1] + (character != wanted)))
        before = current
    return before[-1]
