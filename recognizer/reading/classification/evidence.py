"""Classifies a card side by scoring all evidence, for cards whose title and specific labels are unreadable.

Text that a side prints counts for it; labels that it does not have count against it. A side is only accepted if some of
its evidence is specific, which means rare on other documents, and if its score is well above what those get by chance.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.classification.card_sides import LABELS_BY_SIDE, PERMIT_BY_FRONT, CardSide
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.check_digits import is_valid_resident_number
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.layout.card_layout import Piece
from recognizer.reading.layout.labels import TITLES, Label
from recognizer.reading.ocr.text_lines import BOX_GAP

_MIN_POINTS: Final = 4
"""Minimum score of a card side."""
_SPECIFIC: Final = 2
"""Evidence with at least this many points is rare on other documents."""
_WHOLE_TITLE: Final = 3
_COUNTER_EVIDENCE: Final = -2
"""Points for text that a side does not have, such as another side's label."""
_MIN_PART: Final = 3
"""Minimum length of a part of a title."""
_PARTS_ON_OTHER_DOCUMENTS: Final = frozenset({"居住证", "居民居", "居民居住"})
"""Parts of a permit's title that also occur on other documents."""
_COMMON_ENDING: Final = "通行证"
"""All travel permits' titles end with this, and it is also on the residence permit's back."""
_LABELS_OF_ANY_FORM: Final = frozenset({Label.NAME, Label.PERMIT_NUMBER, Label.TITLE, Label.NOISE})
"""Labels without evidence: any form has a name and a document number."""
_FRONT: Final = frozenset({CardSide.RESIDENCE_FRONT})
_BACK: Final = frozenset({CardSide.RESIDENCE_BACK})
_HK_MACAO_FRONT: Final = frozenset({CardSide.HK_MACAO_FRONT})
_HK_MACAO_BACK: Final = frozenset({CardSide.HK_MACAO_BACK})
_TAIWAN: Final = frozenset({CardSide.TAIWAN_FRONT})
_EXIT_ENTRY: Final = frozenset({CardSide.EXIT_ENTRY_FRONT})
_TRAVEL_FRONTS: Final = frozenset(PERMIT_BY_FRONT)
_SIDES_BY_TITLE: Final = {
    PermitType.RESIDENCE_PERMIT: _BACK,
    PermitType.HK_MACAO_PERMIT: frozenset({CardSide.HK_MACAO_FRONT, CardSide.HK_MACAO_BACK}),
    PermitType.TAIWAN_PERMIT: _TAIWAN,
    PermitType.EXIT_ENTRY_PERMIT: _EXIT_ENTRY,
}
"""The sides on which a permit's title is printed."""
_NUMBER_WITHOUT_START: Final = re.compile(r"(?<!\d)\d?([123]0000(?:19|20)\d{9}[\dX])(?!\d)")
_NUMBER_WITHOUT_REGION: Final = re.compile(r"(?<!\d)(?:0{2,4}|8?[123]0000)((?:19|20)\d{6})\d{3}[\dX](?!\d)")
_REGION: Final = re.compile(r"8[123]0{3,4}")
_END_OF_NUMBER: Final = re.compile(r"\d{3,8}[\dX]")
_COMPACT_DATE: Final = re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])")
_RESIDENCE_TITLES: Final = tuple(title for title, permit in TITLES.items() if permit is PermitType.RESIDENCE_PERMIT)
_WHOLE_DAY: Final = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")

type _Points = tuple[frozenset[CardSide], int]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Points for some card sides if ``matches`` accepts a piece of text (without spaces)."""

    points: int
    card_sides: frozenset[CardSide]
    matches: Callable[[str], object]


def side_by_evidence(finder: FieldFinder) -> CardSide | None:
    """Return the side with the highest score; None if it is too low, not specific or tied."""
    points_by_side: Counter[CardSide] = Counter()
    with_specific_evidence: set[CardSide] = set()
    for card_sides, points in _all_evidence(finder):
        for card_side in card_sides:
            points_by_side[card_side] += points
        if points >= _SPECIFIC:
            with_specific_evidence |= card_sides
    ranked = points_by_side.most_common(2)
    if not ranked or ranked[0][0] not in with_specific_evidence or ranked[0][1] < _MIN_POINTS:
        return None
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _all_evidence(finder: FieldFinder) -> Iterator[_Points]:
    """Yield card sides and their points for each piece of evidence."""
    pieces = [piece.text for piece in finder.layout.pieces]
    close = [part for text in pieces if BOX_GAP in text for part in text.split(BOX_GAP)]
    texts = [_plain(text) for text in (*pieces, *close)]
    yield from _labels(finder)
    for evidence in _EVIDENCE:
        if any(evidence.matches(text) for text in texts):
            yield evidence.card_sides, evidence.points
    yield from _label_and_value(finder, texts)
    yield from _parts_of_titles(texts)


def _labels(finder: FieldFinder) -> Iterator[_Points]:
    layout = finder.layout
    for label in {anchor.label for anchor in layout.anchors} - _LABELS_OF_ANY_FORM:
        with_label = frozenset(card_side for card_side, printed in LABELS_BY_SIDE.items() if label in printed)
        yield with_label, 1
        yield frozenset(CardSide) - with_label, _COUNTER_EVIDENCE
    for labels, card_sides in _SPECIFIC_LABELS:
        if layout.has(*labels):
            yield card_sides, _SPECIFIC
    if title := layout.anchor(Label.TITLE):
        yield _SIDES_BY_TITLE[TITLES[title.word]], _WHOLE_TITLE


def _label_and_value(finder: FieldFinder, texts: list[str]) -> Iterator[_Points]:
    """Yield the sides for which a label together with a value is specific, though neither is by itself."""
    layout = finder.layout
    holder = layout.anchor(Label.SEX) or layout.anchor(Label.BIRTH) or any(map(_sex, texts))
    if holder and any(map(_day, texts)):
        yield _FRONT, _SPECIFIC
    if _is_birth_in_number(texts):
        yield _FRONT, _SPECIFIC
    if any(map(_local_authority, texts)) and (layout.anchor(Label.ISSUE_COUNT) or _has_values_of_back(texts)):
        yield _BACK, _SPECIFIC
    if _is_number_with_gap(layout.pieces):
        yield _FRONT, _SPECIFIC
    is_on_travel_permit = any(map(_birth, texts)) and any(map(_central_authority, texts))
    if (layout.anchor(Label.PERMIT_NUMBER) or is_on_travel_permit) and any(
        _is_complete_taiwan_number(finder, piece) for piece in layout.pieces
    ):
        yield _TAIWAN, _SPECIFIC


def _has_values_of_back(texts: list[str]) -> bool:
    """Tell whether the end of a title, a period and a number are there. A town's own 居住证 has no such number."""
    return (
        any(title.endswith(text) for text in texts if len(text) >= _MIN_PART for title in _RESIDENCE_TITLES)
        and any(map(value_parsers.period, texts))
        and any(_taiwan_number(text) and not _COMPACT_DATE.fullmatch(text) for text in texts)
    )


def _is_number_with_gap(pieces: Sequence[Piece]) -> bool:
    """Tell whether something hides the middle of a number: its region is in one row with its end."""
    parts = [(piece.row, _plain(part)) for piece in pieces for part in piece.text.split(BOX_GAP)]
    return any(
        row == next_row and _REGION.fullmatch(begin) and _END_OF_NUMBER.fullmatch(end)
        for (row, begin), (next_row, end) in pairwise(parts)
    )


def _is_birth_in_number(texts: list[str]) -> bool:
    """Tell whether a printed birth date is repeated in what is left of a permit's number: a region ends with 00.

    年, 月 and 日 may be too small to be read.
    """
    printed = {f"{year}{int(month)}{int(day)}" for text in texts for year, month, day in _WHOLE_DAY.findall(text)}
    printed |= {value_parsers.unpadded_date_digits(text) for text in texts}
    births = [found[1] for text in texts if (found := _NUMBER_WITHOUT_REGION.search(text))]
    return any(f"{birth[:4]}{int(birth[4:6])}{int(birth[6:])}" in printed for birth in births)


def _is_complete_taiwan_number(finder: FieldFinder, piece: Piece) -> bool:
    """Tell whether a number has only digits and no covered letter before it: other permits' numbers have a letter."""
    return bool(_taiwan_number(_plain(piece.text))) and not finder.is_covered(piece.line)


def _parts_of_titles(texts: list[str]) -> Iterator[_Points]:
    """Yield the sides whose titles match the texts best; specific if they belong to a single permit."""
    parts: dict[PermitType, list[str]] = {}
    for title, permit in TITLES.items():
        parts_found = [part for text in texts for part in _in_common(value_parsers.simplified(text), title)]
        parts[permit] = max(parts.get(permit, []), parts_found, key=_length)
    most = max(map(_length, parts.values()))
    best = [permit for permit, parts_found in parts.items() if parts_found and _length(parts_found) == most]
    for permit in best:
        is_specific = len(best) == 1 and not _PARTS_ON_OTHER_DOCUMENTS.issuperset(parts[permit])
        yield _SIDES_BY_TITLE[permit], _SPECIFIC if is_specific else 1


def _in_common(text: str, title: str) -> list[str]:
    blocks = SequenceMatcher(None, text, title, autojunk=False).get_matching_blocks()
    parts = [text[block.a : block.a + block.size] for block in blocks if block.size >= _MIN_PART]
    return [part for part in parts if part != _COMMON_ENDING]


def _length(parts: list[str]) -> int:
    return sum(map(len, parts))


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", value_parsers.half_width(text))


def _is_end_of_number(text: str) -> bool:
    """Tell whether this is the end of a residence permit's number: the check digit verifies the leading 8."""
    found = _NUMBER_WITHOUT_START.search(text)
    return found is not None and is_valid_resident_number("8" + found[1])


def _number_of(permit: PermitType) -> Callable[[str], object]:
    return lambda text: "<" not in text and value_parsers.permit_number(text, permit)


def _birth(text: str) -> bool:
    return not value_parsers.period(text) and value_parsers.dotted_date(text) is not None


def _latin_name(text: str) -> bool:
    return "," in (value_parsers.latin_name(text) or "")


def _contains(pattern: str) -> Callable[[str], object]:
    compiled = re.compile(pattern)
    return lambda text: compiled.search(value_parsers.simplified(text))


def _sex(text: str) -> bool:
    """Tell whether this is a sex, perhaps joined with the end of the birth date before it."""
    return re.fullmatch(r"[\d.]*[男女]", text) is not None


_taiwan_number: Final = _number_of(PermitType.TAIWAN_PERMIT)
_day: Final = _contains(r"月\d{1,2}日|(?:19|20)\d\d\D\d{1,2}月")
_central_authority: Final = _contains("公安部|出入境管|移民管理")
_local_authority: Final = _contains(r"[市县区州盟旗]公安|分局")
_SPECIFIC_LABELS: Final = (
    ((Label.PASS_NUMBER,), _BACK),
    ((Label.ISSUE_COUNT, Label.ISSUE_PLACE), _TAIWAN),
    ((Label.ISSUE_COUNT, Label.NATIONALITY), _HK_MACAO_FRONT),
)
"""Labels, or combinations of labels, that only these sides have."""
_EVIDENCE: Final = (
    _Evidence(3, _FRONT, _contains(r"(?<!\d)8[123]0000(?:19|20)\d\d(?:0\d|1[0-2])")),
    _Evidence(2, _FRONT, _is_end_of_number),
    _Evidence(2, _FRONT, _contains(r"(?<!\d)8[123]0000[12]\d{0,2}$")),
    _Evidence(1, _FRONT, _day),
    _Evidence(1, _FRONT, _contains(r"^(?!.*公安).*(?:省.{1,6}市|市.{1,6}区)")),
    _Evidence(1, _FRONT, _contains(r"[路街巷里道村弄]\d+号|\d+号.*\d[栋幢楼室]|\d[栋幢]\d")),
    _Evidence(1, _FRONT, _contains("公民身")),
    _Evidence(1, _BACK, _local_authority),
    _Evidence(1, _BACK, _contains("^(?:中?华?人)?民共和国?$")),
    _Evidence(_COUNTER_EVIDENCE, _TRAVEL_FRONTS, _local_authority),
    _Evidence(1, _TRAVEL_FRONTS | _FRONT, _sex),
    _Evidence(1, _TRAVEL_FRONTS, _birth),
    _Evidence(1, _TRAVEL_FRONTS, _latin_name),
    _Evidence(1, _TRAVEL_FRONTS, _central_authority),
    _Evidence(1, _TRAVEL_FRONTS | _BACK, value_parsers.period),
    _Evidence(1, _TAIWAN | _EXIT_ENTRY, value_parsers.province),
    _Evidence(2, _BACK | _SIDES_BY_TITLE[PermitType.HK_MACAO_PERMIT], _number_of(PermitType.HK_MACAO_PERMIT)),
    _Evidence(1, _BACK | _TAIWAN, _taiwan_number),
    _Evidence(2, _EXIT_ENTRY, _number_of(PermitType.EXIT_ENTRY_PERMIT)),
    _Evidence(3, _EXIT_ENTRY, _contains(r"CSC[A-Z0-9]\d{7}|<\d{7}<|\d{7}<\d{7}")),
    _Evidence(2, _HK_MACAO_BACK, _contains(r"曾持|(?<![A-Z\d])(?:[A-Z]{1,2}\d{6}|\d{7})\([\dA]\)")),
    _Evidence(1, _HK_MACAO_BACK, _contains("份证件")),
    _Evidence(3, _HK_MACAO_BACK, _contains(r"^C[RF][HM][A\d]\d{5}|^C<CHN\d{6}")),
    _Evidence(2, _SIDES_BY_TITLE[PermitType.HK_MACAO_PERMIT], _contains("非中国|中国籍")),
    _Evidence(_SPECIFIC, _HK_MACAO_FRONT, _contains("THISCARDISINTENDED(?:FOR(?:I|$)|$)|INTENDEDFORITSHOLDER")),
)
