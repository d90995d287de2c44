"""Straight edges in a flat image: how strong the edge is along any nearly upright or nearly level line."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import in_any_colour
from recognizer.reading.ocr.brightness import log_brightness
from recognizer.reading.ocr.engine import Pixels

type Numbers = NDArray[Any]
_FULL_STEP: Final = (0.04, 0.16)
"""The step of log brightness, in any colour, of a full edge: three times the usual step, but within these bounds."""
_USUAL_STEPS: Final = 3.0
_REACH: Final = 2
"""Pixels on either side of an edge that are compared."""
_RIDGE: Final = 9
"""Only the strongest place within this many pixels across an edge counts fully, so that lines fit exactly."""
_MIN_EDGE: Final = 0.15
"""Lines with less edge along the text are no candidates."""
_APART: Final = 4
"""Candidates are more than this many pixels apart."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in one direction, each by its ``offset`` across that direction at ``centre``, and the index of its slope.

    ``sums[slope, position, offset]`` is the edge along the line up to a position.
    """

    sums: Numbers
    slopes: Numbers
    centre: float

    def candidates(self, along: tuple[float, float], across: tuple[float, float], count: int) -> Numbers:
        """Return rows of offset and slope index: the best lines for a part ``along`` and offsets ``across``."""
        positions, offsets = self.sums.shape[1] - 1, self.sums.shape[2]
        start, end = max(0, int(along[0])), min(positions, int(along[1]) + 1)
        first, last = max(0, int(across[0])), min(offsets, int(across[1]) + 1)
        found: list[tuple[int, int]] = []
        if start < end and first < last:
            edge = (self.sums[:, end, first:last] - self.sums[:, start, first:last]) / (end - start)
            best, slope = edge.max(axis=0), edge.argmax(axis=0)
            while len(found) < count and best[at := int(best.argmax())] > _MIN_EDGE:
                found.append((first + at, int(slope[at])))
                best[max(0, at - _APART) : at + _APART + 1] = 0
        return np.array(found, np.int64).reshape(-1, 2)

    def edge_along(self, offset: Numbers, slope: Numbers, start: Numbers, end: Numbers) -> Numbers:
        """Return the mean edge along parts of lines, 0 to 1; there is none outside the image."""
        positions, offsets = self.sums.shape[1] - 1, self.sums.shape[2]
        column = np.clip(offset + 0.5, 0, offsets - 1).astype(np.int64)
        first, last = (np.clip(at + 0.5, 0, positions).astype(np.int64) for at in (start, end))
        total = self.sums[slope, last, column] - self.sums[slope, first, column]
        is_inside = (offset > -1) & (offset < offsets)
        return np.asarray(is_inside * total / np.maximum(1, end - start))


def edge_strengths(flat: Pixels) -> tuple[Numbers, Numbers]:
    """Return the strength of upright edges, 0 to 1, and of level edges in the transposed image."""
    colours = cv2.GaussianBlur(log_brightness(flat), (0, 0), 0.8)
    return _upright_edges(colours), _upright_edges(np.ascontiguousarray(colours.transpose(1, 0, 2)))


def _upright_edges(colours: Numbers) -> Numbers:
    means = cv2.blur(colours, (1, 3))
    step = np.zeros(means.shape[:2], np.float32)
    step[:, _REACH:-_REACH] = in_any_colour(means[:, 2 * _REACH :] - means[:, : -2 * _REACH])
    full = float(np.clip(_USUAL_STEPS * np.median(step[::2, ::2]), *_FULL_STEP))
    ridge = cv2.dilate(step, np.ones((1, _RIDGE), np.uint8))
    return np.asarray(np.minimum(step / full, 1) * (step / np.maximum(ridge, 1e-6)) ** 2)


def upright_lines(strength: Numbers, slopes: Numbers, centre: float) -> Lines:
    """Return the lines through an image from top to bottom. A slope is pixels to the right per pixel down."""
    rows, columns = strength.shape
    sheared = np.empty((len(slopes), rows, columns), np.float32)
    for image, slope in zip(sheared, slopes, strict=True):
        shear = np.array([[1, slope, -slope * centre], [0, 1, 0]], np.float32)
        cv2.warpAffine(strength, shear, (columns, rows), dst=image, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    sums = np.zeros((len(slopes), rows + 1, columns), np.float32)
    for row in range(rows):  # faster than cumsum, which does not use vector instructions across rows
        np.add(sums[:, row], sheared[:, row], out=sums[:, row + 1])
    return Lines(sums, slopes, centre)
