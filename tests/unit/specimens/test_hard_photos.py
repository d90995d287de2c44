from functools import cache
from io import BytesIO
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from specimens.photography.hard.light import random_exposure, random_light
from specimens.photography.hard.reflection import contrast_left
from specimens.photography.hard.view import PIXELS_PER_MM, View, random_view
from specimens.photography.perspective import CARD_BOX, Points, corners_in_photo
from specimens.photography.photo import Level, Photo, take_photo
from specimens.rendering.canvas import HEIGHT, WIDTH, Box
from specimens.rendering.fonts import FontLoader

_MARKS = np.array([(x, y) for x in range(60, WIDTH, 120) for y in range(60, HEIGHT, 127)], np.float64)
_RADIUS = 8
_TALL = Box(0, 0, WIDTH, 1700)


@cache
def _marked(seed: int, fonts: FontLoader) -> Photo:
    """Photograph a white card with a black disc at each mark."""
    card = Image.new("RGBA", (WIDTH, HEIGHT), (250, 250, 250, 255))
    draw = ImageDraw.Draw(card)
    for x, y in _MARKS:
        draw.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS - 1, y + _RADIUS - 1), fill=(0, 0, 0, 255))
    return take_photo(card, Random(seed), Level.HARD, fonts)


def _views(box: Box = CARD_BOX, count: int = 200) -> list[View]:
    return [random_view(np.random.default_rng(seed), box) for seed in range(count)]


def _disc_centre(grey: NDArray[np.float64], at: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the centre of mass of what is dark around a place."""
    left, top = (at - reach).astype(int)
    window = grey[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    darkness = np.clip((np.median(window) + window.min()) / 2 - window, 0, None)
    rows, columns = np.mgrid[: window.shape[0], : window.shape[1]] + 0.5
    return np.array((left, top)) + np.array([(darkness * axis).sum() for axis in (columns, rows)]) / darkness.sum()


def _is_clear(photo: Photo, at: NDArray[np.float64], reach: int) -> bool:
    (left, top), (height, width) = (at - reach).astype(int), photo.hidden.shape
    inside = 0 <= left < width - 2 * reach and 0 <= top < height - 2 * reach
    return bool(inside and not photo.hidden[top : top + 2 * reach + 1, left : left + 2 * reach + 1].any())


@pytest.mark.slow  # photographs ten cards
@pytest.mark.parametrize("seed", range(10))
def test_marks_are_where_the_truth_says(seed: int, plain_font: FontLoader) -> None:
    photo = _marked(seed, plain_font)
    grey = np.asarray(Image.open(BytesIO(photo.jpeg)).convert("L"), np.float64)
    width = float(np.linalg.norm(np.subtract(photo.card[1], photo.card[0])))
    reach = round(1.8 * _RADIUS * width / WIDTH)

    clear = [at for at in photo.project(_MARKS) if _is_clear(photo, at, reach)]
    errors = [float(np.linalg.norm(_disc_centre(grey, at, reach) - at)) for at in clear]
    assert len(errors) > len(_MARKS) / 3
    assert max(errors) < 2


@pytest.mark.parametrize("box", [CARD_BOX, _TALL])
def test_rays_and_projection_agree_on_bent_documents(box: Box) -> None:
    for view in _views(box, 20):
        places = view.surface()
        x, y = view.fine(places.x), view.fine(places.y)
        rows, columns = (np.linspace(0, length - 1, 15).astype(int) for length in x.shape)
        pixels = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        seen = np.stack((x[pixels[:, 1], pixels[:, 0]], y[pixels[:, 1], pixels[:, 0]]), axis=-1)
        drawn: Points = (np.array((view.width / 2, view.height / 2)) + seen) * PIXELS_PER_MM

        on_document = (drawn >= 0).all(axis=1) & (drawn <= (box.right, box.bottom)).all(axis=1)
        errors = np.linalg.norm(view.project(drawn) - (pixels + 0.5), axis=1)[on_document]
        assert errors.max() < 0.1


def test_a_bend_moves_the_middle_off_the_straight_line() -> None:
    view = max(_views(), key=lambda view: view.bend)
    left, middle, right = view.project(np.array(((0, 300), (600, 300), (1200, 300)), np.float64))

    assert np.linalg.norm(middle - (left + right) / 2) > 2


def test_hard_photos_rotate_the_card_but_keep_it_legible() -> None:
    turns, outside = set(), 0
    for view in _views():
        corners = np.array(corners_in_photo(CARD_BOX, view.project))
        along = corners[1] - corners[0]
        assert np.linalg.norm(along) >= 560
        turns.add(round(np.degrees(np.arctan2(along[1], along[0])) / 90) % 4)
        outside += bool((corners < 0).any() or (corners > view.size).any())

    assert turns == {0, 1, 2, 3}
    assert 5 < outside < 60  # some are cut off by the frame


def test_the_camera_is_a_few_card_widths_away_and_tilted() -> None:
    views = _views()
    distances = [view.distance / view.width for view in views]
    tilts = np.degrees([np.arccos(view.rotation[2, 2]) for view in views])

    assert 1.1 < min(distances) < 1.5
    assert 3 < max(distances) < 3.9
    assert 3.9 < tilts.min() < 6
    assert 30 < tilts.max() < 33.1


def test_a_card_is_never_too_dark_to_read() -> None:
    darkest = []
    for seed, view in enumerate(_views(count=40)):
        rng, places = np.random.default_rng(seed), view.surface()
        light = random_light(places, rng).falling
        on_card = (np.abs(places.x) < view.width / 2) & (np.abs(places.y) < view.height / 2)
        darkest.append((light * random_exposure(view, places, light, rng)).mean(axis=2)[on_card].min())

    assert 0.0499 < min(darkest) < 0.1


@pytest.mark.parametrize(
    ("reflection", "light", "least", "most"),
    [
        (0.0, 0.5, 0.999, 1.001),
        (0.3, 0.5, 0.4, 0.7),  # the edge of a window
        (0.9, 0.5, 0.0, 0.3),
        (2.0, 0.5, 0.0, 0.001),  # saturated
        (0.3, 0.1, 0.0, 0.4),  # the same edge in low light
    ],
)
def test_a_reflection_leaves_part_of_the_contrast(reflection: float, light: float, least: float, most: float) -> None:
    left = contrast_left(np.full((2, 2), reflection, np.float32), np.full((2, 2), light, np.float32))

    assert ((left >= least) & (left <= most)).all()


@pytest.mark.slow
def test_some_cards_are_partly_hidden_and_none_wholly(plain_font: FontLoader) -> None:
    shares = []
    for seed in range(10):
        photo = _marked(seed, plain_font)
        columns, rows = np.floor(photo.project(_MARKS)).astype(int).T
        height, width = photo.hidden.shape
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        shares.append(float(photo.hidden[rows[inside], columns[inside]].mean()))

    assert min(shares) == 0
    assert 0 < max(shares) < 0.6
