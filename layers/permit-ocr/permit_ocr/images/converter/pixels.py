"""Convert pictures to one of three Pillow modes, and limit how many of their pixels are kept in memory."""

import math
from typing import Final

from PIL import Image

WHOLE_PIXELS: Final = 28_000_000
"""A picture of up to this many pixels is decoded completely. A larger one is reduced to a half or a third of each side,
which is still more than fits into the provider's limit. The 24 megapixels of phones stay unchanged."""


def reduction(width: int, height: int) -> int:
    """Return the whole number by which the sides have to be divided."""
    return math.ceil(math.sqrt(width * height / WHOLE_PIXELS))


def to_basic_mode(picture: Image.Image) -> Image.Image:
    """Return a picture in mode 1, L or RGB; transparent parts become white."""
    if picture.mode in {"1", "L", "RGB"} and not picture.has_transparency_data:
        return picture
    if picture.has_transparency_data:
        return _on_white(picture)
    if picture.mode.startswith(("I", "F")):
        return _to_8_bit_grey(picture)
    colours = picture.convert("RGB")
    if picture.mode not in {"P", "RGBX"}:
        colours.info.pop("icc_profile", None)  # it is the profile of another colour space, such as CMYK
    return colours


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    paper.info = {"icc_profile": picture.info.get("icc_profile")}
    return paper


def _to_8_bit_grey(picture: Image.Image) -> Image.Image:
    """Return the upper 8 of 16 bits."""
    greys = picture.convert("I")
    return greys.point(lambda value: value * (1 / 256)).convert("L")
