"""Text that glare or a shadow split off is the card's; what is within its outline counts for and against it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recognizer.reading.card_evidence.document_confidence import DocumentEvidence
from recognizer.reading.card_search import card_from_text
from recognizer.reading.card_search.scan_search import find_card
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.layout.labels import Label, find_anchors
from recognizer.reading.ocr.card_text import CardText
from tests.unit.recognizer.reading.cards import line, text_of


class SplitScan:
    """A scan of a card whose text a hard shadow splits into two segments."""

    first = text_of("台湾居民来往大陆通行证")
    second = text_of("性别 女")
    whole = text_of("台湾居民来往大陆通行证", "性别 女")

    def segments(self, _is_on_card: object) -> Iterator[CardText]:
        yield from (self.second, self.first)

    def joined_across_edges(self, text: CardText) -> CardText | None:
        return None if text is self.whole else self.whole


def test_parts_of_a_card_on_both_sides_of_a_shadow_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    scan: Any = SplitScan()
    card = find_card(scan, frozenset({CardSide.TAIWAN_FRONT}))
    assert card is not None
    assert card.card_side is CardSide.TAIWAN_FRONT
    assert card.text is SplitScan.whole


@pytest.mark.parametrize(("words", "is_joined"), [(0.0, True), (-0.3, False)], ids=["too little", "a form's words"])
def test_a_part_with_too_little_evidence_is_joined(
    words: float, monkeypatch: pytest.MonkeyPatch, *, is_joined: bool
) -> None:
    def evidence(_side: object, text: CardText, *_: object, **__: object) -> DocumentEvidence:
        return DocumentEvidence(seen=1.0 if len(text.lines) > 1 else 0.2, words=words)

    monkeypatch.setattr(card_from_text, "document_evidence", evidence)
    scan: Any = SplitScan()
    scan.first, scan.whole = text_of("830000197301184517"), text_of("830000197301184517", "1973年1月18日")
    scan.segments = lambda _: iter((scan.first,))
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert (card.text is scan.whole) is is_joined


@pytest.mark.parametrize(
    ("left", "count", "labels"), [(20, 1, 0), (300, 1, 1), (20, 3, 3)], ids=["left of the title", "below it", "a list"]
)
def test_labels_left_of_a_travel_permits_title_are_another_papers(left: float, count: int, labels: int) -> None:
    names = (line("姓名", left, 600 + 60 * row, 20) for row in range(count))
    lines = line("台湾居民来往大陆通行证", 260, 100), *names
    card = card_from_text.card_from_text(replace(text_of(), lines=lines))
    assert sum(anchor.label is Label.NAME for anchor in card.finder.layout.anchors) == labels


def test_a_known_outline_is_used_where_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: None)
    known = np.array([[50, 50], [550, 50], [550, 550], [50, 550]], np.float32)
    scan: Any = SplitScan()
    scan.segments, scan.completed_within = (lambda _: iter((scan.whole,))), lambda *_: None
    card = find_card(scan, frozenset({CardSide.TAIWAN_FRONT}), known)
    assert card is not None
    assert card.outline is not None
    assert np.allclose(card.outline, known)


@pytest.mark.parametrize(("beside", "lines"), [(("住址 北京市东城区示例路5号",), 4), (("申请人须知",), 3)])
def test_text_across_an_edge_is_added_if_it_completes_a_card(
    beside: tuple[str], lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    scan: Any = SplitScan()
    scan.first, scan.whole = text_of(*FRONT[:3]), text_of(*FRONT[:3], *beside)
    scan.segments = lambda _: iter((scan.first,))
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert len(card.text.lines) == lines


def test_another_card_beside_a_card_is_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    scan: Any = SplitScan()
    own, other = "公民身份号码 830000197301184517", "公民身份号码 810000199706021234"
    scan.first, scan.whole = text_of(*FRONT[:2], own), text_of(*FRONT, other)
    scan.segments = lambda _: iter((scan.first,))
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.number == own.split()[1]


def test_a_label_outside_the_outline_is_another_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: OUTLINE)
    whole = text_of("陈大文", *FRONT[1:], "样本", "姓名")
    card = card_from_text.card_from_text(whole)
    assert card.card_side is CardSide.RESIDENCE_FRONT
    assert [one.text for one in whole.lines if one not in card.text.lines] == ["姓名"]


def test_lines_that_are_not_parallel_to_labels_are_another_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    whole = text_of(*FRONT, "会议纪要第三稿", "样本科技公司")
    lines = [*whole.lines[:4], replace(whole.lines[4], tilt=0.4), replace(whole.lines[5], tilt=-0.1)]
    lines[2] = replace(lines[2], tilt=0.18)
    lines[3] = replace(lines[3], tilt=0.18)  # the others are so short that their tilt is not known
    card = card_from_text.card_from_text(replace(whole, lines=tuple(lines)))
    assert [one.text for one in card.text.lines] == list(FRONT)


@pytest.mark.parametrize(
    ("tilts", "is_straightened"),
    [((0.0,) * 6, True), ((0.0,) * 3, False), ((0.25,) * 6, False)],
    ids=["most are of another paper", "fewer", "all are parallel"],
)
def test_a_card_outnumbered_by_another_papers_lines_is_straightened(
    tilts: tuple[float, ...], monkeypatch: pytest.MonkeyPatch, *, is_straightened: bool
) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    own = [replace(one, tilt=0.2) for one in text_of(*FRONT).lines[:4]]
    others = [replace(line("会议纪要第三稿", 100, 600 + 60 * row), tilt=tilt) for row, tilt in enumerate(tilts)]
    scan: Any = SplitScan()
    text = replace(text_of(), lines=(*own, *others))
    scan.segments = lambda _: iter((text,))
    straight = text_of(*FRONT)
    scan.parallel_to = lambda *_: straight
    scan.joined_across_edges = lambda *_: None
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert (card.text.lines == straight.lines) is is_straightened


@pytest.mark.parametrize(
    ("top", "colour", "is_kept"),
    [(620, (200, 222, 233), False), (620, (215, 225, 230), True), (340, (200, 222, 233), True)],
    ids=["apart on other paper", "apart", "near"],
)
def test_a_label_apart_from_all_text_on_other_paper_is_no_cards(
    top: float, colour: tuple[int, int, int], *, is_kept: bool
) -> None:
    lines = *text_of(*FRONT[1:]).lines, line("姓名", 100, top)
    image = np.full((800, 1200, 3), (215, 225, 230), np.uint8)
    image[int(top) - 10 : int(top) + 60] = colour
    text = replace(text_of(), image=image, lines=lines)
    anchors = {id(one): find_anchors(one) for one in lines}
    assert (lines[-1] in card_from_text._without_labels_beside(text, anchors).lines) is is_kept


def test_a_card_in_glare_is_preferred_to_a_receipt_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = text_of(*(f"1{number}2.50" for number in range(8)))
    hidden = text_of("莫玲超", "女")
    scan: Any = SplitScan()
    scan.segments = lambda _: iter((receipt, hidden))
    scan.completed_within = lambda *_: None

    def outline(text: CardText, *_: object) -> object:
        return OUTLINE if text.lines == hidden.lines else None

    monkeypatch.setattr(card_from_text, "find_outline", outline)
    monkeypatch.setattr(card_from_text, "part_in_glare", lambda *_: 0.1)
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.text.lines == hidden.lines


OUTLINE = np.array([[50, 50], [550, 50], [550, 400], [50, 400]], np.float32)


class GlareScan(SplitScan):
    """A scan of a card whose text glare splits into two segments within its outline."""

    def __init__(self, first: CardText, whole: CardText) -> None:
        self.first, self.whole = first, whole

    def segments(self, _is_on_card: object) -> Iterator[CardText]:
        yield self.first

    def completed_within(self, text: CardText, _outline: object) -> CardText | None:
        return None if text is self.whole else self.whole


FRONT = ("姓名 陈大文", "性别 男", "出生 1973年1月18日", "住址 北京市东城区示例路5号")


def test_words_of_a_form_within_an_outline_count_against_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = text_of(*FRONT, "申请人须知")

    def evidence(_side: object, text: CardText, *_: object, **__: object) -> DocumentEvidence:
        return DocumentEvidence(seen=1.0, words=-0.6 if text is whole else 0.0)

    monkeypatch.setattr(card_from_text, "document_evidence", evidence)
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: OUTLINE)
    scan: Any = GlareScan(text_of(*FRONT), whole)
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.is_refused


def test_text_across_a_card_with_its_number_is_no_other_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: OUTLINE)
    lines = (*FRONT[:2], "公民身份号码 830000197301184511")
    scan: Any = GlareScan(text_of(*lines), text_of(*lines, "办理银行卡专用"))
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert card.card_side is CardSide.RESIDENCE_FRONT


@pytest.mark.parametrize(
    ("number", "is_other"), [("公民身份号码 830000197301184511", False), ("公民身份号码 110105197301185673", True)]
)
def test_all_text_within_an_outline_is_the_cards(
    number: str, monkeypatch: pytest.MonkeyPatch, *, is_other: bool
) -> None:
    monkeypatch.setattr(card_from_text, "document_evidence", lambda *_, **__: DocumentEvidence(seen=1.0))
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: OUTLINE)
    scan: Any = GlareScan(text_of(*FRONT), text_of(*FRONT, number))
    card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
    assert card is not None
    assert len(card.text.lines) == len(FRONT) + 1
    assert card.is_other_document is is_other


def test_text_of_a_larger_document_counts_against_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if no field of the card is missing."""
    complete = (*FRONT, "公民身份号码 830000197301184511")
    whole = text_of(*complete, "虚构公司")

    def evidence(_side: object, text: CardText, *_: object, **__: object) -> DocumentEvidence:
        return DocumentEvidence(seen=1.0, words=-0.6 if text is whole else 0.0)

    monkeypatch.setattr(card_from_text, "document_evidence", evidence)
    monkeypatch.setattr(card_from_text, "find_outline", lambda *_: OUTLINE)
    scan: Any = GlareScan(text_of(*complete), whole)
    for larger, is_refused in ((None, False), (OUTLINE, True)):
        monkeypatch.setattr(card_from_text, "larger_document", lambda *_, found=larger: found)
        card = find_card(scan, frozenset({CardSide.RESIDENCE_FRONT}))
        assert card is not None
        assert card.is_refused is is_refused
