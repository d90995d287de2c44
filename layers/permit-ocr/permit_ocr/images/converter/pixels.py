"""Convert pictures to one of three Pillow modes, and limit how many of their pixels are kept in memory."""

import math
import struct
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
_REDUCIBLE: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
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
    picture = without_empty_alpha(file)
    factor = reduction(*picture.size)
    if factor == 1:
        return to_basic_mode(picture)
    # Reducing first needs less memory, but palette colours cannot be averaged.
    if picture.mode in _REDUCIBLE:
        return to_basic_mode(picture.reduce(factor))
    return to_basic_mode(picture).convert("RGB" if picture.mode != "1" else "L").reduce(factor)


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
    if picture.mode not in _WITH_ALPHA or picture.getchannel(len(picture.getbands()) - 1).getextrema() != (0, 0):
        return picture
    colours = picture.getchannel(0) if picture.mode in {"LA", "La"} else picture.convert("RGBA").convert("RGB")
    colours.info = {"icc_profile": picture.info.get("icc_profile")}
    return colours


def _on_white(picture: Image.Image) -> Image.Image:
    layer = without_empty_alpha(picture.convert("RGBA"))
    if layer.mode == "RGB":
        return layer
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    paper.info = {"icc_profile": picture.info.get("icc_profile")}
    return paper
