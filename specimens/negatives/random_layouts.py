"""Pages, screens and cards in random layouts that quote one or more permits.

A rule that only knows the drawn layouts of ``forms`` and ``screens`` fails here: background, photo, logo, columns,
labels, order and additional text are all chosen at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from specimens.negatives.document import WORDS, Document
from specimens.negatives.forms import cut_below_text
from specimens.negatives.quotation import quote_permit
from specimens.rendering.artwork import draw_emblem, draw_portrait, security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_mark

_MARGIN: Final = 60
_PAPERS: Final = ((253, 253, 253), (250, 247, 236), (242, 245, 250), (238, 246, 240), (236, 228, 208), (228, 236, 246))
_ACCENTS: Final = ((40, 110, 230), (200, 50, 50), (20, 140, 110), (240, 150, 40), (90, 70, 150), (40, 44, 56))
_HEADS: Final = (
    "访客登记卡",
    "旅客资料",
    "会员卡 MEMBER",
    "员工证",
    "入住登记",
    "电子证照",
    "我的卡包",
    "参会证",
    "团队名单",
    "代办委托",
    "虚构健身俱乐部",
    "示例科技有限公司",
    "样本大学 校园卡",
    "范本医院就诊卡",
    "STAFF PASS",
    "图书馆借阅证",
)
_MORE: Final = (
    ("部门", "市场部"),
    ("职务", "工程师"),
    ("工号", "A00871"),
    ("会员编号", "8800 1234 5678"),
    ("积分", "12,600"),
    ("单位", "样本贸易公司"),
    ("电话", "000-12345678"),
    ("邮箱", "demo@example.invalid"),
    ("车次", "G0000"),
    ("房间", "2608"),
    ("到访时间", "2026-11-15 09:30"),
    ("备注", "无"),
    ("等级", "金卡"),
    ("序号", "3"),
    ("紧急联系人", "000-87654321"),
    ("状态", "已核验"),
    ("班级", "二年级一班"),
    ("持卡人签名", ""),
)
_SYNONYMS: Final = {
    "姓名": ("姓名", "旅客姓名", "持证人", "中文名", "姓 名"),
    "证件号码": ("证件号码", "证件号", "号码", "证号", "通行证号"),
    "出生日期": ("出生日期", "出生", "生日", "出生年月"),
    "有效期限": ("有效期限", "有效期", "有效期至", "证件有效期"),
    "签发机关": ("签发机关", "发证机关", "签发单位"),
    "公民身份号码": ("公民身份号码", "身份号码", "身份证号"),
}
_TITLE_LABELS: Final = ("证件类型", "证件种类", "证件", "类型", "证件名称", "", "", "", "")
_NOTES: Final = (
    "本卡仅限本人使用，遗失请及时挂失。",
    "请妥善保管，凭此卡出入。",
    "以上资料仅供登记使用",
    "第1页 共1页",
    "www.example.invalid",
    "客服热线 000-00000",
)
_BUTTONS: Final = ("确认", "下一步", "出示二维码", "编辑", "复制号码", "返回")


class _Labels(Enum):
    """Where labels are relative to their values."""

    COLON = auto()
    BESIDE = auto()
    OPPOSITE = auto()
    """The values end at the right margin."""
    ABOVE = auto()
    BELOW = auto()
    TABLE = auto()


type _Entry = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Where the entries are, in pixels."""

    labels: _Labels
    columns: int
    left: float
    right: float
    top: float
    pitch: float
    size: int
    """Of the values."""
    small: int
    """Of the labels."""


def draw_random_page(random: Random, fonts: FontLoader) -> Document:
    """Draw a page or a screen of any height; it always quotes a permit's title."""
    entries = [entry for _ in range(random.choice((1, 1, 1, 2, 3))) for entry in _entries(random, title=True)]
    canvas = _canvas(random, fonts, 3000, plain=random.random() < 0.8)
    size = random.randint(30, 46)
    _draw(canvas, random, entries, size=size, pitch=size * random.uniform(1.5, 3.2), bottom=2900)
    return Document(canvas=cut_below_text(canvas))


def draw_random_card(random: Random, fonts: FontLoader) -> Document:
    """Draw a badge, a membership card or another card, upright or not, that quotes a permit."""
    is_upright = random.random() < 0.3
    entries = _entries(random, title=random.random() < 0.7)[: random.randint(4, 9)]
    canvas = _canvas(random, fonts, 1900 if is_upright else HEIGHT, plain=random.random() < 0.4)
    bottom = canvas.image.height - 70
    _draw(canvas, random, entries, size=random.randint(30, 44), pitch=random.randint(60, 110), bottom=bottom)
    draw_mark(canvas, random, (20, canvas.image.height - 52))
    return Document(canvas=canvas, is_card=True)


def _entries(random: Random, *, title: bool) -> list[_Entry]:
    """Return some labels and values of a permit with other ones between them; ``title`` quotes its title, too."""
    quoted = quote_permit(random)
    entries = [(random.choice(_SYNONYMS.get(label, (label,))), value) for label, value in quoted.fields]
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        if len(entries) > 4:
            del entries[random.randrange(1, len(entries))]
    if random.random() < 0.3:
        random.shuffle(entries)
    for entry in random.sample(_MORE, random.choice((0, 0, 1, 2, 3, 4))):
        entries.insert(random.randint(0, len(entries)), entry)
    if title:
        place = random.choice((0, 0, 0, random.randint(0, len(entries))))
        shown = random.choice(("{}", "{}", "{}", "《{}》", "{}信息", "{} 1张", "已绑定{}")).format(quoted.title)
        entries.insert(place, (random.choice(_TITLE_LABELS), shown))
    return entries


def _canvas(random: Random, fonts: FontLoader, height: int, *, plain: bool) -> Canvas:
    paper = random.choice(_PAPERS)
    dark = plain and random.random() < 0.12
    if dark:
        paper = random.choice(((30, 32, 38), (24, 40, 70), (60, 20, 30)))
    accent = random.choice(_ACCENTS)
    image = Image.new("RGB", (WIDTH, height), paper) if plain else security_paper(random, paper, accent, height=height)
    value = random.choice(WORDS)
    ink: Colour = (226, 226, 230) if dark else (28, 28, 32)
    grey: Colour = (170, 170, 176) if dark else random.choice(((60, 60, 64), (130, 130, 136), (50, 80, 140), ink))
    style = Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, *WORDS)),
        value=value,
        digits=value,
        title_ink=random.choice((ink, grey, accent)),
        label_ink=grey,
        value_ink=ink,
    )
    return Canvas(image, fonts, style)


def _draw(canvas: Canvas, random: Random, entries: Sequence[_Entry], *, size: int, pitch: float, bottom: float) -> None:
    """Draw everything above ``bottom``: a head, a photo, the entries and what is below them."""
    top, left, right = _draw_head(canvas, random), float(_MARGIN + random.randint(0, 60)), float(WIDTH - _MARGIN)
    first = entries[0]
    if not first[0] and random.random() < 0.8:  # the title as a heading
        top = _line(canvas, (left, top), first[1], round(size * random.uniform(1.0, 1.5)), right - left).bottom + 20.0
        entries = entries[1:]
    room = bottom - top
    if random.random() < 0.55 and room > 300:
        area = Box(round(left), round(top), round(right), round(bottom))
        left, right = _draw_photo(canvas, random, area, sex=dict(entries).get("性别") or "女")
    elif random.random() < 0.15:
        top += _draw_code(canvas, random, Box(WIDTH // 2 - 130, int(top), WIDTH // 2 + 130, int(top) + 260)) + 20
    labels, columns = random.choice(tuple(_Labels)), 2 if right - left > 800 and random.random() < 0.35 else 1
    rows = -(-len(entries) // columns)
    high = labels in {_Labels.ABOVE, _Labels.BELOW}
    pitch = min(pitch * (1.7 if high else 1), (bottom - top) / rows)
    size = min(size, int(pitch / (2.1 if high else 1.25)))
    small = max(12, round(size * random.choice((1.0, 1.0, 0.9, 0.75, 0.6))))
    grid = _Grid(labels=labels, columns=columns, left=left, right=right, top=top, pitch=pitch, size=size, small=small)
    _draw_entries(canvas, random, entries, grid)
    _draw_foot(canvas, random, top + rows * pitch + 20, bottom)


def _draw_head(canvas: Canvas, random: Random) -> float:
    """Draw a band, a logo and the name of what this is, each in some documents; return where the rest begins."""
    style, top, band = canvas.style, float(random.randint(30, 60)), 0
    if random.random() < 0.35:
        return top
    ink = style.title_ink
    if random.random() < 0.45:
        band = round(top) + 84
        canvas.image.paste(random.choice(_ACCENTS), Box(0, 0, WIDTH, band))
        ink = (255, 255, 255)
    left = float(_MARGIN)
    if random.random() < 0.5:
        centre = random.choice((_MARGIN + 40, WIDTH - _MARGIN - 40)), round(top) + 34
        draw_emblem(canvas, centre, 36, random.choice(_ACCENTS))
        left += 100
    size = random.randint(34, 56)
    box = canvas.write((left, top), random.choice(_HEADS), style.title, size, ink)
    return max(box.bottom, band) + float(random.randint(20, 60))


def _draw_photo(canvas: Canvas, random: Random, area: Box, *, sex: str) -> tuple[float, float]:
    """Draw a photo at one side, sometimes a code below it; return where the text begins and ends beside them."""
    width = random.randint(200, 320)
    height = min(round(width * random.uniform(1.15, 1.4)), area.bottom - area.top - 10)
    on_the_left = random.random() < 0.6
    left, top = area.left if on_the_left else area.right - width, area.top
    box = Box(left, top, left + width, top + height)
    draw_portrait(canvas, random, box, sex=sex, framed=random.random() < 0.7)
    if area.bottom - box.bottom > width and random.random() < 0.3:
        _draw_code(canvas, random, Box(left, box.bottom + 20, left + width - 30, box.bottom + width - 10))
    gap = random.randint(30, 70)
    return (box.right + gap, area.right) if on_the_left else (area.left, left - gap)


def _draw_code(canvas: Canvas, random: Random, box: Box) -> int:
    """Draw something like a QR code or a bar code; return its height."""
    draw = ImageDraw.Draw(canvas.image)
    draw.rectangle(box, fill=(255, 255, 255))
    modules, is_bar_code = 25, random.random() < 0.3
    step = (box.right - box.left) / modules
    for column in range(modules):
        is_bar = random.random() < 0.5
        for row in range(modules):
            if is_bar if is_bar_code else random.random() < 0.5:
                at = (box.left + column * step, box.top + row * step)
                draw.rectangle((*at, at[0] + step - 1, at[1] + step - 1), fill=(20, 20, 24))
    return box.bottom - box.top


def _draw_entries(canvas: Canvas, random: Random, entries: Sequence[_Entry], grid: _Grid) -> None:
    width = (grid.right - grid.left) / grid.columns
    has_rules, rule = random.random() < 0.4, random.choice(((70, 70, 74), (205, 205, 210)))
    colon = random.choice(("：", "：", ":", " :"))
    widest = max(canvas.length(label, canvas.style.label, grid.small) for label, _ in entries)
    value_left = min(widest + random.randint(16, 60), 0.55 * width)
    for number, entry in enumerate(entries):
        row, column = divmod(number, grid.columns)
        left, top = grid.left + column * width, grid.top + row * grid.pitch
        if grid.labels is _Labels.TABLE:
            for edge in (top, top + grid.pitch):
                canvas.image.paste(rule, Box(round(left), round(edge), round(left + width), round(edge) + 2))
            for side in (left, left + value_left - 10, left + width):
                canvas.image.paste(rule, Box(round(side), round(top), round(side) + 2, round(top + grid.pitch)))
        elif has_rules:
            edge = round(top + grid.pitch - 4)
            canvas.image.paste(rule, Box(round(left), edge, round(left + width), edge + 2))
        cell = replace(grid, left=left + 8, right=left + width - 14, top=top + 4)
        _draw_entry(canvas, entry, cell, colon=colon, value_left=value_left)


def _draw_entry(canvas: Canvas, entry: _Entry, cell: _Grid, *, colon: str, value_left: float) -> None:
    label, value = entry
    room = cell.right - cell.left
    if cell.labels is _Labels.COLON:
        _line(canvas, (cell.left, cell.top), f"{label}{colon}{value}" if label else value, cell.size, room)
        return
    if cell.labels in {_Labels.ABOVE, _Labels.BELOW}:
        small, lead = cell.small, cell.size * 0.15
        above = cell.labels is _Labels.ABOVE
        at, below = (cell.left, cell.top), (cell.left, cell.top + (small if above else cell.size) + lead)
        _line(canvas, at if above else below, label, small, room, is_label=True)
        _line(canvas, below if above else at, value, cell.size, room)
        return
    _line(canvas, (cell.left, cell.top + 2), label, cell.small, value_left - 14, is_label=True)
    if cell.labels is _Labels.OPPOSITE:
        size = _fitting(canvas, value, cell.size, room - value_left)
        if value:
            canvas.write((cell.right, cell.top), value, canvas.style.value, size, canvas.style.value_ink, anchor="rt")
    else:
        _line(canvas, (cell.left + value_left, cell.top), value, cell.size, room - value_left)


def _draw_foot(canvas: Canvas, random: Random, top: float, bottom: float) -> None:
    """Draw buttons or notes below the entries, if there is room."""
    for _ in range(random.choice((0, 0, 1, 2))):
        if top + 90 > bottom:
            return
        if random.random() < 0.5:
            canvas.image.paste(random.choice(_ACCENTS), Box(_MARGIN, round(top), WIDTH - _MARGIN, round(top) + 80))
            at = (WIDTH / 2, top + 20)
            canvas.write(at, random.choice(_BUTTONS), canvas.style.value, 38, (255, 255, 255), anchor="mt")
        else:
            _line(canvas, (_MARGIN, top), random.choice(_NOTES), random.randint(22, 32), WIDTH - 2 * _MARGIN)
        top += 100


def _fitting(canvas: Canvas, text: str, size: int, room: float, family: str = "") -> int:
    """Return the size at which a text is no wider than ``room`` pixels, at most ``size``."""
    return max(8, int(size * min(1, room / max(1, canvas.length(text, family or canvas.style.value, size)))))


def _line(canvas: Canvas, at: tuple[float, float], text: str, size: int, room: float, *, is_label: bool = False) -> Box:
    """Draw a line of text, smaller if it would be wider than ``room`` pixels."""
    if not text:
        return Box(round(at[0]), round(at[1]), round(at[0]), round(at[1]) + size)
    style = canvas.style
    family, ink = (style.label, style.label_ink) if is_label else (style.value, style.value_ink)
    return canvas.write(at, text, family, _fitting(canvas, text, size, room, family), ink)
