"""The lens and the sensor: defocus by depth, camera shake, noise, the camera's curve and its sharpening."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from specimens.photography.hard.view import CARD_WIDTH, Map, View

_SHAKE: Final = 0.15
"""Share of photos with a moving camera."""
_SHARPENED: Final = 0.5
"""Share of photos that the camera sharpens."""
_READABLE_BLUR: Final = 0.17
"""Largest standard deviation of defocus in millimetres: a fourteenth of a value's height."""
_SHARPEST: Final = 0.35
"""Smallest standard deviation in pixels."""
_LAYERS: Final = 4
"""Blur between that of two layers is their weighted mean."""


def defocus(seen: Map, view: View, depth: Map, rng: np.random.Generator) -> Map:
    """Blur each pixel by its distance from the plane of focus; the document stays readable."""
    largest = max(_READABLE_BLUR * view.scale, 0.7)
    focus = view.distance + rng.uniform(-0.3, 0.3) * CARD_WIDTH
    wanted = np.abs(depth / focus - 1) * rng.uniform(0, 16) * view.scale + rng.uniform(_SHARPEST, 0.7)
    sigmas = np.linspace(_SHARPEST, largest, _LAYERS)
    place = view.fine(np.asarray((wanted - _SHARPEST) / (sigmas[1] - sigmas[0]), np.float32))
    place = np.minimum(place, _LAYERS - 1)
    blurred = np.zeros_like(seen)
    for number, sigma in enumerate(sigmas):
        weight = np.clip(1 - np.abs(place - number), 0, 1)
        if weight.any():
            blurred += np.asarray(cv2.GaussianBlur(seen, (0, 0), float(sigma)), np.float32) * weight[..., None]
    return blurred


def shake(seen: Map, view: View, rng: np.random.Generator) -> Map:
    """Sometimes move the camera by 0.1 to 0.3 millimetres of the document during the exposure."""
    if rng.random() >= _SHAKE:
        return seen
    length, angle = max(2.0, rng.uniform(0.1, 0.3) * view.scale), rng.uniform(0, math.pi)
    reach = math.ceil(length / 2)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for place in np.linspace(-length / 2, length / 2, 4 * reach + 1):
        kernel[reach + round(place * math.sin(angle)), reach + round(place * math.cos(angle))] += 1
    return np.asarray(cv2.filter2D(seen, -1, kernel / kernel.sum()), np.float32)


def develop(seen: NDArray[np.float32], rng: np.random.Generator) -> Image.Image:
    """Return a picture of exposed light: white balance, shot and read noise, the curve, often sharpening."""
    seen = np.clip(seen * rng.uniform((0.8, 1, 0.8), (1.15, 1, 1.15)).astype(np.float32), 0, 1.6)
    strength = np.float32(rng.uniform(0.012, 0.03))
    seen += rng.standard_normal(seen.shape, np.float32) * (strength * np.sqrt(seen + np.float32(0.02)))
    picture = np.sqrt(np.clip(seen, 0, 1)) * np.float32(255)
    if rng.random() < _SHARPENED:
        picture += 0.4 * (picture - np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.4), np.float32))
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8), "RGB")
