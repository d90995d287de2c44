"""How much of a picture is held in memory at once."""

import math
from typing import Final

WHOLE_PIXELS: Final = 28_000_000
"""A picture of at most this many pixels is decoded whole; of a larger one only every second or third in each direction
is kept, which still is more than fits the provider's limit. Telephones' 24 megapixels stay what they are."""


def reduction(width: int, height: int) -> int:
    """Return by what whole number to divide the sides."""
    return math.ceil(math.sqrt(width * height / WHOLE_PIXELS))
