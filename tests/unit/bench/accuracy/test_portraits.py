import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.accuracy.portraits import Portraits, picture_iou, rectangle_iou, share_of_good

SIZE = (120, 160)
"""Width and height of the cut-out pictures."""
TRUE = np.array(((210, 150), (330, 160), (320, 320), (200, 310)), np.float32)


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    """Return a photo full of details: circles of all sizes and grey levels."""
    generator = np.random.default_rng(1)
    pixels = np.full((480, 640), 128, np.uint8)
    for x, y, size, grey in zip(
        generator.integers(0, 640, 900),
        generator.integers(0, 480, 900),
        generator.integers(2, 18, 900),
        generator.integers(0, 256, 900),
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


def test_a_picture_of_the_whole_portrait_has_an_iou_of_one(photo: NDArray[np.uint8]) -> None:
    assert picture_iou(TRUE, file_of(photo), cut(photo, TRUE)) == pytest.approx(1, abs=0.02)


def test_a_shifted_picture_has_the_iou_of_the_overlap(photo: NDArray[np.uint8]) -> None:
    """Shifted by a third of the width: intersection two thirds, union four thirds."""
    shifted = TRUE + (TRUE[1] - TRUE[0]) / 3

    assert picture_iou(TRUE, file_of(photo), cut(photo, shifted)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_that_is_not_upright_has_an_iou_of_zero(turns: int, photo: NDArray[np.uint8]) -> None:
    assert picture_iou(TRUE, file_of(photo), cut(photo, np.roll(TRUE, turns, axis=0))) == 0


def test_a_picture_of_something_else_has_an_iou_of_zero(photo: NDArray[np.uint8]) -> None:
    assert picture_iou(TRUE, file_of(photo), cut(photo[::-1], TRUE)) == 0
    assert picture_iou(TRUE, file_of(photo), cut(np.full_like(photo, 128), TRUE)) == 0


@pytest.mark.parametrize(
    ("rectangle", "iou"),
    [
        ({"X": 200, "Y": 150, "Width": 130, "Height": 170}, 1),
        ({"X": 200, "Y": 150, "Width": 65, "Height": 170}, 0.5),
        ({"X": 265, "Y": 150, "Width": 130, "Height": 170}, 1 / 3),
        ({"X": 400, "Y": 150, "Width": 130, "Height": 170}, 0),
        ({"X": 0, "Y": 0, "Width": 0, "Height": 0}, 0),
    ],
)
def test_coordinates_are_compared_with_the_upright_bounding_box(rectangle: dict[str, float], iou: float) -> None:
    assert rectangle_iou(TRUE, rectangle) == pytest.approx(iou, abs=0.001)


def test_a_missing_portrait_has_an_iou_of_zero(photo: NDArray[np.uint8], tmp_path: Path) -> None:
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
    assert portraits.coordinates == pytest.approx([1, 0], abs=0.02)
    assert (share_of_good(portraits.pictures), share_of_good(portraits.coordinates)) == (0.4, 0.5)
