"""Which fields a person could still read in a photo."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from specimens.photography.occlusion import OcclusionMask
from specimens.photography.perspective import Homography
from specimens.rendering.canvas import Box

_HIDDEN_POINT: Final = 0.65
"""Ink on a point is lost above this mask value: of 60 grey levels in poor light, 21 are left."""
_TOLERATED_SHARE: Final = 0.1
"""Share of a character that may be lost; no smaller part contains the one stroke that identifies it."""
_GRID: Final = 9
"""Sample points along each side of a character."""


def legible_fields(boxes: Mapping[str, Sequence[Box]], homography: Homography, mask: OcclusionMask) -> dict[str, bool]:
    """Return for every printed field whether all of its characters are visible.

    ``boxes`` are in card pixels; ``homography`` maps them to the photo. Anything outside the photo counts as mask.
    """
    return {name: all(_line_is_legible(line, homography, mask) for line in lines) for name, lines in boxes.items()}


def _line_is_legible(line: Box, homography: Homography, mask: OcclusionMask) -> bool:
    """Check a line in steps of half its height, the width of a digit, the narrowest character."""
    step = (line.bottom - line.top) / 2
    count = max(1, ceil((line.right - line.left) / step))
    lost = _hidden_points(line, count * _GRID, homography, mask).reshape(_GRID, count, _GRID)
    return bool((lost.mean(axis=(0, 2)) <= _TOLERATED_SHARE).all())


def _hidden_points(line: Box, columns: int, homography: Homography, mask: OcclusionMask) -> NDArray[np.bool_]:
    """Return, over a grid of points on the line, which points are mask."""
    height, width = mask.shape
    x, y = np.meshgrid(np.linspace(line.left, line.right, columns), np.linspace(line.top, line.bottom, _GRID))
    points = np.stack((x, y, np.ones_like(x)), axis=-1) @ homography.T
    right, down = np.rint(points[..., :2] / points[..., 2:]).astype(int).transpose(2, 0, 1)
    inside = (right >= 0) & (right < width) & (down >= 0) & (down < height)
    covered = mask[down.clip(0, height - 1), right.clip(0, width - 1)] > _HIDDEN_POINT
    return np.asarray(~inside | covered)
