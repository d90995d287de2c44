"""Paper that quotes a permit: lists, tables, letters and forms, typed or filled in by hand."""

from random import Random
from typing import Final

from specimens.cards.holders import residence
from specimens.negatives.document import Document, white_paper
from specimens.negatives.quotation import Quotation, quote_permit
from specimens.rendering.artwork import draw_portrait
from specimens.rendering.canvas import WIDTH, Box, Canvas
from specimens.rendering.fonts import FontLoader

_LEFT: Final = 90
_BLUE_INK: Final = (30, 50, 130)
_HOTELS: Final = ("样本酒店", "示例宾馆", "虚构假日酒店", "范本公寓式酒店")
_HEADINGS: Final = ("证件信息", "人员信息登记", "开户资料", "境外人员信息", "附件一")


def draw_list(random: Random, fonts: FontLoader) -> Document:
    """Draw a typed list: one ``label：value`` a line."""
    quoted, size = quote_permit(random), random.randint(34, 44)
    canvas = white_paper(random, fonts, height=random.choice((900, 980, 1100)))
    step = (canvas.image.height - 140) / (len(quoted.rows) + 1)
    top = float(random.randint(50, 90))
    if random.random() < 0.3:
        canvas.write((_LEFT, top), random.choice(_HEADINGS), canvas.style.title, size + 8, (20, 20, 20))
        top += step
    colon = random.choice(("：", "：", ": ", "  "))
    for label, value in quoted.rows:
        _line(canvas, (_LEFT, top), f"{label}{colon}{value}" if label else value, size)
        top += min(step, 96)
    return Document(canvas=canvas)


def draw_table(random: Random, fonts: FontLoader) -> Document:
    """Draw a table with borders: a label and a value in each row."""
    quoted = quote_permit(random)
    canvas = white_paper(random, fonts, height=160 + 92 * len(quoted.rows))
    canvas.write((_LEFT, 40), random.choice(_HEADINGS), canvas.style.title, 46, (20, 20, 20))
    edge = random.randint(340, 460)
    for row, (label, value) in enumerate(quoted.rows):
        top = 120 + row * 92
        _cell(canvas, Box(_LEFT, top, edge, top + 92), label or "英文姓名")
        _cell(canvas, Box(edge, top, WIDTH - _LEFT, top + 92), value)
    return Document(canvas=canvas)


def draw_two_columns(random: Random, fonts: FontLoader) -> Document:
    """Draw a form with two fields in each row, with or without borders."""
    quoted, bordered = quote_permit(random), random.random() < 0.5
    rows = [
        *quoted.rows,
        ("联系电话", f"000-{random.randrange(10**8):08d}"),
        ("房号", f"{random.randint(1, 30):02d}08"),
    ]
    canvas = white_paper(random, fonts, height=200 + 110 * ((len(rows) + 1) // 2))
    canvas.write(
        (_LEFT, 50),
        quoted.title if random.random() < 0.5 else random.choice(_HEADINGS),
        canvas.style.title,
        44,
        (20, 20, 20),
    )
    for number, (label, value) in enumerate(rows):
        left, top = 50 + 560 * (number % 2), 140 + 110 * (number // 2)
        if bordered:
            _cell(canvas, Box(left, top, left + 190, top + 110), label, size=30)
            _cell(canvas, Box(left + 190, top, left + 560, top + 110), value, size=30)
        else:
            canvas.label((left, top + 30), f"{label}：" if label else "", 30)
            _line(canvas, (left + 180, top + 30), value, 30, room=370)
    return Document(canvas=canvas)


def draw_running_text(random: Random, fonts: FontLoader) -> Document:
    """Draw a letter whose sentences quote the title and the values."""
    quoted, size = quote_permit(random), random.randint(32, 40)
    canvas = white_paper(random, fonts, height=1500)
    number = quoted.value("证件号码", "公民身份号码", "身份证件号码", "通行证号码")
    holder = f"{quoted.value('姓名') or '该持证人'}（{quoted.value('性别') or '性别略'}）"
    sentences = [
        f"兹证明{holder}持有《{quoted.title}》，证件号码为{number}。",
        *(f"其{label}为{value}。" for label, value in quoted.fields if label and value != number),
        random.choice(("以上信息由申请人提供，特此说明。", "请贵单位协助办理相关手续。", "如有变更，请于十日内告知。")),
    ]
    canvas.write(
        (WIDTH / 2, 60),
        random.choice(("证明", "情况说明", "委托书")),
        canvas.style.title,
        56,
        (20, 20, 20),
        anchor="mt",
    )
    for row, text in enumerate(wrap(canvas, "　　" + "".join(sentences), size, WIDTH - 2 * _LEFT)):
        canvas.write((_LEFT, 170 + row * size * 1.8), text, canvas.style.value, size, canvas.style.value_ink)
    return Document(canvas=cut_below_text(canvas))


def draw_hotel_registration(random: Random, fonts: FontLoader) -> Document:
    """Draw a hotel's registration form, filled in by a printer or by hand."""
    quoted = quote_permit(random)
    rows = [
        ("姓名 Name", quoted.value("姓名")),
        ("英文姓 Surname", quoted.value("英文姓名", "")),
        ("证件种类 ID Type", quoted.title),
        ("证件号码 ID No.", quoted.value("证件号码", "公民身份号码", "身份证件号码", "通行证号码")),
        ("出生日期 Date of Birth", quoted.value("出生日期")),
        ("有效期限 Valid Until", quoted.value("有效期限")),
        ("签发机关 Authority", quoted.value("签发机关")),
        ("住址 Address", residence(random).address[:20]),
        ("房号 Room No.", f"{random.randint(2, 30)}{random.randint(1, 28):02d}"),
        ("抵店日期 Arrival", f"2026.{random.randint(1, 12):02d}.{random.randint(1, 28):02d}"),
    ]
    canvas = white_paper(random, fonts, height=200 + 104 * len(rows))
    heading = f"{random.choice(_HOTELS)} 旅客住宿登记表"
    canvas.write((WIDTH / 2, 50), heading, canvas.style.title, 50, (20, 20, 20), anchor="mt")
    by_hand = random.random() < 0.5
    for row, (label, value) in enumerate(rows):
        top = 150 + row * 104
        _cell(canvas, Box(70, top, 480, top + 104), label, size=32)
        _cell(canvas, Box(480, top, WIDTH - 70, top + 104), "" if by_hand else value)
        if by_hand:
            _handwrite(canvas, random, (510, top + 28), value, 46)
    return Document(canvas=canvas)


def draw_handwritten_form(random: Random, fonts: FontLoader) -> Document:
    """Draw a form with printed labels above lines that are filled in by hand."""
    quoted = quote_permit(random)
    canvas = white_paper(
        random, fonts, height=170 + 110 * len(quoted.rows), colour=random.choice(((252, 252, 250), (246, 241, 226)))
    )
    canvas.write((_LEFT, 50), random.choice(_HEADINGS), canvas.style.title, 46, (20, 20, 20))
    for row, (label, value) in enumerate(quoted.rows):
        top = 150 + row * 110
        canvas.label((_LEFT, top + 10), f"{label or '拼音'}：", 36)
        _rule(canvas, Box(340, top + 62, WIDTH - _LEFT, top + 65))
        _handwrite(canvas, random, (350, top), value, random.randint(44, 52))
    return Document(canvas=canvas)


def draw_labels_above(random: Random, fonts: FontLoader) -> Document:
    """Draw a form that is arranged like a permit: the title, and small labels above the values in two columns."""
    quoted = quote_permit(random)
    canvas = white_paper(random, fonts, height=757 if len(quoted.fields) <= 8 else 980)
    canvas.write(
        (_LEFT, 50), quoted.title, canvas.style.title, 50, canvas.style.title_ink, pitch=random.choice((0, 62))
    )
    size = random.randint(34, 38)
    top, column = 150.0, 0
    for label, value in quoted.fields:
        wide = canvas.length(value, canvas.style.value, size) > 300
        if column and wide:
            top, column = top + 108, 0
        left = _LEFT if not column else 740
        canvas.label((left, top), label, round(size * 0.56))
        _line(canvas, (left, top + size * 0.56 + 10), value, size, room=WIDTH - left - 30)
        if wide or column:
            top, column = top + 108, 0
        else:
            column = 1
    return Document(canvas=canvas)


def draw_form_with_photo(random: Random, fonts: FontLoader) -> Document:
    """Draw a registration form with a photo."""
    quoted = quote_permit(random)
    canvas = white_paper(random, fonts, height=max(760, 190 + 84 * len(quoted.rows)))
    canvas.write(
        (WIDTH / 2, 40),
        random.choice(("人员登记表", "申请表", "学员报名表")),
        canvas.style.title,
        52,
        (20, 20, 20),
        anchor="mt",
    )
    left = random.choice((60, 860))
    draw_portrait(canvas, random, Box(left, 150, left + 280, 530), sex=quoted.value("性别") or "女", framed=True)
    text_left = 380 if left < 400 else 60
    for row, (label, value) in enumerate(quoted.rows):
        _line(canvas, (text_left, 150 + row * 84), f"{label}：{value}" if label else value, 34, room=770)
    return Document(canvas=canvas)


def draw_spreadsheet(random: Random, fonts: FontLoader) -> Document:
    """Draw a printed spreadsheet: labels across, one person in each of a few rows."""
    people = [quote_permit(random) for _ in range(random.randint(2, 5))]
    canvas = white_paper(random, fonts, height=560)
    labels = ("姓名", "证件类型", "证件号码", "有效期限")
    edges = (30, 190, 560, 800, WIDTH - 30)
    for row, person in enumerate((None, *people)):
        for column, label in enumerate(labels):
            box = Box(edges[column], 60 + row * 80, edges[column + 1], 140 + row * 80)
            _cell(canvas, box, label if person is None else _table_value(person, label), size=28)
    return Document(canvas=canvas)


def _table_value(person: Quotation, label: str) -> str:
    if label == "证件类型":
        return person.title
    if label == "证件号码":
        return person.value("证件号码", "公民身份号码", "身份证件号码", "通行证号码")
    return person.value(label)


def cut_below_text(canvas: Canvas) -> Canvas:
    """Cut the empty part of a page, except a margin."""
    bottom = max(box.bottom for boxes in canvas.boxes.values() for box in boxes)
    canvas.image = canvas.image.crop((0, 0, WIDTH, min(canvas.image.height, bottom + 120)))
    return canvas


def wrap(canvas: Canvas, text: str, size: int, width: float) -> list[str]:
    """Break text into lines no wider than ``width`` pixels in the value font."""
    lines = [""]
    for character in text:
        if canvas.length(lines[-1] + character, canvas.style.value, size) > width:
            lines.append("")
        lines[-1] += character
    return lines


def _line(canvas: Canvas, at: tuple[float, float], text: str, size: int, *, room: float = WIDTH - 2 * _LEFT) -> None:
    """Draw a line of text, smaller if it would be wider than ``room`` pixels."""
    size = int(size * min(1, room / max(1, canvas.length(text, canvas.style.value, size))))
    canvas.write(at, text, canvas.style.value, size, canvas.style.value_ink)


def _cell(canvas: Canvas, box: Box, text: str, *, size: int = 36) -> None:
    for side in (
        Box(box.left, box.top, box.right, box.top + 3),
        Box(box.left, box.bottom - 1, box.right, box.bottom + 2),
        Box(box.left, box.top, box.left + 3, box.bottom),
        Box(box.right - 1, box.top, box.right + 2, box.bottom),
    ):
        _rule(canvas, side)
    _line(canvas, (box.left + 16, (box.top + box.bottom - size) / 2), text, size, room=box.right - box.left - 30)


def _rule(canvas: Canvas, box: Box) -> None:
    canvas.image.paste((70, 70, 74), box)


def _handwrite(canvas: Canvas, random: Random, at: tuple[float, float], text: str, size: int) -> None:
    """Write in blue ink, each character a little off the line."""
    family, left = random.choice(("ukai", "wenkai")), at[0]
    for character in text:
        place = (left, at[1] + 0.85 * size + random.uniform(-4, 4))
        canvas.write(place, character, family, size + random.randint(-3, 3), _BLUE_INK, anchor="ls")
        left += canvas.length(character, family, size) * random.uniform(0.92, 1.1)
