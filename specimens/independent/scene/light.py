"""Light on a surface: a lamp's diffuse light, the reflection of a window in the lamination, and a thumb's shadow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specimens.independent.scene.camera import Vectors

type Scalars = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A lamp or window above the table, parallel to it; its centre, half its size and its reflection's brightness."""

    centre: tuple[float, float, float]
    half_size: tuple[float, float]
    ambient: float
    """Share of the light that has no direction."""
    reflection: float
    """Brightness of its mirror image in the lamination, relative to white paper; 0: a matt document."""
    softness: float
    """Width of the mirror image's edge, relative to its size: the roughness of the lamination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb:
    """An ellipsoid: centre, half axes, and the direction of its long axis in the table's plane."""

    centre: NDArray[np.float64]
    axes: tuple[float, float, float]
    direction: tuple[float, float]

    def to_unit_sphere(self, vectors: Vectors) -> Vectors:
        """Return vectors in the space in which the thumb is a unit sphere."""
        along, across = self.direction, (-self.direction[1], self.direction[0])
        x = (vectors[..., 0] * along[0] + vectors[..., 1] * along[1]) / self.axes[0]
        y = (vectors[..., 0] * across[0] + vectors[..., 1] * across[1]) / self.axes[1]
        return np.stack((x, y, vectors[..., 2] / self.axes[2]), axis=-1).astype(np.float32)

    def discriminant(self, origins: Vectors, rays: Vectors) -> tuple[Scalars, Scalars]:
        """Return the share by which rays pass inside of it (positive: they hit), and the depth where they enter it."""
        start = self.to_unit_sphere(origins - self.centre.astype(np.float32))
        ray = self.to_unit_sphere(rays)
        square, product = (ray * ray).sum(-1), (start * ray).sum(-1)
        inside = product**2 / square - ((start * start).sum(-1) - 1)
        depth = -product / square - np.sqrt(np.maximum(inside, 0) / square)
        return inside.astype(np.float32), depth.astype(np.float32)


def diffuse(points: Vectors, normals: Vectors, lamp: Lamp) -> Scalars:
    """Return the light on each point, 1 right below the lamp."""
    towards = np.asarray(lamp.centre, np.float32) - points
    distance = np.linalg.norm(towards, axis=-1)
    cosine = np.clip((towards * normals).sum(-1) / distance, 0, 1)
    fall_off = (lamp.centre[2] / distance) ** 2
    return np.asarray(lamp.ambient + (1 - lamp.ambient) * cosine * fall_off, np.float32)


def mirror_image(points: Vectors, normals: Vectors, rays: Vectors, lamp: Lamp) -> Scalars:
    """Return how much of the lamp each point mirrors towards the camera, 0 to ``lamp.reflection``."""
    view = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    mirrored = view - 2 * (view * normals).sum(-1, keepdims=True) * normals
    rise = np.maximum(mirrored[..., 2], 0.05)
    steps = (lamp.centre[2] - points[..., 2]) / rise
    image = np.ones_like(rise)
    for axis in (0, 1):
        offset = np.abs(points[..., axis] + steps * mirrored[..., axis] - lamp.centre[axis]) / lamp.half_size[axis]
        image *= 1 / (1 + np.exp(np.clip((offset - 1) / lamp.softness, -30, 30)))
    fresnel = 0.5 + 0.5 * (1 - np.clip(-(view * normals).sum(-1), 0, 1)) ** 2
    return np.asarray(lamp.reflection * image * fresnel * 2, np.float32)


def shadow_of(thumb: Thumb, points: Vectors, lamp: Lamp) -> Scalars:
    """Return the light that is left beside and below a thumb, 1 outside of its soft shadow."""
    towards = np.asarray(lamp.centre, np.float32) - points
    inside, depth = thumb.discriminant(points, towards)
    is_between = (depth > 0).astype(np.float32)
    darkness = 1 / (1 + np.exp(np.clip(-inside / 0.35, -30, 30))) * is_between
    return np.asarray(1 - (1 - lamp.ambient) * darkness, np.float32)
