"""The back of a Hong Kong and Macao permit. Only its identity number, its mark and its lines are known."""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from permit_ocr.domain.card.answers import MainlandPermitAnswer, MainlandPermitBack
from specimens.cards.card import Card, Edition
from specimens.rendering.artwork import draw_emblem, draw_mrz
from specimens.rendering.canvas import Canvas

_ENGLISH: Final = "Mainland Travel Permit for Hong Kong and Macao Residents"
_NAME_LABELS: Final = ("姓名", "中文姓名", "持证人姓名", "姓名/Name")
_IDENTITY_LABELS: Final = (
    "身份证件号码",
    "港澳证件号码",
    "港澳身份证号码",
    "港澳居民身份证号码",
    "身份证号码",
    "身份证件号码/ID No.",
    "港澳身份号码",
)
_EARLIER_LABELS: Final = (
    "曾持证件号码",
    "原通行证号码",
    "原证件号码",
    "曾用证件号码",
    "前次证件号码",
    "原持证件号码",
    "旧证号码",
    "曾持有通行证号码",
)
_MARKS: Final = {
    "H": ("香港", "HKG", "香港居民", "香港身份证", "香港永久性居民身份证"),
    "M": ("澳门", "MAC", "澳门居民", "澳门居民身份证"),
}
_NOTES: Final = (
    "持证人应妥善保管本证，遗失须立即报告。",
    "本证由公安机关出入境管理机构签发。",
    "涂改、转让无效。",
    "This permit remains the property of the issuing authority.",
    "请在有效期限内使用本证，咨询电话12367。",
    "INQUIRY HOTLINE 12367. VALID WITH AN IDENTITY CARD ONLY.",
)
_STAY_NOTES: Final = ("持证人每次在内地停留不超过90天。", "持证人每次入境可停留90日。Duration of each stay: 90 days")


class BackRow(NamedTuple):
    """A field of a back; ``mark`` is printed after its value."""

    label: str
    value: str
    name: str
    mark: str = ""


def draw_hk_macao_back(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> tuple[int, int]:
    """Draw a back and return the place for the specimen mark."""
    back = answer.MainlandTravelPermitBackInfos or MainlandPermitBack()
    region = "H" if back.IDNumber[0].isalpha() else "M"
    mark = random.choice(_MARKS[region]) if card.edition is not Edition.OF_1999 else ""
    rows = [
        BackRow(random.choice(_NAME_LABELS), back.Name, "Name"),
        BackRow(random.choice(_IDENTITY_LABELS), back.IDNumber, "IDNumber", mark),
    ]
    if back.HistoryNumber or (card.edition is Edition.CURRENT and random.random() < 0.5):
        rows.append(BackRow(random.choice(_EARLIER_LABELS), back.HistoryNumber, "HistoryNumber"))
    note = random.choice(_STAY_NOTES if card.edition is Edition.NON_CHINESE else _NOTES)
    return draw_back(canvas, random, card, rows, english=_ENGLISH, note=note)


def draw_back(
    canvas: Canvas, random: Random, card: Card, rows: Sequence[BackRow], *, english: str, note: str
) -> tuple[int, int]:
    """Draw title, fields, a note and the machine-readable lines; return the place for the specimen mark."""
    left, line, ink = random.randint(60, 84), random.randint(36, 48), canvas.style.title_ink
    if card.title:
        line = canvas.write(
            (left, line), card.title, canvas.style.title, random.randint(38, 46), ink, name="Type"
        ).bottom
        line += 12
        if random.random() < 0.6:
            line = canvas.write((left, line), english, "noto-sans", random.randint(22, 25), ink).bottom + 6
    _draw_rows(canvas, random, rows, left, line + random.randint(12, 20))
    if random.random() < 0.5:
        draw_emblem(canvas, (1060, 240), 84, canvas.style.label_ink)
    canvas.label((left, 466), note, random.randint(18, 21))
    draw_mrz(canvas, card.mrz, bottom=728, step=random.randint(62, 72))
    return 850, 408


def _draw_rows(canvas: Canvas, random: Random, rows: Sequence[BackRow], left: int, top: int) -> None:
    """Draw the labels above the values or beside them."""
    size, above = random.randint(33, 38), random.random() < 0.5
    small = round(size * (random.uniform(0.5, 0.65) if above else random.uniform(0.65, 0.85)))
    pitch = (456 - top) / len(rows)
    pitch = min(pitch, random.randint(96, 108) if above else random.randint(74, 96))
    widest = max(canvas.length(row.label, canvas.style.label, small) for row in rows)
    column = left if above else left + widest + random.randint(16, 30)
    for number, row in enumerate(rows):
        line = top + number * pitch
        canvas.label((left, line if above else line + (size - small) / 2), row.label, small)
        if row.value:
            box = canvas.value((column, line + small + 6 if above else line), row.value, size, row.name)
            if row.mark:
                canvas.label((box.right + random.randint(20, 60), box.top + 2), row.mark, size - 6)
