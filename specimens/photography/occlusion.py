"""Occlusions: glare and a thumb. Each returns a mask of what it hides."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from specimens.photography.perspective import Homography

type OcclusionMask = NDArray[np.float32]
"""For every pixel of a photo, from 0 (fully visible) to 1 (fully mask)."""

_GLARE: Final = 0.5
"""Share of hard photos with glare on the card."""
_THUMB: Final = 0.15


def add_glare(scene: Image.Image, rng: np.random.Generator, homography: Homography, width: float) -> OcclusionMask:
    """Add the reflection of a lamp to ``scene`` and return the mask of what it hides.

    ``width`` is the card's width in pixels. A reflection is an ellipse, saturated inside and fading at its edge.
    """
    mask = np.zeros((scene.height, scene.width), np.float32)
    if rng.random() >= _GLARE:
        return mask
    y, x = np.mgrid[0 : scene.height, 0 : scene.width].astype(np.float32)
    for _ in range(int(rng.integers(1, 3))):
        centre = homography @ (rng.uniform(0, 1200), rng.uniform(0, 757), 1.0)
        right, down = x - centre[0] / centre[2], y - centre[1] / centre[2]
        angle = rng.uniform(0, np.pi)
        long, short = rng.uniform(0.05, 0.16) * width, rng.uniform(0.025, 0.08) * width
        along = (right * np.cos(angle) + down * np.sin(angle)) / long
        across = (down * np.cos(angle) - right * np.sin(angle)) / short
        distance = np.sqrt(along**2 + across**2)
        strength = np.clip((1.5 - distance) / 0.5, 0, 1) ** 1.5 + 0.25 * np.exp(-(distance**2) / 4)
        mask = np.maximum(mask, np.clip(strength, 0, 1))
    pixels = np.asarray(scene, np.float32)
    lit = pixels + (np.array((255, 255, 250), np.float32) - pixels) * mask[..., None]
    scene.paste(Image.fromarray(lit.astype(np.uint8), "RGB"))
    return mask


def add_thumb(scene: Image.Image, rng: np.random.Generator, homography: Homography, width: float) -> OcclusionMask:
    """Sometimes put a thumb over the card's edge; return the mask of what it hides."""
    mask = Image.new("L", scene.size, 0)
    if rng.random() < _THUMB:
        edge = ((0, rng.uniform(150, 600)), (1200, rng.uniform(150, 600)), (rng.uniform(200, 1000), 757))
        x, y = edge[int(rng.integers(3))]
        at = homography @ (x, y, 1.0)
        inner = homography @ (600.0, 378.0, 1.0)
        tip = np.array((at[0] / at[2], at[1] / at[2]))
        outward = tip - (inner[0] / inner[2], inner[1] / inner[2])
        outward = outward / np.linalg.norm(outward)
        thick = rng.uniform(0.1, 0.14) * width
        root = tip + outward * thick * 3
        tip = tip - outward * thick * rng.uniform(-0.1, 0.5)
        draw = ImageDraw.Draw(mask)
        draw.line((*root, *tip), fill=255, width=round(thick))
        half = thick / 2
        draw.ellipse((tip[0] - half, tip[1] - half, tip[0] + half, tip[1] + half), fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(1.5))
        skin = np.array(((228, 184, 150), (204, 156, 122), (180, 128, 96))[int(rng.integers(3))], np.int64)
        scene.paste(tuple(int(part) for part in skin), (0, 0), mask)
    return np.asarray(mask, np.float32) / np.float32(255)
