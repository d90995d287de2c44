"""Lists of people with the permits they have: a table, columns without rules, or a block of lines for each person."""

from collections.abc import Sequence
from random import Random
from typing import Final

from PIL import Image

from specimens.negatives.document import WORDS, Document
from specimens.negatives.quotation import Quotation, quote_permit
from specimens.rendering.artwork import draw_portrait, security_paper
from specimens.rendering.canvas import WIDTH, Box, Canvas, Style
from specimens.rendering.fonts import FontLoader

_MARGIN: Final = 40
_PAPERS: Final = ((253, 253, 253), (250, 247, 236), (240, 246, 252), (236, 246, 238))
_HEADS: Final = (
    "{}人员名单",
    "样本旅行团 名单",
    "持{}人员登记",
    "学员名册",
    "虚构公司员工信息",
    "{}",
    "示例酒店 在住旅客",
    "参赛队员",
    "附件：{}名单",
    "两地车司机备案表",
)
_COLUMNS: Final = (
    ("姓名", 1.0),
    ("性别", 0.5),
    ("出生日期", 1.2),
    ("证件类型", 2.4),
    ("证件号码", 1.5),
    ("有效期限", 2.2),
    ("签发机关", 2.0),
    ("签发地点", 0.8),
    ("换证次数", 0.7),
    ("国籍", 0.8),
)
_OTHERS: Final = (("序号", 0.5), ("房号", 0.7), ("电话", 1.4), ("备注", 0.8), ("座位", 0.7), ("学号", 1.0))
_NUMBERS: Final = ("证件号码", "公民身份号码", "身份证件号码", "通行证号码")


def draw_name_list(random: Random, fonts: FontLoader) -> Document:
    """Draw a list of one to nine people."""
    first = quote_permit(random)
    others = [quote_permit(random) for _ in range(40)]
    people = [first, *(other for other in others if other.title == first.title)][: random.choice((1, 2, 3, 5, 7, 9))]
    canvas = _paper(random, fonts, 2600)
    top = float(random.randint(40, 80))
    if random.random() < 0.8:
        size = random.randint(36, 60)
        head = random.choice(_HEADS).format(first.title)
        left = (WIDTH - canvas.length(head, canvas.style.title, size)) / 2 if random.random() < 0.6 else _MARGIN
        top = canvas.write((max(4, left), top), head, canvas.style.title, size, canvas.style.title_ink).bottom + 40.0
    if random.random() < 0.7:
        bottom = _draw_table(canvas, random, people, top)
    else:
        bottom = _draw_blocks(canvas, random, people, top)
    height = max(round(bottom) + random.randint(20, 160), 520)
    canvas.image = canvas.image.crop((0, 0, WIDTH, min(height, canvas.image.height)))
    return Document(canvas=canvas)


def _paper(random: Random, fonts: FontLoader, height: int) -> Canvas:
    paper, value = random.choice(_PAPERS), random.choice(WORDS)
    patterned = random.random() < 0.25
    image = (
        security_paper(random, paper, (150, 180, 210), height=height)
        if patterned
        else Image.new("RGB", (WIDTH, height), paper)
    )
    style = Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, "noto-sans-bold")),
        value=value,
        digits=value,
        title_ink=random.choice(((24, 24, 28), (170, 36, 40), (30, 60, 130))),
        label_ink=random.choice(((24, 24, 28), (110, 110, 116), (40, 80, 150))),
        value_ink=(26, 26, 30),
    )
    return Canvas(image, fonts, style)


def _draw_table(canvas: Canvas, random: Random, people: Sequence[Quotation], top: float) -> float:
    """Draw the labels in one row and each person in a row below it; return where the table ends."""
    columns = [one for one in _COLUMNS if one[0] in {"姓名", "证件号码"} or random.random() < 0.55]
    columns = [one for one in columns if any(_value(person, one[0]) for person in people)]
    for other in random.sample(_OTHERS, random.choice((0, 1, 1, 2))):
        columns.insert(0 if other[0] == "序号" else len(columns), other)
    ruled, pitch, stripe = random.random() < 0.6, random.randint(54, 110), random.choice((None, (226, 234, 244)))
    left, total = random.randint(_MARGIN, 90), sum(width for _, width in columns)
    edges = [float(left)]
    for _, width in columns:
        edges.append(edges[-1] + width * (WIDTH - _MARGIN - left) / total)
    size = random.randint(26, 38)
    for row, person in enumerate((None, *people)):
        above = top + row * pitch
        if stripe and row % 2 == 0:
            canvas.image.paste(stripe, Box(left, round(above), WIDTH - _MARGIN, round(above + pitch)))
        for (label, _), start, end in zip(columns, edges, edges[1:], strict=False):
            text = label if person is None else _value(person, label) or _other(random, label, row)
            at = (start + 8, above + (pitch - size) / 2)
            _fit(canvas, at, text, size, end - start - 16, is_label=person is None)
            if ruled:
                _rules(canvas, Box(round(start), round(above), round(end), round(above + pitch)))
    return top + (len(people) + 1) * pitch


def _draw_blocks(canvas: Canvas, random: Random, people: Sequence[Quotation], top: float) -> float:
    """Draw each person as a block of lines, with a photo or a number beside it; return where the last one ends."""
    size, pitch = random.randint(28, 40), random.randint(48, 74)
    separator, photo = random.choice(("", "", "：")), random.random() < 0.5
    for number, person in enumerate(people[:3]):
        left = _MARGIN + random.choice((0, 60))
        if photo:
            height = min(300, pitch * len(person.rows))
            box = Box(left, round(top), left + round(height * 0.75), round(top) + height)
            draw_portrait(canvas, random, box, sex=person.value("性别") or "女", framed=True)
            left = box.right + 40
        else:
            _fit(canvas, (left, top), f"{number + 1}.", size, 60)
            left += 60
        for row, (label, value) in enumerate(person.rows):
            upper = top + row * pitch
            column = left + 6.6 * size if label else left
            _fit(canvas, (left, upper), label + separator if label else "", size, 6.4 * size, is_label=True)
            _fit(canvas, (column, upper), value, size, WIDTH - _MARGIN - column)
        top += (len(person.rows) + 0.6) * pitch
    return top


def _value(person: Quotation, label: str) -> str:
    if label == "证件类型":
        return person.title
    return person.value(*_NUMBERS) if label == "证件号码" else person.value(label)


def _other(random: Random, label: str, row: int) -> str:
    values = {
        "序号": str(row),
        "房号": f"{random.randint(2, 30)}08",
        "电话": f"000-{random.randrange(10**7):07d}",
        "座位": f"{random.randint(1, 40)}A",
        "学号": f"{random.randrange(10**6):06d}",
        "备注": random.choice(("", "领队", "素食")),
    }
    return values.get(label, "")


def _fit(canvas: Canvas, at: tuple[float, float], text: str, size: int, room: float, *, is_label: bool = False) -> None:
    """Draw a line of text, smaller if it would be wider than ``room`` pixels."""
    style = canvas.style
    family, ink = (style.label, style.label_ink) if is_label else (style.value, style.value_ink)
    if text:
        size = max(8, int(size * min(1, room / max(1, canvas.length(text, family, size)))))
        canvas.write(at, text, family, size, ink)


def _rules(canvas: Canvas, box: Box) -> None:
    """Draw the four sides of a cell."""
    for side in (
        Box(box.left, box.top, box.right, box.top + 2),
        Box(box.left, box.bottom, box.right, box.bottom + 2),
        Box(box.left, box.top, box.left + 2, box.bottom),
        Box(box.right, box.top, box.right + 2, box.bottom),
    ):
        canvas.image.paste((70, 70, 74), side)
