"""Badges and membership cards that name the permit of their holder, and are arranged like one.

They have what a rule may take for a permit: printed paper, a photo, the permit's title and labels without a colon,
values in one column or below small labels. What shows that they are none is what they print besides: who issued them,
and what for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from specimens.negatives.document import WORDS, Document
from specimens.negatives.quotation import Quotation, quote_permit
from specimens.rendering.artwork import draw_chip_symbol, draw_emblem, draw_portrait, security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_mark

type _Entry = tuple[str, str]

_UPRIGHT: Final = 1900
_BADGE_HEIGHTS: Final = (HEIGHT, HEIGHT, 850, 900, 960, _UPRIGHT, _UPRIGHT)
"""Of a badge, ``WIDTH`` wide. Below the band at its head, what is left may have a card's proportions."""
_MARGIN: Final = 56
_SHORT: Final = 11
"""Characters of a value that shares its row."""
_FOOT: Final = 64
"""Room for the specimen mark at the lower edge."""
_TINTS: Final = (
    ((226, 238, 246), (120, 160, 210)),
    ((240, 234, 224), (204, 150, 120)),
    ((222, 236, 236), (96, 160, 170)),
    ((230, 240, 226), (126, 176, 110)),
    ((244, 232, 234), (206, 130, 150)),
    ((246, 240, 214), (200, 170, 90)),
)
_PLAIN: Final = ((253, 253, 253), (250, 246, 236), (238, 244, 250))
_ACCENTS: Final = ((180, 30, 40), (20, 80, 160), (10, 120, 100), (90, 60, 140), (40, 44, 56), (214, 110, 30))
_BADGE_HEADS: Final = (
    "样本博览会",
    "虚构国际会议中心",
    "示例集团有限公司",
    "嘉宾证",
    "参展商",
    "施工人员出入证",
    "志愿者",
    "访客",
    "样本大厦 临时通行卡",
    "媒体记者证 PRESS",
    "VISITOR",
    "范本物业 业主卡",
    "口岸工作人员",
)
_MEMBER_HEADS: Final = (
    "虚构健身会所",
    "样本书店 会员卡",
    "VIP 金卡",
    "示例免税店会员",
    "两岸四地青年交流协会",
    "范本乡亲联谊会",
    "MEMBER CARD",
    "样本航空 常旅客",
    "社区服务卡",
    "港澳同胞优惠卡",
)
_ROLES: Final = (
    ("部门", "市场部"),
    ("职务", "工程师"),
    ("工号", "A00871"),
    ("展位", "C 区 126"),
    ("单位", "样本贸易公司"),
    ("区域", "A B D"),
    ("岗位", "翻译"),
    ("班组", "机电二组"),
    ("楼层", "18"),
)
_MEMBERSHIP: Final = (
    ("会员编号", "8800 1234 5678"),
    ("会员号", "VIP00923"),
    ("积分", "12,600"),
    ("等级", "金卡"),
    ("门店", "样本路店"),
    ("入会日期", "2021.06.01"),
    ("推荐人", "陈样本"),
)
_SPELLINGS: Final = {
    "姓名": ("姓名", "姓名", "姓 名", "持证人", "持卡人", ""),
    "证件号码": ("证件号码", "证件号码", "号码", "证件号", "No."),
    "出生日期": ("出生日期", "出生日期", "出生", "生日"),
    "有效期限": ("有效期限", "有效期限", "有效期", "有效期至"),
    "签发机关": ("签发机关", "签发机关", "发证机关", "制证单位"),
    "公民身份号码": ("公民身份号码", "公民身份号码", "身份证号"),
}
_NOTES: Final = (
    "本卡仅限本人使用",
    "请佩戴于胸前",
    "遗失请报 000-00000",
    "www.example.invalid",
    "最终解释权归样本公司所有",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Where the entries may be, in pixels."""

    left: float
    right: float
    top: float
    bottom: float


def draw_badge(random: Random, fonts: FontLoader) -> Document:
    """Draw a badge: upright or not, with or without a lanyard's hole, a band, a photo and the holder's tasks."""
    return _draw_pass(random, fonts, random.choice(_BADGE_HEADS), _ROLES, is_badge=True)


def draw_membership_card(random: Random, fonts: FontLoader) -> Document:
    """Draw a membership card, one in three with a photo."""
    return _draw_pass(random, fonts, random.choice(_MEMBER_HEADS), _MEMBERSHIP, is_badge=False)


def _draw_pass(random: Random, fonts: FontLoader, head: str, others: Sequence[_Entry], *, is_badge: bool) -> Document:
    canvas = _paper(random, fonts, random.choice(_BADGE_HEIGHTS) if is_badge else HEIGHT)
    upright = canvas.image.height == _UPRIGHT
    quoted = quote_permit(random)
    top = float(random.randint(36, 60))
    if is_badge and random.random() < 0.4:
        top = _draw_hole(canvas, top)
    bottom = float(canvas.image.height - _FOOT)
    if random.random() < 0.3:
        bottom = _draw_band(canvas, random, round(bottom))
    top = _draw_head(canvas, random, top, head)
    title = random.random() < 0.75
    if title and random.random() < 0.6:  # as on the permit: alone in its row, and larger than the values
        size = random.randint(36, 54)
        width = WIDTH - 2 * _MARGIN
        pitch = size * random.choice((0, 1.1, 1.25))
        top = _write(canvas, (_MARGIN + random.randint(0, 30), top), quoted.title, size, width, pitch=pitch) + 26
        title = False
    room = _Room(left=_MARGIN + random.randint(0, 40), right=WIDTH - _MARGIN, top=top, bottom=bottom)
    if random.random() < (0.85 if is_badge else 0.35):
        room = _draw_photo(canvas, random, room, sex=quoted.value("性别") or "女", upright=upright)
    is_all = random.random() < 0.35  # all of the permit, and nothing else but the head
    entries = list(quoted.fields) if is_all else _entries(random, quoted, others, title=title)
    _draw_entries(canvas, random, entries, room)
    draw_mark(canvas, random, (20, canvas.image.height - 52))
    return Document(canvas=canvas, is_card=True)


def _paper(random: Random, fonts: FontLoader, height: int) -> Canvas:
    """Return paper with a pattern, a gradient, or none, and fonts and inks like a permit's."""
    (tint, line), kind = random.choice(_TINTS), random.random()
    if kind < 0.5:
        image = security_paper(random, tint, line, height=height)
    elif kind < 0.8:
        image = _gradient(random.choice(((255, 255, 255), tint)), random.choice((line, tint)), height)
    else:
        image = Image.new("RGB", (WIDTH, height), random.choice(_PLAIN))
    value: str = random.choice(WORDS)
    plain: Colour = (line[0] // 3, line[1] // 3, line[2] // 3)
    style = Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, "noto-sans", "zenhei")),
        value=value,
        digits=random.choice((value, "ocr-b", "noto-mono")),
        title_ink=random.choice((plain, (180, 34, 42), (26, 26, 30))),
        label_ink=random.choice((plain, (96, 96, 110), (26, 26, 30))),
        value_ink=(26, 26, 30),
    )
    return Canvas(image, fonts, style)


def _gradient(upper: Colour, lower: Colour, height: int) -> Image.Image:
    """Return paper whose colour changes from the upper to the lower edge."""
    part = np.linspace(0, 0.8, height)[:, None, None]
    colour = np.array(upper) * (1 - part) + np.array(lower) * part
    return Image.fromarray(np.repeat(colour, WIDTH, axis=1).astype(np.uint8), "RGB")


def _draw_hole(canvas: Canvas, top: float) -> float:
    """Draw the hole of a lanyard in the middle of the upper edge; return where the rest begins."""
    draw, middle = ImageDraw.Draw(canvas.image), WIDTH // 2
    box = (middle - 90, round(top) - 10, middle + 90, round(top) + 30)
    draw.rounded_rectangle(box, 20, fill=(70, 66, 62), outline=(160, 160, 164), width=4)
    return top + 56


def _draw_band(canvas: Canvas, random: Random, bottom: int) -> float:
    """Draw a coloured band with a note near the lower edge; return where it begins."""
    top = bottom - random.randint(50, 80)
    canvas.image.paste(random.choice(_ACCENTS), Box(0, top, WIDTH, bottom))
    note = random.choice(_NOTES)
    canvas.write((WIDTH / 2, (top + bottom) / 2), note, canvas.style.value, 30, (255, 255, 255), anchor="mm")
    return float(top - 16)


def _draw_head(canvas: Canvas, random: Random, top: float, head: str) -> float:
    """Draw what the pass is: in a band, beside a logo, in the middle or at the left; return where the rest begins."""
    style, size, kind = canvas.style, random.randint(30, 58), random.random()
    if kind < 0.12:
        return top
    left, ink = float(_MARGIN), style.title_ink
    if kind < 0.5:
        canvas.image.paste(random.choice(_ACCENTS), Box(0, round(top) - 20, WIDTH, round(top) + size + 24))
        ink = (255, 255, 255)
    if random.random() < 0.4:
        draw_emblem(canvas, (_MARGIN + 36, round(top) + size // 2), size // 2 + 6, ink)
        left += 96
    if random.random() < 0.3:
        draw_chip_symbol(canvas, Box(WIDTH - 140, round(top), WIDTH - 60, round(top) + 44), ink)
    if random.random() < 0.35:
        canvas.write((WIDTH / 2, top), head, style.title, size, ink, anchor="mt")
    else:
        canvas.write((left, top), head, style.title, size, ink)
    return top + size + random.randint(34, 60)


def _draw_photo(canvas: Canvas, random: Random, room: _Room, *, sex: str, upright: bool) -> _Room:
    """Draw a photo at the left, at the right, or on an upright badge above the text; return the room that is left."""
    width = random.randint(230, 330)
    height = min(round(width * random.uniform(1.2, 1.4)), round(room.bottom - room.top) - 8)
    place = random.choice(("left", "left", "right")) if not upright or random.random() < 0.3 else "above"
    left = {"left": room.left, "right": room.right - width, "above": (WIDTH - width) / 2}[place]
    box = Box(round(left), round(room.top), round(left) + width, round(room.top) + height)
    draw_portrait(canvas, random, box, sex=sex, framed=random.random() < 0.6)
    gap = random.randint(24, 80)
    if place == "above":
        return _Room(left=room.left, right=room.right, top=box.bottom + 40, bottom=room.bottom)
    if place == "left":
        return _Room(left=box.right + gap, right=room.right, top=room.top, bottom=room.bottom)
    return _Room(left=room.left, right=box.left - gap, top=room.top, bottom=room.bottom)


def _entries(random: Random, quoted: Quotation, others: Sequence[_Entry], *, title: bool) -> list[_Entry]:
    """Return labels and values of the permit, spelled as there or otherwise, with some of the pass's own."""
    as_printed = random.random() < 0.6
    fields = [
        (label if as_printed else random.choice(_SPELLINGS.get(label, (label,))), value)
        for label, value in quoted.fields
        if label != "住址" or random.random() < 0.7
    ]
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        if len(fields) > 3:
            del fields[random.randrange(1, len(fields))]
    if title:
        fields.insert(0, (random.choice(("证件", "证件类型", "")), quoted.title))
    for entry in random.sample(others, random.choice((0, 1, 1, 2, 3))):
        fields.insert(random.randint(0, len(fields)), entry)
    return fields


def _draw_entries(canvas: Canvas, random: Random, entries: Sequence[_Entry], room: _Room) -> None:
    """Draw the entries in rows: labels before the values in a column of their own, or small and above them."""
    above = random.random() < 0.5
    columns = 2 if above and random.random() < 0.7 and room.right - room.left > 560 else 1
    rows = _in_rows(entries, columns)
    pitch = min((room.bottom - room.top) / len(rows), random.uniform(70, 118))
    size = int(min(random.randint(34, 42), pitch / (1.85 if above else 1.3)))
    small = max(14, round(size * random.choice((0.55, 0.6, 0.7, 0.85, 1.0))))
    if above:
        small = min(small, int(pitch - 1.25 * size))
    colon = random.choice(("", "", "", "：")) if not above else ""
    widest = max(canvas.length(label + colon, canvas.style.label, small) for label, _ in entries)
    column = min(widest + random.randint(14, 60), 0.5 * (room.right - room.left))
    second = (room.right - room.left) * random.uniform(0.5, 0.62)
    for number, row in enumerate(rows):
        top = room.top + number * pitch
        for place, (label, value) in enumerate(row):
            left = room.left + place * second
            right = room.left + second - 20 if place + 1 < len(row) else room.right
            if above:
                _label(canvas, (left, top), label, small, right - left)
                _write(canvas, (left, top + small + 0.14 * size), value, size, right - left)
            else:
                _label(canvas, (left, top + (size - small) / 2), label + colon if label else "", small, column - 8)
                _write(canvas, (left + (column if label else 0), top), value, size, right - left - column)


def _in_rows(entries: Sequence[_Entry], columns: int) -> list[list[_Entry]]:
    """Return the entries in rows; only short values share one."""
    rows: list[list[_Entry]] = []
    for entry in entries:
        if rows and len(rows[-1]) < columns and max(len(entry[1]), len(rows[-1][0][1])) <= _SHORT:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return rows


def _label(canvas: Canvas, at: tuple[float, float], text: str, size: int, room: float) -> None:
    if text:
        fitting = int(size * min(1, room / max(1, canvas.length(text, canvas.style.label, size))))
        canvas.label(at, text, max(10, fitting))


def _write(canvas: Canvas, at: tuple[float, float], text: str, size: int, room: float, *, pitch: float = 0.0) -> float:
    """Draw a value, or with a pitch a title, no wider than ``room`` pixels; return where it ends below."""
    style = canvas.style
    if pitch and len(text) * pitch < room:
        return canvas.write(at, text, style.title, size, style.title_ink, pitch=pitch).bottom
    family = style.digits if text and not any(character > "\u3400" for character in text) else style.value
    size = max(10, int(size * min(1, room / max(1, canvas.length(text, family, size)))))
    return canvas.write(at, text, family, size, style.value_ink).bottom if text else at[1] + size
