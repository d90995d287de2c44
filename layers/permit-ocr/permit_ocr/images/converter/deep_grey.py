"""Convert grey pictures with more than 8 bits per pixel: 12 or 16 bits, 32 bits, or floating-point numbers."""

import array
import math
from typing import Final

from PIL import Image

_BLACK_AND_WHITE: Final = (0.005, 0.995)
"""The parts of a picture's values that count as black and white if nothing else defines them."""
_SAMPLE_SIDE: Final = 400


def to_8_bit_grey(picture: Image.Image, *, bits: int = 16, is_unsigned: bool = False) -> Image.Image:
    """Return a picture of mode I;16, I or F in mode L.

    Mode I;16 has its lower ``bits`` in use. Mode I has signed numbers; ``is_unsigned`` tells if they are meant so.
    """
    if picture.mode.startswith("I;16"):
        grey = picture.convert("I").point(lambda value: value * (1 / 2 ** (bits - 8))).convert("L")
    elif is_unsigned and picture.mode == "I" and _numbers(picture)[0] < 0:
        grey = Image.frombytes("RGBA", picture.size, picture.tobytes()).getchannel("A")  # the highest of four bytes
    else:
        grey = _without_fixed_scale(picture)
    grey.info = {"icc_profile": picture.info.get("icc_profile")}
    return grey


def _without_fixed_scale(picture: Image.Image) -> Image.Image:
    """Return a picture of mode I or F. Numbers from 0 to 1 are shown as such, all others from darkest to lightest."""
    numbers = _numbers(picture)
    black, white = (numbers[round(part * (len(numbers) - 1))] for part in _BLACK_AND_WHITE)
    if picture.mode == "F" and numbers[0] >= 0 and numbers[-1] <= 1:
        black, white = 0, 1
    scale = 255 / ((white - black) or 1)
    return picture.convert("F").point(lambda value: value * scale + (0.5 - black * scale)).convert("L")


def _numbers(picture: Image.Image) -> list[float]:
    """Return some of the pixels of a picture of mode I or F, in order of their values."""
    sides = min(picture.width, _SAMPLE_SIDE), min(picture.height, _SAMPLE_SIDE)
    sample = picture.resize(sides, Image.Resampling.NEAREST).tobytes()
    return sorted(filter(math.isfinite, array.array("f" if picture.mode == "F" else "i", sample))) or [0]
