"""The reflection of a window in a card's lamination, and the contrast that it leaves."""

import math
from typing import Final

import cv2
import numpy as np

from specimens.photography.hard.view import CARD_WIDTH, Map, Places, View

WINDOW: Final = 0.5
"""Share of photos with a reflection."""
_BAR: Final = 0.4
"""Share of windows with a bar in the middle."""
_PAPER: Final = 0.7
_INK: Final = 0.02
"""Reflectances, of paper and of print."""


def mirror_window(view: View, places: Places, rng: np.random.Generator) -> Map:
    """Return the light that coarse pixels of the lamination mirror.

    The window is a rectangle with soft edges, which the unevenness of the lamination bends.
    """
    x = places.x + _waves(places.x.shape, rng) - np.float32(rng.uniform(-0.45, 0.45) * view.width)
    y = places.y + _waves(places.y.shape, rng) - np.float32(rng.uniform(-0.45, 0.45) * view.height)
    angle, half = rng.uniform(0, math.pi), rng.uniform(0.05, 0.22) * CARD_WIDTH
    across = np.asarray((x * math.cos(angle) + y * math.sin(angle)) / half, np.float32)
    down = np.asarray((y * math.cos(angle) - x * math.sin(angle)) / (half * rng.uniform(0.25, 1)), np.float32)
    softness = rng.uniform(0.04, 0.3)
    window = _within(across, softness) * _within(down, softness)
    if rng.random() < _BAR:
        window *= 1 - 0.8 * np.exp(-((across / 0.08) ** 2))
    return np.asarray(window * rng.uniform(0.4, 2.4), np.float32)


def _waves(shape: tuple[int, ...], rng: np.random.Generator) -> Map:
    """Return displacements in millimetres."""
    waves = rng.normal(0, rng.uniform(0, 0.05) * CARD_WIDTH, (6, 8)).astype(np.float32)
    return np.asarray(cv2.resize(waves, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def _within(place: Map, softness: float) -> Map:
    """Return 1 between -1 and 1 and 0 beyond, with soft edges."""
    return np.asarray(1 / (1 + np.exp(np.clip((np.abs(place) - 1) / softness, -30, 30))), np.float32)


def contrast_left(reflection: Map, light: Map) -> Map:
    """Return the share of the contrast between print and paper that a reflection leaves, after the camera's curve.

    Both are exposed: from 1, the sensor is saturated.
    """
    paper, ink = _PAPER * light, _INK * light
    left = np.sqrt(np.minimum(paper + reflection, 1)) - np.sqrt(np.minimum(ink + reflection, 1))
    return np.asarray(left / (np.sqrt(paper) - np.sqrt(ink)), np.float32)
