from functools import cache
from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.photography.occlusion import add_glare, add_thumb
from specimens.photography.perspective import Corners
from specimens.photography.photo import Level, Photo, _hard_corners, take_photo
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


@pytest.mark.parametrize("size", [(1280, 960), (1440, 1920)])
def test_hard_photos_rotate_the_card_but_keep_it_legible(size: tuple[int, int]) -> None:
    turns, outside = set(), 0
    for seed in range(200):
        corners = np.array(_hard_corners(np.random.default_rng(seed), size)[0])
        along = corners[1] - corners[0]
        assert np.linalg.norm(along) >= 660
        turns.add(round(np.degrees(np.arctan2(along[1], along[0])) / 90) % 4)
        outside += bool((corners < 0).any() or (corners > size).any())

    assert turns == {0, 1, 2, 3}
    assert 5 < outside < 60  # some are cut off by the frame


def test_glare_and_thumbs_hide_parts_of_some_cards() -> None:
    for hide in (add_glare, add_thumb):
        hides = []
        for seed in range(20):
            scene = Image.new("RGB", (300, 200), (90, 90, 90))
            mask = hide(scene, np.random.default_rng(seed), np.diag((0.25, 0.25, 1.0)), 300.0)
            hides.append(bool((mask > 0.9).any()))
            assert (np.asarray(scene) != 90).any() == (mask > 0.05).any()
        assert 0 < sum(hides) < 20


@pytest.mark.parametrize("level", _EASY_LEVELS)
def test_nothing_is_hidden_at_the_easy_levels(level: Level, plain_font: FontLoader) -> None:
    assert not _photo(1, level, plain_font).mask.any()
