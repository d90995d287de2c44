"""From the bytes of a file to upright pixels, or to the reason why not."""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from recognizer.reading.engine import Pixels

_FORMATS: Final = ("PNG", "JPEG", "MPO")
"""MPO is a JPEG that carries further pictures: some telephones write it and name it JPEG."""
MOST_PIXELS: Final = 64_000_000
"""A file whose header says more is refused before it is decoded: a few kilobytes of PNG may hold gigabytes of pixels.
"""
_WORKING_SIDE: Final = 2400
"""Longest side in pixels that is worked on: a card that fills half of it still has text 25 pixels high."""


class EmptyFile(Exception):  # noqa: N818 - a fact about the file, translated by ``reading``
    """There are no bytes."""


class NotAnImage(Exception):  # noqa: N818
    """Neither PNG nor JPEG, or not whole."""


class TooManyPixels(Exception):  # noqa: N818
    """More than ``MOST_PIXELS``."""


def decode(file: bytes) -> tuple[Pixels, float]:
    """Return the picture upright and at most ``_WORKING_SIDE`` long, and how many times longer the original is.

    Upright is what its EXIF orientation says.

    Raises ``EmptyFile``, ``NotAnImage`` and ``TooManyPixels``.
    """
    if not file:
        raise EmptyFile
    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as picture:
            longest = max(picture.size)
            if picture.width * picture.height > MOST_PIXELS:
                raise TooManyPixels
            if longest > _WORKING_SIDE:
                picture.draft(
                    "RGB", (_WORKING_SIDE * picture.width // longest, _WORKING_SIDE * picture.height // longest)
                )
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((_WORKING_SIDE, _WORKING_SIDE), reducing_gap=2)
            colours = _on_white(upright)
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise NotAnImage from error  # Pillow raises each of these for one broken file or another
    pixels = np.ascontiguousarray(np.asarray(colours)[:, :, ::-1])
    return pixels, longest / max(colours.size)


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture in three colours, as on white paper where it is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")
