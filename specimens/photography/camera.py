"""Effects on scans and hand-held photos: light, shadow, blur and noise."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def expose(scene: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Apply uneven light, the soft shadow of a hand, a tint, slight blur and sensor noise."""
    width, height = scene.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    light = 1 + rng.uniform(0.05, 0.2) * along
    if rng.integers(2):
        light *= 1 - np.asarray(_hand_shadow(rng, scene.size), np.float32) / 255 * rng.uniform(0.12, 0.3)
    tint = rng.uniform(0.95, 1.04, 3).astype(np.float32) * rng.uniform(0.86, 1.02)
    pixels = (
        np.asarray(scene.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 0.9))), np.float32) * light[..., None] * tint
    )
    return add_noise(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB"), rng, rng.uniform(1.2, 2.6))


def _hand_shadow(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a mask with a soft shadow from one side; white means darkest."""
    shadow = Image.new("L", size, 0)
    x = float(rng.choice((0.0, float(size[0]))))
    y = float(rng.uniform(0, size[1]))
    reach = float(rng.uniform(0.3, 0.6)) * size[0]
    ImageDraw.Draw(shadow).ellipse((x - reach, y - reach * 0.6, x + reach, y + reach * 0.6), fill=255)
    return shadow.filter(ImageFilter.GaussianBlur(40))


def add_noise(scene: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Add sensor noise of ``strength`` grey levels, equal in the three channels."""
    grey = rng.normal(0, strength, (scene.height, scene.width, 1))
    pixels = np.asarray(scene, np.float32) + grey
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
