"""Finding the portrait on synthetic cards made of coloured areas and text lines."""

from typing import Any

import cv2
import numpy as np
import pytest

from recognizer.reading.card_evidence.person import examine_portrait_place
from recognizer.reading.fields.ocr_field import OcrField
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.portrait import PortraitCrop, find_portrait
from tests.unit.recognizer.reading.cards import line

type Image = Any
type Place = tuple[int, int, int, int]
"""Left, top, width and height."""
DESK, PAPER, BACKGROUND = (60, 90, 70), (225, 230, 235), (235, 210, 190)
SKIN, HAIR, COAT = (140, 165, 205), (40, 35, 35), (90, 50, 40)
LEFT: Place = (210, 200, 220, 290)
RIGHT: Place = (860, 200, 220, 290)
OUTLINE = np.array([[150, 100], [1150, 100], [1150, 640], [150, 640]], np.float32)


def card(place: Place, *, framed: bool) -> Image:
    """Return a slightly blurred card on a desk, with a person who fills the place."""
    image = np.full((740, 1300, 3), DESK, np.uint8)
    cv2.rectangle(image, (150, 100), (1150, 640), PAPER, -1)
    if framed:
        x, y, width, height = place
        cv2.rectangle(image, (x, y), (x + width, y + height), BACKGROUND, -1)
        place = (x + width // 8, y + height // 6, width * 3 // 4, height - height // 6)
    draw_person(image, place, HAIR, SKIN, COAT)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8)


def draw_person(image: Image, place: Place, hair: Any, skin: Any, coat: Any) -> None:
    x, y, width, height = place
    middle = x + width // 2
    cv2.ellipse(image, (middle, y + height), (width // 2, height // 3), 0, 180, 360, coat, -1)
    cv2.ellipse(image, (middle, y + height * 2 // 5), (width * 2 // 7, height * 2 // 5), 0, 0, 360, hair, -1)
    cv2.ellipse(image, (middle, y + height * 9 // 20), (width // 4, height // 3), 0, 0, 360, skin, -1)


def found(image: Image, place: Place, outline: Any = OUTLINE) -> PortraitCrop | None:
    left = 500 if place is LEFT else 540
    lines = tuple(line("有效期限 2018.10.09", left, 200 + 70 * row, 38) for row in range(6))
    text = CardText(image, lines, Deskew(), 0, np.eye(3), ())
    return find_portrait(text, Layout(lines), {}, 1.0, on_the_left=place is LEFT, outline=outline)


def cover(portrait: PortraitCrop | None, place: Place) -> float:
    """Return the intersection over union with the true position."""
    assert portrait is not None
    x, y, width, height = place
    common_width = min(x + width, portrait.x + portrait.width) - max(x, portrait.x)
    common_height = min(y + height, portrait.y + portrait.height) - max(y, portrait.y)
    common = max(0, common_width) * max(0, common_height)
    return common / (width * height + portrait.width * portrait.height - common)


@pytest.mark.parametrize("outline", [OUTLINE, None])
@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("place", [LEFT, RIGHT])
def test_a_portrait_is_found_with_and_without_a_frame(place: Place, outline: Any, *, framed: bool) -> None:
    assert cover(found(card(place, framed=framed), place, outline), place) > (0.55 if outline is None else 0.8)


def test_the_ghost_portrait_on_the_other_side_is_not_taken() -> None:
    image = card(LEFT, framed=False)
    draw_person(image, (900, 330, 200, 260), (150, 150, 150), (180, 180, 180), (160, 160, 160))
    assert cover(found(image, LEFT), LEFT) > 0.8


def test_a_portrait_in_a_fading_shadow_is_found() -> None:
    image = card(LEFT, framed=False)
    image = (image * np.linspace(0.6, 1.0, image.shape[1])[:, None]).astype(np.uint8)
    assert cover(found(image, LEFT), LEFT) > 0.8


def test_a_paper_beside_the_card_is_no_portrait() -> None:
    image = np.full((740, 1300, 3), DESK, np.uint8)
    cv2.rectangle(image, (150, 100), (1150, 640), PAPER, -1)
    cv2.rectangle(image, (0, 300), (120, 500), (250, 250, 250), -1)
    assert found(image, LEFT) is None


@pytest.mark.parametrize(
    ("image", "is_blank"),
    [
        (np.full((740, 1300, 3), PAPER, np.uint8), True),
        (card(LEFT, framed=False)[:, 430:], False),
        (np.hstack([np.full((740, 430, 3), SKIN, np.uint8), np.full((740, 870, 3), PAPER, np.uint8)]), False),
    ],
    ids=["paper", "outside the photo", "under a hand"],
)
def test_a_hidden_portrait_is_told_from_blank_paper(image: Image, *, is_blank: bool) -> None:
    left = 500 - (1300 - image.shape[1])
    lines = tuple(line("有效期限 2018.10.09", left, 200 + 70 * row, 38) for row in range(6))
    outline = (OUTLINE - (1300 - image.shape[1], 0)).astype(np.float32)
    text = CardText(image, lines, Deskew(), 0, np.eye(3), ())
    place = examine_portrait_place(text, Layout(lines), {}, on_the_left=True, outline=outline)
    assert place.is_blank is is_blank


def test_values_show_the_portraits_place_without_labels() -> None:
    values = ("陈小明", "1997年6月2日", "上海市黄浦区示范路8号")
    lines = [line(text, 230, 220 + 90 * row, 38) for row, text in enumerate(values)]
    page = [line("会议纪要（第三稿）", 1160, 20 + 60 * row, 38) for row in range(12)]
    text = CardText(card(RIGHT, framed=True), (*lines, *page), Deskew(), 0, np.eye(3), ())
    fields = {"Name": OcrField(values[0], 0.9), "Birth": OcrField("1997/6/2", 0.9), "Address": OcrField(values[2], 0.9)}
    place = examine_portrait_place(text, Layout(text.lines), fields, on_the_left=False, outline=OUTLINE)
    assert place.portrait is not None
    assert examine_portrait_place(text, Layout(text.lines), {}, on_the_left=False, outline=OUTLINE).portrait is None
