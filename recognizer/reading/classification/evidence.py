"""Which face a page shows where neither its title nor a label of its own can be read: by all that is left of it.

What a face prints counts for it, a label that it has not counts against it. A face is known only if one of the clues
tells it from other papers, too, and the sum is well above what those have by chance.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.classification.card_sides import LABELS, PERMIT_BY_FRONT, CardSide
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import is_valid_resident_number
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import TITLES, Label

_ENOUGH: Final = 4
"""Points from which on a face is known."""
_TELLING: Final = 2
"""Points from which on a clue is one that other papers hardly have."""
_WHOLE_TITLE: Final = 3
_FOREIGN: Final = -2
"""Points of what a face has not: another's label, for one."""
_PART: Final = 3
"""Characters of the shortest part of a title that counts."""
_SAID_ELSEWHERE: Final = frozenset({"居住证", "居民居", "居民居住"})
"""Parts of one permit's title that other papers say, too."""
_ANYWHERE: Final = "通行证"
"""What all travel permits' titles end in stands on the residence permit's back, too."""
_ON_ANY_PAPER: Final = frozenset({Label.NAME, Label.PERMIT_NUMBER, Label.TITLE, Label.NOISE})
"""Labels that tell nothing: any form asks for a name and the number of some paper."""
_FRONT: Final = frozenset({CardSide.RESIDENCE_FRONT})
_BACK: Final = frozenset({CardSide.RESIDENCE_BACK})
_HK_MACAO_BACK: Final = frozenset({CardSide.HK_MACAO_BACK})
_TAIWAN: Final = frozenset({CardSide.TAIWAN_FRONT})
_EXIT_ENTRY: Final = frozenset({CardSide.EXIT_ENTRY_FRONT})
_TRAVEL_FRONTS: Final = frozenset(PERMIT_BY_FRONT)
_TITLED: Final = {
    PermitType.RESIDENCE_PERMIT: _BACK,
    PermitType.HK_MACAO_PERMIT: frozenset({CardSide.HK_MACAO_FRONT, CardSide.HK_MACAO_BACK}),
    PermitType.TAIWAN_PERMIT: _TAIWAN,
    PermitType.EXIT_ENTRY_PERMIT: _EXIT_ENTRY,
}
"""The faces on which a permit's title is printed."""
_ENDED_NUMBER: Final = re.compile(r"(?<!\d)\d?([123]0000(?:19|20)\d{9}[\dX])(?!\d)")

type _Points = tuple[frozenset[CardSide], int]


@dataclass(frozen=True, slots=True)
class _Clue:
    """What speaks for faces, and what it is told by in a piece of text without spaces."""

    points: int
    card_sides: frozenset[CardSide]
    shows: Callable[[str], object]


def side_by_evidence(finder: FieldFinder) -> CardSide | None:
    """Return the face that most clues speak for, None if none of them is telling or two faces have as many."""
    points: Counter[CardSide] = Counter()
    told: set[CardSide] = set()
    for card_sides, worth in _found(finder):
        for card_side in card_sides:
            points[card_side] += worth
        if worth >= _TELLING:
            told |= card_sides
    ranked = points.most_common(2)
    if not ranked or ranked[0][0] not in told or ranked[0][1] < _ENOUGH:
        return None
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _found(finder: FieldFinder) -> Iterator[_Points]:
    """Yield the faces that each clue speaks for, with its points."""
    texts = [_plain(piece.text) for piece in finder.layout.pieces]
    yield from _labels(finder)
    for clue in _CLUES:
        if any(clue.shows(text) for text in texts):
            yield clue.card_sides, clue.points
    yield from _label_and_value(finder, texts)
    yield from _parts_of_titles(texts)


def _labels(finder: FieldFinder) -> Iterator[_Points]:
    layout = finder.layout
    for label in {anchor.label for anchor in layout.anchors} - _ON_ANY_PAPER:
        have = frozenset(card_side for card_side, printed in LABELS.items() if label in printed)
        yield have, 1
        yield frozenset(CardSide) - have, _FOREIGN
    for together, card_sides in _TOGETHER:
        if layout.has(*together):
            yield card_sides, _TELLING
    if title := layout.anchor(Label.TITLE):
        yield _TITLED[TITLES[title.word]], _WHOLE_TITLE


def _label_and_value(finder: FieldFinder, texts: list[str]) -> Iterator[_Points]:
    """Yield the faces of which a label beside a value is telling, though neither is alone."""
    layout = finder.layout
    holder = layout.anchor(Label.SEX) or layout.anchor(Label.BIRTH) or any(map(_sex, texts))
    if holder and any(map(_day, texts)):
        yield _FRONT, _TELLING
    if layout.anchor(Label.ISSUE_COUNT) and any(map(_local_authority, texts)):
        yield _BACK, _TELLING
    if layout.anchor(Label.PERMIT_NUMBER) and any(_is_whole_number_of_taiwan(finder, piece) for piece in layout.pieces):
        yield _TAIWAN, _TELLING


def _is_whole_number_of_taiwan(finder: FieldFinder, piece: Piece) -> bool:
    """Tell a number of digits alone, before which no letter may be covered: the other permits' numbers have one."""
    return bool(_number_of(PermitType.TAIWAN_PERMIT)(_plain(piece.text))) and not finder.is_covered(piece.line)


def _parts_of_titles(texts: list[str]) -> Iterator[_Points]:
    """Yield the faces whose titles have most in common with the texts: telling if they are one permit's."""
    parts: dict[PermitType, list[str]] = {}
    for title, permit in TITLES.items():
        said = [part for text in texts for part in _in_common(value_parsers.simplified(text), title)]
        parts[permit] = max(parts.get(permit, []), said, key=_length)
    most = max(map(_length, parts.values()))
    best = [permit for permit, said in parts.items() if said and _length(said) == most]
    for permit in best:
        is_telling = len(best) == 1 and not _SAID_ELSEWHERE.issuperset(parts[permit])
        yield _TITLED[permit], _TELLING if is_telling else 1


def _in_common(text: str, title: str) -> list[str]:
    blocks = SequenceMatcher(None, text, title, autojunk=False).get_matching_blocks()
    parts = [text[block.a : block.a + block.size] for block in blocks if block.size >= _PART]
    return [part for part in parts if part != _ANYWHERE]


def _length(parts: list[str]) -> int:
    return sum(map(len, parts))


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", value_parsers.half_width(text))


def _end_of_number(text: str) -> bool:
    """Tell the end of a residence permit's number: its check digit proves the 8 it begins with."""
    found = _ENDED_NUMBER.search(text)
    return found is not None and is_valid_resident_number("8" + found[1])


def _number_of(permit: PermitType) -> Callable[[str], object]:
    return lambda text: "<" not in text and value_parsers.permit_number(text, permit)


def _birth(text: str) -> bool:
    return not value_parsers.period(text) and value_parsers.dotted_date(text) is not None


def _latin_name(text: str) -> bool:
    return "," in (value_parsers.latin_name(text) or "")


def _says(pattern: str) -> Callable[[str], object]:
    wanted = re.compile(pattern)
    return lambda text: wanted.search(value_parsers.simplified(text))


def _sex(text: str) -> bool:
    return text in {"男", "女"}


_day: Final = _says(r"月\d{1,2}日|(?:19|20)\d\d年\d{1,2}月")
_local_authority: Final = _says(r"[市县区州盟旗]公安|分局")
_TOGETHER: Final = (
    ((Label.PASS_NUMBER,), _BACK),
    ((Label.ISSUE_COUNT, Label.ISSUE_PLACE), _TAIWAN),
    ((Label.ISSUE_COUNT, Label.NATIONALITY), frozenset({CardSide.HK_MACAO_FRONT})),
)
"""Labels that only these faces have, or have together."""
_CLUES: Final = (
    _Clue(3, _FRONT, _says(r"(?<!\d)8[123]0000(?:19|20)\d\d(?:0\d|1[0-2])")),
    _Clue(2, _FRONT, _end_of_number),
    _Clue(1, _FRONT, _day),
    _Clue(1, _FRONT, _says(r"^(?!.*公安).*(?:省.{1,6}市|市.{1,6}区)")),
    _Clue(1, _FRONT, _says(r"[路街巷里道村]\d+号|\d+号.*\d[栋幢楼室]|\d[栋幢]\d")),
    _Clue(1, _FRONT, _says("公民身")),
    _Clue(1, _BACK, _local_authority),
    _Clue(_FOREIGN, _TRAVEL_FRONTS, _local_authority),
    _Clue(1, _TRAVEL_FRONTS | _FRONT, _sex),
    _Clue(1, _TRAVEL_FRONTS, _birth),
    _Clue(1, _TRAVEL_FRONTS, _latin_name),
    _Clue(1, _TRAVEL_FRONTS, _says("公安部|出入境管|移民管理")),
    _Clue(1, _TRAVEL_FRONTS | _BACK, value_parsers.period),
    _Clue(1, _TAIWAN | _EXIT_ENTRY, value_parsers.province),
    _Clue(2, _BACK | _TITLED[PermitType.HK_MACAO_PERMIT], _number_of(PermitType.HK_MACAO_PERMIT)),
    _Clue(1, _BACK | _TAIWAN, _number_of(PermitType.TAIWAN_PERMIT)),
    _Clue(2, _EXIT_ENTRY, _number_of(PermitType.EXIT_ENTRY_PERMIT)),
    _Clue(3, _EXIT_ENTRY, _says(r"CSC[A-Z0-9]\d{7}|<\d{7}<|\d{7}<\d{7}")),
    _Clue(2, _HK_MACAO_BACK, _says(r"曾持|(?<![A-Z\d])(?:[A-Z]{1,2}\d{6}|\d{7})\([\dA]\)")),
    _Clue(1, _HK_MACAO_BACK, _says("份证件|<<")),
    _Clue(2, _HK_MACAO_BACK, _says("C[R<]CHN[HM]")),
    _Clue(2, _TITLED[PermitType.HK_MACAO_PERMIT], _says("非中国|中国籍")),
)
