"""Boxes around detected text, from maps as the detection model returns them."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.reading.ocr.text_boxes import text_boxes


def probability_map(*cores: tuple[float, float, float, float, float], value: float = 0.9) -> NDArray[np.float32]:
    """Return a map of 300 by 200 pixels with rectangles: middle x and y, width, height and angle in degrees."""
    drawn = np.zeros((200, 300), np.float32)
    for x, y, width, height, angle in cores:
        corners = cv2.boxPoints(((x, y), (width, height), angle))
        cv2.fillConvexPoly(drawn, np.round(corners).astype(np.int32), value)
    return drawn


@pytest.mark.parametrize("angle", [0, 10, -30, 90])
def test_a_box_surrounds_its_core_on_all_sides(angle: float) -> None:
    (box,) = text_boxes(probability_map((150, 100, 120, 10, angle)))
    middle, sides, _ = cv2.minAreaRect(box)
    distance = 1.6 * 120 * 10 / 260
    assert middle == pytest.approx((150, 100), abs=2)
    assert sorted(sides) == pytest.approx([10 + 2 * distance, 120 + 2 * distance], abs=6)


def test_each_core_has_a_box() -> None:
    assert len(list(text_boxes(probability_map((100, 50, 80, 10, 0), (100, 100, 80, 10, 0))))) == 2


def test_a_box_is_clipped_to_the_map() -> None:
    (box,) = text_boxes(probability_map((20, 5, 60, 12, 0)))
    assert box.min() == 0
    assert box.dtype == np.float32


@pytest.mark.parametrize("value", [0.2, 0.4])
def test_improbable_text_has_no_box(value: float) -> None:
    assert not list(text_boxes(probability_map((150, 100, 120, 10, 0), value=value)))


def test_a_speck_has_no_box() -> None:
    assert not list(text_boxes(probability_map((150, 100, 1, 1, 0))))
