"""Evidence of a HK/Macao back: its machine-readable lines, what hides them, and what is printed around them."""

from typing import Any

import numpy as np
import pytest

from recognizer.reading.card_evidence.document_confidence import REFUSED, DocumentEvidence, document_evidence
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.mrz.facts import MrzFacts
from recognizer.reading.fields.ocr_field import OcrField
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.text_lines import TextLine, text_line
from tests.unit.recognizer.reading.card_evidence.drawn_paper import (
    BLUE,
    OUTLINE,
    WHITE,
    Image,
    blank,
    patterned,
    text_on,
)
from tests.unit.recognizer.reading.cards import line


def evidence_of_back(
    image: Image, lines: list[TextLine], *, identity: str = "", mrz: MrzFacts | None = None, outline: Any = None
) -> DocumentEvidence:
    """Return the evidence of lines on a HK/Macao back. ``identity``: the number that was read of it."""
    return document_evidence(
        CardSide.HK_MACAO_BACK,
        text_on(image, lines),
        FieldFinder(Layout(lines)),
        core=lines,
        fields={"IDNumber": OcrField(identity, 0.9)} if identity else {},
        mrz=mrz,
        outline=outline,
    )


BACK_LINES = ["CRH1234567830002212119F8108038", "NGKELMPONBPJLBLOAABA1234567842", "ZHENG<JIAN<<YANG<BEN<<<<<<<<<<"]


def with_message(image: Image) -> Image:
    """Draw a message around text at its upper left: on the rest of the screen, there is another colour."""
    screen = np.full_like(image, (60, 70, 60))
    screen[100:320, 60:460] = image[100:320, 60:460]
    return screen


def with_hand(image: Image) -> Image:
    """Cover the place of the machine-readable lines within ``OUTLINE``."""
    image[480:] = (110, 140, 190)
    return image


def with_band(image: Image) -> Image:
    """Print a band across the same place, on a document that lies on a dark table."""
    (left, top), (right, bottom) = OUTLINE.astype(int)[[0, 2]]
    table = np.full_like(image, (50, 60, 70))
    table[top:bottom, left:right] = image[top:bottom, left:right]
    table[480 : bottom - 10, left:right] = (110, 140, 190)
    return table


@pytest.mark.parametrize(
    ("image", "number", "outline", "is_reviewed"),
    [
        (with_hand(patterned(BLUE)), "G376849(9)", OUTLINE, True),
        (with_hand(blank(BLUE)), "G376849(9)", OUTLINE, False),
        (with_band(patterned(BLUE)), "G376849(9)", OUTLINE, False),
        (patterned(BLUE), "G376849(9)", OUTLINE, False),
        (with_hand(patterned(BLUE)), "G376849(9)", None, False),
        (with_hand(blank(WHITE)), "G376849(8)", OUTLINE, False),
        (with_message(patterned(BLUE)), "G376849(9)", OUTLINE, False),
    ],
    ids=[
        "hidden",
        "colour without a pattern",
        "a badge's band",
        "blank",
        "no outline",
        "blank paper and wrong check digit",
        "message on a screen",
    ],
)
def test_a_back_is_for_review_if_something_hides_its_lines(
    image: Image, number: str, outline: Image, *, is_reviewed: bool
) -> None:
    lines = [line("姓名 陈大文", 80, 140), line(f"身份证件号码 {number}", 80, 210), line("曾持证件号码 无", 80, 280)]
    back = evidence_of_back(image, lines, identity=number, outline=outline)
    assert (REFUSED <= back.confidence < 0.9) is is_reviewed


@pytest.mark.parametrize(("facts", "is_accepted"), [({"number": "H12345678"}, True), ({}, False)])
def test_a_back_needs_its_machine_readable_lines(facts: dict[str, str], *, is_accepted: bool) -> None:
    lines = [line("姓名 陈大文", 80, 140), line("身份证件号码 G376849(9)", 80, 210), line("曾持证件号码 无", 80, 280)]
    back = evidence_of_back(blank(BLUE), lines, mrz=MrzFacts(**facts) if facts else None)
    assert (back.confidence >= 0.9) is is_accepted
    assert (back.confidence >= REFUSED) is is_accepted


def test_proven_lines_need_no_known_words_above_them() -> None:
    notes = DocumentEvidence(seen=1.2, words=-0.9)
    assert notes.confidence < REFUSED
    assert notes.with_closer(DocumentEvidence(is_proven=True)).confidence == 0.85
    assert notes.with_closer(DocumentEvidence(is_proven=True, has_outline=True)).confidence >= 0.9


@pytest.mark.parametrize("has_outline", [False, True])
def test_proven_lines_do_not_outweigh_a_page_of_words(*, has_outline: bool) -> None:
    some, many = (
        DocumentEvidence(seen=1.2, words=words, is_proven=True, has_outline=has_outline) for words in (-1.2, -2.4)
    )
    assert REFUSED <= some.confidence < 0.9
    assert many.confidence < REFUSED


@pytest.mark.parametrize("number", ["7522608(6)", "7/522608/6"])
@pytest.mark.parametrize(("part", "gain"), [("AANLDB75226086<24", 0.3), ("AANLDB75226086<34", 0.0)])
def test_a_part_of_the_lines_supports_the_identity_number(part: str, gain: float, number: str) -> None:
    lines = [line(f"身份证号码 {number}", 80, 210), line("SUKARNI", 80, 140), line(part, 400, 500)]
    back = evidence_of_back(blank(BLUE), lines, identity=number)
    assert back.seen == pytest.approx(0.45 + gain)


@pytest.mark.parametrize(
    ("part", "is_proven"),
    [("CRM5345010130001504197F1404185", True), ("CRM5345010170001504", False), ("<<<<AABG3768499<83", True)],
)
def test_one_checked_number_proves_a_backs_lines(part: str, *, is_proven: bool) -> None:
    lines = [line("G376849(9)", 80, 210), line(part, 80, 400)]
    back = evidence_of_back(patterned(BLUE), lines, identity="G376849(9)")
    assert back.is_proven is is_proven


PRINTED_LINES = ("CRH123456780003301228M690021450", "JNKELDMOJAKC<<<<AABG3768499<25", "CHAN<<TAI<MAN<<<<<<<<<<<<<<<<<")


def back_with(*texts: TextLine, outline: Any = None, lean: float = 0.0, hidden: int = 0) -> DocumentEvidence:
    """Return the evidence of proven lines from x = 100 to 1000, so of a card from 55 to 1045, with texts above.

    ``lean``: how far the card's edges go to the right per pixel down. ``hidden``: characters in glare at the left end.
    """
    rows = [
        text_line(
            text[hidden:],
            left=100 + 30 * hidden + lean * (top - 580),
            top=top,
            right=1000 + lean * (top - 580),
            bottom=top + 50,
        )
        for text, top in zip(PRINTED_LINES, (460, 520, 580), strict=True)
    ]
    lines = [line("姓名 陈大文", 100, 200), line("身份证件号码 G376849(9)", 100, 300), *texts, *rows]
    return evidence_of_back(blank(BLUE), lines, mrz=MrzFacts(number="H12345678"), outline=outline)


def running_text(top: float, left: float = 100, right: float = 1180) -> TextLine:
    return text_line("The lines are at the lower edge", left=left, top=top, right=right, bottom=top + 30)


def test_text_that_crosses_a_cards_edge_is_on_a_page() -> None:
    assert back_with().confidence >= 0.9
    assert REFUSED <= back_with(running_text(360)).confidence < 0.9
    assert back_with(running_text(360), running_text(400)).confidence < REFUSED


@pytest.mark.parametrize(
    "other",
    [running_text(360, right=1020), running_text(360, left=1060, right=1400), running_text(20), running_text(760)],
    ids=["on the card", "beside it", "above it", "below it"],
)
def test_text_on_one_side_of_a_cards_edge_says_nothing(other: TextLine) -> None:
    assert back_with(other).page == 0.0


@pytest.mark.parametrize(("lean", "points"), [(0.0, -0.3), (0.2, 0.0)])
def test_edges_of_a_card_seen_from_aside_lean_like_its_lines(lean: float, points: float) -> None:
    assert back_with(running_text(200, left=975), lean=lean).page == points


@pytest.mark.parametrize(("is_known", "points"), [(False, -0.3), (True, 0.0)])
def test_an_outline_tells_how_edges_lean_if_glare_cuts_the_lines(points: float, *, is_known: bool) -> None:
    leaning = np.array([[-53, 40], [937, 40], [1061, 660], [71, 660]], np.float32)
    outline = leaning if is_known else None
    assert back_with(running_text(200, left=975), lean=0.2, hidden=2, outline=outline).page == points


@pytest.mark.parametrize(
    ("top", "points"),
    [(140, -0.2), (60, 0.0), (220, 0.0)],
    ids=["above the title", "above the card", "below the title"],
)
def test_a_back_has_no_text_above_its_title(top: float, points: float) -> None:
    title = line("港澳居民来往内地通行证", 100, 190)
    sentence = text_line("本证件共三行，每行三十个字符。", left=100, top=top, right=900, bottom=top + 30)
    watermark = text_line("仅供办理银行业务使用他用无效", left=100, top=140, right=900, bottom=170)
    assert back_with(title, sentence, watermark).page == points


def test_notes_of_several_sentences_are_printed_on_a_back() -> None:
    notes = "持证人应当妥善保管本证件，不得转借他人使用。", "本证件遗失或者损毁的，应当及时申请补发新证。"
    assert back_with(*(line(note, 100, 380 + 40 * row, 26) for row, note in enumerate(notes))).confidence >= REFUSED


def test_numbered_lines_are_on_a_page_that_explains_them() -> None:
    numbers = [line(f"L{row}", 20, 485 + 60 * row, 30) for row in range(3)]
    assert back_with(*numbers[:1]).page == 0.0
    assert back_with(*numbers).page == -0.3


@pytest.mark.parametrize(("items", "points"), [(2, 0.0), (3, -0.3)])
def test_a_numbered_list_is_on_a_page_that_explains_the_lines(items: int, points: float) -> None:
    sentences = [line(f"({number}) 证件应当妥善保管", 100, 340 + 40 * number, 26) for number in range(1, items + 1)]
    assert back_with(*sentences).page == points


@pytest.mark.parametrize("text", ["机读区", "填充符不可省略", "MACHINE READABLE ZONE", "图 2", "常见证件图解", "示例"])
def test_words_about_machine_readable_lines_are_on_a_page(text: str) -> None:
    assert back_with(line(text, 100, 400, 30)).page == -0.3


@pytest.mark.parametrize(
    ("text", "top", "points"),
    [("样例", 640, -0.3), ("样例", 780, 0.0), ("KIT<<<<", 640, 0.0), ("C", 640, 0.0)],
    ids=["a caption", "far below", "a part of the lines", "a single character"],
)
def test_a_back_has_nothing_below_its_lines(text: str, top: float, points: float) -> None:
    assert back_with(text_line(text, left=400, top=top, right=480, bottom=top + 40)).page == points


@pytest.mark.parametrize(
    ("corners", "fits"),
    [
        ([[55, 40], [1045, 40], [1045, 660], [55, 660]], True),
        ([[80, 200], [1020, 200], [1020, 640], [80, 640]], True),
        ([[0, 0], [1180, 0], [1300, 680], [-80, 680]], False),
        ([[55, 40], [1045, 40], [1045, 760], [55, 760]], False),
    ],
    ids=["the card's", "smaller", "wider", "lower"],
)
def test_an_outline_larger_than_the_lines_card_is_a_pages(corners: list[list[int]], *, fits: bool) -> None:
    back = back_with(outline=np.array(corners, np.float32))
    assert back.has_outline is fits
    assert (back.confidence >= 0.9) is fits


def only_lines_with(*others: str) -> DocumentEvidence:
    """Return the evidence of a back's three lines and other texts above them."""
    lines = [line(text, 80, 100 + 70 * row) for row, text in enumerate(others)]
    lines += [line(text, 80, 480 + 60 * row) for row, text in enumerate(BACK_LINES)]
    return evidence_of_back(patterned(BLUE), lines, mrz=MrzFacts(number="H23456789"))


@pytest.mark.parametrize(
    "printed", ["G376849(9)", "H12345678", "3456789", "内地通行证", "港澳居", "通行证", "香港身份证", "姓名"]
)
def test_a_back_prints_more_than_its_machine_readable_lines(printed: str) -> None:
    assert only_lines_with(printed, "识读设备使用说明", "Appendix C").page == 0.0


def test_machine_readable_lines_alone_are_for_review() -> None:
    assert only_lines_with("样本").page == -0.3
    assert only_lines_with("识读设备使用说明", "Appendix C. Sample").page == -0.7


def test_a_label_with_a_colon_is_on_a_page_that_explains_a_back() -> None:
    assert only_lines_with("姓名：吴芬", "G376849(9)").page == -0.3


def test_parts_of_two_lines_support_a_back_more_than_one() -> None:
    one, two = (
        evidence_of_back(patterned(BLUE), lines)
        for lines in ([line("WAI<<SUEN", 80, 400)], [line("WAI<<SUEN", 80, 400), line("LK<<<<AABZ", 80, 460)])
    )
    assert round(two.seen - one.seen, 3) == 0.1


def test_a_closer_crop_does_not_take_a_page_away() -> None:
    page = DocumentEvidence(seen=1.2, is_proven=True, page=-0.6)
    assert page.with_closer(DocumentEvidence(seen=1.2, is_proven=True)).confidence < REFUSED


def test_an_explanation_outside_the_outline_says_nothing() -> None:
    words = line("机读区编码规则", 100, 700, 30)
    assert back_with(words, outline=np.array([[55, 40], [1045, 40], [1045, 660], [55, 660]], np.float32)).page == 0.0
