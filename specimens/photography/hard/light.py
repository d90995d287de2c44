"""The light on a document and its exposure, in linear space: 1 is the light in which white paper is just white."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from specimens.photography.hard.view import CARD_WIDTH, Map, Places, View

_COLOURED: Final = 0.25
"""Share of photos with a warm or a cold lamp on one side."""
_SHADOW: Final = 0.35
"""Share of photos with the shadow of a phone, a hand or a window frame."""
_LOW_LIGHT: Final = 0.3
_DARKEST: Final = 0.05
"""Least exposed light on a document: its paper is then 48 of 255, five times the strongest noise."""
_LONGEST_EXPOSURE: Final = 1.3


@dataclass(frozen=True, slots=True)
class Light:
    """The light that falls on coarse pixels."""

    falling: Map
    """Rows × columns × red, green, blue."""
    ambient: float
    """The part that comes from all sides and reaches shadows."""


def random_light(places: Places, rng: np.random.Generator) -> Light:
    """Return a lamp's light with its fall-off, sometimes with a colour from one side or a shadow with a hard edge."""
    angle, ambient = rng.uniform(0, math.tau), rng.uniform(0.25, 0.6)
    away, height = rng.uniform(0, 1.2) * CARD_WIDTH, rng.uniform(1.2, 5) * CARD_WIDTH
    squared = (places.x - away * math.cos(angle)) ** 2 + (places.y - away * math.sin(angle)) ** 2
    lamp = ambient + (1 - ambient) * (1 + squared / height**2) ** -1.5
    if rng.random() < _SHADOW:
        lamp *= _hard_shadow(places, rng)
    falling = np.repeat(lamp[..., None], 3, axis=2)
    if rng.random() < _COLOURED:
        towards = np.clip(0.5 + (places.x * math.cos(angle) + places.y * math.sin(angle)) / CARD_WIDTH, 0, 1)
        for channel in (0, 2):
            falling[..., channel] *= 1 + towards * rng.uniform(-0.35, 0.35)
    return Light(np.asarray(falling, np.float32), ambient)


def _hard_shadow(places: Places, rng: np.random.Generator) -> Map:
    """Return the share of the light beside one straight edge or, like a window frame's, between two."""
    x, y = rng.uniform(-0.4, 0.4, 2) * CARD_WIDTH
    angle, softness = rng.uniform(0, math.tau), rng.uniform(0.2, 2.5)
    inside = (places.x - x) * math.cos(angle) + (places.y - y) * math.sin(angle)
    if rng.random() < 0.4:
        inside = np.minimum(inside, rng.uniform(8, 40) - inside)
    darkness = rng.uniform(0.3, 0.72) / (1 + np.exp(-np.clip(inside / softness, -30, 30)))
    return np.asarray(1 - darkness, np.float32)


def random_exposure(view: View, places: Places, light: Map, rng: np.random.Generator) -> float:
    """Return the factor from light to the sensor's values.

    As with a camera's automatic, enough remains in the darkest shadow on the document for print to be legible.
    """
    exposure = rng.uniform(0.75, 1.15)
    if rng.random() < _LOW_LIGHT:
        exposure *= rng.uniform(0.2, 0.45)
    on_document = (np.abs(places.x) < view.width / 2) & (np.abs(places.y) < view.height / 2)
    darkest = float(light.mean(axis=2)[on_document].min())
    return max(exposure, min(_LONGEST_EXPOSURE, _DARKEST / darkest))
