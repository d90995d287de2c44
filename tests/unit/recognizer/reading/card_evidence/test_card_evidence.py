"""Evidence of a card, mostly of a front, on drawn paper."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from recognizer.reading.card_evidence import document_confidence
from recognizer.reading.card_evidence.document_confidence import REFUSED, DocumentEvidence, document_evidence
from recognizer.reading.card_evidence.flat_area import flatten
from recognizer.reading.card_evidence.glare import part_in_glare
from recognizer.reading.card_evidence.paper import Paper, examine_paper, is_text_light
from recognizer.reading.card_evidence.person import examine_portrait_place, has_no_label_beside
from recognizer.reading.card_evidence.picture import CERTAIN, picture_beside
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import OcrField
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine
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

FIELDS = {"Name": OcrField("陈大文", 0.9)}


def with_portrait(image: Image) -> Image:
    cv2.ellipse(image, (190, 300), (60, 80), 0, 0, 360, (140, 165, 205), -1)
    cv2.rectangle(image, (110, 370), (270, 500), (90, 50, 40), -1)
    return image


FRONT_TEXTS = "性别 男", "出生日期 1981.08.03", "证件号码 H12345678"


def front(title: str, separator: str = " ") -> list[TextLine]:
    fields = ("姓名", "陈大文"), ("性别", "男"), ("出生日期", "1981.08.03"), ("证件号码", "H12345678")
    rows = [line(separator.join(field), 430, 200 + 70 * row, 32) for row, field in enumerate(fields)]
    return [line(title, 200, 80, 50), *rows]


def confidence(image: Image, lines: list[TextLine]) -> float:
    """Return the confidence of lines on a HK/Macao front."""
    return document_evidence(
        CardSide.HK_MACAO_FRONT, text_on(image, lines), FieldFinder(Layout(lines)), core=lines, fields=FIELDS, mrz=None
    ).confidence


def with_strokes(image: Image, lines: list[TextLine], ink: tuple[int, int, int]) -> Image:
    for one in lines:
        for left in range(int(one.left) + 4, int(one.right), 12):
            image[int(one.top) + 3 : int(one.bottom) - 3, left : left + 4] = ink
    return image


@pytest.mark.parametrize(("image", "gain"), [(blank(WHITE), 0.0), (with_portrait(blank(WHITE)), 0.1)])
def test_an_outline_supports_a_card_but_does_not_make_one(image: Image, gain: float) -> None:
    lines = front("港澳居民来往内地通行证")
    without, with_outline = (
        document_evidence(
            CardSide.HK_MACAO_FRONT,
            text_on(image, lines),
            FieldFinder(Layout(lines)),
            core=lines,
            fields=FIELDS,
            mrz=None,
            outline=outline,
        )
        for outline in (None, OUTLINE)
    )
    assert with_outline.confidence - without.confidence == pytest.approx(gain)


def test_a_front_with_picture_and_coloured_paper_is_certain() -> None:
    assert confidence(with_portrait(blank(BLUE)), front("港澳居民来往内地通行证")) >= 0.9


@pytest.mark.parametrize(("paper", "ink", "is_refused"), [(BLUE, (40, 40, 40), False), ((110, 70, 40), WHITE, True)])
def test_a_card_has_no_light_text(paper: tuple[int, int, int], ink: tuple[int, int, int], *, is_refused: bool) -> None:
    lines = front("港澳居民来往内地通行证")
    image = with_strokes(with_portrait(blank(paper)), lines, ink)
    assert (confidence(image, lines) < REFUSED) is is_refused


@pytest.mark.parametrize(("light", "is_light"), [(4, False), (5, True)])
def test_a_few_lines_in_glare_are_no_light_text(light: int, *, is_light: bool) -> None:
    lines = [line("出生日期 1981.08.03", 430, 100 + 70 * row, 32) for row in range(6)]
    image = with_strokes(with_strokes(blank((120, 120, 120)), lines[:light], WHITE), lines[light:], (20, 20, 20))
    assert is_text_light(text_on(image, lines), lines, 32.0) is is_light


def test_a_shadow_over_half_of_each_line_is_no_light_text() -> None:
    lines = [line("中华人民共和国居民 1981.08.03", 80, 100 + 70 * row, 32) for row in range(6)]
    image = with_strokes(blank((200, 200, 200)), lines, (30, 30, 30))
    image[:, :330] //= 4
    image[:, 330:] = np.clip(image[:, 330:], 90, 255)
    assert not is_text_light(text_on(image, lines), lines, 32.0)


def test_a_photocopy_with_its_picture_is_not_refused() -> None:
    assert confidence(with_portrait(blank(WHITE)), front("港澳居民来往内地通行证")) >= REFUSED


@pytest.mark.parametrize("separator", ["：", " "])
def test_words_on_white_paper_without_a_picture_are_refused(separator: str) -> None:
    assert confidence(blank(WHITE), front("港澳居民来往内地通行证", separator)) < REFUSED


def test_a_form_with_a_photo_is_refused() -> None:
    lines = front("证件类型：港澳居民来往内地通行证", "：")
    assert confidence(with_portrait(blank(WHITE)), lines) < REFUSED


def table(image: Image) -> Image:
    image[:, :60] = (40, 60, 80)
    return image


@pytest.mark.parametrize(
    ("change", "on_the_left", "sign"),
    [(with_portrait, True, 1), (with_portrait, False, -1), (lambda image: image, True, -1), (table, True, -1)],
    ids=["portrait", "at the other end", "none", "a table"],
)
def test_a_picture_is_a_compact_area_beside_the_text(
    change: Callable[[Image], Image], sign: int, *, on_the_left: bool
) -> None:
    lines = front("港澳居民来往内地通行证")
    assert np.sign(picture_beside(text_on(change(blank(BLUE)), lines), lines, 32.0, on_the_left=on_the_left)) == sign


def test_a_picture_above_the_text_is_a_badges() -> None:
    image = blank(BLUE)
    cv2.rectangle(image, (110, 120), (250, 290), (90, 50, 40), -1)
    beside, below = (
        [line(text, 430, top + 70 * row, 32) for row, text in enumerate(FRONT_TEXTS)] for top in (160, 290)
    )
    points = [picture_beside(text_on(image, lines), lines, 32.0, on_the_left=True) for lines in (beside, below)]
    assert points[0] == CERTAIN > points[1]


@pytest.mark.parametrize(("is_outlined", "is_found"), [(True, True), (False, False)])
def test_a_portrait_may_be_above_all_rows_that_were_read(*, is_outlined: bool, is_found: bool) -> None:
    """Something may hide the rows of a residence permit beside its portrait."""
    image = blank(BLUE)
    cv2.rectangle(image, (760, 120), (900, 390), (90, 50, 40), -1)
    lines = [line("公民身份号码 810000197411116351", 80, 600, 32)]
    points = picture_beside(
        text_on(image, lines),
        lines,
        32.0,
        on_the_left=False,
        outline=OUTLINE if is_outlined else None,
        may_be_above=True,
    )
    assert (points == CERTAIN) is is_found


@pytest.mark.parametrize(
    ("read", "is_below"), [("公民身份号码 810000197411116351", True), ("姓名 楊莉榮", False), ("楊莉榮", True)]
)
def test_the_label_of_the_number_is_not_beside_the_portrait(read: str, *, is_below: bool) -> None:
    assert has_no_label_beside(Layout([line(read, 80, 600, 32)])) is is_below


@pytest.mark.parametrize(
    ("number", "gain"),
    [
        ("97411116351", 0.2),
        ("97411126351", 0.0),
        ("16351", 0.0),
        ("81000019741111", 0.2),
        ("81000019741112", 0.0),
        ("810000197411116351", 0.0),
        ("81000019741111635X", 0.0),
    ],
)
def test_a_part_of_a_number_that_repeats_the_birth_date_supports_a_card(number: str, gain: float) -> None:
    texts = "姓名 楊莉榮", "性别 男", "出生 1974年11月11日", "住址 广东省东莞市试用路322号"
    lines = [line(text, 80, 160 + 80 * row, 32) for row, text in enumerate(texts)]
    image = blank(BLUE)
    cv2.rectangle(image, (760, 180), (900, 440), (90, 50, 40), -1)
    fields = {name: OcrField(text, 1.0) for name, text in (("Birth", "1974/11/11"), ("IdCardNo", ""))}

    def seen(*more: TextLine) -> float:
        text = text_on(image, [*lines, *more])
        finder = FieldFinder(Layout(text.lines))
        return document_evidence(CardSide.RESIDENCE_FRONT, text, finder, core=lines, fields=fields, mrz=None).seen

    assert seen(line(number, 300, 600, 32)) - seen() == pytest.approx(gain)


@pytest.mark.parametrize(
    ("head", "outline", "seen"),
    [("港澳居民居住证", None, 0.65), ("中华人民共", None, 0.65), ("", OUTLINE, 0.65), ("", None, 0.5)],
    ids=["title", "a part of the state's name", "in glare within an outline", "a message"],
)
def test_a_residence_permits_back_shows_its_head_or_its_outline(head: str, outline: Any, seen: float) -> None:
    rows = [line(text, 300, 300 + 70 * row) for row, text in enumerate(("签发机关 苏州市公安局", "签发次数 01"))]
    lines = [line(head, 300, 160, 20), *rows] if head else rows
    text, finder = text_on(patterned(BLUE), lines), FieldFinder(Layout(lines))
    back = document_evidence(CardSide.RESIDENCE_BACK, text, finder, core=rows, fields={}, mrz=None, outline=outline)
    assert back.seen == pytest.approx(seen)


def test_a_pattern_is_told_from_blank_paper() -> None:
    lines = front("港澳居民来往内地通行证")
    waves = blank(WHITE)
    waves[::8] = waves[1::8] = (225, 225, 225)
    patterned, plain = (examine_paper(text_on(image, lines), lines, 32.0) for image in (waves, blank(WHITE)))
    assert patterned is not None
    assert plain is not None
    assert patterned.pattern > 0.25 > plain.pattern
    assert plain.colour == 0.0


SEEN = DocumentEvidence(seen=1.3)


def test_a_faint_pattern_counts_neither_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(paper: Paper | None) -> float:
        monkeypatch.setattr(document_confidence, "examine_paper", lambda *_: paper)
        return confidence(blank(WHITE), front("港澳居民来往内地通行证")[1:])

    blank_paper, faint, printed = (points(Paper(colour=0.0, pattern=pattern)) for pattern in (0.17, 0.2, 0.3))
    assert blank_paper <= points(None) == faint < printed


def test_what_is_seen_of_a_card_does_not_outweigh_its_words() -> None:
    assert SEEN.confidence == 0.99
    assert REFUSED <= DocumentEvidence(seen=1.3, words=-0.3).confidence < 0.9
    assert DocumentEvidence(seen=1.3, words=-0.6).confidence < REFUSED


def test_a_closer_reading_adds_what_it_sees_and_what_it_reads() -> None:
    form = SEEN.with_closer(DocumentEvidence(seen=0.2, words=-0.6))
    assert (form.seen, form.words) == (1.3, -0.6)
    assert DocumentEvidence(seen=0.5).with_closer(SEEN).confidence == 0.99


@pytest.mark.parametrize(("missing", "is_refused"), [(0, False), (1, False), (2, True)])
def test_missing_fields_are_evidence_against_a_card(missing: int, *, is_refused: bool) -> None:
    assert (SEEN.with_missing(missing).confidence < REFUSED) is is_refused


def test_fields_that_glare_may_hide_are_not_missing() -> None:
    assert DocumentEvidence(seen=1.3, glare=0.07).with_missing(2) == DocumentEvidence(seen=1.3, glare=0.07)
    assert DocumentEvidence(seen=1.3, glare=0.07).with_missing(3).confidence < 0.9
    assert DocumentEvidence(seen=1.3, glare=0.4).with_missing(4).confidence < 0.9


@pytest.mark.parametrize("glare", [0.01, 0.8], ids=["a bright spot", "the shaded row of a form"])
def test_other_bright_areas_explain_no_missing_field(glare: float) -> None:
    assert DocumentEvidence(seen=1.3, glare=glare).with_missing(1).confidence < 0.9


def with_glare(image: Image, *, white: int) -> Image:
    """Make the lower third of the card within ``OUTLINE`` brighter."""
    image[460:660, 60:1040] = white
    return image


@pytest.mark.parametrize(
    ("image", "part"),
    [
        (with_glare(blank((150, 150, 150)), white=255), 0.33),
        (with_glare(blank((220, 220, 220)), white=255), 0.33),
        (with_glare(blank((220, 220, 220)), white=228), 0.0),
        (blank(WHITE), 0.0),
    ],
    ids=["dark paper", "bright paper", "uneven paper", "white paper"],
)
def test_glare_is_much_brighter_than_the_paper_behind_the_text(image: Image, part: float) -> None:
    lines = [line("姓名 陈大文", 430, 200, 32), line("性别 男", 430, 270, 32)]
    assert part_in_glare(text_on(image, lines), OUTLINE, 32.0) == pytest.approx(part, abs=0.02)


def test_the_paper_is_examined_beside_a_reflection() -> None:
    lines = front("港澳居民来往内地通行证")
    half_white = blank(BLUE)
    half_white[:, 560:] = WHITE
    paper = examine_paper(text_on(half_white, lines), lines, 32.0)
    assert paper is not None
    assert paper.colour > 2.5


@pytest.mark.parametrize(
    ("line_read", "is_proven"),
    [("CSCY51624268<3605222<0911278<6", True), ("CSCY51624268<3605222<0911278<7", False), ("CSCY51624268<", False)],
    ids=["whole", "wrong composite digit", "beginning"],
)
def test_an_exit_entry_permits_line_proves_it(line_read: str, *, is_proven: bool) -> None:
    lines = [line("往来港澳通行证", 200, 80, 50), line("CY5162426", 800, 80, 40), line(line_read, 100, 600, 40)]
    evidence = document_evidence(
        CardSide.EXIT_ENTRY_FRONT,
        text_on(blank(BLUE), lines),
        FieldFinder(Layout(lines)),
        core=lines,
        fields={"Number": OcrField("CY5162426", 1.0)},
        mrz=None,
    )
    assert evidence.is_proven is is_proven


@pytest.mark.parametrize(
    ("colour", "counts"), [((225, 235, 240), False), (BLUE, True), ((60, 60, 200), True)], ids=["paper", "card", "band"]
)
def test_text_on_another_paper_says_nothing(colour: tuple[int, int, int], *, counts: bool) -> None:
    lines = [*front("港澳居民来往内地通行证"), line("申请人登记", 430, 490, 32)]
    image = with_portrait(patterned(BLUE))
    image[470:520, 420:] = colour
    evidence = document_evidence(
        CardSide.HK_MACAO_FRONT, text_on(image, lines), FieldFinder(Layout(lines)), core=lines, fields=FIELDS, mrz=None
    )
    assert (evidence.words < 0) is counts


@pytest.mark.parametrize(("number", "counts"), [("H12345678", True), ("", False)])
def test_a_value_on_paper_of_another_colour_counts(number: str, *, counts: bool) -> None:
    """A conversation has each value in a message of its own."""
    lines = [*front("港澳居民来往内地通行证")[:-1], line("H12345678", 430, 10, 46)]
    image = with_portrait(patterned(BLUE))
    image[:40, 420:] = (225, 235, 240)
    evidence = document_evidence(
        CardSide.HK_MACAO_FRONT,
        text_on(image, lines),
        FieldFinder(Layout(lines)),
        core=lines,
        fields=FIELDS | {"Number": OcrField(number, 0.9)},
        mrz=None,
    )
    assert (evidence.words < 0) is counts


def test_a_label_in_the_wrong_place_counts_on_paper_of_any_colour() -> None:
    """A card's own colour may change from side to side."""
    lines = [*front("港澳居民来往内地通行证"), line("有效期限", 430, 10, 32)]
    image = with_portrait(patterned(BLUE))
    image[:40, 420:] = (225, 235, 240)
    evidence = document_evidence(
        CardSide.HK_MACAO_FRONT, text_on(image, lines), FieldFinder(Layout(lines)), core=lines, fields=FIELDS, mrz=None
    )
    assert evidence.words < 0


@pytest.mark.parametrize(("glare", "is_blank"), [(slice(0, 0), True), (slice(0, 420), False)], ids=["none", "glare"])
def test_glare_in_the_portraits_place_may_hide_it(glare: slice, *, is_blank: bool) -> None:
    lines = front("港澳居民来往内地通行证")
    image = blank((150, 140, 130))
    image[:, glare] = 255
    place = examine_portrait_place(text_on(image, lines), Layout(lines), {}, on_the_left=True, outline=OUTLINE)
    assert (place.portrait, place.is_blank) == (None, is_blank)


@pytest.mark.parametrize(("values", "is_found"), [(4, True), (3, False)])
def test_a_page_left_of_a_front_without_labels_is_not_beside_the_portrait(values: int, *, is_found: bool) -> None:
    texts = ("陈大文", "1981.08.03", "H12345678", "2012.08.30-2022.08.29")[:values]
    rows = [line(text, 430, 200 + 70 * row, 32) for row, text in enumerate(texts)]
    page = [line("地铁站", 20, 180 + 60 * row, 32) for row in range(7)]
    fields = {str(row): OcrField(text, 0.9) for row, text in enumerate(texts)}
    text = text_on(with_portrait(blank(BLUE)), [*rows, *page])
    place = examine_portrait_place(text, Layout(text.lines), fields, on_the_left=True, outline=None)
    assert (place.portrait is not None) is is_found


def test_the_height_of_a_card_with_labels_only_is_that_of_its_labels() -> None:
    assert Layout([line("签发机关", 430, 200, 32), line("有效期限", 430, 270, 30)]).height == 31


def test_a_large_area_is_cut_out_at_a_lower_scale() -> None:
    text = CardText(blank(WHITE), (), Deskew(), 0, np.eye(3), ())
    area = flatten(text, BoundingBox(0, 0, 1100, 700), 16.0)
    assert area.pixels.shape[0] * area.pixels.shape[1] <= 2_010_000
    assert area.scale == pytest.approx(1.61, abs=0.01)
    assert area.boxes([line("签发机关", 110, 70, 40)])[0, :2].tolist() == pytest.approx([177, 81], abs=1)
