"""Which fields of a photographed card a person could still read."""

from collections.abc import Mapping as NameMapping
from collections.abc import Sequence
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from specimens.obstruction import Hidden
from specimens.perspective import Mapping
from specimens.sheet import Place

_TOO_MUCH: Final = 0.65
"""How much of a point has to be hidden for ink on it to be lost: of 60 grey levels in poor light, 21 are left."""
_SHARE: Final = 0.1
"""Share of a character's area which must not be lost: a smaller part is never the one stroke that decides."""
_GRID: Final = 9
"""Points looked at along each side of a character."""


def legible_fields(places: NameMapping[str, Sequence[Place]], mapping: Mapping, hidden: Hidden) -> dict[str, bool]:
    """Tell of every field printed on the card whether all of its characters can be seen.

    ``places`` are on the card, ``mapping`` takes them to the photograph; what falls outside is cut off. A field in
    several lines is legible if all of them are.
    """
    return {name: all(_line_is_legible(line, mapping, hidden) for line in lines) for name, lines in places.items()}


def _line_is_legible(line: Place, mapping: Mapping, hidden: Hidden) -> bool:
    """Walk along a line by half its height: the smallest character, a digit, is as wide."""
    step = (line.bottom - line.top) / 2
    count = max(1, ceil((line.right - line.left) / step))
    lost = _lost(line, count * _GRID, mapping, hidden).reshape(_GRID, count, _GRID)
    return bool((lost.mean(axis=(0, 2)) <= _SHARE).all())


def _lost(line: Place, columns: int, mapping: Mapping, hidden: Hidden) -> NDArray[np.bool_]:
    """Return, over a grid of points on the line, where nothing can be seen."""
    height, width = hidden.shape
    x, y = np.meshgrid(np.linspace(line.left, line.right, columns), np.linspace(line.top, line.bottom, _GRID))
    points = np.stack((x, y, np.ones_like(x)), axis=-1) @ mapping.T
    right, down = np.rint(points[..., :2] / points[..., 2:]).astype(int).transpose(2, 0, 1)
    inside = (right >= 0) & (right < width) & (down >= 0) & (down < height)
    covered = hidden[down.clip(0, height - 1), right.clip(0, width - 1)] > _TOO_MUCH
    return np.asarray(~inside | covered)
