"""A printed card before a camera: level 0 is a flat scan, level 1 a hand-held photograph."""

from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from specimens.sheet import HEIGHT, WIDTH, Place

type Corners = tuple[tuple[float, float], ...]
"""Four points in pixels of the photograph: upper left, upper right, lower right, lower left of the thing itself."""


class Level(IntEnum):
    """How hard a photograph is to read."""

    SCAN = 0
    HAND_HELD = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """An encoded photograph and where the card lies in it."""

    jpeg: bytes
    card: Corners
    to_photograph: NDArray[np.float64]
    """Homography from the card's pixels to the photograph's."""

    def corners(self, place: Place) -> Corners:
        """Return where a rectangle of the card lies in the photograph."""
        return _project(self.to_photograph, _rectangle(place))


_FRAMES: Final = {Level.SCAN: (1180, 790), Level.HAND_HELD: (1440, 1080)}
_QUALITY: Final = {Level.SCAN: 75, Level.HAND_HELD: 70}


def photograph(card: Image.Image, random: Random, level: Level) -> Photograph:
    """Photograph a card (RGBA, ``WIDTH`` × ``HEIGHT``) at a level; equal states of ``random``, equal bytes."""
    seeded = np.random.default_rng(random.getrandbits(64))
    size = _FRAMES[level]
    shape = _flat(seeded, size) if level is Level.SCAN else _hand_held(seeded, size)
    mapping = _homography(_rectangle(Place(0, 0, WIDTH, HEIGHT)), shape)
    inverse = np.linalg.inv(mapping)
    laid = card.transform(
        size, Image.Transform.PERSPECTIVE, tuple((inverse / inverse[2, 2]).ravel()[:8]), Image.Resampling.BICUBIC
    )
    scene = _scanner_lid(seeded, size) if level is Level.SCAN else _desk(seeded, size)
    if level is Level.HAND_HELD:
        scene = _drop_shadow(scene, seeded, laid.getchannel("A"))
    scene.paste(laid, (0, 0), laid)
    scene = _noise(scene, seeded, 0.6) if level is Level.SCAN else _expose(scene, seeded)
    buffer = BytesIO()
    scene.save(buffer, "JPEG", quality=_QUALITY[level], optimize=True, progressive=True)
    return Photograph(
        jpeg=buffer.getvalue(), card=_project(mapping, _rectangle(Place(0, 0, WIDTH, HEIGHT))), to_photograph=mapping
    )


def _rectangle(place: Place) -> Corners:
    return (place.left, place.top), (place.right, place.top), (place.right, place.bottom), (place.left, place.bottom)


def _project(mapping: NDArray[np.float64], corners: Corners) -> Corners:
    points = np.array([(*corner, 1.0) for corner in corners]) @ mapping.T
    return tuple((round(float(x / w), 1), round(float(y / w), 1)) for x, y, w in points)


def _homography(source: Corners, target: Corners) -> NDArray[np.float64]:
    """Return the 3 × 3 mapping that takes four points to four others."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1.0).reshape(3, 3)


def _placed(
    seeded: np.random.Generator, size: tuple[int, int], *, width: float, degrees: float, shift: float, skew: float
) -> Corners:
    """Return the corners of a card ``width`` pixels wide, turned, shifted and with each corner pulled a little."""
    half = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (width, width * HEIGHT / WIDTH)
    angle = np.radians(seeded.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array(size) / 2 + seeded.uniform(-shift, shift, 2)
    points = half @ turn + centre + seeded.uniform(-skew, skew, (4, 2)) * width
    return tuple((float(x), float(y)) for x, y in points)


def _flat(seeded: np.random.Generator, size: tuple[int, int]) -> Corners:
    return _placed(seeded, size, width=seeded.uniform(1050, 1100), degrees=0.7, shift=10, skew=0)


def _hand_held(seeded: np.random.Generator, size: tuple[int, int]) -> Corners:
    return _placed(seeded, size, width=seeded.uniform(1040, 1180), degrees=4, shift=30, skew=0.022)


def _scanner_lid(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    grey = int(seeded.integers(236, 252))
    return Image.new("RGB", size, (grey, grey, grey))


def _desk(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
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


def _drop_shadow(scene: Image.Image, seeded: np.random.Generator, shape: Image.Image) -> Image.Image:
    """Darken the table where the card keeps the light off."""
    offset = (int(seeded.integers(-14, 15)), int(seeded.integers(6, 18)))
    shadow = Image.new("L", scene.size, 0)
    shadow.paste(shape.point(lambda value: int(value * 0.55)), offset)
    scene.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(12)))
    return scene


def _expose(scene: Image.Image, seeded: np.random.Generator) -> Image.Image:
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
    return _noise(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB"), seeded, seeded.uniform(1.2, 2.6))


def _hand_shadow(seeded: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a soft blot reaching in from one side, white where it is darkest."""
    blot = Image.new("L", size, 0)
    x = float(seeded.choice((0.0, float(size[0]))))
    y = float(seeded.uniform(0, size[1]))
    reach = float(seeded.uniform(0.3, 0.6)) * size[0]
    ImageDraw.Draw(blot).ellipse((x - reach, y - reach * 0.6, x + reach, y + reach * 0.6), fill=255)
    return blot.filter(ImageFilter.GaussianBlur(40))


def _noise(scene: Image.Image, seeded: np.random.Generator, strength: float) -> Image.Image:
    """Add sensor noise of ``strength`` grey levels, most of it the same in the three colours."""
    grey = seeded.normal(0, strength, (scene.height, scene.width, 1))
    pixels = np.asarray(scene, np.float32) + grey
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
