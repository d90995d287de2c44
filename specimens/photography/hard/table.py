"""The table below a document, with a pattern, and the papers and cards that lie on it."""

import math
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from specimens.photography.background_documents import draw_background_documents
from specimens.photography.hard.view import PIXELS_PER_MM, Map, View
from specimens.rendering.fonts import FontLoader

_PATTERNS: Final = ("planks", "cloth", "checks", "stripes", "plain")


def lay_table(view: View, rng: np.random.Generator, random: Random, fonts: FontLoader) -> Image.Image:
    """Return a table with up to four documents on it."""
    places = view.table()
    table = Image.fromarray(view.fine(_paint(places.x, places.y, rng)))
    documents = list(draw_background_documents(random, fonts))
    x, y = (view.fine(places.x), view.fine(places.y)) if documents else (places.x, places.y)
    for document in documents:
        row, column = rng.integers(x.shape[0]), rng.integers(x.shape[1])
        u, v = _turn(x - x[row, column], y - y[row, column], rng.uniform(0, math.tau))
        across, down = u * PIXELS_PER_MM + document.width / 2, v * PIXELS_PER_MM + document.height / 2
        seen = resample(document, across, down, view.scale / PIXELS_PER_MM)
        table.paste(seen, (0, 0), seen)
    return table


def resample(image: Image.Image, x: Map, y: Map, scale: float) -> Image.Image:
    """Return what each photo pixel shows of an image (RGBA): its pixel at ``x`` and ``y``, transparent beyond it.

    ``scale`` is the number of photo pixels per pixel of the image, which is reduced first: else fine print turns into a
    moiré.
    """
    factor = min(1.0, 1.25 * scale)
    size = math.ceil(image.width * factor), math.ceil(image.height * factor)
    smaller = cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA)
    across = np.asarray(x * np.float32(size[0] / image.width) - np.float32(0.5), np.float32)
    down = np.asarray(y * np.float32(size[1] / image.height) - np.float32(0.5), np.float32)
    # The default border is transparent black.
    return Image.fromarray(np.asarray(cv2.remap(smaller, across, down, cv2.INTER_CUBIC), np.uint8), "RGBA")


def _turn(x: Map, y: Map, angle: float) -> tuple[Map, Map]:
    cosine, sine = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def _paint(x: Map, y: Map, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return coarse pixels of one colour with a pattern and a grain; RGB."""
    colour = rng.uniform(0.03, 0.7, 3)  # reflectance
    colour = 0.45 * colour + 0.55 * colour.mean()
    u, v = _turn(x, y, rng.uniform(0, math.pi))
    pattern = _pattern(u, v, rng) * np.float32(rng.uniform(0.1, 0.35))
    shade = 1 + pattern + _grain(x.shape, rng) * np.float32(rng.uniform(0.03, 0.3))
    reflected = np.clip(colour.astype(np.float32) * shade[..., None], 0.005, 0.95)
    return np.asarray(np.sqrt(reflected) * 255, np.uint8)


def _pattern(u: Map, v: Map, rng: np.random.Generator) -> Map:
    """Return a pattern from -1 to 1; millimetres."""
    width = rng.uniform(30, 80), rng.uniform(5, 20)
    match _PATTERNS[rng.integers(len(_PATTERNS))]:
        case "planks":
            pattern = np.where((v / width[0]) % 1 < 0.02, -1.0, 0.0)
        case "cloth":
            pattern = 0.5 * np.sin(u * 4.6) * np.sin(v * 4.6)
        case "checks":
            pattern = np.where((u // 15 + v // 15) % 2 > 0, 0.6, -0.6)
        case "stripes":
            pattern = np.where((u // width[1]) % 2 > 0, 0.5, -0.5)
        case _:
            pattern = np.zeros_like(u)
    return np.asarray(pattern, np.float32)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> Map:
    """Return irregular spots, sometimes stretched like the grain of wood."""
    rows, columns = shape
    stretch = int(rng.choice((2, 2, 20)))
    spots = rng.normal(0, 1, (rows // 2, columns // stretch)).astype(np.float32)
    return np.asarray(cv2.resize(spots, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
