"""Cuts a flat, scaled area out of a photo, in deskewed coordinates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels, Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

type Points = NDArray[np.floating[Any]]
type Mask = NDArray[np.bool_]
_MIN_SIDE: Final = 8
_MAX_SHRINK: Final = 1.5
"""Photos are smoothed before they are shrunk by more than this, so that no single pixel stands for many."""
_MAX_PIXELS: Final = 2_000_000
"""A card at the finest scale in use has a quarter of this. Tiny print that fills a photo would take gigabytes."""


@dataclass(frozen=True, slots=True)
class FlatArea:
    """The ``pixels`` of a ``box`` in deskewed pixels as an upright image, ``scale`` times as large."""

    pixels: Pixels
    box: BoundingBox
    scale: float

    def boxes(self, lines: Sequence[TextLine]) -> NDArray[np.float64]:
        """Return left, top, right and bottom of each line in this image's pixels."""
        origin = (self.box.left, self.box.top, self.box.left, self.box.top)
        edges = [(line.left, line.top, line.right, line.bottom) for line in lines]
        return (np.array(edges, float).reshape(-1, 4) - origin) * self.scale

    def within(self, corners: Points) -> Mask:
        """Return which pixels of this image are within deskewed corners, rounded in the precision of those."""
        origin = np.array([self.box.left, self.box.top], corners.dtype)
        place = (corners - origin) * corners.dtype.type(self.scale)
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(place).astype(np.int32), 1)
        return mask > 0

    def deskewed(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of this image is in deskewed pixels."""
        return self.box.left + x / self.scale, self.box.top + y / self.scale


def in_any_colour(differences: NDArray[Any]) -> NDArray[Any]:
    """Return the largest absolute difference in three colours, the last axis, along which NumPy's ``max`` is slow."""
    blue, green, red = (np.abs(differences[..., colour]) for colour in range(3))
    return np.asarray(np.maximum(np.maximum(blue, green), red))


def brightness_of(colours: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of three colours, the last axis, along which NumPy's ``mean`` is slow."""
    return np.asarray((colours[..., 0] + colours[..., 1] + colours[..., 2]) / 3)


def deskewed_corners(text: CardText, corners: Quad) -> Points:
    """Return corners in ``text.image`` in deskewed pixels."""
    return np.array([text.deskew.to_deskewed(x, y) for x, y in corners.tolist()])


def flatten_card(text: CardText, outline: Quad, scale: float) -> tuple[FlatArea, Quad]:
    """Cut out the bounding box of a card's corners in ``text.image``; return it and the corners in deskewed pixels."""
    corners = deskewed_corners(text, outline).astype(np.float32)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return flatten(text, BoundingBox(left, top, right, bottom), scale), corners


def surrounding(lines: Sequence[TextLine], beside: float, above: float) -> BoundingBox:
    """Return the bounding box of some lines with margins beside them, and above and below."""
    return BoundingBox(
        min(line.left for line in lines) - beside,
        min(line.top for line in lines) - above,
        max(line.right for line in lines) + beside,
        max(line.bottom for line in lines) + above,
    )


def up_to_outline(box: BoundingBox, text: CardText, outline: Quad) -> BoundingBox:
    """Return a box that reaches at least as far up as a card's corners in ``text.image``."""
    return replace(box, top=min(box.top, float(deskewed_corners(text, outline)[:, 1].min())))


def within_image(text: CardText, box: BoundingBox) -> BoundingBox:
    """Return the part of a box that may show some of the image."""
    height, width = text.image.shape[:2]
    corners = np.array([text.deskew.to_deskewed(x, y) for x in (0, width) for y in (0, height)])
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return BoundingBox(max(box.left, left), max(box.top, top), min(box.right, right), min(box.bottom, bottom))


def flatten(text: CardText, box: BoundingBox, scale: float) -> FlatArea:
    """Cut out a box in deskewed pixels, scaled less if it is very large. Outside the image, its border is repeated."""
    size = (box.right - box.left) * (box.bottom - box.top)
    scale = min(scale, math.sqrt(_MAX_PIXELS / max(size, 1.0)))
    width = max(_MIN_SIDE, round((box.right - box.left) * scale))
    height = max(_MIN_SIDE, round((box.bottom - box.top) * scale))
    image, quad = _around(text.image, text.quad(box))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shrink = float(np.linalg.norm(quad[1] - quad[0])) / width
    smooth = cv2.blur(image, (round(shrink), round(shrink))) if shrink > _MAX_SHRINK else image
    transform = cv2.getPerspectiveTransform(quad, corners)
    pixels = cv2.warpPerspective(smooth, transform, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return FlatArea(pixels, box, scale)


def _around(image: Pixels, quad: Quad) -> tuple[Pixels, Quad]:
    """Return the part of an image around a quadrilateral, which there is no need to smooth elsewhere."""
    height, width = image.shape[:2]
    left, top = (max(0, int(least) - _MIN_SIDE) for least in quad.min(axis=0))
    right, bottom = (int(most) + _MIN_SIDE for most in quad.max(axis=0))
    left, top = min(left, width - 1), min(top, height - 1)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)], quad - np.array([left, top], np.float32)


def span(start: float, end: float) -> slice:
    """Return the pixels from ``start`` to ``end``, both included, clipped at 0."""
    return slice(max(0, int(start)), max(0, int(end) + 1))
