"""What hides part of a card: glare and a thumb. Each says how much of every pixel it hides."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from specimens.perspective import Mapping

type Hidden = NDArray[np.float32]
"""For every pixel of a photograph, 0 where the card is seen as it is to 1 where nothing of it is seen."""

_GLARE: Final = 0.5
"""Share of hard photographs with glare on the card."""
_THUMB: Final = 0.15


def add_glare(scene: Image.Image, seeded: np.random.Generator, mapping: Mapping, width: float) -> Hidden:
    """Lighten ``scene`` where a lamp is mirrored in the card, and return what that hides.

    ``width`` is the card's in pixels. A lamp's image is an ellipse, saturated within and fading out at its rim.
    """
    hidden = np.zeros((scene.height, scene.width), np.float32)
    if seeded.random() >= _GLARE:
        return hidden
    y, x = np.mgrid[0 : scene.height, 0 : scene.width].astype(np.float32)
    for _ in range(int(seeded.integers(1, 3))):
        centre = mapping @ (seeded.uniform(0, 1200), seeded.uniform(0, 757), 1.0)
        right, down = x - centre[0] / centre[2], y - centre[1] / centre[2]
        angle = seeded.uniform(0, np.pi)
        long, short = seeded.uniform(0.05, 0.16) * width, seeded.uniform(0.025, 0.08) * width
        along = (right * np.cos(angle) + down * np.sin(angle)) / long
        across = (down * np.cos(angle) - right * np.sin(angle)) / short
        distance = np.sqrt(along**2 + across**2)
        strength = np.clip((1.5 - distance) / 0.5, 0, 1) ** 1.5 + 0.25 * np.exp(-(distance**2) / 4)
        hidden = np.maximum(hidden, np.clip(strength, 0, 1))
    pixels = np.asarray(scene, np.float32)
    lit = pixels + (np.array((255, 255, 250), np.float32) - pixels) * hidden[..., None]
    scene.paste(Image.fromarray(lit.astype(np.uint8), "RGB"))
    return hidden


def add_thumb(scene: Image.Image, seeded: np.random.Generator, mapping: Mapping, width: float) -> Hidden:
    """Lay, at times, a thumb over the card's edge, and return what it hides."""
    cover = Image.new("L", scene.size, 0)
    if seeded.random() < _THUMB:
        edge = ((0, seeded.uniform(150, 600)), (1200, seeded.uniform(150, 600)), (seeded.uniform(200, 1000), 757))
        x, y = edge[int(seeded.integers(3))]
        at = mapping @ (x, y, 1.0)
        inner = mapping @ (600.0, 378.0, 1.0)
        tip = np.array((at[0] / at[2], at[1] / at[2]))
        outward = tip - (inner[0] / inner[2], inner[1] / inner[2])
        outward = outward / np.linalg.norm(outward)
        thick = seeded.uniform(0.1, 0.14) * width
        root = tip + outward * thick * 3
        tip = tip - outward * thick * seeded.uniform(-0.1, 0.5)
        draw = ImageDraw.Draw(cover)
        draw.line((*root, *tip), fill=255, width=round(thick))
        half = thick / 2
        draw.ellipse((tip[0] - half, tip[1] - half, tip[0] + half, tip[1] + half), fill=255)
        cover = cover.filter(ImageFilter.GaussianBlur(1.5))
        skin = np.array(((228, 184, 150), (204, 156, 122), (180, 128, 96))[int(seeded.integers(3))], np.int64)
        scene.paste(tuple(int(part) for part in skin), (0, 0), cover)
    return np.asarray(cover, np.float32) / np.float32(255)
