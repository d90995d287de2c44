from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.photograph import Corners, Level, Photograph, photograph
from specimens.sheet import HEIGHT, WIDTH, Place

_INK = (20, 60, 200)
_BLOT = Place(300, 200, 420, 320)


def _photographed(seed: int, level: Level) -> Photograph:
    card = Image.new("RGBA", (WIDTH, HEIGHT), (250, 250, 250, 255))
    card.paste(_INK, (_BLOT.left, _BLOT.top, _BLOT.right, _BLOT.bottom))
    return photograph(card, Random(seed), level)


def _centre(corners: Corners) -> tuple[int, int]:
    x, y = np.mean(np.array(corners), axis=0)
    return round(float(x)), round(float(y))


@pytest.mark.parametrize("level", Level)
def test_the_same_seed_gives_the_same_bytes(level: Level) -> None:
    once = _photographed(1, level).jpeg

    assert _photographed(1, level).jpeg == once
    assert _photographed(2, level).jpeg != once


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_card_lies_in_the_photograph_wide_enough_to_read(level: Level, seed: int) -> None:
    shot = _photographed(seed, level)
    image = Image.open(BytesIO(shot.jpeg))

    assert image.format == "JPEG"
    for x, y in shot.card:
        assert 0 <= x <= image.width
        assert 0 <= y <= image.height
    upper_left, upper_right = np.array(shot.card[0]), np.array(shot.card[1])
    assert 950 <= np.linalg.norm(upper_right - upper_left) <= 1300


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(3))
def test_a_place_of_the_card_is_found_again_in_the_photograph(level: Level, seed: int) -> None:
    shot = _photographed(seed, level)
    image = Image.open(BytesIO(shot.jpeg)).convert("RGB")

    pixel = image.getpixel(_centre(shot.corners(_BLOT)))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    assert blue > red + 80


def test_a_hand_held_photograph_is_in_perspective_and_a_scan_is_not() -> None:
    def ratio(level: Level) -> float:
        corners = [np.array(corner) for corner in _photographed(3, level).card]
        return float(np.linalg.norm(corners[1] - corners[0]) / np.linalg.norm(corners[2] - corners[3]))

    assert ratio(Level.SCAN) == pytest.approx(1, abs=0.001)
    assert abs(ratio(Level.HAND_HELD) - 1) > 0.002
