"""A photograph of a document: where each point of the document came to lie, and what nobody can see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from specimens.independent.browser import Box, Image

type Points = NDArray[np.float64]
"""N × 2: x and y in pixels."""
type Quad = tuple[tuple[float, float], ...]
"""Upper left, upper right, lower right and lower left corner, as seen on the document."""

HIDDEN_SHARE: Final = 0.1
"""A character is illegible if this part of it is hidden, as in ``specimens.photography``."""
_TRIM: Final = (0.06, 0.18)
"""Share of a character's box that is empty at each side, horizontally and vertically: line spacing."""
_SAMPLES: Final = 6


@dataclass(frozen=True, slots=True)
class Shot:
    """A photograph."""

    pixels: Image
    quality: int
    """Of the JPEG, 0 to 100."""
    project: Callable[[Points], Points]
    """From pixels of the document's rendering to pixels of the photograph."""
    hidden: NDArray[np.bool_]
    """Pixels that show nothing of the document: glare, fingers, other objects."""

    def jpeg(self) -> bytes:
        """Return the photograph as a JPEG file."""
        _, encoded = cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return bytes(encoded)

    def quad(self, boxes: Sequence[Box]) -> Quad:
        """Return the corners of the smallest upright rectangle of the document that contains all boxes."""
        box = np.asarray(boxes)
        left, top, right, bottom = *box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)
        corners = self.project(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64))
        return tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)

    def illegible(self, fields: Mapping[str, Sequence[Box]]) -> set[str]:
        """Return the fields with at least one illegible character."""
        return {name for name, boxes in fields.items() if any(self._is_hidden(box) for box in boxes)}

    def _is_hidden(self, box: Box) -> bool:
        left, top, right, bottom = box
        x_trim, y_trim = (right - left) * _TRIM[0], (bottom - top) * _TRIM[1]
        grid = np.meshgrid(
            np.linspace(left + x_trim, right - x_trim, _SAMPLES), np.linspace(top + y_trim, bottom - y_trim, _SAMPLES)
        )
        points = np.round(self.project(np.stack(grid, axis=-1).reshape(-1, 2).astype(np.float64))).astype(int)
        height, width = self.hidden.shape
        inside = (points >= 0).all(axis=1) & (points < (width, height)).all(axis=1)
        seen = inside.copy()
        seen[inside] = ~self.hidden[points[inside, 1], points[inside, 0]]
        return bool(1 - seen.mean() >= HIDDEN_SHARE)
