"""A printed card before a camera: level 0 is a flat scan, level 1 a hand-held photograph, level 2 a bad one."""

from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
from PIL import Image

from specimens.background import desk, drop_shadow, scanner_lid
from specimens.camera import expose, expose_hard, noise
from specimens.clutter import papers
from specimens.fonts import FontLoader
from specimens.obstruction import Hidden, add_glare, add_thumb
from specimens.perspective import CARD, Corners, Mapping, homography, laid, placed, project, rectangle
from specimens.sheet import WIDTH, Place


class Level(IntEnum):
    """How hard a photograph is to read."""

    SCAN = 0
    HAND_HELD = 1
    HARD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """An encoded photograph, where the card lies in it and what cannot be seen."""

    jpeg: bytes
    card: Corners
    to_photograph: Mapping
    """From the card's pixels to the photograph's."""
    hidden: Hidden

    def corners(self, place: Place) -> Corners:
        """Return where a rectangle of the card lies in the photograph."""
        return project(self.to_photograph, rectangle(place))


@dataclass(frozen=True, slots=True)
class _Thing:
    """What lies before the camera; the card begins at ``origin``."""

    image: Image.Image
    origin: tuple[int, int]

    def laid(self, mapping: Mapping, size: tuple[int, int]) -> Image.Image:
        """Return it as it lies in the frame."""
        return laid(self.image, mapping, size, self.origin)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A scene as the camera has it, not yet encoded."""

    scene: Image.Image
    mapping: Mapping
    hidden: Hidden | None = None


_SCAN_SIZE: Final = (1180, 790)
_HAND_HELD_SIZE: Final = (1440, 1080)
_HARD_SIZES: Final = ((1280, 960), (1600, 1200), (1920, 1440))
_QUALITY: Final = {Level.SCAN: 75, Level.HAND_HELD: 70, Level.HARD: 40}
_SMALLEST: Final = 720
"""Width in pixels of the smallest card: its Chinese characters are 19 pixels high and can be told apart by eye."""
_ACROSS, _DOWN = 1.14, 0.88
"""Width and height of the upright box around a card that is tilted by 15 degrees, in widths of the card."""
_CUT_OFF: Final = 0.1
"""Share of hard photographs whose frame cuts part of the card off."""


def photograph(
    card: Image.Image, random: Random, level: Level, fonts: FontLoader, *, origin: tuple[int, int] = (0, 0)
) -> Photograph:
    """Photograph a card (RGBA) at a level; equal states of ``random``, equal bytes.

    The card is ``WIDTH`` × ``HEIGHT``; of a sheet with the card printed on it, ``origin`` is where it begins.
    """
    seeded = np.random.default_rng(random.getrandbits(64))
    thing = _Thing(card, origin)
    if level is Level.HARD:
        shot = _hard(thing, seeded, random, fonts)
    else:
        shot = _scan(thing, seeded) if level is Level.SCAN else _hand_held(thing, seeded)
    buffer = BytesIO()
    shot.scene.save(buffer, "JPEG", quality=_QUALITY[level], optimize=True, progressive=True)
    seen = np.zeros((shot.scene.height, shot.scene.width), np.float32)
    return Photograph(
        jpeg=buffer.getvalue(),
        card=project(shot.mapping, rectangle(CARD)),
        to_photograph=shot.mapping,
        hidden=seen if shot.hidden is None else shot.hidden,
    )


def _scan(thing: _Thing, seeded: np.random.Generator) -> _Shot:
    size = _SCAN_SIZE
    shape = placed(seeded, size, width=seeded.uniform(1050, 1100), degrees=0.7, shift=(10, 10), skew=0)
    mapping = homography(rectangle(CARD), shape)
    scene, lying = scanner_lid(seeded, size), thing.laid(mapping, size)
    scene.paste(lying, (0, 0), lying)
    return _Shot(noise(scene, seeded, 0.6), mapping)


def _hand_held(thing: _Thing, seeded: np.random.Generator) -> _Shot:
    size = _HAND_HELD_SIZE
    shape = placed(seeded, size, width=seeded.uniform(1040, 1180), degrees=4, shift=(30, 30), skew=0.022)
    mapping = homography(rectangle(CARD), shape)
    scene, lying = desk(seeded, size), thing.laid(mapping, size)
    scene = drop_shadow(scene, seeded, lying.getchannel("A"))
    scene.paste(lying, (0, 0), lying)
    return _Shot(expose(scene, seeded), mapping)


def _hard(thing: _Thing, seeded: np.random.Generator, random: Random, fonts: FontLoader) -> _Shot:
    long, short = random.choice(_HARD_SIZES)
    size = random.choice(((long, short), (long, short), (short, long)))
    shape, width = _hard_shape(seeded, size)
    mapping = homography(rectangle(CARD), shape)
    scene, lying = desk(seeded, size), thing.laid(mapping, size)
    for paper in papers(random, fonts):
        _lay_under(scene, seeded, paper, width / WIDTH)
    scene = drop_shadow(scene, seeded, lying.getchannel("A"))
    scene.paste(lying, (0, 0), lying)
    thumb = add_thumb(scene, seeded, mapping, width)
    glare = add_glare(scene, seeded, mapping, width)
    return _Shot(expose_hard(scene, seeded, scale=width / WIDTH), mapping, np.maximum(thumb, glare))


def _hard_shape(seeded: np.random.Generator, size: tuple[int, int]) -> tuple[Corners, float]:
    """Return the corners of a card anywhere in the frame, at any size and turn, and its width."""
    turns = int(seeded.integers(4))
    across, down = (_DOWN, _ACROSS) if turns % 2 else (_ACROSS, _DOWN)
    widest = min(size[0] / across, size[1] / down)
    width = float(seeded.uniform(min(_SMALLEST, widest), widest))
    room = (max(0.0, size[0] - across * width) / 2, max(0.0, size[1] - down * width) / 2)
    shape = placed(seeded, size, width=width, degrees=15, shift=room, skew=0.03, quarter_turns=turns)
    if seeded.random() < _CUT_OFF:
        shape = _cut_off(seeded, size, shape, seeded.uniform(0.03, 0.14) * width)
    return shape, width


def _cut_off(seeded: np.random.Generator, size: tuple[int, int], shape: Corners, beyond: float) -> Corners:
    """Move a card so far that it reaches ``beyond`` an edge of the frame."""
    points = np.array(shape)
    axis = int(seeded.integers(2))
    move = size[axis] + beyond - points[:, axis].max() if seeded.integers(2) else -beyond - points[:, axis].min()
    points[:, axis] += move
    return tuple((float(x), float(y)) for x, y in points)


def _lay_under(scene: Image.Image, seeded: np.random.Generator, paper: Image.Image, scale: float) -> None:
    """Lay a paper somewhere on the table, before the card comes on top."""
    size = (round(paper.width * scale), round(paper.height * scale))
    turned = paper.resize(size, Image.Resampling.LANCZOS).rotate(
        float(seeded.uniform(0, 360)), Image.Resampling.BICUBIC, expand=True
    )
    left = int(seeded.integers(0, scene.width)) - turned.width // 2
    top = int(seeded.integers(0, scene.height)) - turned.height // 2
    scene.paste(turned, (left, top), turned)
