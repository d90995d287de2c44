"""What the camera makes of a scene: light, shadow, blur, noise."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

_DARK: Final = 0.35
"""Share of hard photographs taken in too little light."""
_SHAKEN: Final = 0.25


def expose(scene: Image.Image, seeded: np.random.Generator) -> Image.Image:
    """Return what the camera makes of it: uneven light, a hand's soft shadow, a tint, a little blur, sensor noise."""
    width, height = scene.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = seeded.uniform(0, 2 * np.pi)
    along = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    light = 1 + seeded.uniform(0.05, 0.2) * along
    if seeded.integers(2):
        light *= 1 - np.asarray(_hand_shadow(seeded, scene.size), np.float32) / 255 * seeded.uniform(0.12, 0.3)
    tint = seeded.uniform(0.95, 1.04, 3).astype(np.float32) * seeded.uniform(0.86, 1.02)
    pixels = (
        np.asarray(scene.filter(ImageFilter.GaussianBlur(seeded.uniform(0.4, 0.9))), np.float32)
        * light[..., None]
        * tint
    )
    return noise(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB"), seeded, seeded.uniform(1.2, 2.6))


def _hand_shadow(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a soft blot reaching in from one side, white where it is darkest."""
    blot = Image.new("L", size, 0)
    x = float(seeded.choice((0.0, float(size[0]))))
    y = float(seeded.uniform(0, size[1]))
    reach = float(seeded.uniform(0.3, 0.6)) * size[0]
    ImageDraw.Draw(blot).ellipse((x - reach, y - reach * 0.6, x + reach, y + reach * 0.6), fill=255)
    return blot.filter(ImageFilter.GaussianBlur(40))


def noise(scene: Image.Image, seeded: np.random.Generator, strength: float) -> Image.Image:
    """Add sensor noise of ``strength`` grey levels, most of it the same in the three colours."""
    grey = seeded.normal(0, strength, (scene.height, scene.width, 1))
    pixels = np.asarray(scene, np.float32) + grey
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def expose_hard(scene: Image.Image, seeded: np.random.Generator, *, scale: float) -> Image.Image:
    """Return what a camera makes of it in poor light: dark or tinted, out of focus or shaken, noisy.

    ``scale`` is the card's size in the photograph against the size it is drawn in: blur grows with it, and enough light
    is left, so that the smallest print, the labels, can still be made out.
    """
    width, height = scene.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = seeded.uniform(0, 2 * np.pi)
    along = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    light = 1 + seeded.uniform(0.1, 0.5) * along
    if seeded.integers(2):
        light *= 1 - np.asarray(_hand_shadow(seeded, scene.size), np.float32) / 255 * seeded.uniform(0.2, 0.45)
    dark = seeded.random() < _DARK
    gain = seeded.uniform(0.34, 0.55) if dark else seeded.uniform(0.75, 1.02)
    tint = seeded.uniform(0.88, 1.08, 3).astype(np.float32) * gain
    blurred = scene.filter(ImageFilter.GaussianBlur(seeded.uniform(0.5, 0.45 + 1.1 * scale)))
    pixels = np.asarray(blurred, np.float32)
    if seeded.random() < _SHAKEN:
        pixels = _shaken(pixels, seeded.uniform(2, 5) * scale, seeded.uniform(0, np.pi))
    pixels = np.clip(pixels * light[..., None] * tint, 0, 255)
    return noise(
        Image.fromarray(pixels.astype(np.uint8), "RGB"), seeded, seeded.uniform(3, 5) if dark else seeded.uniform(2, 4)
    )


def _shaken(pixels: NDArray[np.float32], length: float, angle: float) -> NDArray[np.float32]:
    """Return the mean of the picture along a straight way of so many pixels."""
    steps = max(2, round(length))
    ways = np.linspace(-length / 2, length / 2, steps)
    moved = [np.roll(pixels, (round(way * np.sin(angle)), round(way * np.cos(angle))), (0, 1)) for way in ways]
    return np.mean(moved, axis=0, dtype=np.float32)
