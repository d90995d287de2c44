"""Make names in traditional and in simplified characters comparable, and full-width characters half-width.

A card may print the same name in simplified characters on one side and in traditional ones on the other. A comparison
needs the same script, not the right one: a traditional character with several simplified forms is replaced by the first
of them, on both sides. (So are 锺 and 馀, the second forms, which names may use again since 2013.)

The pairs come from OpenCC 1.4.2 (``TSCharacters.txt``, Apache License 2.0, https://github.com/BYVoid/OpenCC), as far as
the traditional character is in Big5 with Hong Kong's supplement: identity cards of the three regions print these.
"""

from functools import cache
from pathlib import Path
from typing import Final

_PAIRS: Final = Path(__file__).with_name("traditional_to_simplified.txt")
_FULL_WIDTH: Final = {char: char - 0xFEE0 for char in range(0xFF01, 0xFF5F)}


def simplified(text: str) -> str:
    """Return ``text`` with every traditional character replaced by its simplified form, if it has one."""
    return text.translate(_simplified_forms())


@cache  # read on the first call: most cold starts never need it
def _simplified_forms() -> dict[int, str]:
    lines = _PAIRS.read_text(encoding="utf-8").splitlines()
    return str.maketrans(dict(line.split("\t") for line in lines if not line.startswith("#")))


def half_width(text: str) -> str:
    """Return ``text`` with full-width characters (U+FF01 to U+FF5E) replaced by ASCII.

    Not NFKC: that would also turn superscript, circled and mathematical digits into digits. No card carries any of
    these, so reading one as a digit would be a guess.
    """
    return text.translate(_FULL_WIDTH)
