"""Draws each card side: composed like the real card, but clearly not one. ``docs/specimens.md`` lists what is known."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards.card import Card, CardSide
from specimens.rendering.artwork import security_paper
from specimens.rendering.canvas import Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader
from specimens.rendering.residence_permit import draw_residence_back, draw_residence_front
from specimens.rendering.travel_permit_back import draw_hk_macao_back
from specimens.rendering.travel_permit_front import draw_travel_permit_front

SPECIMEN_MARK: Final = "SPECIMEN 样本"
_MARK_INK: Final = (206, 72, 84)
_LABEL_INKS: Final = ((62, 92, 140), (120, 84, 60), (70, 110, 96), (96, 96, 110))
_PALEST: Final = 0.35
"""At most so much of a label's ink is white: how strong it is printed is unknown."""
_TINTS: Final[dict[PermitType, tuple[tuple[Colour, Colour], ...]]] = {
    PermitType.RESIDENCE_PERMIT: (((226, 238, 246), (120, 160, 210)), ((240, 234, 224), (204, 150, 120))),
    PermitType.HK_MACAO_PERMIT: (((222, 236, 236), (96, 160, 170)), ((228, 232, 244), (120, 130, 200))),
    PermitType.TAIWAN_PERMIT: (((230, 240, 226), (126, 176, 110)), ((236, 230, 240), (170, 130, 180))),
    PermitType.EXIT_ENTRY_PERMIT: (((226, 236, 248), (120, 150, 214)), ((244, 232, 234), (206, 130, 150))),
}
_VALUE_FAMILIES: Final = (
    "noto-sans",
    "noto-serif",
    "noto-sans-bold",
    "ukai",
    "zenhei",
    "microhei",
    "wenkai",
    "wenkai-bold",
)
_LABEL_FAMILIES: Final = ("noto-sans", "noto-sans-bold", "noto-serif", "ukai", "zenhei", "microhei", "wenkai")
_TITLE_FAMILIES: Final = ("noto-sans-bold", "noto-serif-bold", "zenhei", "wenkai-bold")
_SERIFS: Final = ("noto-serif", "noto-serif-bold", "noto-serif-bold")
_MONOSPACED: Final = ("ocr-b", "ocr-b", "ocr-b", "noto-mono", "wenkai-mono")


def draw_card(card: Card, random: Random, fonts: FontLoader) -> Canvas:
    """Draw a card on random paper with random fonts and inks, its text taken from the answer, and mark it SPECIMEN."""
    permit = card.card_side.permit_type
    canvas = blank_card(random, fonts, permit)
    if isinstance(card.answer, ResidencePermitAnswer):
        if card.card_side.side is Side.FRONT:
            mark = draw_residence_front(canvas, random, card.answer)
        else:
            mark = draw_residence_back(canvas, random, card.title, card.answer)
    elif card.card_side is CardSide.HK_MACAO_BACK:
        mark = draw_hk_macao_back(canvas, random, card, card.answer)
    else:
        mark = draw_travel_permit_front(canvas, random, card, card.answer)
    draw_mark(canvas, random, mark)
    return canvas


def blank_card(random: Random, fonts: FontLoader, permit: PermitType) -> Canvas:
    """Return paper in the colours of a permit, with fonts and inks to draw on it."""
    tint, line = random.choice(_TINTS[permit])
    return Canvas(security_paper(random, tint, line), fonts, _style(random, permit, line))


def draw_mark(canvas: Canvas, random: Random, at: tuple[float, float]) -> None:
    """Mark a card as a specimen."""
    canvas.write(at, SPECIMEN_MARK, "noto-sans-bold", random.randint(34, 42), _MARK_INK, name="mark")


def round_corners(image: Image.Image) -> Image.Image:
    """Return a card as RGBA with corners rounded to the ISO 7810 radius (3.18 mm)."""
    width, height = image.size
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * 2 - 1, height * 2 - 1), radius=89, fill=255)
    image = image.convert("RGBA")
    image.putalpha(mask.resize((width, height), Image.Resampling.LANCZOS))
    return image


def _style(random: Random, permit: PermitType, line: Colour) -> Style:
    value, dark = random.choice(_VALUE_FAMILIES), random.randint(14, 70)
    plain: Colour = (line[0] // 3, line[1] // 3, line[2] // 3)
    red: Colour = (random.randint(160, 200), random.randint(20, 50), random.randint(24, 52))
    if permit is PermitType.HK_MACAO_PERMIT:
        title, title_ink, digits = random.choice(_SERIFS), red, random.choice(_MONOSPACED)
    else:
        title, title_ink = random.choice(_TITLE_FAMILIES), random.choice((plain, red))
        digits = random.choice((value, value, *_MONOSPACED, "noto-sans-bold"))
    return Style(
        title=title,
        label=random.choice(_LABEL_FAMILIES),
        value=value,
        digits=digits,
        title_ink=title_ink,
        label_ink=_paler(random.choice(_LABEL_INKS), random.uniform(0, _PALEST)),
        value_ink=(dark, dark, dark + 4),
    )


def _paler(ink: Colour, white: float) -> Colour:
    """Return an ink mixed with so much white, 0 to 1."""
    red, green, blue = (round(part + (255 - part) * white) for part in ink)
    return red, green, blue
