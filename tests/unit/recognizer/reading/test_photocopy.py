"""Detection of printed copies on synthetic patches; ``bench.accuracy.copies`` measures it on photos."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.reading.photocopy import PrintTraits, print_traits

WIDTH, HEIGHT = 900, 600
CARD = np.array([[120, 100], [780, 100], [780, 500], [120, 500]], np.float32)
RANDOM = np.random.default_rng(1)
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def waves(period: float, degrees: float) -> NDArray[Any]:
    angle = np.radians(degrees)
    along: NDArray[Any] = np.cos((X * np.cos(angle) + Y * np.sin(angle)) * 2 * np.pi / period)
    return along


def screen(period: float, degrees: float) -> NDArray[Any]:
    crossed: NDArray[Any] = waves(period, degrees) + waves(period, degrees + 90)
    return crossed


def seen(light: NDArray[Any], *, noise: float = 1.0, tint: tuple[float, float, float] = (1, 1, 1)) -> PrintTraits:
    """Return the print traits of a card on white paper as a camera records it: with noise and JPEG quality 80."""
    scene = np.full((HEIGHT, WIDTH), 235.0)
    inside = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), CARD.astype(np.int32), 1) > 0
    scene[inside] = light[inside]
    colours = scene[..., None] * np.where(inside[..., None] & (X > WIDTH / 2)[..., None], tint, (1, 1, 1))
    pixels = np.clip(colours + RANDOM.normal(0, noise, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 80])
    taken: Any = cv2.imdecode(file, cv2.IMREAD_COLOR)
    found = print_traits(taken, CARD)
    assert found is not None
    return found


@pytest.mark.parametrize("degrees", [45, 15, 75])
@pytest.mark.parametrize("period", [2.7, 3.3, 4.5])
@pytest.mark.parametrize("tint", [(1, 1, 1), (0.8, 1, 1)])
def test_a_screen_at_printer_angles_is_a_copy(degrees: float, period: float, tint: tuple[float, float, float]) -> None:
    assert seen(170 + 12 * screen(period, degrees), tint=tint).is_copy


@pytest.mark.parametrize(
    "light",
    [
        np.full((HEIGHT, WIDTH), 180.0),
        180 + 20 * waves(3.3, 45),
        180 + 12 * screen(3.3, 0),
        180 + 20 * np.cos(Y * 1.2 + 8 * np.sin(X / 40)) + 15 * np.cos(X * 1.1 + 6 * np.sin(Y / 30)),
        180
        - 120.0
        * cv2.resize((RANDOM.random((60, 110)) < 0.5).astype(np.uint8), (WIDTH, HEIGHT), interpolation=0)
        * (Y % 120 < 40),
    ],
    ids=["plain", "parallel lines", "a display's pixels", "winding lines", "something like text"],
)
def test_other_patterns_are_not_copies(light: NDArray[Any]) -> None:
    found = seen(light)
    assert found.screen < 0.8
    assert not found.is_copy


def test_a_grainy_colourless_card_on_a_smooth_background_is_a_copy() -> None:
    grain = RANDOM.normal(0, 22, (HEIGHT, WIDTH))
    assert seen(170 + grain).is_copy
    assert not seen(170 + grain, tint=(0.8, 1, 1)).is_copy


def test_noise_in_the_whole_photo_is_not_a_copy() -> None:
    assert not seen(np.full((HEIGHT, WIDTH), 170.0), noise=22).is_copy


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_an_enlarged_photo_is_not_a_copy(scale: float) -> None:
    pixels = np.clip(180 + RANDOM.normal(0, 6, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
    large = cv2.resize(cv2.merge([pixels] * 3), None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    found = print_traits(large, CARD * np.float32(scale))
    assert found is not None
    assert not found.is_copy


def test_screen_angles_are_relative_to_the_card() -> None:
    whole = np.array([[60, 200], [660, -20], [840, 400], [240, 620]], np.float32)
    turned = float(np.degrees(np.arctan2(-220, 600)))
    pixels = cv2.merge([np.clip(170 + 14 * screen(3.3, 45 + turned), 0, 255).astype(np.uint8)] * 3)
    found = print_traits(pixels, whole)
    assert found is not None
    assert found.is_copy


def test_too_small_a_card_is_not_judged() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    assert print_traits(pixels, CARD * np.float32(0.2)) is None
    assert print_traits(pixels, np.zeros((4, 2), np.float32)) is None
