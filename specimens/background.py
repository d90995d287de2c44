"""What a card lies on: the lid of a scanner, or a table top."""

import numpy as np
from PIL import Image, ImageFilter


def scanner_lid(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a plain light grey."""
    grey = int(seeded.integers(236, 252))
    return Image.new("RGB", size, (grey, grey, grey))


def desk(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a table top: one colour with a gradient, at times with the grain of wood or the weave of cloth."""
    colours = (
        (128, 92, 62),
        (86, 92, 100),
        (176, 150, 118),
        (60, 70, 88),
        (196, 192, 184),
        (108, 126, 104),
        (150, 58, 56),
    )
    colour = np.array(colours[seeded.integers(len(colours))], np.float32)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    texture = np.zeros_like(x)
    kind = seeded.integers(3)
    if kind == 0:
        texture = 9 * np.sin(y / seeded.uniform(5, 14) + 3 * np.sin(x / seeded.uniform(160, 400)) + 2 * np.sin(y / 90))
    elif kind == 1:
        texture = 3 * np.sin(x / 2.6) * np.sin(y / 2.6)
    light = 1 + seeded.uniform(-0.16, 0.16) * (x / size[0] - 0.5) + seeded.uniform(-0.16, 0.16) * (y / size[1] - 0.5)
    return Image.fromarray(np.clip((colour + texture[..., None]) * light[..., None], 0, 255).astype(np.uint8), "RGB")


def drop_shadow(scene: Image.Image, seeded: np.random.Generator, shape: Image.Image) -> Image.Image:
    """Darken the table where the card keeps the light off."""
    offset = (int(seeded.integers(-14, 15)), int(seeded.integers(6, 18)))
    shadow = Image.new("L", scene.size, 0)
    shadow.paste(shape.point(lambda value: int(value * 0.55)), offset)
    scene.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(12)))
    return scene
