"""The camera, the sheet and the light of the scene generator."""

import math
from random import Random

import numpy as np
import pytest

from specimens.independent.scene.camera import Sheet, look_at
from specimens.independent.scene.light import Lamp, Thumb, diffuse, mirror_image, shadow_of
from specimens.independent.scene.photograph import photograph
from specimens.photography.photo import Level

_WIDTH, _HEIGHT = 1370, 864
_LAMP = Lamp(centre=(0, 0, 1000), half_size=(50, 50), ambient=0.2, reflection=1, softness=0.1)


def _sheet(bend: float = 0.0) -> Sheet:
    return Sheet(width=85.6, height=54, pixels_per_mm=16, bend=bend)


@pytest.mark.parametrize(("bend", "distortion"), [(0.0, 0.0), (2.0, 0.0), (-1.0, 0.09), (1.5, -0.04)])
@pytest.mark.parametrize("roll", [0.0, 1.4, math.pi, -1.6])
def test_a_ray_through_a_projected_point_meets_that_point(bend: float, distortion: float, roll: float) -> None:
    sheet = _sheet(bend)
    camera = look_at((3, -4), distance=250, tilt=0.5, azimuth=1.1, roll=roll, focal=2200)
    object.__setattr__(camera, "distortion", distortion)
    points = sheet.points(np.array([[0, 0], [1370, 0], [700, 400], [100, 860]], np.float64))

    x, y = camera.project(points).astype(np.float32).T
    found, _ = camera.intersect(camera.rays(x, y), sheet)
    assert np.abs(found - points).max() < 0.02


def test_a_camera_above_shows_the_document_upright_and_of_the_given_size() -> None:
    camera = look_at((0, 0), distance=200, tilt=0.0, azimuth=0.0, roll=0.0, focal=2000)
    corners = camera.project(_sheet().points(np.array([[0, 0], [_WIDTH, 0], [0, _HEIGHT]], np.float64)))

    assert corners[1][0] - corners[0][0] == pytest.approx(856, rel=0.01)
    assert corners[2][1] - corners[0][1] == pytest.approx(540, rel=0.01)


def _flat(*places: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    points = np.array([(x, y, 0) for x, y in places], np.float32)
    return points, np.tile(np.array([0, 0, 1], np.float32), (len(places), 1))


def test_light_falls_off_and_mirror_images_are_where_the_angles_agree() -> None:
    points, normals = _flat((0, 0), (900, 0))
    near, far = diffuse(points, normals, _LAMP)
    assert near == pytest.approx(1)
    assert 0.2 < far < 0.7

    straight_down = np.tile(np.array([0, 0, -1], np.float32), (2, 1))
    shining, dull = mirror_image(points, normals, straight_down, _LAMP)
    assert shining > 0.8
    assert dull < 0.01


def test_a_thumb_throws_a_shadow_below_itself_only() -> None:
    thumb = Thumb(centre=np.array([0.0, 0.0, 8.5]), axes=(30, 9, 8), direction=(1, 0))
    points, _ = _flat((0, 0), (0, 60))

    below, beside = shadow_of(thumb, points, _LAMP)
    assert below < 0.3
    assert beside > 0.95


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(3))
def test_a_documents_mark_is_where_the_photo_shows_it(level: Level, seed: int) -> None:
    image = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    image[200:400, 300:700] = (0, 0, 255)
    shot = photograph(Random(seed), image, level, width=85.6, is_card=True)

    x, y = np.mean(shot.quad([(300, 200, 700, 400)]), axis=0).round().astype(int)
    if 0 <= x < shot.pixels.shape[1] and 0 <= y < shot.pixels.shape[0] and not shot.hidden[y, x]:
        blue, _, red = (int(value) for value in shot.pixels[y, x])
        assert red > blue + 15
    assert level is Level.HARD or not shot.hidden.any()


def test_the_same_seed_gives_the_same_photograph() -> None:
    image = np.full((_HEIGHT, _WIDTH, 3), 200, np.uint8)
    first, second = (photograph(Random(4), image, Level.HARD, width=85.6, is_card=True).jpeg() for _ in range(2))

    assert first == second


@pytest.mark.parametrize("seed", range(8))
def test_text_below_a_mirrored_window_or_a_thumb_is_hidden(seed: int) -> None:
    """Where nothing of the document's stripes is left, the photograph must say so."""
    image = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    image[:, ::2] = 255
    image[np.arange(_HEIGHT) // 24 % 2 == 0] = 10
    shot = photograph(Random(seed), image, Level.HARD, width=85.6, is_card=True)

    grid = np.stack(np.meshgrid(np.linspace(60, _WIDTH - 60, 40), np.arange(36, _HEIGHT - 60, 48.0)), axis=-1)
    dark, light = (np.round(shot.project(grid.reshape(-1, 2) + np.array([0, shift]))).astype(int) for shift in (-24, 0))
    limit = np.array(shot.pixels.shape[1::-1])
    inside = ((np.minimum(dark, light) >= 0) & (np.maximum(dark, light) < limit)).all(axis=1)
    dark, light = dark[inside], light[inside]
    seen = ~(shot.hidden[dark[:, 1], dark[:, 0]] | shot.hidden[light[:, 1], light[:, 0]])
    contrast = shot.pixels[light[:, 1], light[:, 0]].mean(1) - shot.pixels[dark[:, 1], dark[:, 0]].mean(1)
    assert (contrast[seen] > 12).mean() > 0.97
