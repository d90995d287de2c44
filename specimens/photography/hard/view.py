"""Where the camera is, and where it sees each point of a slightly bent document.

Lengths are millimetres, as if every document were as wide as a card. The origin is the document's centre; x points to
its right, y to its lower edge and z towards the camera. Photo pixels have their centres at halves, as Pillow counts.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from specimens.photography.perspective import Points, box_corners
from specimens.rendering.canvas import WIDTH, Box

type Map = NDArray[np.float32]
"""A value for every photo pixel, or for every second one in both directions."""

CARD_WIDTH: Final = 85.6
"""Millimetres."""
PIXELS_PER_MM: Final = WIDTH / CARD_WIDTH
"""Of a document's drawing."""
_STEP: Final = 2
"""Geometry and light vary slowly: they are computed for every second pixel and interpolated."""
_ITERATIONS: Final = 5
"""The place where a ray meets a bent document then moves by less than a hundredth of a pixel."""
_LENS_ITERATIONS: Final = 12

_WIDTHS: Final = (720, 1480)
"""A card's width in pixels: Chinese characters are then at least 19 pixels high and still distinguishable by eye."""
_FOCAL_LENGTHS: Final = (1750, 2750)
"""In pixels: with the width, they put the camera 1.2 to 3.8 card widths away."""
_TILTS: Final = (4, 33)
"""Degrees between the view and the vertical."""
_MAX_DEGREES: Final = 15
"""Largest rotation from the nearest of the four orientations."""
_MAX_BEND: Final = 1.8
_DISTORTED_SHARE: Final = 0.6
_DISTORTIONS: Final = (-0.03, 0.08)
_MARGINS: Final = (0.05, 0.35)
"""Table beside the document, relative to its width."""
_CUT_OFF_SHARE: Final = 0.1
"""Share of photos in which the frame cuts off part of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What coarse pixels show: coordinates in the document's plane, and the depth along the view. Millimetres."""

    x: Map
    y: Map
    depth: Map


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A camera and the document in front of it."""

    width: float
    height: float
    bend: float
    """Elevation of two opposite edges above the middle, like a part of a cylinder."""
    bends_along_width: bool
    rotation: NDArray[np.float64]
    """3 × 3: from the document's axes to the camera's, which are a photo's right, its lower edge, and backwards."""
    distance: float
    focal: float
    """In pixels."""
    distortion: float
    """Of the radius, at a radius of one focal length; positive is a barrel."""
    centre: tuple[float, float] = (0.0, 0.0)
    """Photo pixel that shows the document's centre, where the lens has its axis."""
    size: tuple[int, int] = (0, 0)
    """Width and height of the photo; multiples of two."""

    @property
    def coarse_scale(self) -> float:
        """Coarse pixels per millimetre at the document's centre."""
        return self.scale / _STEP

    @property
    def scale(self) -> float:
        """Photo pixels per millimetre at the document's centre."""
        return self.focal / self.distance

    def elevation[Coordinates: NDArray[np.floating]](self, x: Coordinates, y: Coordinates) -> Coordinates:
        """Return the height of the surface, which goes on beyond the document's edges."""
        along = x / (self.width / 2) if self.bends_along_width else y / (self.height / 2)
        height: Coordinates = self.bend * np.clip(along, -2, 2) ** 2
        return height

    def project(self, pixels: Points) -> Points:
        """Return the photo pixels that show pixels of the document's drawing."""
        x, y = (pixels / PIXELS_PER_MM - (self.width / 2, self.height / 2)).T
        across, down, back = self.rotation @ np.stack((x, y, self.elevation(x, y)))
        straight = np.stack((across, down), axis=-1) / (self.distance - back)[:, None]
        seen = straight
        for _ in range(_LENS_ITERATIONS):
            seen = straight / (1 + self.distortion * (seen**2).sum(axis=-1, keepdims=True))
        return np.asarray(seen * self.focal + self.centre, np.float64)

    def surface(self) -> Places:
        """Return where coarse pixels see the bent document or its continuation."""
        return self._intersect(is_bent=True)

    def table(self) -> Places:
        """Return where coarse pixels see the table, through the document if necessary."""
        return self._intersect(is_bent=False)

    def fine[Value: (np.float32, np.uint8)](self, coarse: NDArray[Value]) -> NDArray[Value]:
        """Interpolate coarse values to every pixel."""
        width, height = (length + 2 * _STEP for length in self.size)
        larger = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), coarse.dtype)
        return larger[_STEP:-_STEP, _STEP:-_STEP]

    def coarse(self, values: Map) -> Map:
        """Reduce a value for every pixel to coarse pixels."""
        padded = cv2.copyMakeBorder(values, _STEP, _STEP, _STEP, _STEP, cv2.BORDER_REPLICATE)
        return np.asarray(cv2.resize(padded, None, fx=1 / _STEP, fy=1 / _STEP, interpolation=cv2.INTER_AREA))

    def _intersect(self, *, is_bent: bool) -> Places:
        rays = self._rays()
        origin = (self.rotation.T @ (0.0, 0.0, self.distance)).astype(np.float32)
        x, y = np.zeros_like(rays[0]), np.zeros_like(rays[0])
        depth = -origin[2] / rays[2]
        for _ in range(_ITERATIONS if is_bent else 1):
            z = self.elevation(x, y) if is_bent else np.float32(0)
            depth = (z - origin[2]) / rays[2]
            x, y = origin[0] + depth * rays[0], origin[1] + depth * rays[1]
        return Places(x=x, y=y, depth=depth)

    def _rays(self) -> Map:
        """Return the directions in which coarse pixels look, one pixel beyond the frame: 3 × rows × columns.

        Their component along the view is 1.
        """
        columns, rows = ((np.arange(-1, length // _STEP + 1) + 0.5) * _STEP for length in self.size)
        right, down = np.meshgrid((columns - self.centre[0]) / self.focal, (rows - self.centre[1]) / self.focal)
        stretch = 1 + self.distortion * (right**2 + down**2)
        seen = np.stack((right * stretch, down * stretch, np.full_like(right, -1))).astype(np.float32)
        rays = np.tensordot(self.rotation.T.astype(np.float32), seen, axes=1)
        rays[2] = np.minimum(rays[2], -0.05)  # nothing is at the horizon
        return np.asarray(rays, np.float32)


def random_view(rng: np.random.Generator, box: Box) -> View:
    """Return a view of a document, mostly with table all around it, rarely cut off by the frame."""
    aspect = box.bottom / box.right
    pixels = rng.uniform(*_WIDTHS) / max(1.0, 0.8 * aspect)  # the camera is farther from a tall document
    tilt, azimuth = math.radians(rng.uniform(*_TILTS)), rng.uniform(0, math.tau)
    roll = math.radians(90 * rng.integers(4) + rng.uniform(-_MAX_DEGREES, _MAX_DEGREES))
    focal = rng.uniform(*_FOCAL_LENGTHS)
    view = View(
        width=CARD_WIDTH,
        height=CARD_WIDTH * aspect,
        bend=rng.uniform(-0.4, 1) * _MAX_BEND,
        bends_along_width=rng.random() < 0.7,
        rotation=_turned(roll + azimuth) @ _tilted(tilt) @ _turned(-azimuth),
        distance=focal * CARD_WIDTH / pixels,
        focal=focal,
        distortion=rng.uniform(*_DISTORTIONS) if rng.random() < _DISTORTED_SHARE else 0.0,
    )
    return _framed(view, rng, view.project(np.array(box_corners(box), np.float64)), pixels)


def _framed(view: View, rng: np.random.Generator, corners: Points, width: float) -> View:
    """Choose the frame around a document ``width`` pixels wide."""
    margins = rng.uniform(*_MARGINS, 4) * width
    if rng.random() < _CUT_OFF_SHARE:
        margins[rng.integers(4)] = -rng.uniform(0.05, 0.2) * width * min(1.0, view.height / view.width)
    left, top = corners.min(axis=0) - margins[:2]
    columns, rows = corners.max(axis=0) + margins[2:] - (left, top)
    size = int(columns) // _STEP * _STEP, int(rows) // _STEP * _STEP
    return replace(view, centre=(-float(left), -float(top)), size=size)


def soft_shadow(shape: Map, right: float, down: float, softness: float) -> Map:
    """Return where a shape's shadow falls if it is moved and blurred by pixels; the shape goes on beyond the frame."""
    height, width = shape.shape
    move = np.array(((1, 0, right), (0, 1, down)), np.float32)
    moved = cv2.warpAffine(shape, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), softness), np.float32)


def _turned(angle: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array(((cosine, -sine, 0), (sine, cosine, 0), (0, 0, 1)))


def _tilted(angle: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array(((cosine, 0, -sine), (0, 1, 0), (sine, 0, cosine)))
