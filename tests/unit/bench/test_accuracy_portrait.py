import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.accuracy_portrait import Portraits, fitting, picture_cover, place_cover

SIZE = (120, 160)
"""Width and height of the pictures that are cut out."""
TRUE = np.array(((210, 150), (330, 160), (320, 320), (200, 310)), np.float32)


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """Return a photograph full of details: blots of every size and grey."""
    chance = np.random.default_rng(1)
    pixels = np.full((480, 640), 128, np.uint8)
    for x, y, size, grey in zip(
        chance.integers(0, 640, 900),
        chance.integers(0, 480, 900),
        chance.integers(2, 18, 900),
        chance.integers(0, 256, 900),
        strict=True,
    ):
        cv2.circle(pixels, (int(x), int(y)), int(size), int(grey), -1)
    return pixels


def cut(photo: NDArray[np.uint8], corners: NDArray[np.float32]) -> str:
    width, height = SIZE
    target = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    picture = cv2.warpPerspective(photo, cv2.getPerspectiveTransform(corners, target), SIZE)
    return base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode()


def file_of(photo: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", photo)[1].tobytes()


def test_a_picture_of_the_whole_portrait_covers_it(photo: NDArray[np.uint8]) -> None:
    assert picture_cover(TRUE, file_of(photo), cut(photo, TRUE)) == pytest.approx(1, abs=0.02)


def test_a_picture_beside_the_portrait_covers_what_both_have(photo: NDArray[np.uint8]) -> None:
    """A third of the width to the right: two thirds in common, four thirds together."""
    beside = TRUE + (TRUE[1] - TRUE[0]) / 3

    assert picture_cover(TRUE, file_of(photo), cut(photo, beside)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_that_does_not_stand_upright_is_none(turns: int, photo: NDArray[np.uint8]) -> None:
    assert picture_cover(TRUE, file_of(photo), cut(photo, np.roll(TRUE, turns, axis=0))) == 0


def test_a_picture_of_something_else_is_none(photo: NDArray[np.uint8]) -> None:
    assert picture_cover(TRUE, file_of(photo), cut(photo[::-1], TRUE)) == 0
    assert picture_cover(TRUE, file_of(photo), cut(np.full_like(photo, 128), TRUE)) == 0


@pytest.mark.parametrize(
    ("place", "cover"),
    [
        ({"X": 200, "Y": 150, "Width": 130, "Height": 170}, 1),
        ({"X": 200, "Y": 150, "Width": 65, "Height": 170}, 0.5),
        ({"X": 265, "Y": 150, "Width": 130, "Height": 170}, 1 / 3),
        ({"X": 400, "Y": 150, "Width": 130, "Height": 170}, 0),
        ({"X": 0, "Y": 0, "Width": 0, "Height": 0}, 0),
    ],
)
def test_a_place_is_measured_against_the_upright_rectangle_around_the_portrait(
    place: dict[str, float], cover: float
) -> None:
    assert place_cover(TRUE, place) == pytest.approx(cover, abs=0.001)


def test_a_portrait_that_is_not_answered_counts_as_not_covered(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    portraits = Portraits()
    path = tmp_path / "photo.png"
    path.write_bytes(file_of(photo))
    place = {"X": 200, "Y": 150, "Width": 130, "Height": 170}
    residence: dict[str, Any] = {"kind": "residence-permit", "portrait_corners": TRUE.tolist()}
    travel = {"kind": "mainland-permit", "portrait_corners": TRUE.tolist()}
    jpeg = cut(photo, TRUE)

    portraits.add(residence, path, {"PortraitImageInfo": {"PortraitImage": jpeg, "ImageCoordinates": place}})
    portraits.add(residence, path, {"PortraitImageInfo": None})
    portraits.add(travel, path, {"Profile": jpeg})
    portraits.add(travel, path, {"Profile": ""})
    portraits.add(travel, path, {})
    assert (portraits.shown, portraits.answered) == (5, 2)
    assert portraits.pictures == pytest.approx([1, 0, 1, 0, 0], abs=0.02)
    assert portraits.places == pytest.approx([1, 0], abs=0.02)
    assert (fitting(portraits.pictures), fitting(portraits.places)) == (0.4, 0.5)
