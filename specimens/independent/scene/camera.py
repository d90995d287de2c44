"""A camera with a distorting lens, and the slightly bent sheet that it looks at. Lengths are millimetres."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from specimens.independent.shot import Points

type Vectors = NDArray[np.float32]
"""… × 3."""

_ITERATIONS: Final = 5
"""Both fixed-point iterations below move by less than a hundredth of a pixel after these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A document whose centre is the origin: x to its right, y to its lower edge, z up.

    It is ``lift`` above the table in the middle and bends like a part of a cylinder along its width or height.
    """

    width: float
    height: float
    pixels_per_mm: float
    lift: float = 0.8
    bend: float = 0.0
    """Height of the ends above the middle."""
    bends_along_width: bool = True

    def elevation(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the height above the table at a point of the document's plane."""
        along = x / (self.width / 2) if self.bends_along_width else y / (self.height / 2)
        return np.asarray(self.lift + self.bend * np.clip(along, -2, 2) ** 2, np.float32)

    def normals(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> Vectors:
        """Return the unit vectors that stand on the document."""
        flat = np.zeros_like(x)
        half = (self.width if self.bends_along_width else self.height) / 2
        slope = 2 * self.bend * np.clip((x if self.bends_along_width else y) / half, -2, 2) / half
        normal = np.stack((-slope, flat, flat + 1) if self.bends_along_width else (flat, -slope, flat + 1), axis=-1)
        return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)

    def points(self, pixels: Points) -> NDArray[np.float64]:
        """Return the points in space of pixels of the document's rendering."""
        x, y = (pixels / self.pixels_per_mm - (self.width / 2, self.height / 2)).T
        z = self.elevation(x.astype(np.float32), y.astype(np.float32))
        return np.stack((x, y, z), axis=-1).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera at ``position``. ``axes`` are the directions of a picture's right, its lower edge, and the view."""

    position: NDArray[np.float64]
    axes: NDArray[np.float64]
    focal: float
    """In pixels."""
    centre: tuple[float, float] = (0.0, 0.0)
    """The optical centre in pixels."""
    distortion: float = 0.0
    """Of the radius, at a radius of one focal length; positive is a barrel."""

    def rays(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> Vectors:
        """Return the directions in which pixels look; their component along the view is 1."""
        right, down = (x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal
        stretch = 1 + self.distortion * (right**2 + down**2)
        plane = np.stack((right * stretch, down * stretch, np.ones_like(right)), axis=-1)
        return np.asarray(plane @ self.axes, np.float32)

    def project(self, points: NDArray[np.float64]) -> Points:
        """Return the pixels that show points in space."""
        right, down, depth = ((points - self.position) @ self.axes.T).T
        target = np.stack((right, down), axis=-1) / depth[:, None]
        seen = target.copy()
        for _ in range(_ITERATIONS * 2):
            seen = target / (1 + self.distortion * (seen**2).sum(axis=-1, keepdims=True))
        return np.asarray(seen * self.focal + self.centre, np.float64)

    def intersect(self, rays: Vectors, sheet: Sheet) -> tuple[Vectors, NDArray[np.float32]]:
        """Return where rays meet the document's surface, and their depth along the view."""
        origin = self.position.astype(np.float32)
        points = np.zeros_like(rays)
        points[..., 2] = sheet.lift
        depth = np.zeros(rays.shape[:-1], np.float32)
        for _ in range(_ITERATIONS):
            depth = np.asarray((points[..., 2] - origin[2]) / rays[..., 2], np.float32)
            points = np.asarray(origin + depth[..., None] * rays, np.float32)
            points[..., 2] = sheet.elevation(points[..., 0], points[..., 1])
        return points, depth


def look_at(
    target: tuple[float, float], *, distance: float, tilt: float, azimuth: float, roll: float, focal: float
) -> Camera:
    """Return a camera that looks at a point of the document.

    ``tilt`` is the angle from the vertical, ``azimuth`` its direction, ``roll`` the picture's rotation; radians.
    """
    view = -np.array([math.sin(tilt) * math.cos(azimuth), math.sin(tilt) * math.sin(azimuth), math.cos(tilt)])
    # Straight down, x is the picture's right and y its lower edge: the document's axes as seen from above.
    right = np.array([math.cos(roll), math.sin(roll), 0.0])
    right -= view * (right @ view)
    right /= np.linalg.norm(right)
    down = np.cross(view, right)
    if down @ (-math.sin(roll), math.cos(roll), 0.0) < 0:
        down = -down
    position = np.array([*target, 0.0]) - view * distance
    return Camera(position=position, axes=np.stack((right, down, view)), focal=focal)
