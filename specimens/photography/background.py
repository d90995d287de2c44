"""The background behind a card: a scanner lid or a table top."""

import numpy as np
from PIL import Image, ImageFilter


def scanner_lid(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a plain light grey background."""
    grey = int(rng.integers(236, 252))
    return Image.new("RGB", size, (grey, grey, grey))


def table_top(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a table top: one colour with a gradient, sometimes with wood grain or a cloth weave."""
    colours = (
        (128, 92, 62),
        (86, 92, 100),
        (176, 150, 118),
        (60, 70, 88),
        (196, 192, 184),
        (108, 126, 104),
        (150, 58, 56),
    )
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    texture = np.zeros_like(x)
    kind = rng.integers(3)
    if kind == 0:
        texture = 9 * np.sin(y / rng.uniform(5, 14) + 3 * np.sin(x / rng.uniform(160, 400)) + 2 * np.sin(y / 90))
    elif kind == 1:
        texture = 3 * np.sin(x / 2.6) * np.sin(y / 2.6)
    light = 1 + rng.uniform(-0.16, 0.16) * (x / size[0] - 0.5) + rng.uniform(-0.16, 0.16) * (y / size[1] - 0.5)
    return Image.fromarray(np.clip((colour + texture[..., None]) * light[..., None], 0, 255).astype(np.uint8), "RGB")


def drop_shadow(scene: Image.Image, rng: np.random.Generator, shape: Image.Image) -> Image.Image:
    """Darken the table where the card blocks the light."""
    offset = (int(rng.integers(-14, 15)), int(rng.integers(6, 18)))
    shadow = Image.new("L", scene.size, 0)
    shadow.paste(shape.point(lambda value: int(value * 0.55)), offset)
    scene.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(12)))
    return scene
