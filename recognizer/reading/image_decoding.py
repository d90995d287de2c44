"""Decodes an image file into upright pixels."""

import io
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from permit_ocr.domain.errors import RejectDocument
from permit_ocr.images.metadata import UPRIGHT, orientation_of
from permit_ocr.images.rejections import MAX_PIXELS, MAX_UNSCALED_PIXELS
from recognizer.reading.ocr.engine import Pixels

Image.preinit()  # or the first photo would import the decoders

_FORMATS: Final = ("PNG", "JPEG", "MPO")
"""MPO is a JPEG with additional images: some phones write it and name it JPEG."""
_WORKING_SIDE: Final = 2400
"""Images are downscaled to this longest side: a card that fills half of it still has text 25 pixels high."""
_BAND_ROWS: Final = 256
"""Rows of the downscaled image made at a time, so that there is never a second image of full size."""
_TRANSPOSE_BY_ORIENTATION: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to make an image upright, by EXIF orientation; 1 is upright already."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """The upright pixels of an image file, downscaled by ``scale``, and its EXIF ``orientation``, 1 to 8."""

    pixels: Pixels
    scale: float
    orientation: int

    def in_file(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of ``pixels`` is in the image as it is stored: without downscaling and rotation."""
        height, width = (side * self.scale for side in self.pixels.shape[:2])
        x, y = x * self.scale, y * self.scale
        return {
            2: (width - x, y),
            3: (width - x, height - y),
            4: (x, height - y),
            5: (y, x),
            6: (y, width - x),
            7: (height - y, width - x),
            8: (height - y, x),
        }.get(self.orientation, (x, y))


class EmptyFile(Exception):
    """The file has no bytes."""


class NotAnImage(Exception):
    """The file is neither PNG nor JPEG, or is damaged."""


class TooManyPixels(Exception):
    """More than ``MAX_PIXELS``, or more than ``MAX_UNSCALED_PIXELS`` in a PNG or a progressive JPEG."""


def decode(file: bytes) -> DecodedImage:
    """Return the image, upright by its EXIF orientation and at most ``_WORKING_SIDE`` long.

    Raises ``EmptyFile``, ``NotAnImage``, ``TooManyPixels`` and ``MemoryError``.
    """
    if not file:
        raise EmptyFile
    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as image:
            longest = max(image.size)
            if image.width * image.height > _max_pixels(image):
                raise TooManyPixels
            if longest > _WORKING_SIDE:
                width, height = (max(1, _WORKING_SIDE * side // longest) for side in image.size)
                image.draft("RGB", (width, height))
            image.load()
            orientation = _orientation(file)
            scaled = _downscaled(image)
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise NotAnImage from error  # Pillow raises each of these for some damaged file
    transposition = _TRANSPOSE_BY_ORIENTATION.get(orientation)
    upright = scaled if transposition is None else scaled.transpose(transposition)
    pixels = cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR)
    return DecodedImage(pixels, longest / max(upright.size), orientation)


def _max_pixels(image: Image.Image) -> int:
    is_whole = image.format == "PNG" or "progressive" in image.info
    return MAX_UNSCALED_PIXELS if is_whole else MAX_PIXELS


def _orientation(file: bytes) -> int:
    """Return the orientation in a file's metadata, 1 to 8. Invalid metadata counts as upright."""
    try:
        return orientation_of(file)
    except RejectDocument:
        return UPRIGHT


def _has_empty_alpha(image: Image.Image) -> bool:
    """Tell whether an alpha channel makes all of an image transparent: programs that know none leave it at zero."""
    return image.mode in {"LA", "RGBA"} and image.getchannel("A").getextrema() == (0, 0)


def _downscaled(image: Image.Image) -> Image.Image:
    """Return the image in RGB, at most ``_WORKING_SIDE`` long."""
    factor = max(1, max(image.size) // _WORKING_SIDE)
    is_opaque = _has_empty_alpha(image)
    if factor == 1 and image.mode == "RGB" and not image.has_transparency_data:
        scaled = image
    else:
        scaled = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
        for top in range(0, scaled.height, _BAND_ROWS):
            bottom = min((top + _BAND_ROWS) * factor, image.height)
            band = image.crop((0, top * factor, image.width, bottom))
            band = band.convert("RGB") if is_opaque else _on_white(band)
            scaled.paste(band.reduce(factor), (0, top))
    scaled.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    return scaled


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image in RGB, transparent areas white."""
    if image.mode.startswith("I"):  # 16-bit grey, of which Pillow would keep the lower 8 bits
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")
