"""The card's position in a photo: its four corners, and how card pixels map to photo pixels."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from specimens.rendering.canvas import HEIGHT, WIDTH, Box

type Corners = tuple[tuple[float, float], ...]
"""Four points in photo pixels: the card's own upper left, upper right, lower right and lower left corner."""
type Homography = NDArray[np.float64]
"""A 3 × 3 matrix."""
type Points = NDArray[np.float64]
"""N × 2: x and y in pixels."""
type Projection = Callable[[Points], Points]
"""Maps card pixels to photo pixels."""

CARD_BOX: Final = Box(0, 0, WIDTH, HEIGHT)
CARD_ASPECT: Final = HEIGHT / WIDTH


def box_corners(box: Box) -> Corners:
    """Return the four corners of a rectangle."""
    return (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)


def corners_in_photo(box: Box, project: Projection) -> Corners:
    """Return the corners of a card rectangle in a photo, rounded to a tenth of a pixel."""
    points = project(np.array(box_corners(box), np.float64))
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)


def plane_projection(homography: Homography) -> Projection:
    """Return the projection of a flat card."""

    def project(points: Points) -> Points:
        x, y, w = (np.column_stack((points, np.ones(len(points)))) @ homography.T).T
        return np.column_stack((x / w, y / w))

    return project


def find_homography(source: Corners, target: Corners) -> Homography:
    """Return the homography that maps four points to four others."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1.0).reshape(3, 3)


def random_corners(
    rng: np.random.Generator,
    size: tuple[int, int],
    *,
    width: float,
    degrees: float,
    shift: tuple[float, float],
    skew: float,
    aspect: float = CARD_ASPECT,
) -> Corners:
    """Return the corners of a document ``width`` pixels wide, rotated, shifted, each corner slightly displaced.

    ``aspect`` is its height divided by its width.
    """
    half = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (width, width * aspect)
    angle = np.radians(rng.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array(size) / 2 + rng.uniform(np.negative(shift), shift)
    points = half @ turn + centre + rng.uniform(-skew, skew, (4, 2)) * width
    return tuple((float(x), float(y)) for x, y in points)


def warp(
    image: Image.Image, homography: Homography, size: tuple[int, int], origin: tuple[int, int] = (0, 0)
) -> Image.Image:
    """Warp an image onto a transparent canvas of ``size``; the card's upper left corner is at ``origin`` in it."""
    unwarp = np.linalg.inv(homography)
    inverse = np.array(((1, 0, origin[0]), (0, 1, origin[1]), (0, 0, 1))) @ unwarp if any(origin) else unwarp
    coefficients = tuple((inverse / inverse[2, 2]).ravel()[:8])
    return image.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
