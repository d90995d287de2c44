from functools import cache
from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.photography.perspective import Corners
from specimens.photography.photo import Level, Photo, take_photo
from specimens.rendering.canvas import HEIGHT, WIDTH, Box
from specimens.rendering.fonts import FontLoader

pytestmark = pytest.mark.slow  # draws cards

_INK = (20, 60, 200)
_BLOT = Box(300, 200, 420, 320)
_EASY_LEVELS = (Level.SCAN, Level.HAND_HELD)


@cache
def _photo(seed: int, level: Level, fonts: FontLoader) -> Photo:
    card = Image.new("RGBA", (WIDTH, HEIGHT), (250, 250, 250, 255))
    card.paste(_INK, (_BLOT.left, _BLOT.top, _BLOT.right, _BLOT.bottom))
    return take_photo(card, Random(seed), level, fonts)


def _centre(corners: Corners) -> tuple[int, int]:
    x, y = np.mean(np.array(corners), axis=0)
    return round(float(x)), round(float(y))


@pytest.mark.parametrize("level", Level)
def test_the_same_seed_gives_the_same_bytes(level: Level, plain_font: FontLoader) -> None:
    first = _photo(1, level, plain_font).jpeg

    assert _photo.__wrapped__(1, level, plain_font).jpeg == first
    assert _photo(2, level, plain_font).jpeg != first


@pytest.mark.parametrize("level", _EASY_LEVELS)
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_card_is_in_the_photo_and_wide_enough_to_read(
    level: Level, seed: int, plain_font: FontLoader
) -> None:
    photo = _photo(seed, level, plain_font)
    image = Image.open(BytesIO(photo.jpeg))

    assert image.format == "JPEG"
    for x, y in photo.card:
        assert 0 <= x <= image.width
        assert 0 <= y <= image.height
    upper_left, upper_right = np.array(photo.card[0]), np.array(photo.card[1])
    assert 950 <= np.linalg.norm(upper_right - upper_left) <= 1300


@pytest.mark.parametrize("level", _EASY_LEVELS)
@pytest.mark.parametrize("seed", range(3))
def test_card_boxes_map_to_the_right_photo_pixels(level: Level, seed: int, plain_font: FontLoader) -> None:
    photo = _photo(seed, level, plain_font)
    image = Image.open(BytesIO(photo.jpeg)).convert("RGB")

    pixel = image.getpixel(_centre(photo.corners(_BLOT)))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    assert blue > red + 80


def test_hand_held_photos_have_perspective_and_scans_do_not(plain_font: FontLoader) -> None:
    def ratio(level: Level) -> float:
        corners = [np.array(corner) for corner in _photo(3, level, plain_font).card]
        return float(np.linalg.norm(corners[1] - corners[0]) / np.linalg.norm(corners[2] - corners[3]))

    assert ratio(Level.SCAN) == pytest.approx(1, abs=0.001)
    assert abs(ratio(Level.HAND_HELD) - 1) > 0.002


@pytest.mark.parametrize("level", _EASY_LEVELS)
def test_nothing_is_hidden_at_the_easy_levels(level: Level, plain_font: FontLoader) -> None:
    assert not _photo(1, level, plain_font).hidden.any()
