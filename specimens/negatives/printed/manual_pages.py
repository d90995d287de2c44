"""Pages of manuals and notices that explain a permit, with the machine-readable lines of a back as an example.

A camera close to the page shows a part of it, so pages have any height and the example any width. There is no picture
of a whole card: that is a copy of the card, and copies stay readable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from specimens.cards.card import Card, CardSide
from specimens.cards.generate import CardSpec, generate_card
from specimens.negatives.document import WORDS, Document
from specimens.negatives.forms import cut_below_text, wrap
from specimens.rendering.canvas import WIDTH, Box, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader

_PAPERS: Final = ((254, 254, 254), (250, 248, 240), (244, 240, 228), (240, 246, 252), (246, 250, 242), (236, 236, 238))
_ACCENTS: Final = ((30, 80, 160), (170, 40, 40), (20, 120, 90), (90, 90, 96), (200, 120, 30))
_SHADES: Final = ((232, 238, 246), (246, 236, 222), (236, 236, 238), (228, 242, 232), (250, 244, 214), (252, 230, 232))
_HEIGHTS: Final = (760, 820, 900, 1000, 1200, 1500, 1700)
_HEADINGS: Final = (
    "港澳居民来往内地通行证背面说明",
    "机读码的结构",
    "第三章 证件识读",
    "附录B 机读区样例",
    "如何填写证件号码",
    "自助通关设备操作手册",
    "5.3 读取通行证背面",
    "识读设备使用说明",
    "往来证件机读区编码规则",
    "证件样式及防伪要点",
    "MACHINE READABLE ZONE",
    "Appendix C  Sample of a travel permit",
    "窗口人员培训教材",
    "常见证件图解",
)
_SENTENCES: Final = (
    "请将证件背面朝下放入读卡器，机读区对准扫描窗口。",
    "机读区共三行，每行三十个字符，只含大写字母、数字和填充符。",
    "第一行以证件代码开头，其后为证件号码及校验码。",
    "如设备无法识读，请手工输入证件号码，并核对出生日期。",
    "下图为示例，其中的姓名、号码均为虚构。",
    "校验码按照权数七、三、一计算，模数为十。",
    "旧版证件的号码有十一位，最后两位为换证次数。",
    "填充符用于补足字段的长度，不可省略。",
    "工作人员应当核对持证人的面貌与证件照片是否一致。",
    "持证人的英文姓名在第三行，姓与名之间有两个填充符。",
    "本页内容仅供培训使用，未经许可不得复制。",
    "见图中编号①至⑤所示的位置。",
    "The upper line contains the document code, the number and the dates.",
    "Each check digit is calculated with the weights 7, 3 and 1.",
    "Place the permit face down on the reader and wait for the signal.",
    "Fillers are printed where a name is shorter than its field.",
)
_CAPTIONS: Final = (
    "图3-1 证件背面样例",
    "图 2 机读区",
    "示例：",
    "样例（虚构）",
    "Figure 4. Sample",
    "例1",
    "【图解】",
    "",
)
_RUNNING_HEADS: Final = ("出入境证件识读手册", "操作手册 V2.3", "User Manual", "内部培训资料", "办事指南")
_ITEMS: Final = (
    ("证件代码", "2", "CR"),
    ("证件号码", "9", "见首行"),
    ("换证次数", "2", "00-99"),
    ("有效期至", "6", "年月日"),
    ("性别", "1", "M/F"),
    ("出生日期", "6", "年月日"),
    ("校验码", "1", "0-9"),
    ("中文姓名", "16", "编码"),
    ("身份证件号码", "9", "左对齐"),
    ("英文姓名", "30", "姓在前"),
)
_COLUMNS: Final = (("名称", "长度", "内容"), ("字段", "位数", "示例"), ("Field", "Length", "Example"))
_MARKS: Final = "①②③④⑤⑥⑦⑧"


@dataclass(frozen=True, slots=True)
class _Area:
    """A column of the page in pixels."""

    left: int
    right: int

    @property
    def width(self) -> int:
        """Its width."""
        return self.right - self.left


type _Block = Callable[["_Page", _Area, float], float]
"""Draws into a column below a height and returns where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    canvas: Canvas
    random: Random
    card: Card
    size: int
    """Of the running text."""
    accent: Colour
    shade: Colour


def draw_manual_page(random: Random, fonts: FontLoader) -> Document:
    """Draw a page with the machine-readable lines of a HK/Macao back, sometimes below some words of the back."""
    card = generate_card(random, CardSpec(card_side=CardSide.HK_MACAO_BACK))
    height = random.choice(_HEIGHTS)
    value = random.choice(WORDS)
    ink: Colour = random.choice(((24, 24, 28), (50, 50, 54), (30, 44, 80)))
    accent = random.choice(_ACCENTS)
    style = Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, *WORDS)),
        value=value,
        digits=value,
        title_ink=random.choice((ink, accent)),
        label_ink=random.choice((ink, (110, 110, 116))),
        value_ink=ink,
    )
    canvas = Canvas(Image.new("RGB", (WIDTH, 3000), random.choice(_PAPERS)), fonts, style)
    page = _Page(
        canvas=canvas,
        random=random,
        card=card,
        size=random.randint(20, 38),
        accent=accent,
        shade=random.choice(_SHADES),
    )
    left = random.randint(30, 110)
    whole = _Area(left, WIDTH - random.randint(30, 110))
    top = _draw_head(page, whole, random.randint(24, 90))
    blocks: list[_Block] = random.choices((_text, _text, _list, _table, _heading), k=random.randint(1, 5))
    place = random.randint(0, len(blocks))
    if random.random() < 0.3:
        top = _in_columns(page, whole, top, blocks)
    else:
        for block in (*blocks[:place], _example, *blocks[place:]):
            if block is _example or top < height / 2:
                top = block(page, whole, top) + random.randint(14, 50)
    if random.random() < 0.6:
        number = random.choice(("{}", "- {} -", "第{}页", "Page {}")).format(random.randint(1, 140))
        canvas.label(
            (random.choice((whole.left, WIDTH // 2 - 30, whole.right - 90)), max(top, height - 60)), number, 24
        )
    return Document(canvas=cut_below_text(canvas), mrz=card.mrz)


def _draw_head(page: _Page, area: _Area, top: float) -> float:
    canvas, random = page.canvas, page.random
    if random.random() < 0.5:
        box = canvas.label((area.left, top), random.choice(_RUNNING_HEADS), random.randint(18, 26))
        canvas.image.paste(page.accent, Box(area.left, box.bottom + 6, area.right, box.bottom + 8))
        top = box.bottom + random.randint(20, 50)
    return _heading(page, area, top) + random.randint(10, 40) if random.random() < 0.8 else top


def _in_columns(page: _Page, area: _Area, top: float, blocks: Sequence[_Block]) -> float:
    """Draw the example above or below two columns of text, or in one of them."""
    random = page.random
    edge = area.left + round(area.width * random.uniform(0.3, 0.7))
    columns = (_Area(area.left, edge - 20), _Area(edge + 20, area.right))
    where = random.choice(("above", "below", "left", "right"))
    if where == "above":
        top = _example(page, area, top) + 30
    ends = []
    for column, side in zip(columns, ("left", "right"), strict=True):
        bottom = top
        for block in [_example if where == side else _text, *random.sample(blocks, min(2, len(blocks)))]:
            bottom = block(page, column, bottom) + random.randint(14, 40)
        ends.append(bottom)
    return _example(page, area, max(ends) + 10) if where == "below" else max(ends)


def _heading(page: _Page, area: _Area, top: float) -> float:
    size = round(page.size * page.random.uniform(1.1, 1.8))
    text = page.random.choice((*_HEADINGS, page.card.title or _HEADINGS[0]))
    size = max(12, min(size, int(size * area.width / page.canvas.length(text, page.canvas.style.title, size))))
    return page.canvas.write((area.left, top), text, page.canvas.style.title, size, page.canvas.style.title_ink).bottom


def _text(page: _Page, area: _Area, top: float) -> float:
    """Draw some sentences, wrapped to the column."""
    sentences = page.random.sample(_SENTENCES, page.random.randint(1, 6))
    return _wrapped(page, area, top, "".join(sentences))


def _list(page: _Page, area: _Area, top: float) -> float:
    """Draw a numbered list."""
    form = page.random.choice(("{}.", "({})", "{}、", "步骤{}"))
    for number, sentence in enumerate(page.random.sample(_SENTENCES, page.random.randint(2, 5)), 1):
        top = _wrapped(page, area, top, f"{form.format(number)} {sentence}") + page.size * 0.3
    return top


def _wrapped(page: _Page, area: _Area, top: float, text: str) -> float:
    canvas = page.canvas
    for line in wrap(canvas, text, page.size, area.width):
        canvas.write((area.left, top), line, canvas.style.value, page.size, canvas.style.value_ink)
        top += page.size * 1.5
    return top


def _table(page: _Page, area: _Area, top: float) -> float:
    """Draw a table of the fields."""
    random, canvas = page.random, page.canvas
    size = min(page.size, max(12, area.width // 18))
    rows = [random.choice(_COLUMNS), *random.sample(_ITEMS, random.randint(3, 8))]
    pitch, column = size * random.uniform(1.5, 2.0), area.width / 3
    for row in rows:
        canvas.image.paste(page.accent, Box(area.left, round(top), area.right, round(top) + 2))
        for place, cell in enumerate(row):
            canvas.write(
                (area.left + place * column + 8, top + 5), cell, canvas.style.label, size, canvas.style.label_ink
            )
        top += pitch
    canvas.image.paste(page.accent, Box(area.left, round(top), area.right, round(top) + 2))
    return top


def _example(page: _Page, area: _Area, top: float) -> float:
    """Draw the example, sometimes with a caption, in a frame or on a shade, with numbers that explain it."""
    random, canvas = page.random, page.canvas
    caption, above = random.choice(_CAPTIONS), random.random() < 0.5
    if caption and above:
        top = canvas.label((area.left, top), caption, page.size).bottom + 14
    width = round(area.width * random.choice((1.0, random.uniform(0.45, 1.0), random.uniform(0.8, 1.0))))
    left = area.left + random.choice((0, (area.width - width) // 2))
    bottom = _draw_lines(page, _Area(left, left + width), top)
    if caption and not above:
        bottom = canvas.label((left + width / 4, bottom + 14), caption, page.size).bottom
    return bottom


def _draw_callouts(page: _Page, area: _Area, top: float, height: float) -> None:
    """Draw red numbers, some with a line, on the example."""
    random, draw = page.random, ImageDraw.Draw(page.canvas.image)
    for mark in _MARKS[: random.choice((0, 0, 0, 2, 4))]:
        x, y = random.uniform(area.left, area.right - 50), top + random.uniform(0, max(1, height - 50))
        if random.random() < 0.6:
            draw.line((x, y, x + random.uniform(-120, 120), y + random.uniform(-60, 60)), fill=(210, 40, 40), width=3)
        page.canvas.write((x, y), mark, "noto-sans", 40, (210, 40, 40))


def _draw_lines(page: _Page, area: _Area, top: float) -> float:
    """Draw the lines as the back has them, or set apart, each with its name, in the page's accent or in black."""
    random, canvas = page.random, page.canvas
    has_frame, has_shade = random.random() < 0.4, random.random() < 0.4
    names = random.choice(
        (("", "", ""), ("", "", ""), ("第一行", "第二行", "第三行"), ("L1", "L2", "L3"), ("1", "2", "3"))
    )
    inset = random.randint(10, 40) if has_frame or has_shade else 0
    start = area.left + inset + (random.randint(90, 140) if names[0] else 0)
    pitch = (area.right - inset - start) / 30
    size, step = max(9, round(pitch * random.uniform(1.2, 1.5))), pitch * random.uniform(1.6, 3.4)
    family = random.choice(("ocr-b", "ocr-b", "ocr-b", "noto-mono"))
    words = _words_of_back(page) if random.random() < 0.5 else ()
    small = max(14, round(pitch * random.uniform(0.7, 1.2)))
    has_scale = random.random() < 0.25
    height = inset * 2 + len(words) * small * 2 + 3 * step + has_scale * small * 1.4
    box = Box(area.left, round(top), area.right, round(top + height))
    if has_shade:
        canvas.image.paste(page.shade, box)
    if has_frame:
        ImageDraw.Draw(canvas.image).rectangle(box, outline=page.accent, width=random.randint(2, 5))
    top += inset
    for text in words:
        canvas.write((area.left + inset, top), text, canvas.style.value, small, canvas.style.value_ink)
        top += small * 2
    if has_scale:
        for place in range(1, 31, random.choice((1, 2, 5))):
            at = (start + (place - 1) * pitch, top)
            canvas.write(at, str(place), canvas.style.label, max(9, round(pitch * 0.6)), canvas.style.label_ink)
        top += small * 1.4
    ink = random.choice((canvas.style.value_ink, (20, 20, 24), page.accent))
    for name, line in zip(names, page.card.mrz, strict=True):
        canvas.write((start, top + step - 8), line, family, size, ink, name="mrz", pitch=pitch, anchor="ls")
        if name:
            canvas.label((area.left + inset, top + step - 8), name, max(12, round(size * 0.8)), anchor="ls")
        top += step
    _draw_callouts(page, area, top - 3 * step, 3 * step)
    return top + inset


def _words_of_back(page: _Page) -> tuple[str, ...]:
    """Return some of the words above the lines of a back."""
    back = getattr(page.card.answer, "MainlandTravelPermitBackInfos", None)
    if back is None:
        raise TypeError(page.card.answer)
    colon = page.random.choice(("：", "  ", ": "))
    rows = ("港澳居民来往内地通行证", f"姓名{colon}{back.Name}", f"身份证件号码{colon}{back.IDNumber}")
    return rows[page.random.choice((0, 1, 1)) :]
