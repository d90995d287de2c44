"""Boxes around the text that the detection model found: the post-processing of differentiable binarization.

The model marks the core of each line. A core's smallest rectangle, enlarged by a distance that depends on its shape, is
the line's box (Liao et al., 2020, section 3.3).
"""

from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

type Map = NDArray[Any]
_THRESHOLD: Final = 0.3
"""Probability from which on a pixel is text."""
_MIN_SCORE: Final = 0.5
"""Minimum mean probability within a core's rectangle."""
_ENLARGEMENT: Final = 1.6
"""The distance is this ratio times area by perimeter."""
_MIN_CORE: Final = 3
"""Minimum height of a core in pixels."""
_MAX_CORES: Final = 1000
"""More than any page has; bounds the time for noise."""
_CLOSING: Final = np.ones((2, 2), np.uint8)


def text_boxes(probability: Map) -> Iterator[NDArray[np.float32]]:
    """Yield the corners (x, y) of each line's box in pixels of the map, clipped to it, in clockwise order."""
    cores = cv2.dilate((probability > _THRESHOLD).astype(np.uint8), _CLOSING)
    contours, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    height, width = probability.shape
    for contour in contours[:_MAX_CORES]:
        middle, (along, across), angle = cv2.minAreaRect(contour)
        if min(along, across) < _MIN_CORE:
            continue
        if _mean_within(probability, cv2.boxPoints((middle, (along, across), angle))) < _MIN_SCORE:
            continue
        distance = _ENLARGEMENT * along * across / (2 * (along + across))
        box = cv2.boxPoints((middle, (along + 2 * distance, across + 2 * distance), angle))
        yield np.clip(box, 0, (width - 1, height - 1)).astype(np.float32)


def _mean_within(probability: Map, corners: Map) -> float:
    """Return the mean probability within a quadrilateral."""
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = probability[top:bottom, left:right]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(mask, (corners - (left, top)).astype(np.int32), 1)
    return float(cv2.mean(part, mask)[0])
