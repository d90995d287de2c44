"""Segments the detected text by the object it is printed on: the card, a paper beside it, a card below it.

It does not look for outlines: a card's edge is often hidden, faint or invisible against the table. Two text regions
belong to one segment if they are parallel and the background between them has no step in brightness.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.brightness import colour_percentiles, log_brightness
from recognizer.reading.ocr.engine import Pixels, Quad, crop

type Grid = NDArray[Any]
_BACKGROUND_SIDE: Final = 480
"""Longest side in pixels of the background image: small enough that paper patterns and noise disappear."""
_STEP_DISTANCE: Final = 4
"""Steps are measured between points this many background pixels apart: soft shadows are about as wide."""
_EDGE_STEP: Final = 0.2
"""A step of log brightness, in any colour, that the shades and bands within one card hardly ever reach."""
_REACH_ALONG: Final = 10.0
_REACH_ACROSS: Final = 5.0
"""Neighbours are at most this many text heights apart, along the line and across it."""
_CLOSER: Final = 2.0
"""How many times as far apart they may be in a crop around a card: a back with little print has a wide gap."""
_MAX_DEGREES: Final = 8
_MAX_SINE: Final = float(np.sin(np.radians(_MAX_DEGREES)))
_LINE_RATIO: Final = 2.2
"""A region at least this many times as long as high shows the direction of its text."""
_LONG_LINE_RATIO: Final = 4.0
"""From this ratio on, its direction is certain."""
_MIN_PARALLEL: Final = 2
"""So many long lines in each of two directions are not on one card."""
_MAX_HEIGHT_RATIO: Final = 3.5
"""Text heights on one card differ at most by this factor."""


class Segmentation:
    """The background of an image, with the text painted over in the colour of its paper, and the text regions on it."""

    def __init__(self, image: Pixels, quads: list[Quad]) -> None:
        scale = min(1.0, _BACKGROUND_SIDE / max(image.shape[:2]))
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        small = cv2.medianBlur(cv2.resize(_halved(image), size, interpolation=cv2.INTER_AREA), 3)
        self._colours = log_brightness(cv2.GaussianBlur(small, (3, 3), 0))
        self._regions = [_TextRegion(quad * scale) for quad in quads]
        for region in self._regions:
            paper = colour_percentiles(crop(small, region.corners, interpolation=cv2.INTER_LINEAR), 85)
            cv2.fillConvexPoly(self._colours, np.round(region.corners).astype(np.int32), log_brightness(paper).tolist())

    def segments(self, *, split_at_edges: bool = True) -> list[list[int]]:
        """Return the indices of the quadrilaterals of each segment.

        ``split_at_edges=False`` ignores brightness steps and joins text that is farther apart.
        Short regions, whose direction is unknown, join the nearest segment.
        """
        long = [index for index, region in enumerate(self._regions) if region.has_direction]
        parent = {index: index for index in long}

        def root(index: int) -> int:
            while parent[index] != index:
                index = parent[index]
            return index

        for position, one in enumerate(long):
            for other in long[position + 1 :]:
                if root(one) != root(other) and self._is_same_segment(one, other, split_at_edges=split_at_edges):
                    parent[root(one)] = root(other)
        members: dict[int, list[int]] = {}
        for index in range(len(self._regions)):
            nearest = index if index in parent else self._nearest(index, long, split_at_edges=split_at_edges)
            members.setdefault(-1 if nearest is None else root(nearest), []).append(index)
        return [part for segment in members.values() for part in self._parallel_parts(segment)]

    def _parallel_parts(self, segment: list[int]) -> list[list[int]]:
        """Return the parts of a segment with different directions, or all of it.

        A short region may seem to have another direction than its text, and so connect a card with a paper beside it.
        """
        lines = sorted((index for index in segment if self._regions[index].is_long_line), key=self._degrees)
        if len(lines) < 2 * _MIN_PARALLEL:
            return [segment]
        degrees = [self._degrees(line) for line in lines]
        turns = np.diff([*degrees, degrees[0] + 180])
        widest = int(turns.argmax()) + 1  # 179 and 1 degrees are close, so the order begins after the widest turn
        lines, turns = lines[widest:] + lines[:widest], np.roll(turns, -widest)
        ends = range(_MIN_PARALLEL, len(lines) - _MIN_PARALLEL + 1)
        first = max(ends, key=lambda end: turns[end - 1])
        if turns[first - 1] < _MAX_DEGREES:
            return [segment]
        parts: tuple[list[int], list[int]] = [], []
        for index in segment:
            line = index if index in lines else min(lines, key=partial(self._distance, index))
            parts[lines.index(line) >= first].append(index)
        return [smaller for part in parts for smaller in self._parallel_parts(part)]

    def _degrees(self, index: int) -> float:
        """Return the direction of a region's text, from 0 to 180 degrees."""
        x, y = self._regions[index].direction
        return float(np.degrees(np.arctan2(y, x))) % 180

    def _is_same_segment(self, one: int, other: int, *, split_at_edges: bool) -> bool:
        first, second = self._regions[one], self._regions[other]
        return _may_be_same_segment(first, second, reach=1.0 if split_at_edges else _CLOSER) and (
            not split_at_edges or any(step < _EDGE_STEP for step in self._largest_steps(first, second))
        )

    def _nearest(self, index: int, others: list[int], *, split_at_edges: bool) -> int | None:
        near = [other for other in others if self._is_same_segment(index, other, split_at_edges=split_at_edges)]
        return min(near, key=partial(self._distance, index), default=None)

    def _distance(self, index: int, other: int) -> float:
        return max(_gaps(self._regions[other], self._regions[index]))

    def _largest_steps(self, first: "_TextRegion", second: "_TextRegion") -> Iterator[float]:
        """Yield the largest step on each of a few paths between two regions."""
        for start, end in _paths(first, second):
            length = max(2, int(np.linalg.norm(end - start)) + 1)
            points = np.round(np.linspace(start, end, length)).astype(int)
            height, width = self._colours.shape[:2]
            line = self._colours[np.clip(points[:, 1], 0, height - 1), np.clip(points[:, 0], 0, width - 1)]
            distance = min(_STEP_DISTANCE, length - 1)
            yield float(np.abs(line[distance:] - line[:-distance]).max())


def _halved(image: Pixels) -> Pixels:
    """Return an image halved until it is less than twice as large as needed: other factors take twice the time."""
    while max(image.shape[:2]) >= 2 * _BACKGROUND_SIDE and min(image.shape[:2]) > 1:
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        image = cv2.resize(image[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
    return image


class _TextRegion:
    """A text region in background pixels."""

    def __init__(self, quad: Quad) -> None:
        along, down = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
        if np.linalg.norm(down) > np.linalg.norm(along):
            along, down = down, along
        self.corners = quad
        self.middle = quad.mean(axis=0)
        self.length, self.height = float(np.linalg.norm(along)), max(1.0, float(np.linalg.norm(down)))
        self.direction = along / max(1e-6, self.length)
        self.across = np.array([-self.direction[1], self.direction[0]])

    @property
    def has_direction(self) -> bool:
        return self.length > _LINE_RATIO * self.height

    @property
    def is_long_line(self) -> bool:
        return self.length > _LONG_LINE_RATIO * self.height


def _may_be_same_segment(first: _TextRegion, second: _TextRegion, *, reach: float) -> bool:
    """Tell whether two regions are close, similar in height and, if both have a direction, parallel."""
    if max(first.height, second.height) > _MAX_HEIGHT_RATIO * min(first.height, second.height):
        return False
    if first.has_direction and second.has_direction and abs(float(first.across @ second.direction)) > _MAX_SINE:
        return False
    longer, shorter = _by_length(first, second)
    along, across = _gaps(longer, shorter)
    height = (first.height + second.height) / 2
    return along < reach * _REACH_ALONG * height and across < reach * _REACH_ACROSS * height


def _by_length(first: _TextRegion, second: _TextRegion) -> tuple[_TextRegion, _TextRegion]:
    return (first, second) if first.length > second.length else (second, first)


def _gaps(region: _TextRegion, other: _TextRegion) -> tuple[float, float]:
    """Return the gaps to another region, along this one's text and across it; negative if they overlap."""
    offset = other.corners - region.middle
    along, across = offset @ region.direction, offset @ region.across
    return (
        max(float(along.min()), -float(along.max())) - region.length / 2,
        max(float(across.min()), -float(across.max())) - region.height / 2,
    )


def _paths(first: _TextRegion, second: _TextRegion) -> Iterator[tuple[Grid, Grid]]:
    """Yield the start and end of straight paths between two regions: across if they overlap, else along the text."""
    longer, shorter = _by_length(first, second)
    ends = (shorter.corners - longer.middle) @ longer.direction
    least, most = max(-longer.length / 2, float(ends.min())), min(longer.length / 2, float(ends.max()))
    offset = shorter.middle - longer.middle
    if most > least:
        for part in (0.15, 0.5, 0.85):
            start = longer.middle + longer.direction * (least + part * (most - least))
            yield start, start + longer.across * float(offset @ longer.across)
        return
    side = longer.direction if offset @ longer.direction > 0 else -longer.direction
    start = longer.middle + side * max(0.0, longer.length / 2 - longer.height)
    end = shorter.middle - side * max(0.0, abs(float(np.ptp(ends))) / 2 - shorter.height)
    for shift in (-0.3, 0.0, 0.3):
        yield start + longer.across * shift * longer.height, end + longer.across * shift * shorter.height
