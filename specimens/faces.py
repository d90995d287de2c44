"""The layout of each face, after the composition of the real one and clearly not it."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType, Side
from specimens.cards import TITLES, Card, Edition, Face
from specimens.chance import happens
from specimens.fonts import FontLoader
from specimens.sheet import HEIGHT, WIDTH, Colour, Place, Sheet, Style, draw_emblem, draw_portrait, paper

MARK: Final = "SPECIMEN 样本"
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
"""Where the fields of a travel permit begin, below its title."""
_MRZ_INK: Final = (24, 24, 28)


def draw_face(card: Card, random: Random, fonts: FontLoader) -> Sheet:
    """Print a card: paper, fonts and inks by chance, text from its answer, and the mark that it is a specimen."""
    tint, line = random.choice(_TINTS[card.face.permit_type])
    sheet = Sheet(paper(random, tint, line), fonts, _style(random, line))
    if isinstance(card.answer, ResidencePermitAnswer):
        draw = _residence_front if card.face.side is Side.FRONT else _residence_back
        mark = draw(sheet, random, card.answer)
    elif card.face is Face.HK_MACAO_BACK:
        mark = _hk_macao_back(sheet, random, card, card.answer.MainlandTravelPermitBackInfos or MainlandPermitBack())
    else:
        mark = _travel_front(sheet, random, card, card.answer)
    sheet.write(mark, MARK, "noto-sans-bold", random.randint(34, 42), _MARK_INK, name="mark")
    return sheet


def rounded(image: Image.Image) -> Image.Image:
    """Return the card as RGBA, its corners rounded as ISO 7810 has them (3.18 mm)."""
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


def _residence_front(sheet: Sheet, random: Random, answer: ResidencePermitAnswer) -> tuple[int, int]:
    left, size = random.randint(70, 96), random.randint(36, 40)
    top, pitch = random.randint(78, 96), random.randint(84, 92)
    column = left + random.randint(106, 124)
    wide = not happens(Random(answer.IdCardNo), 0.6)  # a chance of its own: what else is drawn stays as it was
    for row, label in enumerate(("姓 名", "性 别", "出 生", "住 址") if wide else ("姓名", "性别", "出生", "住址")):
        sheet.label((left, top + row * pitch + 4), label, size - 6)
    sheet.value((column, top), answer.Name, size + 4, "Name")
    sheet.value((column, top + pitch), answer.Sex, size, "Sex")
    _write_birth(sheet, answer.Birth, (column, top + 2 * pitch), size)
    width = random.randint(530, 570)
    for row, text in enumerate(_wrap(sheet, answer.Address, size, width)):
        sheet.value((column, top + 3 * pitch + row * (size + 16)), text, size, "Address")
    bottom = random.randint(632, 652)
    sheet.label((left, bottom + 6), "公民身份号码", size - 6)
    sheet.value((left + 290, bottom), answer.IdCardNo, 48, "IdCardNo", pitch=random.choice((36, 38, 40)))
    frame = Place(808, top - 6, 808 + 324, top - 6 + 430)
    draw_portrait(sheet, random, frame, sex=answer.Sex)
    return frame.left, frame.bottom + 24


def _write_birth(sheet: Sheet, birth: str, at: tuple[float, float], size: int) -> None:
    """Write 1997/6/2 as the card has it: the numbers in one ink, 年 月 日 in the labels' ink."""
    left, top = at
    for number, unit in zip(birth.split("/"), "年月日", strict=True):
        place = sheet.value((left, top), number, size, "Birth")
        left = sheet.label((place.right + 12, top + 4), unit, size - 6).right + 14


def _wrap(sheet: Sheet, text: str, size: int, width: int) -> list[str]:
    """Break a Chinese text into lines no wider than ``width`` pixels."""
    lines = [""]
    for sign in text:
        if sheet.length(lines[-1] + sign, sheet.style.value, size) > width:
            lines.append("")
        lines[-1] += sign
    return lines


def _residence_back(sheet: Sheet, random: Random, answer: ResidencePermitAnswer) -> tuple[int, int]:
    title, ink = sheet.style.title, sheet.style.title_ink
    draw_emblem(sheet, (190, 180), 108, (196, 60, 52))
    sheet.write((360, random.randint(76, 90)), "中华人民共和国", title, 56, ink, pitch=94)
    sheet.write((352, random.randint(180, 196)), TITLES[PermitType.RESIDENCE_PERMIT], title, 78, ink, pitch=92)
    size, pitch, top = random.randint(36, 41), random.randint(66, 74), random.randint(388, 404)
    edge = random.randint(396, 430)
    rows = (
        ("签发机关", answer.Authority, "Authority"),
        ("有效期限", answer.ValidDate, "ValidDate"),
        ("通行证号码", answer.PassNo, "PassNo"),
        ("签发次数", answer.VisaNum, "VisaNum"),
    )
    for row, (label, value, name) in enumerate(rows):
        sheet.label((edge, top + row * pitch + 4), label, size - 6, anchor="rt")
        if value:
            sheet.value((edge + 36, top + row * pitch), value, size, name)
    return 860, 690


def _hk_macao_back(sheet: Sheet, random: Random, card: Card, back: MainlandPermitBack) -> tuple[int, int]:
    left, ink = random.randint(60, 84), sheet.style.title_ink
    sheet.write((left, 40), back.Type, sheet.style.title, 46, ink, name="Type")
    english = "Mainland Travel Permit for Hong Kong and Macao Residents"
    sheet.write((left, 102), english, "noto-sans", 25, ink)
    size, pitch, top = random.randint(34, 40), random.randint(74, 84), random.randint(164, 180)
    column = left + 7 * (size - 6) + 12
    rows = (
        ("姓名", back.Name, "Name"),
        ("身份证件号码", back.IDNumber, "IDNumber"),
        ("曾持证件号码", back.HistoryNumber, "HistoryNumber"),
    )
    for row, (label, value, name) in enumerate(rows):
        sheet.label((left, top + row * pitch + 4), label, size - 6)
        if value:
            sheet.value((column, top + row * pitch), value, size, name)
    draw_emblem(sheet, (1050, 250), 84, sheet.style.label_ink)
    write_mrz(sheet, card.mrz, bottom=720)
    return 840, 420


def write_mrz(sheet: Sheet, lines: tuple[str, ...], *, bottom: int) -> None:
    """Write machine-readable lines in OCR-B at ten signs an inch, on a light band."""
    step = 70
    top = bottom - step * len(lines)
    band = Image.new("RGB", (WIDTH, HEIGHT - top + 10), (247, 248, 250))
    sheet.image.paste(band, (0, top - 10), Image.new("L", band.size, 150))
    for row, line in enumerate(lines):
        sheet.write((66, top + row * step + 48), line, "ocr-b", 50, _MRZ_INK, name="mrz", pitch=36, anchor="ls")


def _travel_front(sheet: Sheet, random: Random, card: Card, answer: MainlandPermitAnswer) -> tuple[int, int]:
    style = sheet.style
    draw_emblem(sheet, (106, 84), 44, (196, 60, 52))
    size = 44 if card.edition is Edition.NON_CHINESE else 50
    sheet.write(
        (180, random.randint(50, 66)), answer.Type, style.title, size, style.title_ink, name="Type", pitch=size * 1.06
    )
    # The mark stands below the portrait, and the machine-readable line below the mark.
    frame = Place(58, 168, 58 + 290, 168 + 376) if card.mrz else Place(58, 168, 58 + 316, 168 + 410)
    draw_portrait(sheet, random, frame, sex=answer.Sex)
    bottom = 640 if card.mrz else 690
    number_apart = card.face is Face.EXIT_ENTRY_FRONT and happens(random, 0.6)
    if number_apart:
        sheet.write((1140, 66), answer.Number, "ocr-b", 42, (170, 40, 48), name="Number", anchor="rt")
    rows = _travel_rows(card, answer, number=not number_apart)
    if happens(random, 0.6):
        _labels_above(sheet, random, answer, rows, bottom)
    else:
        _labels_beside(sheet, random, answer, rows, bottom)
    if card.mrz:
        write_mrz(sheet, card.mrz, bottom=724)
    return frame.left + 8, frame.bottom + 18


type Row = tuple[tuple[str, str, str], ...]
"""Fields printed on one line: label, value, name of the field."""


def _travel_rows(card: Card, answer: MainlandPermitAnswer, *, number: bool) -> list[Row]:
    count = "换证次数" if card.face is Face.HK_MACAO_FRONT else "签发次数"
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


def _latin(random: Random, name: str) -> str:
    """Return a romanised name as printed: some cards set a space after the comma."""
    return name.replace(",", ", ") if happens(random, 0.4) else name


def _labels_above(sheet: Sheet, random: Random, answer: MainlandPermitAnswer, rows: list[Row], bottom: int) -> None:
    left, line, size = random.randint(424, 446), _TOP, random.randint(33, 36)
    small = size - random.randint(9, 12)
    if happens(random, 0.6):  # not every edition labels the name
        sheet.label((left, line), "姓名", small)
        line += small + 8
    if answer.Name:
        sheet.value((left, line), answer.Name, size + 6, "Name")
        line += size + 18
    sheet.value((left, line), _latin(random, answer.EnglishName), size - 3, "EnglishName")
    line += size + 18
    pitch = min((bottom - line) // len(rows), size + small + 30)
    widest = max(sheet.length(row[0][1], sheet.style.family(row[0][2]), size) for row in rows)
    second = left + max(widest + 28, random.randint(470, 494))
    for row in rows:
        for column, (label, value, name) in zip((left, second), row, strict=False):
            sheet.label((column, line), label, small)
            sheet.value((column, line + small + 9), value, size, name)
        line += pitch


def _labels_beside(sheet: Sheet, random: Random, answer: MainlandPermitAnswer, rows: list[Row], bottom: int) -> None:
    left, line, size = random.randint(416, 430), _TOP, random.randint(32, 35)
    small = size - random.randint(5, 8)
    column = left + 4 * small + random.randint(18, 28)
    fields = [field for row in rows for field in row]
    pitch = min((bottom - _TOP) // (len(fields) + 2), 66)
    if happens(random, 0.7):
        sheet.label((left, line + 4), "姓名", small)
    if answer.Name:
        sheet.value((column, line), answer.Name, size + 5, "Name")
        line += pitch
    sheet.value((column, line), _latin(random, answer.EnglishName), size - 2, "EnglishName")
    for label, value, name in fields:
        line += pitch
        sheet.label((left, line + 4), label, small)
        sheet.value((column, line), value, size, name)
