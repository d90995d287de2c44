"""Finds the printed labels and titles of the cards, even if one or two of their characters are misread.

Sources: the card designs in the documents' rules of issue (labels of the 1999, 2013, 2015, 2018 and 2024 editions),
both simplified and traditional.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate
from statistics import median
from typing import Final

from permit_ocr.domain.card.chinese_script import simplified
from permit_ocr.domain.permits import PermitType
from recognizer.reading.ocr.text_lines import BOX_GAP, TextLine


class Label(Enum):
    """The meaning of a printed label."""

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
WORDS: Final = {
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
_SPELLINGS: Final = tuple((label, word, frozenset(word)) for label, words in WORDS.items() for word in words)
_CHARACTERS: Final = frozenset().union(*(characters for _, _, characters in _SPELLINGS))
_MIN_CHARACTERS: Final = 2
"""The shortest words have two different characters, both of which must be right."""
# fmt: off
ENGLISH_LABEL_WORDS: Final = frozenset((
    "NAME", "SURNAME", "GIVEN", "NAMES", "SEX", "GENDER", "DATE", "OF", "BIRTH", "PERIOD", "VALIDITY",
    "VALID", "FROM", "UNTIL", "EXPIRY", "ISSUING", "AUTHORITY", "PLACE", "ISSUE", "ISSUED", "TIMES", "PERMIT",
    "DOCUMENT", "CARD", "ID", "NO", "NUMBER", "NATIONALITY", "ENGLISH", "CHINESE", "ADDRESS",
))
# fmt: on
SPACED_LABELS: Final = (Label.NAME, Label.SEX, Label.BIRTH, Label.ADDRESS)
_MIN_SPACED_LABELS: Final = 2
_COLUMN_TOLERANCE: Final = 1.0
_DECORATION: Final = frozenset(BOX_GAP + " 　:：·.,，。、|/（）()-_")
_DECORATION_OR_END: Final = _DECORATION | {""}
STATE_NAME: Final = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A label with its position.

    ``word`` is its spelling in the table; ``start`` and ``end`` delimit it in the line in which it was found.
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
    """Return the labels and titles in a line, from left to right and without overlap. Longer, better matches win.

    Of two that are as good, the one before a gap wins: the character before it was misread, and is not of the value.
    """
    text = simplified(line.text)
    indexes = [index for index, character in enumerate(text) if character not in _DECORATION]
    bare = "".join(text[index] for index in indexes)
    matches = [*_matches(bare), *_state_title(bare)]
    ends = {number for number, index in enumerate(indexes, 1) if text[index + 1 : index + 2] in _DECORATION_OR_END}
    matches.sort(key=lambda match: (-match.score, match.start, match.end not in ends))
    accepted: list[_Match] = []
    for match in matches:
        if all(match.end <= other.start or other.end <= match.start for other in accepted):
            accepted.append(match)
    accepted.sort(key=lambda match: match.start)
    return [
        Anchor(match.label, match.word, start, end, line.part(start, end))
        for match in accepted
        for start, end in [(indexes[match.start], indexes[match.end - 1] + 1)]
    ]


def spaced_labels(lines: Sequence[TextLine]) -> dict[int, Anchor]:
    """Return labels of which only the last character was detected, by the index of their line.

    Some cards space the residence permit's short labels as wide as the longest one (姓　　名): the detector misses the
    first character and takes the other one for the beginning of the value. One such line is no evidence; several that
    begin in one column are.
    """
    label_by_character = dict(zip("名别生址", SPACED_LABELS, strict=True))
    candidates = {index: line for index, line in enumerate(lines) if line.text[:1] in label_by_character}
    column = median(line.left for line in candidates.values()) if candidates else 0.0
    kept = {
        index: line for index, line in candidates.items() if abs(line.left - column) < _COLUMN_TOLERANCE * line.height
    }
    if len({line.text[0] for line in kept.values()}) < _MIN_SPACED_LABELS:
        return {}
    return {
        index: Anchor(label_by_character[line.text[0]], line.text[0], 0, 1, line.part(0, 1))
        for index, line in kept.items()
    }


def _state_title(bare: str) -> list[_Match]:
    """Match the state's name above or before a title, but not at the beginning of an authority's name."""
    start = bare.find(STATE_NAME)
    after = bare[start + len(STATE_NAME) :]
    if start < 0 or (after and not any(edit_distance(after[: len(title)], title) <= 2 for title in TITLES)):  # noqa: PLR2004
        return []
    return [_Match(len(STATE_NAME), Label.NOISE, STATE_NAME, start, start + len(STATE_NAME))]


def _matches(bare: str) -> Iterator[_Match]:
    """Yield short words that occur exactly, and longer ones with up to one error in four characters.

    An error is a wrong, missing or extra character. Parts that lack too many of a word's characters are not compared,
    because comparing is slow.
    """
    present = _CHARACTERS.intersection(bare)
    if len(present) < _MIN_CHARACTERS:
        return
    for label, word, characters in _SPELLINGS:
        allowed = len(word) // 4
        if len(characters - present) > allowed:
            continue
        shared = list(accumulate((character in characters for character in bare), initial=0))
        for start in range(len(bare)):
            for end in range(start + len(word) - (allowed > 0), start + len(word) + 1 + (allowed > 0)):
                if end > len(bare):
                    break
                if shared[end] - shared[start] < len(word) - allowed:
                    continue
                errors = edit_distance(bare[start:end], word)
                if errors <= allowed:
                    yield _Match(len(word) - 1.6 * errors, label, word, start, end)


def edit_distance(one: str, other: str) -> int:
    """Return the Levenshtein distance."""
    previous = list(range(len(other) + 1))
    for index, character in enumerate(one, 1):
        current = [index]
        for index_in_other, wanted in enumerate(other, 1):
            current.append(
                min(previous[index_in_other] + 1, current[-1] + 1, previous[index_in_other - 1] + (character != wanted))
            )
        previous = current
    return previous[-1]
