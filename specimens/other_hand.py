"""The same faces drawn by another hand: other fonts, other spacings, other arrangements of the same words.

The recogniser is tuned on what ``faces`` draws; this tells whether it learned the cards or the drawings. Nothing of a
layout is shared with ``faces`` but the band of the machine-readable lines, which a standard fixes.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards import TITLES, Card, Face
from specimens.chance import happens
from specimens.faces import MARK, write_mrz
from specimens.fonts import FontLoader
from specimens.sheet import HEIGHT, WIDTH, Place, Sheet, Style, draw_emblem, draw_portrait

_FAMILIES: Final = ("uming", "noto-sans-medium", "noto-sans-tc-light", "noto-serif-semibold", "wenkai-mono")
_DIGITS: Final = ("dejavu-mono", "dejavu-serif", "wenkai-mono")
_MARGIN: Final = 44
_MRZ_STEP: Final = 70
"""Height in pixels of one machine-readable line."""


class Field(NamedTuple):
    """One label, what stands beside it, and the name of the field in the answer."""

    label: str
    value: str
    name: str


def draw_face_otherwise(card: Card, random: Random, fonts: FontLoader) -> Sheet:
    """Print a card as somebody else would."""
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
    sheet = Sheet(_plain_paper(random), fonts, style)
    bottom = HEIGHT - _MARGIN - _MRZ_STEP * len(card.mrz)
    if card.mrz:
        write_mrz(sheet, card.mrz, bottom=HEIGHT - 24)
    mark = random.randint(28, 34)
    sheet.write((_MARGIN, bottom - mark), MARK, "noto-sans-bold", mark, (206, 72, 84), name="mark")
    box = _draw_around(sheet, random, card, Place(_MARGIN, _MARGIN, WIDTH - _MARGIN, bottom - mark - 16))
    _arrange(sheet, random, _fields(card), box)
    return sheet


def _plain_paper(random: Random) -> Image.Image:
    """Return paper in one pale colour that lightens to one side, with fine slanting lines."""
    seeded = np.random.default_rng(random.getrandbits(64))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    tint = seeded.uniform(214, 250, 3).astype(np.float32)
    lines = (np.mod(x + y * seeded.uniform(-1.5, 1.5), seeded.uniform(14, 40)) < 1)[..., None] * seeded.uniform(4, 16)
    light = (x / WIDTH * seeded.uniform(0, 8))[..., None]
    return Image.fromarray(np.clip(tint + light - lines, 0, 255).astype(np.uint8), "RGB")


def _draw_around(sheet: Sheet, random: Random, card: Card, box: Place) -> Place:
    """Draw title, portrait and emblem; return the room that is left for the fields."""
    title = _title(card)
    if title:
        box = _draw_title(
            sheet, random, title, box, name="Type" if isinstance(card.answer, MainlandPermitAnswer) else ""
        )
    if card.face.side is Side.BACK:
        centre = (box.right - 90, box.top + 90)
        draw_emblem(sheet, centre, random.randint(50, 84), sheet.style.label_ink)
        return Place(box.left, box.top, box.right - 190, box.bottom)
    width = min(random.randint(250, 320), int((box.bottom - box.top) / 1.25))
    at_right = isinstance(card.answer, ResidencePermitAnswer) or happens(random, 0.15)
    left = box.right - width if at_right else box.left
    frame = Place(left, box.top, left + width, box.top + int(width * 1.25))
    draw_portrait(sheet, random, frame, sex=card.answer.Sex)
    if at_right:
        return Place(box.left, box.top, left - 30, box.bottom)
    return Place(frame.right + 36, box.top, box.right, box.bottom)


def _title(card: Card) -> str:
    if isinstance(card.answer, MainlandPermitAnswer):
        return card.answer.Type
    return TITLES[PermitType.RESIDENCE_PERMIT] if card.face.side is Side.BACK else ""


def _draw_title(sheet: Sheet, random: Random, title: str, box: Place, *, name: str) -> Place:
    family, ink = sheet.style.title, sheet.style.title_ink
    size = int(min(random.randint(44, 60), (box.right - box.left) / len(title) / 1.25))
    pitch = size * random.uniform(1.0, 1.25)
    left = random.choice((box.left, box.left + (box.right - box.left - pitch * len(title)) / 2))
    place = sheet.write((left, box.top), title, family, size, ink, name=name or "label", pitch=pitch)
    return Place(box.left, place.bottom + random.randint(24, 44), box.right, box.bottom)


def _fields(card: Card) -> list[Field]:
    """Return what a face says, in the order it is usually said."""
    answer = card.answer
    if isinstance(answer, ResidencePermitAnswer):
        if card.face.side is Side.BACK:
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
    if card.face is Face.HK_MACAO_BACK:
        back = answer.MainlandTravelPermitBackInfos or MainlandPermitBack()
        return [
            Field("姓名", back.Name, "Name"),
            Field("身份证件号码", back.IDNumber, "IDNumber"),
            Field("曾持证件号码", back.HistoryNumber, "HistoryNumber"),
        ]
    return _front_fields(card, answer)


def _front_fields(card: Card, answer: MainlandPermitAnswer) -> list[Field]:
    count = "换证次数" if card.face is Face.HK_MACAO_FRONT else "签发次数"
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


def _arrange(sheet: Sheet, random: Random, fields: Sequence[Field], box: Place) -> None:
    """Write the fields into their room, one to a row, labels and values as far apart and as large as chance has it."""
    tall = sum(max(1, len(_lines(sheet, field.value, field.name, 30, box.right - box.left - 230))) for field in fields)
    step = min((box.bottom - box.top) / tall, random.randint(52, 92))
    size = int(min(random.uniform(0.56, 0.68) * step, 44))
    small = int(size * random.uniform(0.7, 1.0))
    colon, spread = random.choice(("", "", "：", ":")), happens(random, 0.3)
    labels = [_spread(field.label) if spread else field.label for field in fields]
    widest = max(sheet.length(label + colon, sheet.style.label, small) for label in labels)
    column = box.left + widest + random.randint(14, 44)
    single = [field for field in fields if field.name != "Address"]
    longest = max(sheet.length(field.value, sheet.style.family(field.name), size) for field in single)
    size = int(size * min(1, (box.right - column) / longest))
    right_aligned, inline = happens(random, 0.3), happens(random, 0.25)
    top = float(box.top)
    for field, label in zip(fields, labels, strict=True):
        left = column
        if label:
            at = column - 14 if right_aligned and not inline else box.left
            place = sheet.label(
                (at, top + (size - small) / 2), label + colon, small, anchor="rt" if at != box.left else "lt"
            )
            left = place.right + 14 if inline else column
        for line in _lines(sheet, field.value, field.name, size, box.right - left):
            sheet.value((left, top), line, size, field.name)
            top += step
        top += 0 if field.value else step


def _spread(label: str) -> str:
    """Set two characters as wide as four: 姓　　名."""
    return label if len(label) != len("姓名") else f"{label[0]}　　{label[1]}"


def _lines(sheet: Sheet, text: str, name: str, size: int, width: float) -> list[str]:
    """Break a text into lines no wider than ``width`` pixels."""
    lines: list[str] = []
    for sign in text:
        if not lines or sheet.length(lines[-1] + sign, sheet.style.family(name), size) > width:
            lines.append("")
        lines[-1] += sign
    return lines
