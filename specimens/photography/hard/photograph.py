"""Photograph a document in poor conditions."""

from random import Random
from typing import Final

import numpy as np
from PIL import Image

from specimens.photography.hard.lens import defocus, develop, shake
from specimens.photography.hard.light import random_exposure, random_light
from specimens.photography.hard.reflection import WINDOW, contrast_left, mirror_window
from specimens.photography.hard.table import lay_table, resample
from specimens.photography.hard.thumb import THUMB, random_thumb
from specimens.photography.hard.view import PIXELS_PER_MM, Map, Places, View, random_view, soft_shadow
from specimens.photography.scene import Scene, Subject
from specimens.rendering.fonts import FontLoader

_READABLE_CONTRAST: Final = 0.4
"""Print whose contrast a reflection reduces below this share of its own is taken for unreadable."""
_COVERED: Final = 0.3
"""Print of which a thumb covers more than this share of a pixel is hidden."""
_QUALITIES: Final = (42, 64)
_REFLECTANCE: Final = (np.arange(256, dtype=np.float32) / 255) ** 2 * np.float32(0.92)
"""Of a drawing's values: the camera's curve is a square root, and the whitest paper reflects 92 % of the light."""


def photograph(subject: Subject, rng: np.random.Generator, random: Random, fonts: FontLoader) -> Scene:
    """Return a photo with the true position of each point of the document and what nobody could read."""
    view = random_view(rng, subject.box)
    places = view.surface()
    surface, coverage = _arrange(subject, view, places, lay_table(view, rng, random, fonts), rng)
    light = random_light(places, rng)
    thumb = random_thumb(view, rng) if rng.random() < THUMB else None
    lit = light.falling if thumb is None else thumb.shade(light)
    exposure = np.float32(random_exposure(view, places, lit, rng))
    seen = surface * view.fine(lit * exposure)
    hidden = np.zeros(seen.shape[:2], np.bool_)
    if rng.random() < WINDOW:
        reflection = mirror_window(view, places, rng) * exposure
        seen += (view.fine(reflection) * coverage)[..., None]
        hidden = view.fine(contrast_left(reflection, lit.mean(axis=2) * exposure)) < _READABLE_CONTRAST
    if thumb is not None:
        skin = thumb.skin * view.fine(light.falling * exposure)
        seen += (skin - seen) * thumb.coverage[..., None]
        hidden |= thumb.coverage > _COVERED
    picture = develop(shake(defocus(seen, view, places.depth, rng), view, rng), rng)
    return Scene(picture, view.project, hidden, quality=int(rng.integers(*_QUALITIES, endpoint=True)))


def _arrange(
    subject: Subject, view: View, places: Places, table: Image.Image, rng: np.random.Generator
) -> tuple[Map, Map]:
    """Put the document on the table; return their reflectance (RGB) and the document's coverage, from 0 to 1."""
    middle = subject.origin[0] + subject.box.right / 2, subject.origin[1] + subject.box.bottom / 2
    x, y = view.fine(places.x) * PIXELS_PER_MM + middle[0], view.fine(places.y) * PIXELS_PER_MM + middle[1]
    document = resample(subject.image, x, y, view.scale / PIXELS_PER_MM)
    alpha = document.getchannel("A")
    coverage = np.asarray(alpha, np.float32) / np.float32(255)
    table.paste((0, 0, 0), (0, 0), _contact_shadow(view, coverage, rng))
    table.paste(document, (0, 0), alpha)
    return _REFLECTANCE[np.asarray(table)], coverage


def _contact_shadow(view: View, coverage: Map, rng: np.random.Generator) -> Image.Image:
    """Return the shadow of a document's edge on the table: 255 takes away all light."""
    right, down = rng.uniform(-2, 2, 2) * view.coarse_scale
    softness = rng.uniform(0.8, 3) * view.coarse_scale
    shadow = soft_shadow(view.coarse(coverage), right, down, softness) * np.float32(rng.uniform(0.1, 0.4))
    return Image.fromarray(view.fine((shadow * 255).astype(np.uint8)))
