"""From the bytes of a file to upright pixels, or to the reason why not."""

import io
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from recognizer.reading.ocr.engine import Pixels

_FORMATS: Final = ("PNG", "JPEG", "MPO")
"""MPO is a JPEG that carries further pictures: some telephones write it and name it JPEG."""
MAX_PIXELS: Final = 64_000_000
"""A file whose header says more is refused before it is decoded: a few kilobytes of PNG may hold gigabytes of pixels.
"""
MAX_UNSCALED_PIXELS: Final = 40_000_000
"""The same for what must be decoded in full before it can be made smaller: PNG, 4 bytes a pixel, and progressive JPEG,
up to 8."""
_WORKING_SIDE: Final = 2400
"""Longest side in pixels that is worked on: a card that fills half of it still has text 25 pixels high."""
_BAND: Final = 256
"""Rows of the smaller picture that are made at a time, so that there is never a second picture of full size."""
_ORIENTATION: Final = 0x0112
_TURNS: Final[dict[Any, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, for each orientation of EXIF but the upright one, 1."""


class EmptyFile(Exception):
    """There are no bytes."""


class NotAnImage(Exception):
    """Neither PNG nor JPEG, or not whole."""


class TooManyPixels(Exception):
    """More than ``MOST_PIXELS``, or than ``MOST_PIXELS_AT_ONCE`` of a PNG or a progressive JPEG."""


def decode(file: bytes) -> tuple[Pixels, float]:
    """Return the picture upright and at most ``_WORKING_SIDE`` long, and how many times longer the original is.

    Upright is what its EXIF orientation says.

    Raises ``EmptyFile``, ``NotAnImage``, ``TooManyPixels`` and ``MemoryError``.
    """
    if not file:
        raise EmptyFile
    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as picture:
            longest = max(picture.size)
            if picture.width * picture.height > _max_pixels(picture):
                raise TooManyPixels
            if longest > _WORKING_SIDE:
                width, height = (max(1, _WORKING_SIDE * side // longest) for side in picture.size)
                picture.draft("RGB", (width, height))
            picture.load()
            orientation = _orientation(picture)
            small = _made_smaller(picture)
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise NotAnImage from error  # Pillow raises each of these for one broken file or another
    upright = small.transpose(_TURNS[orientation]) if orientation in _TURNS else small
    pixels = np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
    return pixels, longest / max(upright.size)


def _max_pixels(picture: Image.Image) -> int:
    is_whole = picture.format == "PNG" or "progressive" in picture.info
    return MAX_UNSCALED_PIXELS if is_whole else MAX_PIXELS


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; metadata that cannot be understood is no reason to refuse a picture."""
    try:
        said = picture.getexif().get(_ORIENTATION, 1)
        return int(said) if said in _TURNS else 1
    except Exception:  # noqa: BLE001  whatever a parser raises for metadata of another's making
        return 1


def _made_smaller(picture: Image.Image) -> Image.Image:
    """Return the picture in three colours, at most ``_WORKING_SIDE`` long."""
    factor = max(1, max(picture.size) // _WORKING_SIDE)
    if factor == 1 and picture.mode == "RGB" and not picture.has_transparency_data:
        small = picture
    else:
        small = Image.new("RGB", (-(-picture.width // factor), -(-picture.height // factor)))
        for top in range(0, small.height, _BAND):
            bottom = min((top + _BAND) * factor, picture.height)
            band = _on_white(picture.crop((0, top * factor, picture.width, bottom)))
            small.paste(band.reduce(factor), (0, top))
    small.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    return small


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture in three colours, as on white paper where it is transparent."""
    if picture.mode.startswith("I"):  # 16 bits of grey, of which Pillow would keep the lower 8
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")
