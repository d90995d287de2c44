"""Finding the card's outline in images of coloured areas."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.reading.card_evidence.outline import find_outline, larger_document
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.text_lines import TextLine
from tests.unit.recognizer.reading.cards import line

type Image = Any
type Corners = Any
DESK, PAPER = (60, 90, 70), (225, 230, 235)
LINES = tuple(line("有效期限 2018.10.09", 420, 220 + 70 * number, 32) for number in range(5))
CARD = np.array([[150, 130], [150 + 824, 130], [150 + 824, 130 + 520], [150, 130 + 520]], np.float32)


def photo(card: Corners, *, desk: Any = DESK, size: tuple[int, int] = (800, 1200)) -> Image:
    image = np.full((*size, 3), desk, np.uint8)
    cv2.fillConvexPoly(image, np.round(card).astype(int).astype(np.int32), PAPER)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8)


def outline(
    image: Image,
    lines: tuple[TextLine, ...] = LINES,
    deskew: Deskew | None = None,
    *,
    others: tuple[TextLine, ...] = (),
) -> Corners | None:
    """Find the outline around ``lines``, with the text of other papers."""
    texts = (*lines, *others)
    text = CardText(image, texts, deskew or Deskew(), 0, np.eye(3), tuple(range(len(texts))))
    return find_outline(text, 32.0, lines)


def cover(found: Corners | None, card: Corners = CARD) -> float:
    """Return the intersection over union with the card."""
    assert found is not None
    common, _ = cv2.intersectConvexConvex(found, card)
    return float(common / (cv2.contourArea(found) + cv2.contourArea(card) - common))


def test_the_corners_begin_at_the_upper_left_and_go_clockwise() -> None:
    found = outline(photo(CARD))
    assert found is not None
    assert np.abs(found - CARD).max() < 8


@settings(max_examples=20, deadline=None)
@given(shifts=st.lists(st.integers(-22, 22), min_size=8, max_size=8))
def test_a_card_in_perspective_is_found(shifts: list[int]) -> None:
    card = CARD + np.array(shifts, np.float32).reshape(4, 2)
    assert cover(outline(photo(card)), card) > 0.94


def test_a_side_outside_the_photo_follows_from_the_others() -> None:
    cut = photo(CARD)[:, :900]
    found = outline(cut)
    assert cover(found) > 0.9
    assert found is not None
    assert found[1][0] > 900


def test_a_side_under_a_hand_follows_from_the_others() -> None:
    image = photo(CARD)
    cv2.rectangle(image, (900, 300), (1199, 799), (140, 165, 205), -1)
    assert cover(outline(image)) > 0.9


def test_a_larger_paper_below_the_card_is_not_its_outline() -> None:
    image = np.full((1000, 1400, 3), DESK, np.uint8)
    cv2.rectangle(image, (40, 40), (1300, 900), (190, 200, 205), -1)
    cv2.fillConvexPoly(image, CARD.astype(np.int32), (235, 225, 205))
    assert cover(outline(image)) > 0.95


def test_text_of_a_paper_beside_the_card_is_outside() -> None:
    image = np.full((1000, 1600, 3), DESK, np.uint8)
    cv2.rectangle(image, (1000, 60), (1560, 960), (205, 215, 220), -1)
    cv2.fillConvexPoly(image, CARD.astype(np.int32), PAPER)
    others = tuple(line("谢谢惠顾，欢迎再次光临", 1040, 120 + 50 * number, 32) for number in range(12))
    assert cover(outline(cv2.GaussianBlur(image, (0, 0), 2), others=others)) > 0.93


@pytest.mark.parametrize(("inside", "is_found"), [(PAPER, True), (DESK, False)])
def test_a_frame_is_an_outline_only_around_the_texts_paper(inside: Any, *, is_found: bool) -> None:
    image = np.full((1000, 1600, 3), DESK, np.uint8)
    cv2.fillConvexPoly(image, CARD.astype(np.int32), inside)
    cv2.rectangle(image, (400, 180), (800, 540), PAPER, -1)
    cv2.polylines(image, [CARD.astype(np.int32)], isClosed=True, color=(250, 250, 250), thickness=8)
    assert (outline(image) is not None) is is_found


@pytest.mark.parametrize("deskew", [Deskew(slope=0.2), Deskew(slope=-0.3)])
def test_a_tilted_card_is_found(deskew: Deskew) -> None:
    def tilted(points: Corners) -> Corners:
        return np.array([deskew.to_image(x, y) for x, y in points.tolist()], np.float32) + np.array(
            [150, 250], np.float32
        )

    shifted = Deskew(deskew.slope)
    offset = np.array(shifted.to_deskewed(150, 250))
    lines = tuple(
        line("有效期限 2018.10.09", 420 + offset[0], 220 + 70 * number + offset[1], 32) for number in range(5)
    )
    card = tilted(CARD)
    assert cover(outline(photo(card, size=(1300, 1500)), lines, shifted), card) > 0.94


@pytest.mark.parametrize("image", [photo(CARD, desk=PAPER), np.full((800, 1200, 3), 255, np.uint8)])
def test_without_edges_there_is_no_outline(image: Image) -> None:
    assert outline(image) is None


def test_a_sheet_of_paper_has_not_the_proportions_of_a_card() -> None:
    sheet = np.array([[350, 130], [850, 130], [850, 780], [350, 780]], np.float32)
    assert outline(photo(sheet)) is None


def test_sides_that_go_on_beyond_the_corners_are_a_larger_documents() -> None:
    """A badge with a coloured band at its head: below the band it has a card's proportions."""
    badge = CARD + np.array([[0, -110], [0, -110], [0, 0], [0, 0]], np.float32)
    image = photo(badge)
    image[20:130, 150:974] = (160, 60, 30)
    text = CardText(image, LINES, Deskew(), 0, np.eye(3), tuple(range(len(LINES))))
    larger = larger_document(text, CARD)
    assert larger is not None
    assert cv2.pointPolygonTest(larger, (560, 60), measureDist=False) > 0
    assert np.allclose(larger[2:], CARD[2:], atol=1), "it ends below"


def test_a_card_is_no_part_of_a_larger_document() -> None:
    text = CardText(photo(CARD), LINES, Deskew(), 0, np.eye(3), tuple(range(len(LINES))))
    assert larger_document(text, CARD) is None


def test_upright_edges_near_round_corners_do_not_make_a_card_larger() -> None:
    """Text beside a card has such edges."""
    image = photo(CARD)
    for side in (150, 974):
        cv2.rectangle(image, (side - 30, 125), (side + 30, 160), DESK, -1)
        cv2.rectangle(image, (side - 40, 20), (side, 110), (190, 200, 205), -1)
    text = CardText(cv2.GaussianBlur(image, (0, 0), 1), LINES, Deskew(), 0, np.eye(3), tuple(range(len(LINES))))
    assert larger_document(text, CARD) is None
