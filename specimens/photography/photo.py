"""Photograph a drawn card or another document.

Level 0 is a flat scan, level 1 a hand-held photo, level 2 a photo in poor conditions.
"""

from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
from PIL import Image

from specimens.photography.background import drop_shadow, scanner_lid, table_top
from specimens.photography.camera import add_noise, expose
from specimens.photography.hard.photograph import photograph
from specimens.photography.perspective import (
    CARD_BOX,
    Corners,
    Homography,
    Projection,
    corners_in_photo,
    plane_projection,
    random_corners,
)
from specimens.photography.scene import Hidden, Scene, Subject
from specimens.rendering.canvas import Box
from specimens.rendering.fonts import FontLoader


class Level(IntEnum):
    """How hard a photo is to read."""

    SCAN = 0
    HAND_HELD = 1
    HARD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """An encoded photo with the card's position and what is hidden."""

    jpeg: bytes
    card: Corners
    project: Projection
    hidden: Hidden

    def corners(self, box: Box) -> Corners:
        """Return the corners of a card rectangle in the photo."""
        return corners_in_photo(box, self.project)


_HAND_HELD_SIZE: Final = (1440, 1080)


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
    subject = Subject(card, origin, box)
    if level is Level.HARD:
        scene = photograph(subject, rng, random, fonts)
    else:
        scene = _scan(subject, rng) if level is Level.SCAN else _hand_held(subject, rng)
    buffer = BytesIO()
    scene.image.save(buffer, "JPEG", quality=scene.quality, optimize=True, progressive=True)
    return Photo(
        jpeg=buffer.getvalue(),
        card=corners_in_photo(box, scene.project),
        project=scene.project,
        hidden=scene.hidden,
    )


def _unhidden(image: Image.Image, homography: Homography, *, quality: int) -> Scene:
    """Return a photo of a flat card with nothing in front of it."""
    return Scene(image, plane_projection(homography), np.zeros((image.height, image.width), np.bool_), quality)


def _scan(subject: Subject, rng: np.random.Generator) -> Scene:
    size = (1180, round(1100 * subject.aspect) + 96)
    width = rng.uniform(1050, 1100)
    corners = random_corners(rng, size, width=width, degrees=0.7, shift=(10, 10), skew=0, aspect=subject.aspect)
    homography = subject.homography(corners)
    image, card = scanner_lid(rng, size), subject.warp(homography, size)
    image.paste(card, (0, 0), card)
    return _unhidden(add_noise(image, rng, 0.6), homography, quality=75)


def _hand_held(subject: Subject, rng: np.random.Generator) -> Scene:
    long, short = _HAND_HELD_SIZE
    size = (long, short) if subject.aspect <= 1 else (short, long)
    widest = min(1180, 0.88 * size[0], 0.88 * size[1] / subject.aspect)
    width = rng.uniform(0.88 * widest, widest)
    corners = random_corners(rng, size, width=width, degrees=4, shift=(30, 30), skew=0.022, aspect=subject.aspect)
    homography = subject.homography(corners)
    image, card = table_top(rng, size), subject.warp(homography, size)
    image = drop_shadow(image, rng, card.getchannel("A"))
    image.paste(card, (0, 0), card)
    return _unhidden(expose(image, rng), homography, quality=70)
