"""Where a card lies before the camera: four corners, and the mapping from the card's pixels to the photograph's."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from specimens.sheet import HEIGHT, WIDTH, Place

type Corners = tuple[tuple[float, float], ...]
"""Four points in pixels of the photograph: upper left, upper right, lower right, lower left of the thing itself."""
type Mapping = NDArray[np.float64]
"""A homography, 3 × 3."""

CARD: Final = Place(0, 0, WIDTH, HEIGHT)


def rectangle(place: Place) -> Corners:
    """Return the four corners of a place."""
    return (place.left, place.top), (place.right, place.top), (place.right, place.bottom), (place.left, place.bottom)


def project(mapping: Mapping, corners: Corners) -> Corners:
    """Return points of the card as points of the photograph, to a tenth of a pixel."""
    points = np.array([(*corner, 1.0) for corner in corners]) @ mapping.T
    return tuple((round(float(x / w), 1), round(float(y / w), 1)) for x, y, w in points)


def homography(source: Corners, target: Corners) -> Mapping:
    """Return the mapping that takes four points to four others."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1.0).reshape(3, 3)


def placed(
    seeded: np.random.Generator,
    size: tuple[int, int],
    *,
    width: float,
    degrees: float,
    shift: tuple[float, float],
    skew: float,
    quarter_turns: int = 0,
) -> Corners:
    """Return the corners of a card ``width`` pixels wide, turned, shifted and with each corner pulled a little."""
    half = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (width, width * HEIGHT / WIDTH)
    angle = np.radians(seeded.uniform(-degrees, degrees) + 90 * quarter_turns)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array(size) / 2 + seeded.uniform(np.negative(shift), shift)
    points = half @ turn + centre + seeded.uniform(-skew, skew, (4, 2)) * width
    return tuple((float(x), float(y)) for x, y in points)


def laid(thing: Image.Image, mapping: Mapping, size: tuple[int, int], origin: tuple[int, int] = (0, 0)) -> Image.Image:
    """Return what lies before the camera in an otherwise transparent picture of ``size``.

    The card's upper left corner is at ``origin`` in ``thing``.
    """
    back = np.linalg.inv(mapping)
    inverse = np.array(((1, 0, origin[0]), (0, 1, origin[1]), (0, 0, 1))) @ back if any(origin) else back
    coefficients = tuple((inverse / inverse[2, 2]).ravel()[:8])
    return thing.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
