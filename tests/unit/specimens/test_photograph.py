from functools import cache
from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from specimens.fonts import FontLoader
from specimens.obstruction import add_glare, add_thumb
from specimens.perspective import Corners
from specimens.photograph import Level, Photograph, _hard_shape, photograph
from specimens.sheet import HEIGHT, WIDTH, Place

_INK = (20, 60, 200)
_BLOT = Place(300, 200, 420, 320)
_WELL_SEEN = (Level.SCAN, Level.HAND_HELD)


@cache
def _photographed(seed: int, level: Level, fonts: FontLoader) -> Photograph:
    card = Image.new("RGBA", (WIDTH, HEIGHT), (250, 250, 250, 255))
    card.paste(_INK, (_BLOT.left, _BLOT.top, _BLOT.right, _BLOT.bottom))
    return photograph(card, Random(seed), level, fonts)


def _centre(corners: Corners) -> tuple[int, int]:
    x, y = np.mean(np.array(corners), axis=0)
    return round(float(x)), round(float(y))


@pytest.mark.parametrize("level", Level)
def test_the_same_seed_gives_the_same_bytes(level: Level, plain_font: FontLoader) -> None:
    once = _photographed(1, level, plain_font).jpeg

    assert _photographed.__wrapped__(1, level, plain_font).jpeg == once
    assert _photographed(2, level, plain_font).jpeg != once


@pytest.mark.parametrize("level", _WELL_SEEN)
@pytest.mark.parametrize("seed", range(3))
def test_the_whole_card_lies_in_the_photograph_wide_enough_to_read(
    level: Level, seed: int, plain_font: FontLoader
) -> None:
    shot = _photographed(seed, level, plain_font)
    image = Image.open(BytesIO(shot.jpeg))

    assert image.format == "JPEG"
    for x, y in shot.card:
        assert 0 <= x <= image.width
        assert 0 <= y <= image.height
    upper_left, upper_right = np.array(shot.card[0]), np.array(shot.card[1])
    assert 950 <= np.linalg.norm(upper_right - upper_left) <= 1300


@pytest.mark.parametrize("level", _WELL_SEEN)
@pytest.mark.parametrize("seed", range(3))
def test_a_place_of_the_card_is_found_again_in_the_photograph(level: Level, seed: int, plain_font: FontLoader) -> None:
    shot = _photographed(seed, level, plain_font)
    image = Image.open(BytesIO(shot.jpeg)).convert("RGB")

    pixel = image.getpixel(_centre(shot.corners(_BLOT)))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    assert blue > red + 80


def test_a_hand_held_photograph_is_in_perspective_and_a_scan_is_not(plain_font: FontLoader) -> None:
    def ratio(level: Level) -> float:
        corners = [np.array(corner) for corner in _photographed(3, level, plain_font).card]
        return float(np.linalg.norm(corners[1] - corners[0]) / np.linalg.norm(corners[2] - corners[3]))

    assert ratio(Level.SCAN) == pytest.approx(1, abs=0.001)
    assert abs(ratio(Level.HAND_HELD) - 1) > 0.002


@pytest.mark.parametrize("size", [(1280, 960), (1440, 1920)])
def test_a_hard_photographs_card_lies_any_way_round_and_is_never_too_small_to_read(size: tuple[int, int]) -> None:
    turns, outside = set(), 0
    for seed in range(200):
        corners = np.array(_hard_shape(np.random.default_rng(seed), size)[0])
        along = corners[1] - corners[0]
        assert np.linalg.norm(along) >= 660
        turns.add(round(np.degrees(np.arctan2(along[1], along[0])) / 90) % 4)
        outside += bool((corners < 0).any() or (corners > size).any())

    assert turns == {0, 1, 2, 3}
    assert 5 < outside < 60  # cut off by the frame


def test_glare_and_a_thumb_hide_part_of_some_cards_only() -> None:
    for hide in (add_glare, add_thumb):
        hidden = []
        for seed in range(20):
            scene = Image.new("RGB", (300, 200), (90, 90, 90))
            cover = hide(scene, np.random.default_rng(seed), np.diag((0.25, 0.25, 1.0)), 300.0)
            hidden.append(bool((cover > 0.9).any()))
            assert (np.asarray(scene) != 90).any() == (cover > 0.05).any()
        assert 0 < sum(hidden) < 20


@pytest.mark.parametrize("level", _WELL_SEEN)
def test_nothing_is_hidden_at_the_other_levels(level: Level, plain_font: FontLoader) -> None:
    assert not _photographed(1, level, plain_font).hidden.any()
