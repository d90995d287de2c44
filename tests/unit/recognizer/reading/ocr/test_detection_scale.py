"""In how many pixels the text of a photo is detected."""

import numpy as np
import pytest

from recognizer.reading.ocr.engine import detection_scale


@pytest.mark.parametrize(
    ("height", "width", "scale"),
    [(480, 640, 1.0), (960, 1280, 0.5), (1280, 800, 0.5), (1280, 320, pytest.approx(0.79, abs=0.01)), (64, 600, 1.0)],
)
def test_a_long_photo_is_detected_in_as_many_pixels_as_others(height: int, width: int, scale: float) -> None:
    assert detection_scale(np.empty((height, width, 3), np.uint8), 640) == scale
