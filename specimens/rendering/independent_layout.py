"""An independent layout of the same cards: other fonts, spacings and arrangements of the same text.

The recogniser is tuned on the default layout. This one shows whether it reads cards or only that layout. The two share
nothing except the machine-readable band, whose format a standard defines.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Side
from specimens.cards.card import Card, CardSide
from specimens.rendering.artwork import draw_emblem, draw_mrz, draw_portrait
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Style
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import SPECIMEN_MARK

_FAMILIES: Final = ("uming", "noto-sans-medium", "noto-sans-tc-light", "noto-serif-semibold", "wenkai-mono")
_DIGITS: Final = ("dejavu-mono", "dejavu-serif", "wenkai-mono")
_MARGIN: Final = 44
_MRZ_STEP: Final = 70
"""Height of one machine-readable line in pixels."""


class Field(NamedTuple):
    """A label, its value and the answer field it belongs to."""

    label: str
    value: str
    name: str


def draw_independent_layout(card: Card, random: Random, fonts: FontLoader) -> Canvas:
    """Draw a card in the independent layout."""
    value = random.choice(_FAMILIES)
    ink = random.randint(10, 60)
    colour = random.choice(((30, 60, 110), (110, 40, 40), (40, 90, 60), (70, 70, 80)))
    style = Style(
        title=random.choice(_FAMILIES),
        label=random.choice(_FAMILIES),
        value=value,
        digits=random.choice((value, *_DIGITS)),
        title_ink=random.choice((colour, (20, 20, 20))),
        label_ink=random.choice((colour, (ink, ink, ink))),
        value_ink=(ink, ink, ink),
    )
    canvas = Canvas(_plain_paper(random), fonts, style)
    bottom = HEIGHT - _MARGIN - _MRZ_STEP * len(card.mrz)
    if card.mrz:
        draw_mrz(canvas, card.mrz, bottom=HEIGHT - 24)
    mark = random.randint(28, 34)
    canvas.write((_MARGIN, bottom - mark), SPECIMEN_MARK, "noto-sans-bold", mark, (206, 72, 84), name="mark")
    box = _draw_surroundings(canvas, random, card, Box(_MARGIN, _MARGIN, WIDTH - _MARGIN, bottom - mark - 16))
    _draw_fields(canvas, random, _fields(card), box)
    return canvas


def _plain_paper(random: Random) -> Image.Image:
    """Return pale paper that gets lighter towards one side, with fine slanted lines."""
    rng = np.random.default_rng(random.getrandbits(64))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    tint = rng.uniform(214, 250, 3).astype(np.float32)
    lines = (np.mod(x + y * rng.uniform(-1.5, 1.5), rng.uniform(14, 40)) < 1)[..., None] * rng.uniform(4, 16)
    light = (x / WIDTH * rng.uniform(0, 8))[..., None]
    return Image.fromarray(np.clip(tint + light - lines, 0, 255).astype(np.uint8), "RGB")


def _draw_surroundings(canvas: Canvas, random: Random, card: Card, box: Box) -> Box:
    """Draw title, portrait and emblem, and return the area left for the fields."""
    title = card.title
    if title:
        box = _draw_title(
            canvas, random, title, box, name="Type" if isinstance(card.answer, MainlandPermitAnswer) else ""
        )
    if card.card_side.side is Side.BACK:
        centre = (box.right - 90, box.top + 90)
        draw_emblem(canvas, centre, random.randint(50, 84), canvas.style.label_ink)
        return Box(box.left, box.top, box.right - 190, box.bottom)
    width = min(random.randint(250, 320), int((box.bottom - box.top) / 1.25))
    on_right = isinstance(card.answer, ResidencePermitAnswer) or random.random() < 0.15
    left = box.right - width if on_right else box.left
    frame = Box(left, box.top, left + width, box.top + int(width * 1.25))
    draw_portrait(canvas, random, frame, sex=card.answer.Sex, framed=True)
    if on_right:
        return Box(box.left, box.top, left - 30, box.bottom)
    return Box(frame.right + 36, box.top, box.right, box.bottom)


def _draw_title(canvas: Canvas, random: Random, title: str, box: Box, *, name: str) -> Box:
    family, ink = canvas.style.title, canvas.style.title_ink
    size = int(min(random.randint(44, 60), (box.right - box.left) / len(title) / 1.25))
    pitch = size * random.uniform(1.0, 1.25)
    left = random.choice((box.left, box.left + (box.right - box.left - pitch * len(title)) / 2))
    drawn = canvas.write((left, box.top), title, family, size, ink, name=name or "label", pitch=pitch)
    return Box(box.left, drawn.bottom + random.randint(24, 44), box.right, box.bottom)


def _fields(card: Card) -> list[Field]:
    """Return the printed fields in their usual order."""
    answer = card.answer
    if isinstance(answer, ResidencePermitAnswer):
        if card.card_side.side is Side.BACK:
            fields = [
                Field("签发机关", answer.Authority, "Authority"),
                Field("有效期限", answer.ValidDate, "ValidDate"),
                Field("通行证号码", answer.PassNo, "PassNo"),
                Field("签发次数", answer.VisaNum, "VisaNum"),
            ]
        else:
            year, month, day = answer.Birth.split("/")
            fields = [
                Field("姓名", answer.Name, "Name"),
                Field("性别", answer.Sex, "Sex"),
                Field("出生", f"{year}年{month}月{day}日", "Birth"),
                Field("住址", answer.Address, "Address"),
                Field("公民身份号码", answer.IdCardNo, "IdCardNo"),
            ]
        return fields
    if card.card_side is CardSide.HK_MACAO_BACK:
        back = answer.MainlandTravelPermitBackInfos or MainlandPermitBack()
        return [
            Field("姓名", back.Name, "Name"),
            Field("身份证件号码", back.IDNumber, "IDNumber"),
            Field("曾持证件号码", back.HistoryNumber, "HistoryNumber"),
        ]
    return _front_fields(card, answer)


def _front_fields(card: Card, answer: MainlandPermitAnswer) -> list[Field]:
    count = "换证次数" if card.card_side is CardSide.HK_MACAO_FRONT else "签发次数"
    names = [Field("姓名", answer.Name, "Name"), Field("", answer.EnglishName, "EnglishName")]
    if not answer.Name:
        names = [Field("姓名", answer.EnglishName, "EnglishName")]
    rest = (
        Field("出生日期", answer.Birthday, "Birthday"),
        Field("性别", answer.Sex, "Sex"),
        Field("国籍", answer.Nationality, "Nationality"),
        Field("有效期限", answer.ValidDate, "ValidDate"),
        Field("签发机关", answer.IssueAuthority, "IssueAuthority"),
        Field("签发地点", answer.IssueAddress, "IssueAddress"),
        Field("证件号码", answer.Number, "Number"),
        Field(count, answer.IssueNumber, "IssueNumber"),
    )
    return names + [field for field in rest if field.value]


def _draw_fields(canvas: Canvas, random: Random, fields: Sequence[Field], box: Box) -> None:
    """Draw one field per row, with random sizes and distances between label and value."""
    tall = sum(max(1, len(_lines(canvas, field.value, field.name, 30, box.right - box.left - 230))) for field in fields)
    step = min((box.bottom - box.top) / tall, random.randint(52, 92))
    size = int(min(random.uniform(0.56, 0.68) * step, 44))
    small = int(size * random.uniform(0.7, 1.0))
    colon, spaced = random.choice(("", "", "：", ":")), random.random() < 0.3
    labels = [_space_out(field.label) if spaced else field.label for field in fields]
    widest = max(canvas.length(label + colon, canvas.style.label, small) for label in labels)
    column = box.left + widest + random.randint(14, 44)
    single = [field for field in fields if field.name != "Address"]
    longest = max(canvas.length(field.value, canvas.style.family(field.name), size) for field in single)
    size = int(size * min(1, (box.right - column) / longest))
    right_aligned, inline = random.random() < 0.3, random.random() < 0.25
    top = float(box.top)
    for field, label in zip(fields, labels, strict=True):
        left = column
        if label:
            at = column - 14 if right_aligned and not inline else box.left
            drawn = canvas.label(
                (at, top + (size - small) / 2), label + colon, small, anchor="rt" if at != box.left else "lt"
            )
            left = drawn.right + 14 if inline else column
        for line in _lines(canvas, field.value, field.name, size, box.right - left):
            canvas.value((left, top), line, size, field.name)
            top += step
        top += 0 if field.value else step


def _space_out(label: str) -> str:
    """Make two characters as wide as four: 姓　　名."""
    return label if len(label) != len("姓名") else f"{label[0]}　　{label[1]}"


def _lines(canvas: Canvas, text: str, name: str, size: int, width: float) -> list[str]:
    """Break text into lines no wider than ``width`` pixels."""
    lines: list[str] = []
    for character in text:
        if not lines or canvas.length(lines[-1] + character, canvas.style.family(name), size) > width:
            lines.append("")
        lines[-1] += character
    return lines
