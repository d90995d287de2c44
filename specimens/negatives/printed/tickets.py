"""Tickets and receipts that name their holder and the number of a permit: for a train, a ferry, a flight, an entrance.

Like a card they have printed paper, a prominent title, large values and sometimes a photo; a train ticket also has a
card's size.
"""

from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from specimens.cards.card import TITLES, CardSide
from specimens.cards.generate import CardSpec, generate_card
from specimens.negatives.document import WORDS, Document
from specimens.rendering.artwork import draw_emblem, draw_portrait, security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader

_TINTS: Final = (
    ((214, 234, 246), (120, 170, 220)),
    ((250, 222, 222), (220, 140, 150)),
    ((226, 240, 226), (130, 180, 130)),
    ((246, 240, 222), (200, 170, 110)),
    ((236, 230, 244), (160, 140, 200)),
)
_PLAIN: Final = ((254, 254, 254), (250, 246, 236), (240, 246, 252))
_ACCENTS: Final = ((180, 30, 40), (20, 80, 160), (10, 120, 100), (90, 60, 140), (40, 44, 56), (220, 120, 30))
_TRAIN_STATIONS: Final = (
    ("广州南", "Guangzhounan"),
    ("深圳北", "Shenzhenbei"),
    ("香港西九龙", "Xianggangxijiulong"),
    ("珠海", "Zhuhai"),
    ("福田", "Futian"),
    ("厦门北", "Xiamenbei"),
    ("北京西", "Beijingxi"),
    ("上海虹桥", "Shanghaihongqiao"),
)
_PORTS: Final = (
    ("香港", "HONG KONG"),
    ("澳门外港", "MACAU"),
    ("珠海九洲", "ZHUHAI"),
    ("深圳蛇口", "SHEKOU"),
    ("中山", "ZHONGSHAN"),
    ("南沙", "NANSHA"),
)
_AIRPORTS: Final = (
    ("香港 HKG", "HONG KONG"),
    ("澳门 MFM", "MACAU"),
    ("北京 PEK", "BEIJING"),
    ("上海 SHA", "SHANGHAI"),
    ("厦门 XMN", "XIAMEN"),
    ("成都 TFU", "CHENGDU"),
)
_TITLES_OF_TICKETS: Final = {
    "ferry": ("船票", "客轮船票 FERRY TICKET", "样本船务 电子船票", "虚构客运 往来港澳航线", "船票 来往港澳"),
    "flight": ("登机牌 BOARDING PASS", "登机牌", "BOARDING PASS", "电子客票行程单"),
    "entrance": ("入场券", "门票", "虚构乐园 门票", "样本博物馆 参观券", "ADMISSION TICKET", "示例演唱会"),
    "receipt": (
        "受理回执",
        "出入境证件业务受理回执",
        "领取证件凭单",
        "快递运单",
        "通行证签注回执",
        "自助取证凭条",
        "证件邮寄详情单",
    ),
}
_TRAIN_NOTES: Final = ("限乘当日当次车", "仅供报销使用", "中途下车失效", "退票费", "网")
_NOTES: Final = (
    "请提前三十分钟检票",
    "凭有效证件原件检票入场",
    "遗失不补，转让无效。",
    "Please keep this ticket until you leave.",
    "祝您旅途愉快",
    "买票请到虚构12300 发货请到95300",
    "客服热线 000-00000",
    "一人一票，当日有效",
)
_LABELS: Final = {
    "Name": ("姓名", "旅客", "姓名 Name", "乘客姓名", "旅客姓名", "持票人", "申请人", "NAME"),
    "EnglishName": ("英文姓名", "NAME", "", "Passenger"),
    "Number": ("证件号码", "证件号", "通行证号码", "证件号码 ID No.", "证件", "ID NO", "证件号码"),
    "Sex": ("性别", "性别 Sex", "性别"),
    "Birthday": ("出生日期", "出生日期", "生日"),
    "ValidDate": ("有效期限", "证件有效期", "有效期限"),
    "IssueAuthority": ("签发机关", "受理单位", "签发机关"),
    "IssueAddress": ("签发地点", "签发地点", "办理地点"),
    "Type": ("证件类型", "证件种类", "", "证件"),
    "IssueNumber": ("换证次数", "签发次数"),
}
_OWN_LABELS: Final = (
    ("航班", "FLIGHT"),
    ("日期", "DATE"),
    ("座位", "SEAT"),
    ("舱位", "CLASS"),
    ("登机口", "GATE"),
    ("票价", "FARE"),
    ("开航时间", "TIME"),
    ("检票口", "CHECK-IN"),
    ("序号", "SEQ"),
    ("票号", "TICKET NO."),
)
_LEFT: Final = 60


def draw_train_ticket(random: Random, fonts: FontLoader) -> Document:
    """Draw a train ticket of a card's size: stations, train and time, seat, price, and the holder's number and name."""
    canvas, fields = _canvas(random, fonts, random.choice((HEIGHT, HEIGHT, 720, 900))), _holder(random)
    style, big, left = canvas.style, random.randint(44, 64), random.randint(60, 120)
    serial = f"{random.choice('ABCDEFGHKLZ')}{random.randrange(10**6):06d}"
    canvas.write((left, 40), serial, style.digits, random.randint(36, 48), (196, 50, 60))
    if random.random() < 0.6:
        canvas.write(
            (WIDTH - left, 44),
            f"检票:{random.randint(1, 30)}{random.choice('AB')}",
            style.value,
            34,
            style.value_ink,
            anchor="rt",
        )
    origin, target = random.sample(_TRAIN_STATIONS, 2)
    suffix = random.choice(("站", "", " 站"))
    train = f"{random.choice('GDCZ')}{random.randint(1, 9999)}"
    for (name, pinyin), x in ((origin, left + 150), (target, WIDTH - left - 190)):
        canvas.write((x, 112), name + suffix, style.title, big, style.value_ink, anchor="mt")
        canvas.write((x, 124 + big), pinyin, style.label, 26, style.value_ink, anchor="mt")
    canvas.write((WIDTH / 2, 108), train, style.value, round(big * 0.9), style.value_ink, anchor="mt")
    draw = ImageDraw.Draw(canvas.image)
    draw.line((WIDTH / 2 - 100, 120 + big, WIDTH / 2 + 100, 120 + big), fill=style.value_ink, width=4)
    top, step, size = 176.0 + big, random.randint(52, 64), random.randint(32, 42)
    day = f"{random.randint(2019, 2026)}年{random.randint(1, 12):02d}月{random.randint(1, 28):02d}日"
    seat = f"{random.randint(1, 16):02d}车{random.randint(1, 20):02d}{random.choice('ABCDF')}号"
    canvas.write(
        (left, top),
        f"{day}{random.randint(6, 22):02d}:{random.randint(0, 59):02d}开",
        style.value,
        size,
        style.value_ink,
    )
    canvas.write((WIDTH - left - 80, top), seat, style.value, size, style.value_ink, anchor="rt")
    top += step
    canvas.write(
        (left, top), f"￥{random.randint(20, 900)}.{random.choice('05')}元", style.value, size, style.value_ink
    )
    canvas.write(
        (WIDTH - left - 80, top),
        random.choice(("二等座", "一等座", "新空调硬座")),
        style.value,
        size,
        style.value_ink,
        anchor="rt",
    )
    top += step
    canvas.write((left, top), random.choice(_TRAIN_NOTES), style.value, size - 6, style.value_ink)
    top += step
    gap = random.choice(("", " ", "  "))
    holder = f"{fields['Number']}{gap}{fields['Name']}"
    if random.random() < 0.4:
        holder = f"{random.choice(_LABELS['Number'])}{gap}{fields['Number']}"
        canvas.write((left, top - step + 44), fields["Name"], style.value, size, style.value_ink)
        top += 44
    canvas.write((left, top), holder, style.value, size, style.value_ink)
    top += step
    if top < canvas.image.height - 90 and random.random() < 0.7:
        draw.rectangle((left, top, left + 560, top + 54), outline=style.label_ink, width=2)
        canvas.write((left + 20, top + 14), random.choice(_NOTES), style.label, 26, style.label_ink)
    side = random.randint(170, 220)
    _draw_code(
        canvas,
        random,
        Box(WIDTH - left - side, canvas.image.height - side - 60, WIDTH - left, canvas.image.height - 60),
    )
    canvas.write(
        (left, canvas.image.height - 44), f"{random.randrange(10**20):020d}{serial}", style.digits, 26, style.value_ink
    )
    return Document(canvas=canvas, is_card=random.random() < 0.4)


def draw_ticket(random: Random, fonts: FontLoader) -> Document:
    """Draw a ferry ticket, a boarding pass, an entrance ticket or a receipt of random layout."""
    kind = random.choice(tuple(_TITLES_OF_TICKETS))
    canvas, fields = _canvas(random, fonts, random.choice((480, 560, 660, HEIGHT, HEIGHT, 900, 1200))), _holder(random)
    bottom = canvas.image.height - 50
    top = _draw_head(canvas, random, random.choice(_TITLES_OF_TICKETS[kind]))
    right = WIDTH - _LEFT
    if random.random() < 0.4:
        right -= _draw_stub(canvas, random, fields, top)
    if kind in {"ferry", "flight"} and bottom - top > 330:
        top = _draw_journey(canvas, random, _PORTS if kind == "ferry" else _AIRPORTS, right, top)
    left = _LEFT
    if random.random() < (0.6 if kind == "receipt" else 0.2) and bottom - top > 260:
        width = random.randint(180, 260)
        at_left = random.random() < 0.6
        x = left if at_left else right - width
        draw_portrait(canvas, random, Box(x, round(top), x + width, round(top + width * 1.25)), sex="女", framed=True)
        left, right = (left + width + 40, right) if at_left else (left, right - width - 40)
    elif random.random() < 0.6:
        side = random.randint(150, 230)
        _draw_code(canvas, random, Box(right - side, round(bottom - side), right, round(bottom)))
        right -= side + 20
    _draw_rows(canvas, random, _rows(random, fields, kind), Box(left, round(top), right, bottom))
    return Document(canvas=canvas, is_card=random.random() < 0.3)


def _canvas(random: Random, fonts: FontLoader, height: int) -> Canvas:
    tint, line = random.choice(_TINTS)
    is_plain = random.random() < 0.3
    plain = Image.new("RGB", (WIDTH, height), random.choice((*_PLAIN, tint)))
    image = plain if is_plain else security_paper(random, tint, line, height=height)
    value = random.choice(WORDS)
    ink: Colour = random.choice(((20, 20, 24), (50, 50, 60), (24, 36, 90)))
    style = Style(
        title=random.choice(("noto-sans-bold", "noto-serif-bold", value)),
        label=random.choice((value, *WORDS)),
        value=value,
        digits=random.choice((value, "noto-mono", "ocr-b")),
        title_ink=random.choice((ink, random.choice(_ACCENTS))),
        label_ink=random.choice((ink, (110, 110, 120), random.choice(_ACCENTS))),
        value_ink=ink,
    )
    return Canvas(image, fonts, style)


def _holder(random: Random) -> dict[str, str]:
    """Return the fields of a permit's front, the number of some partly masked as on real tickets."""
    side = random.choice(
        (CardSide.HK_MACAO_FRONT, CardSide.HK_MACAO_FRONT, CardSide.TAIWAN_FRONT, CardSide.EXIT_ENTRY_FRONT)
    )
    card = generate_card(random, CardSpec(card_side=side))
    fields = {name: value for name, value in asdict(card.answer).items() if isinstance(value, str) and value}
    fields["Type"] = TITLES[side.permit_type]
    fields["Name"] = fields.get("Name") or fields["EnglishName"]
    if random.random() < 0.4:
        number = fields["Number"]
        fields["Number"] = f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"
    return fields


def _rows(random: Random, fields: dict[str, str], kind: str) -> list[tuple[str, str]]:
    """Return what the ticket says of its holder and of itself; a receipt repeats most of the permit."""
    names = [name for name in _LABELS if name in fields]
    wanted = len(names) if kind == "receipt" else random.randint(2, 5)
    chosen = [
        "Name",
        "Number",
        *random.sample([name for name in names if name not in {"Name", "Number"}], max(0, min(wanted, len(names)) - 2)),
    ]
    if random.random() < 0.6:
        chosen.sort(key=list(_LABELS).index)
    rows = [(random.choice(_LABELS[name]), fields[name]) for name in chosen]
    for chinese, english in random.sample(_OWN_LABELS, 0 if kind == "receipt" else random.randint(1, 4)):
        label = random.choice((chinese, english, f"{chinese} {english}"))
        value = random.choice(
            (
                f"{random.randint(1, 60)}{random.choice('ABCK')}",
                f"{random.randint(10, 800)}.00",
                f"2026.{random.randint(1, 12):02d}.{random.randint(1, 28):02d}",
                f"{random.randint(6, 22):02d}:30",
            )
        )
        rows.insert(random.randint(0, len(rows)), (label, value))
    return rows


def _draw_head(canvas: Canvas, random: Random, title: str) -> float:
    """Draw the title, in a band or not, with an emblem or not."""
    top, size, ink = random.randint(28, 60), random.randint(36, 60), canvas.style.title_ink
    if random.random() < 0.35:
        canvas.image.paste(random.choice(_ACCENTS), Box(0, 0, WIDTH, top + size + 20))
        ink = (255, 255, 255)
    left = float(random.choice((_LEFT, _LEFT, 330)))
    if random.random() < 0.35:
        draw_emblem(canvas, (WIDTH - 110, top + 30), 34, random.choice(_ACCENTS))
    return canvas.write((left, top), title, canvas.style.title, size, ink).bottom + float(random.randint(30, 56))


def _draw_stub(canvas: Canvas, random: Random, fields: dict[str, str], top: float) -> int:
    """Draw a stub behind a dashed line that repeats name and number; return its width."""
    width = random.randint(280, 340)
    edge = WIDTH - width
    for y in range(0, canvas.image.height, 26):
        canvas.image.paste(canvas.style.label_ink, Box(edge, y, edge + 3, y + 14))
    for row, text in enumerate((fields["Name"], fields["Number"], f"SEAT {random.randint(1, 60)}A")):
        canvas.write((edge + 24, top + row * 56), text[:18], canvas.style.value, 24, canvas.style.value_ink)
    return width - 30


def _draw_journey(canvas: Canvas, random: Random, places: Sequence[tuple[str, str]], right: int, top: float) -> float:
    """Draw from where to where in large letters."""
    origin, target = random.sample(places, 2)
    size, middle = random.randint(40, 58), (_LEFT + right) / 2
    for (name, english), x in ((origin, _LEFT), (target, middle + 70)):
        canvas.write((x, top), name, canvas.style.title, size, canvas.style.value_ink)
        canvas.label((x, top + size + 12), english, 24)
    ImageDraw.Draw(canvas.image).line(
        (middle - 60, top + size / 2, middle + 40, top + size / 2), fill=canvas.style.value_ink, width=5
    )
    return top + size + 70


def _draw_rows(canvas: Canvas, random: Random, rows: Sequence[tuple[str, str]], area: Box) -> None:
    """Draw labels beside or above the values, in one or two columns, and a note if there is room."""
    above, columns = random.random() < 0.5, random.choice((1, 2))
    colon = random.choice(("", "", "：", ":"))
    lines = -(-len(rows) // columns)
    pitch = min(random.randint(64, 110) * (1.3 if above else 1.0), (area.bottom - area.top) / lines)
    size = min(random.randint(30, 44), int(pitch / (2.0 if above else 1.3)))
    small = max(10, round(size * random.choice((1.0, 0.8, 0.6))))
    width = (area.right - area.left) / columns
    widest = max(canvas.length(label + colon, canvas.style.label, small) for label, _ in rows)
    column = min(widest + random.randint(10, 40), 0.5 * width)
    for number, (label, value) in enumerate(rows):
        line, place = divmod(number, columns)
        left, top = area.left + place * width, area.top + line * pitch
        start = 0.0 if above else column
        if label:
            end = canvas.label((left, top), label + colon, small).right
            start = start if above else max(column, end - left + 12)
        room = width - 20 - start
        fitting = max(8, int(size * min(1, room / max(1, canvas.length(value, canvas.style.value, size)))))
        at = (left, top + small + 8) if above else (left + start, top)
        canvas.write(at, value, canvas.style.value, fitting, canvas.style.value_ink)
    below = area.top + lines * pitch + 10
    if below + 40 < area.bottom:
        canvas.label((area.left, below), random.choice(_NOTES), random.randint(20, 26))


def _draw_code(canvas: Canvas, random: Random, box: Box) -> None:
    """Draw something like a QR code or, a third of them, a bar code."""
    draw, modules, is_bar_code = ImageDraw.Draw(canvas.image), 29, random.random() < 0.3
    draw.rectangle(box, fill=(255, 255, 255))
    step = (box.right - box.left) / modules
    for column in range(modules):
        is_bar = random.random() < 0.5
        for row in range(modules):
            if is_bar if is_bar_code else random.random() < 0.5:
                at = (box.left + column * step, box.top + row * step)
                draw.rectangle((*at, at[0] + step - 1, at[1] + step - 1), fill=(20, 20, 24))
