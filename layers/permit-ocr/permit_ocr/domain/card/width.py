"""Full-width signs, as Chinese text has them, made plain."""

from typing import Final

_FULL_WIDTH: Final = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)}


def half_width(text: str) -> str:
    """Return ``text`` with full-width signs (U+FF01 to U+FF5E) replaced by those of ASCII.

    Not NFKC: that would also make digits of superscripts, circled and mathematical digits. No card carries any of them,
    so that reading one would be a guess.
    """
    return text.translate(_FULL_WIDTH)
