"""A drawn document that is no permit, and the blank paper to draw it on."""

from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image

from specimens.rendering.artwork import security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader

PASSPORT_HEIGHT: Final = 845
"""Of a passport page of 125 × 88 mm, ``WIDTH`` wide."""
SANS: Final = ("noto-sans", "zenhei", "microhei")
WORDS: Final = (*SANS, "noto-serif", "wenkai")
_TINTS: Final = (
    ((232, 240, 246), (140, 170, 210)),
    ((246, 234, 236), (210, 150, 160)),
    ((234, 242, 232), (140, 180, 130)),
    ((240, 238, 226), (190, 170, 120)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A drawn document, ``WIDTH`` pixels wide and of any height."""

    canvas: Canvas
    mrz: tuple[str, ...] = ()
    is_card: bool = False
    """Whether its corners are rounded."""


def card_paper(random: Random, fonts: FontLoader, *, height: int = HEIGHT) -> Canvas:
    """Return security paper with random fonts and inks."""
    tint, line = random.choice(_TINTS)
    dark: Colour = (line[0] // 3, line[1] // 3, line[2] // 3)
    return Canvas(security_paper(random, tint, line, height=height), fonts, _style(random, dark))


def white_paper(random: Random, fonts: FontLoader, *, height: int, colour: Colour = (253, 253, 253)) -> Canvas:
    """Return a plain page with random fonts."""
    return Canvas(Image.new("RGB", (WIDTH, height), colour), fonts, _style(random, (60, 60, 64)))


def _style(random: Random, label_ink: Colour) -> Style:
    value = random.choice(WORDS)
    return Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, *SANS)),
        value=value,
        digits=random.choice((value, value, "ocr-b", "noto-sans")),
        title_ink=random.choice((label_ink, (170, 36, 40), (24, 24, 28))),
        label_ink=label_ink,
        value_ink=(28, 28, 32),
    )
