"""Photocopies and prints of a card, and the faded look of an original in poor light.

A print consists of grain or of halftone dots: one screen for black, or one each for cyan, magenta, yellow and black at
the usual angles. It is on a sheet of white paper larger than the card.
"""

from enum import StrEnum
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from specimens.rendering.canvas import HEIGHT, WIDTH

type Coverage = NDArray[np.float32]
"""For every pixel, the share of it covered with one ink, 0 to 1."""


class Treatment(StrEnum):
    """What is in front of the camera: the card or a copy of it."""

    ORIGINAL = "original"
    FADED_ORIGINAL = "faded-original"
    """The card itself in light that washes out its colours. It is not a copy, though it looks like one."""
    TONER_COPY = "toner-copy"
    """A black photocopy: high contrast, a coarse halftone screen, specks and streaks."""
    COLOUR_COPY = "colour-copy"
    GREY_PRINT = "grey-print"
    """A scan printed in shades of grey."""

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy and not the card itself."""
        return self in {Treatment.TONER_COPY, Treatment.COLOUR_COPY, Treatment.GREY_PRINT}


COPIES_AND_ORIGINALS: Final = (
    Treatment.ORIGINAL,
    Treatment.TONER_COPY,
    Treatment.FADED_ORIGINAL,
    Treatment.COLOUR_COPY,
    Treatment.ORIGINAL,
    Treatment.GREY_PRINT,
)
"""The sequence for measuring copy detection: as many copies as originals."""

_PRINT_SCALE: Final = 2
"""Printer dots are finer than card pixels, so dots are computed at this multiple of the resolution."""
_STREAKS: Final = 0.015
"""Share of a toner copy's columns that the drum prints too dark."""
_PIXELS_PER_MM: Final = 14.0 * _PRINT_SCALE
"""Resolution for computing dots; the card is drawn at 14 pixels per millimetre."""


def apply_treatment(card: Image.Image, treatment: Treatment, random: Random) -> tuple[Image.Image, tuple[int, int]]:
    """Return the image to photograph (RGBA) and the position of the card's upper left corner in it.

    ``card`` is RGBA, ``WIDTH`` × ``HEIGHT``.
    """
    if treatment is Treatment.ORIGINAL:
        return card, (0, 0)
    if treatment is Treatment.FADED_ORIGINAL:
        return _fade(card, random), (0, 0)
    rng = np.random.default_rng(random.getrandbits(64))
    printers = {
        Treatment.TONER_COPY: _print_toner,
        Treatment.COLOUR_COPY: _print_colour,
        Treatment.GREY_PRINT: _print_grey,
    }
    return _place_on_sheet(printers[treatment](_scan_on_white(card), rng), rng)


def _fade(card: Image.Image, random: Random) -> Image.Image:
    keep = random.uniform(0.0, 0.3)
    grey = card.convert("L").convert("RGB")
    faded = Image.blend(grey, card.convert("RGB"), keep).convert("RGBA")
    faded.putalpha(card.getchannel("A"))
    return faded


def _scan_on_white(card: Image.Image) -> NDArray[np.float32]:
    """Return the card as a copier scans it: white behind the rounded corners, RGB from 0 to 1."""
    scene = Image.new("RGB", card.size, (255, 255, 255))
    scene.paste(card, (0, 0), card)
    large = scene.resize((WIDTH * _PRINT_SCALE, HEIGHT * _PRINT_SCALE), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32) / np.float32(255)


def _print_toner(light: NDArray[np.float32], rng: np.random.Generator) -> Image.Image:
    ink = np.clip((1 - light @ np.array((0.3, 0.59, 0.11), np.float32) - 0.1) * rng.uniform(1.3, 1.8), 0, 1)
    dots = _halftone(ink, lines_per_mm=rng.uniform(3.3, 4.8), degrees=45)
    dots = np.where(ink > rng.uniform(0.65, 0.8), ink, dots)  # copiers print text solid
    dots = np.maximum(dots, rng.random(dots.shape, np.float32) > 1 - rng.uniform(0, 0.0006))
    streak = 1 - rng.uniform(0, 0.2) * (rng.random(dots.shape[1], np.float32) > 1 - _STREAKS)
    black = rng.uniform(0.1, 0.22)
    return _finish_print((1 - dots * (1 - black)) * streak)


def _print_grey(light: NDArray[np.float32], rng: np.random.Generator) -> Image.Image:
    ink = 1 - light @ np.array((0.3, 0.59, 0.11), np.float32)
    if rng.integers(2):
        dots = _halftone(ink, lines_per_mm=rng.uniform(4.2, 5.9), degrees=45)
    else:
        dots = (ink > rng.random(ink.shape, np.float32)).astype(np.float32)
    return _finish_print(1 - dots * (1 - rng.uniform(0.12, 0.25)))


def _print_colour(light: NDArray[np.float32], rng: np.random.Generator) -> Image.Image:
    """Print in cyan, magenta, yellow and black; real inks are impure, so colours look slightly dull."""
    wanted = 1 - light
    black = wanted.min(axis=2) * rng.uniform(0.5, 0.9)
    lines = rng.uniform(3.9, 5.9)
    page = np.ones_like(light)
    inks = ((0, 15, (0.1, 0.62, 0.86)), (1, 75, (0.87, 0.12, 0.5)), (2, 0, (0.97, 0.9, 0.1)))
    for channel, degrees, colour in inks:
        dots = _halftone(np.clip(wanted[..., channel] - black, 0, 1), lines_per_mm=lines, degrees=degrees)
        page *= 1 - dots[..., None] * (1 - np.array(colour, np.float32))
    return _finish_print(page * (1 - _halftone(black, lines_per_mm=lines, degrees=45)[..., None] * 0.85))


def _halftone(ink: Coverage, *, lines_per_mm: float, degrees: float) -> Coverage:
    """Return a square halftone screen whose dot size follows the ink coverage."""
    y, x = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]].astype(np.float32)
    step = np.float32(2 * np.pi * lines_per_mm / _PIXELS_PER_MM)
    angle = np.radians(degrees)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    threshold = (2 + np.cos(along * step) + np.cos(across * step)) / 4
    return np.asarray(np.clip((ink - threshold) * 6 + 0.5, 0, 1), np.float32)


def _finish_print(light: NDArray[np.float32]) -> Image.Image:
    """Scale a print down to card pixels, with slight ink spread."""
    pixels = (np.clip(light, 0, 1) * 255).astype(np.uint8)
    large = Image.fromarray(pixels).convert("RGB").filter(ImageFilter.GaussianBlur(0.6))
    return large.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _place_on_sheet(printed: Image.Image, rng: np.random.Generator) -> tuple[Image.Image, tuple[int, int]]:
    """Return the print on white paper and the card's position on it."""
    left, top, right, bottom = (int(margin) for margin in rng.integers(60, 900, 4))
    paper = rng.uniform(236, 250)
    tint = np.array((1.0, rng.uniform(0.985, 1.0), rng.uniform(0.96, 1.0))) * paper / 255
    size = (left + WIDTH + right, top + HEIGHT + bottom)
    sheet = Image.new("RGB", size, (255, 255, 255))
    sheet.paste(printed, (left, top))
    pixels = np.asarray(sheet, np.float32) * tint.astype(np.float32)
    return Image.fromarray(pixels.astype(np.uint8), "RGB").convert("RGBA"), (left, top)
