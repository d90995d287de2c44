"""Photograph a drawn card or another document.

Level 0 is a flat scan, level 1 a hand-held photo, level 2 a photo in poor conditions.
"""

from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from math import cos, radians, sin
from random import Random
from typing import Final

import numpy as np
from PIL import Image

from specimens.photography.background import drop_shadow, scanner_lid, table_top
from specimens.photography.background_documents import draw_background_documents
from specimens.photography.camera import add_noise, expose, expose_hard
from specimens.photography.occlusion import OcclusionMask, add_glare, add_thumb
from specimens.photography.perspective import (
    CARD_ASPECT,
    CARD_BOX,
    Corners,
    Homography,
    box_corners,
    find_homography,
    project,
    random_corners,
    warp,
)
from specimens.rendering.canvas import WIDTH, Box
from specimens.rendering.fonts import FontLoader


class Level(IntEnum):
    """How hard a photo is to read."""

    SCAN = 0
    HAND_HELD = 1
    HARD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """An encoded photo with the card's position and the mask of hidden pixels."""

    jpeg: bytes
    card: Corners
    card_to_photo: Homography
    """Maps card pixels to photo pixels."""
    mask: OcclusionMask

    def corners(self, box: Box) -> Corners:
        """Return the corners of a card rectangle in the photo."""
        return project(self.card_to_photo, box_corners(box))


@dataclass(frozen=True, slots=True)
class _Subject:
    """The object in front of the camera: ``box`` is the document, whose upper left corner is at ``origin``."""

    image: Image.Image
    origin: tuple[int, int]
    box: Box

    @property
    def aspect(self) -> float:
        """Height divided by width."""
        return self.box.bottom / self.box.right

    def homography(self, corners: Corners) -> Homography:
        return find_homography(box_corners(self.box), corners)

    def warp(self, homography: Homography, size: tuple[int, int]) -> Image.Image:
        return warp(self.image, homography, size, self.origin)


@dataclass(frozen=True, slots=True)
class _Scene:
    """A finished scene, not yet encoded."""

    image: Image.Image
    homography: Homography
    mask: OcclusionMask | None = None


_HAND_HELD_SIZE: Final = (1440, 1080)
_HARD_SIZES: Final = ((1280, 960), (1600, 1200), (1920, 1440))
_QUALITY: Final = {Level.SCAN: 75, Level.HAND_HELD: 70, Level.HARD: 40}
_MIN_CARD_WIDTH: Final = 720
"""Smallest card width in pixels: Chinese characters are then 19 pixels high and still distinguishable by eye."""
_MAX_DEGREES: Final = 15
"""A hard photo's largest rotation from the nearest of the four orientations."""
_CUT_OFF_SHARE: Final = 0.1
"""Share of hard photos in which the frame cuts off part of the card."""


def take_photo(
    card: Image.Image,
    random: Random,
    level: Level,
    fonts: FontLoader,
    *,
    origin: tuple[int, int] = (0, 0),
    box: Box = CARD_BOX,
) -> Photo:
    """Photograph a card (RGBA, ``WIDTH`` × ``HEIGHT``); the same state of ``random`` gives the same bytes.

    For a sheet with the card printed on it, ``origin`` is the card's upper left corner. ``box`` is the size of another
    document, ``WIDTH`` wide.
    """
    rng = np.random.default_rng(random.getrandbits(64))
    subject = _Subject(card, origin, box)
    if level is Level.HARD:
        scene = _hard(subject, rng, random, fonts)
    else:
        scene = _scan(subject, rng) if level is Level.SCAN else _hand_held(subject, rng)
    buffer = BytesIO()
    scene.image.save(buffer, "JPEG", quality=_QUALITY[level], optimize=True, progressive=True)
    all_visible = np.zeros((scene.image.height, scene.image.width), np.float32)
    return Photo(
        jpeg=buffer.getvalue(),
        card=project(scene.homography, box_corners(box)),
        card_to_photo=scene.homography,
        mask=all_visible if scene.mask is None else scene.mask,
    )


def _scan(subject: _Subject, rng: np.random.Generator) -> _Scene:
    size = (1180, round(1100 * subject.aspect) + 96)
    width = rng.uniform(1050, 1100)
    corners = random_corners(rng, size, width=width, degrees=0.7, shift=(10, 10), skew=0, aspect=subject.aspect)
    homography = subject.homography(corners)
    image, card = scanner_lid(rng, size), subject.warp(homography, size)
    image.paste(card, (0, 0), card)
    return _Scene(add_noise(image, rng, 0.6), homography)


def _hand_held(subject: _Subject, rng: np.random.Generator) -> _Scene:
    long, short = _HAND_HELD_SIZE
    size = (long, short) if subject.aspect <= 1 else (short, long)
    widest = min(1180, 0.88 * size[0], 0.88 * size[1] / subject.aspect)
    width = rng.uniform(0.88 * widest, widest)
    corners = random_corners(rng, size, width=width, degrees=4, shift=(30, 30), skew=0.022, aspect=subject.aspect)
    homography = subject.homography(corners)
    image, card = table_top(rng, size), subject.warp(homography, size)
    image = drop_shadow(image, rng, card.getchannel("A"))
    image.paste(card, (0, 0), card)
    return _Scene(expose(image, rng), homography)


def _hard(subject: _Subject, rng: np.random.Generator, random: Random, fonts: FontLoader) -> _Scene:
    long, short = random.choice(_HARD_SIZES)
    size = random.choice(((long, short), (long, short), (short, long)))
    corners, width = _hard_corners(rng, size, subject.aspect)
    homography = subject.homography(corners)
    image, card = table_top(rng, size), subject.warp(homography, size)
    for document in draw_background_documents(random, fonts):
        _put_on_table(image, rng, document, width / WIDTH)
    image = drop_shadow(image, rng, card.getchannel("A"))
    image.paste(card, (0, 0), card)
    thumb = add_thumb(image, rng, homography, width)
    glare = add_glare(image, rng, homography, width)
    return _Scene(expose_hard(image, rng, scale=width / WIDTH), homography, np.maximum(thumb, glare))


def _hard_corners(
    rng: np.random.Generator, size: tuple[int, int], aspect: float = CARD_ASPECT
) -> tuple[Corners, float]:
    """Return the corners and width of a card at a random position, size and rotation in the frame."""
    turns = int(rng.integers(4))
    cosine, sine = cos(radians(_MAX_DEGREES)), sin(radians(_MAX_DEGREES))
    across, down = 1.01 * (cosine + aspect * sine), 1.01 * (aspect * cosine + sine)  # of the box around it
    if turns % 2:
        across, down = down, across
    widest = min(size[0] / across, size[1] / down)
    width = float(rng.uniform(min(_MIN_CARD_WIDTH, widest), widest))
    room = (max(0.0, size[0] - across * width) / 2, max(0.0, size[1] - down * width) / 2)
    corners = random_corners(
        rng, size, width=width, degrees=_MAX_DEGREES, shift=room, skew=0.03, quarter_turns=turns, aspect=aspect
    )
    if rng.random() < _CUT_OFF_SHARE:
        corners = _cut_off(rng, size, corners, rng.uniform(0.03, 0.14) * width)
    return corners, width


def _cut_off(rng: np.random.Generator, size: tuple[int, int], corners: Corners, beyond: float) -> Corners:
    """Move a card so that it extends ``beyond`` pixels over an edge of the frame."""
    points = np.array(corners)
    axis = int(rng.integers(2))
    move = size[axis] + beyond - points[:, axis].max() if rng.integers(2) else -beyond - points[:, axis].min()
    points[:, axis] += move
    return tuple((float(x), float(y)) for x, y in points)


def _put_on_table(scene: Image.Image, rng: np.random.Generator, document: Image.Image, scale: float) -> None:
    """Put a document at a random position on the table, under the card."""
    size = (round(document.width * scale), round(document.height * scale))
    rotated = document.resize(size, Image.Resampling.LANCZOS).rotate(
        float(rng.uniform(0, 360)), Image.Resampling.BICUBIC, expand=True
    )
    left = int(rng.integers(0, scene.width)) - rotated.width // 2
    top = int(rng.integers(0, scene.height)) - rotated.height // 2
    scene.paste(rotated, (left, top), rotated)
