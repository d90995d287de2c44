"""The default layout of each card side: composed like the real card, but clearly not one."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards.card import Card, CardSide, Edition
from specimens.rendering.artwork import draw_emblem, draw_portrait, security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour, Style
from specimens.rendering.fonts import FontLoader

SPECIMEN_MARK: Final = "SPECIMEN 样本"
_MARK_INK: Final = (206, 72, 84)
_LABEL_INKS: Final = ((62, 92, 140), (120, 84, 60), (70, 110, 96), (96, 96, 110))
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
_LABEL_FAMILIES: Final = ("noto-sans", "noto-serif", "zenhei", "microhei", "wenkai")
_TITLE_FAMILIES: Final = ("noto-sans-bold", "noto-serif-bold", "zenhei", "wenkai-bold")
_TOP: Final = 152
"""Top of the fields of a travel permit, below the title."""
_MRZ_INK: Final = (24, 24, 28)


def draw_card(card: Card, random: Random, fonts: FontLoader) -> Canvas:
    """Draw a card on random paper with random fonts and inks, its text taken from the answer, and mark it SPECIMEN."""
    tint, line = random.choice(_TINTS[card.card_side.permit_type])
    canvas = Canvas(security_paper(random, tint, line), fonts, _style(random, line))
    if isinstance(card.answer, ResidencePermitAnswer):
        if card.card_side.side is Side.FRONT:
            mark = _draw_residence_front(canvas, random, card.answer)
        else:
            mark = _draw_residence_back(canvas, random, card.title, card.answer)
    elif card.card_side is CardSide.HK_MACAO_BACK:
        mark = _draw_hk_macao_back(
            canvas, random, card, card.answer.MainlandTravelPermitBackInfos or MainlandPermitBack()
        )
    else:
        mark = _draw_travel_front(canvas, random, card, card.answer)
    canvas.write(mark, SPECIMEN_MARK, "noto-sans-bold", random.randint(34, 42), _MARK_INK, name="mark")
    return canvas


def round_corners(image: Image.Image) -> Image.Image:
    """Return the card as RGBA with corners rounded to the ISO 7810 radius (3.18 mm)."""
    mask = Image.new("L", (WIDTH * 2, HEIGHT * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, WIDTH * 2 - 1, HEIGHT * 2 - 1), radius=89, fill=255)
    image = image.convert("RGBA")
    image.putalpha(mask.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))
    return image


def _style(random: Random, line: Colour) -> Style:
    value = random.choice(_VALUE_FAMILIES)
    dark = random.randint(14, 50)
    return Style(
        title=random.choice(_TITLE_FAMILIES),
        label=random.choice(_LABEL_FAMILIES),
        value=value,
        digits=random.choice((value, value, "ocr-b", "noto-sans-bold")),
        title_ink=(line[0] // 3, line[1] // 3, line[2] // 3),
        label_ink=random.choice(_LABEL_INKS),
        value_ink=(dark, dark, dark + 4),
    )


def _draw_residence_front(canvas: Canvas, random: Random, answer: ResidencePermitAnswer) -> tuple[int, int]:
    left, size = random.randint(70, 96), random.randint(36, 40)
    top, pitch = random.randint(78, 96), random.randint(84, 92)
    column = left + random.randint(106, 124)
    wide = Random(answer.IdCardNo).random() >= 0.6  # a separate generator, so that later draws keep their values
    for row, label in enumerate(("姓 名", "性 别", "出 生", "住 址") if wide else ("姓名", "性别", "出生", "住址")):
        canvas.label((left, top + row * pitch + 4), label, size - 6)
    canvas.value((column, top), answer.Name, size + 4, "Name")
    canvas.value((column, top + pitch), answer.Sex, size, "Sex")
    _draw_birth_date(canvas, answer.Birth, (column, top + 2 * pitch), size)
    width = random.randint(530, 570)
    for row, text in enumerate(_wrap(canvas, answer.Address, size, width)):
        canvas.value((column, top + 3 * pitch + row * (size + 16)), text, size, "Address")
    bottom = random.randint(632, 652)
    canvas.label((left, bottom + 6), "公民身份号码", size - 6)
    canvas.value((left + 290, bottom), answer.IdCardNo, 48, "IdCardNo", pitch=random.choice((36, 38, 40)))
    frame = Box(808, top - 6, 808 + 324, top - 6 + 430)
    draw_portrait(canvas, random, frame, sex=answer.Sex)
    return frame.left, frame.bottom + 24


def _draw_birth_date(canvas: Canvas, birth: str, at: tuple[float, float], size: int) -> None:
    """Draw 1997/6/2 as the card prints it: the numbers in the value ink, 年 月 日 in the label ink."""
    left, top = at
    for number, unit in zip(birth.split("/"), "年月日", strict=True):
        number_box = canvas.value((left, top), number, size, "Birth")
        left = canvas.label((number_box.right + 12, top + 4), unit, size - 6).right + 14


def _wrap(canvas: Canvas, text: str, size: int, width: int) -> list[str]:
    """Break Chinese text into lines no wider than ``width`` pixels."""
    lines = [""]
    for character in text:
        if canvas.length(lines[-1] + character, canvas.style.value, size) > width:
            lines.append("")
        lines[-1] += character
    return lines


def _draw_residence_back(
    canvas: Canvas, random: Random, title_text: str, answer: ResidencePermitAnswer
) -> tuple[int, int]:
    title, ink = canvas.style.title, canvas.style.title_ink
    draw_emblem(canvas, (190, 180), 108, (196, 60, 52))
    canvas.write((360, random.randint(76, 90)), "中华人民共和国", title, 56, ink, pitch=94)
    canvas.write((352, random.randint(180, 196)), title_text, title, 78, ink, pitch=92)
    size, pitch, top = random.randint(36, 41), random.randint(66, 74), random.randint(388, 404)
    edge = random.randint(396, 430)
    rows = (
        ("签发机关", answer.Authority, "Authority"),
        ("有效期限", answer.ValidDate, "ValidDate"),
        ("通行证号码", answer.PassNo, "PassNo"),
        ("签发次数", answer.VisaNum, "VisaNum"),
    )
    for row, (label, value, name) in enumerate(rows):
        canvas.label((edge, top + row * pitch + 4), label, size - 6, anchor="rt")
        if value:
            canvas.value((edge + 36, top + row * pitch), value, size, name)
    return 860, 690


def _draw_hk_macao_back(canvas: Canvas, random: Random, card: Card, back: MainlandPermitBack) -> tuple[int, int]:
    left, ink = random.randint(60, 84), canvas.style.title_ink
    if card.title:
        canvas.write((left, 40), card.title, canvas.style.title, 46, ink, name="Type")
        english = "Mainland Travel Permit for Hong Kong and Macao Residents"
        canvas.write((left, 102), english, "noto-sans", 25, ink)
    size, pitch, top = random.randint(34, 40), random.randint(74, 84), random.randint(164, 180)
    column = left + 7 * (size - 6) + 12
    rows = (
        ("姓名", back.Name, "Name"),
        ("身份证件号码", back.IDNumber, "IDNumber"),
        ("曾持证件号码", back.HistoryNumber, "HistoryNumber"),
    )
    for row, (label, value, name) in enumerate(rows):
        canvas.label((left, top + row * pitch + 4), label, size - 6)
        if value:
            canvas.value((column, top + row * pitch), value, size, name)
    draw_emblem(canvas, (1050, 250), 84, canvas.style.label_ink)
    draw_mrz(canvas, card.mrz, bottom=720)
    return 840, 420


def draw_mrz(canvas: Canvas, lines: tuple[str, ...], *, bottom: int) -> None:
    """Draw machine-readable lines in OCR-B at ten characters per inch, on a light band."""
    step = 70
    top = bottom - step * len(lines)
    band = Image.new("RGB", (WIDTH, HEIGHT - top + 10), (247, 248, 250))
    canvas.image.paste(band, (0, top - 10), Image.new("L", band.size, 150))
    for row, line in enumerate(lines):
        canvas.write((66, top + row * step + 48), line, "ocr-b", 50, _MRZ_INK, name="mrz", pitch=36, anchor="ls")


def _draw_travel_front(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> tuple[int, int]:
    style = canvas.style
    draw_emblem(canvas, (106, 84), 44, (196, 60, 52))
    size = 44 if card.edition is Edition.NON_CHINESE else 50
    canvas.write(
        (180, random.randint(50, 66)), answer.Type, style.title, size, style.title_ink, name="Type", pitch=size * 1.06
    )
    # The specimen mark is below the portrait, the machine-readable line below the mark.
    frame = Box(58, 168, 58 + 290, 168 + 376) if card.mrz else Box(58, 168, 58 + 316, 168 + 410)
    draw_portrait(canvas, random, frame, sex=answer.Sex)
    bottom = 640 if card.mrz else 690
    number_in_header = card.card_side is CardSide.EXIT_ENTRY_FRONT and random.random() < 0.6
    if number_in_header:
        canvas.write((1140, 66), answer.Number, "ocr-b", 42, (170, 40, 48), name="Number", anchor="rt")
    rows = _travel_permit_rows(card, answer, number=not number_in_header)
    if random.random() < 0.6:
        _draw_labels_above(canvas, random, answer, rows, bottom)
    else:
        _draw_labels_beside(canvas, random, answer, rows, bottom)
    if card.mrz:
        draw_mrz(canvas, card.mrz, bottom=724)
    return frame.left + 8, frame.bottom + 18


type Row = tuple[tuple[str, str, str], ...]
"""Fields printed on one line: label, value, field name."""


def _travel_permit_rows(card: Card, answer: MainlandPermitAnswer, *, number: bool) -> list[Row]:
    count = "换证次数" if card.card_side is CardSide.HK_MACAO_FRONT else "签发次数"
    second = [("国籍", answer.Nationality, "Nationality")] if card.edition is Edition.NON_CHINESE else []
    third = [("签发地点", answer.IssueAddress, "IssueAddress")] if answer.IssueAddress else []
    fourth = [("证件号码", answer.Number, "Number")] if number else []
    if answer.IssueNumber:
        fourth.append((count, answer.IssueNumber, "IssueNumber"))
    rows: list[Row] = [
        (("出生日期", answer.Birthday, "Birthday"), ("性别", answer.Sex, "Sex")),
        (("有效期限", answer.ValidDate, "ValidDate"), *second),
        (("签发机关", answer.IssueAuthority, "IssueAuthority"), *third),
    ]
    return [*rows, tuple(fourth)] if fourth else rows


def _printed_name(random: Random, name: str) -> str:
    """Return a romanised name as printed; some cards add a space after the comma."""
    return name.replace(",", ", ") if random.random() < 0.4 else name


def _draw_labels_above(
    canvas: Canvas, random: Random, answer: MainlandPermitAnswer, rows: list[Row], bottom: int
) -> None:
    left, line, size = random.randint(424, 446), _TOP, random.randint(33, 36)
    small = size - random.randint(9, 12)
    if random.random() < 0.6:  # some editions print no label for the name
        canvas.label((left, line), "姓名", small)
        line += small + 8
    if answer.Name:
        canvas.value((left, line), answer.Name, size + 6, "Name")
        line += size + 18
    canvas.value((left, line), _printed_name(random, answer.EnglishName), size - 3, "EnglishName")
    line += size + 18
    pitch = min((bottom - line) // len(rows), size + small + 30)
    widest = max(canvas.length(row[0][1], canvas.style.family(row[0][2]), size) for row in rows)
    second = left + max(widest + 28, random.randint(470, 494))
    for row in rows:
        for column, (label, value, name) in zip((left, second), row, strict=False):
            canvas.label((column, line), label, small)
            canvas.value((column, line + small + 9), value, size, name)
        line += pitch


def _draw_labels_beside(
    canvas: Canvas, random: Random, answer: MainlandPermitAnswer, rows: list[Row], bottom: int
) -> None:
    left, line, size = random.randint(416, 430), _TOP, random.randint(32, 35)
    small = size - random.randint(5, 8)
    column = left + 4 * small + random.randint(18, 28)
    fields = [field for row in rows for field in row]
    pitch = min((bottom - _TOP) // (len(fields) + 2), 66)
    if random.random() < 0.7:
        canvas.label((left, line + 4), "姓名", small)
    if answer.Name:
        canvas.value((column, line), answer.Name, size + 5, "Name")
        line += pitch
    canvas.value((column, line), _printed_name(random, answer.EnglishName), size - 2, "EnglishName")
    for label, value, name in fields:
        line += pitch
        canvas.label((left, line + 4), label, small)
        canvas.value((column, line), value, size, name)
