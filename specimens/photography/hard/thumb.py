"""A thumb that holds a document at one of its edges."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from specimens.photography.hard.light import Light
from specimens.photography.hard.view import PIXELS_PER_MM, Map, View, soft_shadow

THUMB: Final = 0.25
"""Share of photos with a thumb."""
_SKIN: Final = np.array((0.66, 0.4, 0.28), np.float32)
"""Reflectance of light skin; RGB."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """A thumb in a photo."""

    coverage: Map
    """For every pixel, from 0 to 1."""
    skin: NDArray[np.float32]
    """For every pixel, its reflectance; RGB."""
    shadow: Map
    """For coarse pixels, the share of the lamp's light that is taken away."""

    def shade(self, light: Light) -> Map:
        """Return the light that is left on coarse pixels."""
        return np.asarray(light.falling * (1 - (1 - light.ambient) * self.shadow)[..., None], np.float32)


def random_thumb(view: View, rng: np.random.Generator) -> Thumb:
    """Return a thumb whose tip is 2 to 14 millimetres inside a random edge."""
    shape = _outline(view, rng)
    radius = 11 * view.scale
    coverage = np.asarray(cv2.GaussianBlur(shape, (0, 0), 1.2), np.float32) / np.float32(255)
    roundness = np.clip(np.asarray(cv2.distanceTransform(shape, cv2.DIST_L2, 3), np.float32) / radius, 0, 1)
    skin = (0.5 + 0.5 * roundness)[..., None] * _SKIN * np.float32(rng.uniform(0.3, 1))
    right, down = rng.uniform(-6, 6, 2) * view.coarse_scale
    softness = rng.uniform(0.8, 3) * view.coarse_scale
    return Thumb(coverage, skin, soft_shadow(view.coarse(coverage), right, down, softness))


def _outline(view: View, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return 255 where the thumb is and 0 elsewhere."""
    size = np.array((view.width, view.height)) * PIXELS_PER_MM
    edge, along = int(rng.integers(4)), rng.uniform(0, 1)
    at = size * ((along, 0), (1, along), (along, 1), (0, along))[edge]
    tip, middle = view.project(np.stack((at, size / 2)))
    outward = (tip - middle) / math.dist(tip, middle)
    radius = rng.uniform(9, 13) * view.scale
    end = tip + outward * (radius - rng.uniform(2, 14) * view.scale)
    root = end + outward * 60 * view.scale
    shape = np.zeros(view.size[::-1], np.uint8)
    (end_x, end_y), (root_x, root_y) = (point.round().astype(int).tolist() for point in (end, root))
    cv2.line(shape, (end_x, end_y), (root_x, root_y), 255, round(2 * radius))
    cv2.circle(shape, (end_x, end_y), round(radius), 255, -1)
    return shape
