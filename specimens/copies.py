"""What a copier or printer makes of a card, and what poor light makes of the card itself.

A print is made of dots: one screen of them for black, or one each for cyan, magenta, yellow and black, at their usual
angles; or of grain. It stands on a sheet of white paper larger than the card.
"""

from enum import StrEnum
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from specimens.sheet import HEIGHT, WIDTH

type Share = NDArray[np.float32]
"""For every pixel, how much of it is covered with one ink, 0 to 1."""


class Treatment(StrEnum):
    """What lies before the camera."""

    ORIGINAL = "original"
    FADED_ORIGINAL = "faded-original"
    """The card itself in light that takes the colour out of it: no copy, though it looks like one."""
    TONER_COPY = "toner-copy"
    """A photocopy in black: steep contrast, a coarse screen, specks and streaks."""
    COLOUR_COPY = "colour-copy"
    GREY_PRINT = "grey-print"
    """A scan printed in shades of grey."""

    @property
    def is_copy(self) -> bool:
        """Tell whether it is a copy of the card and not the card."""
        return self in {Treatment.TONER_COPY, Treatment.COLOUR_COPY, Treatment.GREY_PRINT}


COPIES_AND_ORIGINALS: Final = (
    Treatment.ORIGINAL,
    Treatment.TONER_COPY,
    Treatment.FADED_ORIGINAL,
    Treatment.COLOUR_COPY,
    Treatment.ORIGINAL,
    Treatment.GREY_PRINT,
)
"""What a test for copies is measured on, in turn: as many copies as originals."""

_FINE: Final = 2
"""Printers set dots finer than the pixels a card is drawn in: dots are set in so many times as many."""
_STREAKS: Final = 0.015
"""Share of a toner copy's columns that the drum prints too dark."""
_DOTS_A_MM: Final = 14.0 * _FINE
"""Pixels a millimetre while dots are set; the card is drawn in 14."""


def treated(card: Image.Image, treatment: Treatment, random: Random) -> tuple[Image.Image, tuple[int, int]]:
    """Return what lies before the camera, RGBA, and where in it the card's upper left corner is.

    ``card`` is RGBA, ``WIDTH`` × ``HEIGHT``.
    """
    if treatment is Treatment.ORIGINAL:
        return card, (0, 0)
    if treatment is Treatment.FADED_ORIGINAL:
        return _faded(card, random), (0, 0)
    seeded = np.random.default_rng(random.getrandbits(64))
    printers = {Treatment.TONER_COPY: _toner, Treatment.COLOUR_COPY: _colour, Treatment.GREY_PRINT: _grey}
    return _on_sheet(printers[treatment](_on_white(card), seeded), seeded)


def _faded(card: Image.Image, random: Random) -> Image.Image:
    keep = random.uniform(0.0, 0.3)
    grey = card.convert("L").convert("RGB")
    faded = Image.blend(grey, card.convert("RGB"), keep).convert("RGBA")
    faded.putalpha(card.getchannel("A"))
    return faded


def _on_white(card: Image.Image) -> NDArray[np.float32]:
    """Return the card as the copier's glass sees it: its rounded corners white, red, green and blue from 0 to 1."""
    scene = Image.new("RGB", card.size, (255, 255, 255))
    scene.paste(card, (0, 0), card)
    large = scene.resize((WIDTH * _FINE, HEIGHT * _FINE), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32) / np.float32(255)


def _toner(light: NDArray[np.float32], seeded: np.random.Generator) -> Image.Image:
    ink = np.clip((1 - light @ np.array((0.3, 0.59, 0.11), np.float32) - 0.1) * seeded.uniform(1.3, 1.8), 0, 1)
    dots = _screened(ink, lines_a_mm=seeded.uniform(3.3, 4.8), degrees=45)
    dots = np.where(ink > seeded.uniform(0.65, 0.8), ink, dots)  # copiers keep text solid
    dots = np.maximum(dots, seeded.random(dots.shape, np.float32) > 1 - seeded.uniform(0, 0.0006))
    streak = 1 - seeded.uniform(0, 0.2) * (seeded.random(dots.shape[1], np.float32) > 1 - _STREAKS)
    black = seeded.uniform(0.1, 0.22)
    return _pressed((1 - dots * (1 - black)) * streak)


def _grey(light: NDArray[np.float32], seeded: np.random.Generator) -> Image.Image:
    ink = 1 - light @ np.array((0.3, 0.59, 0.11), np.float32)
    if seeded.integers(2):
        dots = _screened(ink, lines_a_mm=seeded.uniform(4.2, 5.9), degrees=45)
    else:
        dots = (ink > seeded.random(ink.shape, np.float32)).astype(np.float32)
    return _pressed(1 - dots * (1 - seeded.uniform(0.12, 0.25)))


def _colour(light: NDArray[np.float32], seeded: np.random.Generator) -> Image.Image:
    """Print in cyan, magenta, yellow and black; inks are not pure, so that colours come out a little dull."""
    wanted = 1 - light
    black = wanted.min(axis=2) * seeded.uniform(0.5, 0.9)
    lines = seeded.uniform(3.9, 5.9)
    page = np.ones_like(light)
    inks = ((0, 15, (0.1, 0.62, 0.86)), (1, 75, (0.87, 0.12, 0.5)), (2, 0, (0.97, 0.9, 0.1)))
    for channel, degrees, colour in inks:
        dots = _screened(np.clip(wanted[..., channel] - black, 0, 1), lines_a_mm=lines, degrees=degrees)
        page *= 1 - dots[..., None] * (1 - np.array(colour, np.float32))
    return _pressed(page * (1 - _screened(black, lines_a_mm=lines, degrees=45)[..., None] * 0.85))


def _screened(ink: Share, *, lines_a_mm: float, degrees: float) -> Share:
    """Return dots in a square screen, as large as there is ink wanted."""
    y, x = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]].astype(np.float32)
    step = np.float32(2 * np.pi * lines_a_mm / _DOTS_A_MM)
    angle = np.radians(degrees)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    threshold = (2 + np.cos(along * step) + np.cos(across * step)) / 4
    return np.asarray(np.clip((ink - threshold) * 6 + 0.5, 0, 1), np.float32)


def _pressed(light: NDArray[np.float32]) -> Image.Image:
    """Return a print in the card's own pixels; ink spreads a little."""
    pixels = (np.clip(light, 0, 1) * 255).astype(np.uint8)
    large = Image.fromarray(pixels).convert("RGB").filter(ImageFilter.GaussianBlur(0.6))
    return large.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _on_sheet(printed: Image.Image, seeded: np.random.Generator) -> tuple[Image.Image, tuple[int, int]]:
    """Return the print on white paper, and the card's place on it."""
    left, top, right, bottom = (int(margin) for margin in seeded.integers(60, 900, 4))
    paper = seeded.uniform(236, 250)
    tint = np.array((1.0, seeded.uniform(0.985, 1.0), seeded.uniform(0.96, 1.0))) * paper / 255
    size = (left + WIDTH + right, top + HEIGHT + bottom)
    sheet = Image.new("RGB", size, (255, 255, 255))
    sheet.paste(printed, (left, top))
    pixels = np.asarray(sheet, np.float32) * tint.astype(np.float32)
    return Image.fromarray(pixels.astype(np.uint8), "RGB").convert("RGBA"), (left, top)
