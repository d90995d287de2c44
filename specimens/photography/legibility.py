"""Which fields a person could still read in a photo."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from specimens.photography.perspective import Projection
from specimens.photography.scene import Hidden
from specimens.rendering.canvas import Box

_TOLERATED_SHARE: Final = 0.1
"""Share of a character that may be lost; no smaller part contains the one stroke that identifies it."""
_GRID: Final = 9
"""Sample points along each side of a character."""


def legible_fields(boxes: Mapping[str, Sequence[Box]], project: Projection, hidden: Hidden) -> dict[str, bool]:
    """Return for every printed field whether all of its characters are visible.

    ``boxes`` are in card pixels, which ``project`` maps to the photo. What is outside the photo is hidden, too.
    """
    return {name: all(_line_is_legible(line, project, hidden) for line in lines) for name, lines in boxes.items()}


def _line_is_legible(line: Box, project: Projection, hidden: Hidden) -> bool:
    """Check a line in steps of half its height, the width of a digit, the narrowest character."""
    step = (line.bottom - line.top) / 2
    count = max(1, ceil((line.right - line.left) / step))
    lost = _hidden_points(line, count * _GRID, project, hidden).reshape(_GRID, count, _GRID)
    return bool((lost.mean(axis=(0, 2)) <= _TOLERATED_SHARE).all())


def _hidden_points(line: Box, columns: int, project: Projection, hidden: Hidden) -> NDArray[np.bool_]:
    """Return, over a grid of points on the line, which points are hidden."""
    height, width = hidden.shape
    grid = np.meshgrid(np.linspace(line.left, line.right, columns), np.linspace(line.top, line.bottom, _GRID))
    right, down = np.floor(project(np.stack(grid, axis=-1).reshape(-1, 2))).astype(int).T
    inside = (right >= 0) & (right < width) & (down >= 0) & (down < height)
    return np.asarray(~inside | hidden[down.clip(0, height - 1), right.clip(0, width - 1)])
