"""Convert pictures to one of three Pillow modes, and limit how many of their pixels are kept in memory."""

import math
import struct
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from permit_ocr.images.converter.deep_grey import to_8_bit_grey

WHOLE_PIXELS: Final = 28_000_000
"""A picture of up to this many pixels is decoded completely. A larger one is reduced to a half or a third of each side,
which is still more than fits into the provider's limit. The 24 megapixels of phones stay unchanged."""
PILLOW_ERRORS: Final = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError),
    struct.error,
)
"""What Pillow raises for damaged files."""
_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to make a picture upright, by Exif orientation."""
_STRIP_ROWS: Final = 64
"""Rows of a reduced picture that are made at a time, so that there is never a second picture of full size."""
_GREY: Final = frozenset(("1", "L", "I;16", "I;16B", "I;16L", "I;16N"))
_WITH_ALPHA: Final = frozenset(("LA", "La", "PA", "RGBA", "RGBa"))


def reduction(width: int, height: int) -> int:
    """Return the whole number by which the sides have to be divided."""
    return math.ceil(math.sqrt(width * height / WHOLE_PIXELS))


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Return a picture turned by its Exif orientation."""
    transposition = _TRANSPOSITIONS.get(orientation)
    return picture if transposition is None else picture.transpose(transposition)


def within_bounds(file: Any) -> Image.Image:  # noqa: ANN401  Pillow types no plugin
    """Return an opened picture in mode 1, L or RGB, reduced if it is too large to work on."""
    if file.width * file.height > WHOLE_PIXELS:
        file.draft(None, (file.width // 2, file.height // 2))  # only JPEG can skip details while it decodes
    file.load()
    factor = reduction(*file.size)
    return to_basic_mode(without_empty_alpha(file)) if factor == 1 else _reduced(file, factor)


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    """Return a picture in mode L or RGB, its sides divided by a whole number."""
    if picture.mode in {"I", "F"}:
        picture = to_8_bit_grey(picture)  # its scale depends on all pixels
    has_colours_only = picture.has_transparency_data and all(map(_has_empty_alpha, _strips(picture, factor)))
    is_grey = picture.mode in _GREY and not picture.has_transparency_data
    size = math.ceil(picture.width / factor), math.ceil(picture.height / factor)
    reduced = Image.new("L" if is_grey else "RGB", size)
    for number, strip in enumerate(_strips(picture, factor)):
        part = to_basic_mode(_colours(strip) if has_colours_only else strip)
        reduced.paste(part.convert(reduced.mode).reduce(factor), (0, number * _STRIP_ROWS))
        reduced.info["icc_profile"] = part.info.get("icc_profile")
    return reduced


def _strips(picture: Image.Image, factor: int) -> Iterator[Image.Image]:
    rows = _STRIP_ROWS * factor
    for top in range(0, picture.height, rows):
        yield picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def to_basic_mode(picture: Image.Image) -> Image.Image:
    """Return a picture in mode 1, L or RGB; transparent parts become white."""
    if picture.mode in {"1", "L", "RGB"} and not picture.has_transparency_data:
        return picture
    if picture.mode.startswith(("I", "F")):
        return to_8_bit_grey(picture)
    if picture.has_transparency_data:
        return _on_white(picture)
    colours = picture.convert("RGB")
    if picture.mode not in {"P", "RGBX"}:
        colours.info.pop("icc_profile", None)  # it is the profile of another colour space, such as CMYK
    return colours


def without_empty_alpha(picture: Image.Image) -> Image.Image:
    """Return a picture without its alpha channel if that makes every pixel transparent.

    Programs that know no transparency leave the channel at zero, and viewers show the colours. This has to come before
    anything that weights colours by it.
    """
    return _colours(picture) if picture.has_transparency_data and _has_empty_alpha(picture) else picture


def _has_empty_alpha(picture: Image.Image) -> bool:
    layer = picture if picture.mode in _WITH_ALPHA else picture.convert("RGBA")
    return layer.getchannel(len(layer.getbands()) - 1).getextrema() == (0, 0)


def _colours(picture: Image.Image) -> Image.Image:
    """Return a picture without its alpha channel."""
    colours = picture.getchannel(0) if picture.mode in {"LA", "La"} else picture.convert("RGBA").convert("RGB")
    colours.info = {"icc_profile": picture.info.get("icc_profile")}
    return colours


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    paper.info = {"icc_profile": picture.info.get("icc_profile")}
    return paper
