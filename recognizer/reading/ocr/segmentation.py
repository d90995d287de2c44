"""Which places of text are printed on one sheet: a card, the paper beside it, the card under it.

No outline is looked for: a card's edge is often hidden, faint or lost against the table. Two places of text lie on one
sheet if they run the same way and the ground between them shows no step.
"""

from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.engine import Pixels, Quad, cut

type Grid = NDArray[Any]
_GROUND_SIDE: Final = 480
"""Longest side in pixels at which the ground between the text is looked at: paper patterns and noise are gone there."""
_DARK: Final = 12
"""Added to brightness before its logarithm is taken, so that noise in the dark makes no steps."""
_APART: Final = 4
"""A step is looked for between points so many pixels of the ground apart: soft shadows are as wide."""
_OTHER_SHEET: Final = 0.2
"""A step of the logarithm of brightness, in any colour, that a sheet's own shades and bands hardly ever reach."""
_REACH_ALONG: Final = 10.0
_REACH_ACROSS: Final = 5.0
"""Neighbours are at most so many text heights apart along the line and across it."""
_SAME_WAY: Final = float(np.sin(np.radians(8)))
_ELONGATED: Final = 2.2
"""A place so many times as long as high shows which way its text runs."""
_ALIKE: Final = 3.5
"""Heights of text on one card differ at most by this factor."""


class Segmentation:
    """An image as the ground on which text stands: the colour of the paper everywhere, strokes left out."""

    def __init__(self, image: Pixels, places: list[Quad]) -> None:
        scale = min(1.0, _GROUND_SIDE / max(image.shape[:2]))
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        small = cv2.medianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), 3)
        self._colours = np.log(cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32) + _DARK)
        self._boxes = [_Box(quad * scale) for quad in places]
        for box in self._boxes:
            paper = np.percentile(cut(small, box.corners).reshape(-1, 3), 85, axis=0)
            cv2.fillConvexPoly(self._colours, np.round(box.corners).astype(np.int32), np.log(paper + _DARK).tolist())

    def segments(self, *, apart: bool = True) -> list[list[int]]:
        """Return the places, by their index, sheet by sheet; without ``apart`` whatever edges lie between them.

        Short ones, of which the way they run cannot be told, join the sheet they lie nearest to.
        """
        long = [index for index, box in enumerate(self._boxes) if box.shows_way]
        sheet_of = {index: index for index in long}

        def root(index: int) -> int:
            while sheet_of[index] != index:
                index = sheet_of[index]
            return index

        for place, one in enumerate(long):
            for other in long[place + 1 :]:
                if root(one) != root(other) and self._is_one_sheet(one, other, apart=apart):
                    sheet_of[root(one)] = root(other)
        members: dict[int, list[int]] = {}
        for index in range(len(self._boxes)):
            home = index if index in sheet_of else self._nearest(index, long, apart=apart)
            members.setdefault(-1 if home is None else root(home), []).append(index)
        return list(members.values())

    def _is_one_sheet(self, one: int, other: int, *, apart: bool) -> bool:
        first, second = self._boxes[one], self._boxes[other]
        return _may_be_one(first, second) and (not apart or min(self._steps(first, second)) < _OTHER_SHEET)

    def _nearest(self, index: int, others: list[int], *, apart: bool) -> int | None:
        near = [other for other in others if self._is_one_sheet(index, other, apart=apart)]
        box = self._boxes[index]
        return min(near, key=lambda other: max(_gaps(self._boxes[other], box)), default=None)

    def _steps(self, first: "_Box", second: "_Box") -> Iterator[float]:
        """Yield the greatest step on each of a few ways from one place to the other."""
        for start, end in _ways(first, second):
            length = max(2, int(np.linalg.norm(end - start)) + 1)
            points = np.round(np.linspace(start, end, length)).astype(int)
            height, width = self._colours.shape[:2]
            line = self._colours[np.clip(points[:, 1], 0, height - 1), np.clip(points[:, 0], 0, width - 1)]
            apart = min(_APART, length - 1)
            yield float(np.abs(line[apart:] - line[:-apart]).max())


class _Box:
    """A place of text in the ground's pixels: its corners, its middle, which way it runs, its length and its height."""

    def __init__(self, quad: Quad) -> None:
        along, down = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
        if np.linalg.norm(down) > np.linalg.norm(along):
            along, down = down, along
        self.corners = quad
        self.middle = quad.mean(axis=0)
        self.length, self.height = float(np.linalg.norm(along)), max(1.0, float(np.linalg.norm(down)))
        self.way = along / max(1e-6, self.length)
        self.across = np.array([-self.way[1], self.way[0]])

    @property
    def shows_way(self) -> bool:
        return self.length > _ELONGATED * self.height


def _may_be_one(first: _Box, second: _Box) -> bool:
    """Tell whether two places are near each other, about as high, and run the same way as far as they show it."""
    if max(first.height, second.height) > _ALIKE * min(first.height, second.height):
        return False
    if first.shows_way and second.shows_way and abs(float(first.across @ second.way)) > _SAME_WAY:
        return False
    longer, shorter = _by_length(first, second)
    along, across = _gaps(longer, shorter)
    height = (first.height + second.height) / 2
    return along < _REACH_ALONG * height and across < _REACH_ACROSS * height


def _by_length(first: _Box, second: _Box) -> tuple[_Box, _Box]:
    return (first, second) if first.length > second.length else (second, first)


def _gaps(box: _Box, other: _Box) -> tuple[float, float]:
    """Return how far the other box stands off, along this one's text and across it; below 0 where they overlap."""
    away = other.corners - box.middle
    along, across = away @ box.way, away @ box.across
    return (
        max(float(along.min()), -float(along.max())) - box.length / 2,
        max(float(across.min()), -float(across.max())) - box.height / 2,
    )


def _ways(first: _Box, second: _Box) -> Iterator[tuple[Grid, Grid]]:
    """Yield beginnings and ends of straight ways from one box to the other: across where they overlap, else along."""
    longer, shorter = _by_length(first, second)
    places = (shorter.corners - longer.middle) @ longer.way
    least, most = max(-longer.length / 2, float(places.min())), min(longer.length / 2, float(places.max()))
    away = shorter.middle - longer.middle
    if most > least:
        for part in (0.15, 0.5, 0.85):
            start = longer.middle + longer.way * (least + part * (most - least))
            yield start, start + longer.across * float(away @ longer.across)
        return
    side = longer.way if away @ longer.way > 0 else -longer.way
    start = longer.middle + side * max(0.0, longer.length / 2 - longer.height)
    end = shorter.middle - side * max(0.0, abs(float(np.ptp(places))) / 2 - shorter.height)
    for shift in (-0.3, 0.0, 0.3):
        yield start + longer.across * shift * longer.height, end + longer.across * shift * shorter.height
