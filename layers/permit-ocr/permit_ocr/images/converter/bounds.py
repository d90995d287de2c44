"""How many pixels of a picture are kept in memory."""

import math
from typing import Final

WHOLE_PIXELS: Final = 28_000_000
"""A picture of up to this many pixels is decoded completely. A larger one is reduced to a half or a third of each side,
which is still more than fits into the provider's limit. The 24 megapixels of phones stay unchanged."""


def reduction(width: int, height: int) -> int:
    """Return the whole number by which the sides have to be divided."""
    return math.ceil(math.sqrt(width * height / WHOLE_PIXELS))
