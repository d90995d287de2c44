"""The front of a travel permit: Hong Kong and Macao, Taiwan, exit-entry."""

from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from PIL import Image

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import PermitType
from specimens.cards.card import Card, Edition
from specimens.cards.name_lists import NATIONALITIES
from specimens.rendering.artwork import draw_chip_symbol, draw_emblem, draw_ghost, draw_mrz, draw_portrait
from specimens.rendering.canvas import WIDTH, Box, Canvas

_FOOTER: Final = "THIS CARD IS INTENDED FOR ITS HOLDER TO TRAVEL TO THE MAINLAND OF CHINA"
_AUTHORITIES: Final = {
    "公安部出入境管理局": "Exit and Entry Administration, MPS",
    "中华人民共和国出入境管理局": "Exit and Entry Administration, PRC",
}
_OLD: Final = frozenset({Edition.OF_1999, Edition.TEN_DIGITS})
"""Editions of whose appearance nothing is known."""


class _Field(NamedTuple):
    label: str
    value: str
    name: str
    english: str = ""
    """The value in English, on the bilingual edition."""


type _Row = tuple[_Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Where the fields are, in pixels. Labels are above the values."""

    left: int
    second: int
    """Left edge of the second column."""
    top: int
    bottom: int
    size: int
    """Of the values."""
    small: int
    """Of the labels."""


def draw_travel_permit_front(
    canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer
) -> tuple[int, int]:
    """Draw a front and return the place for the specimen mark."""
    permit, old = card.card_side.permit_type, card.edition in _OLD
    _draw_title(canvas, random, card, answer)
    # The specimen mark is below the portrait, the machine-readable line below the mark.
    box = Box(56, 148, 350, 560) if card.mrz else Box(50, 148, 370, 580)
    framed = permit is not PermitType.HK_MACAO_PERMIT and random.random() < 0.5
    person = draw_portrait(canvas, random, box, sex=answer.Sex, framed=framed)
    rows = _rows(random, card, answer)
    if (old or permit is PermitType.TAIWAN_PERMIT) and random.random() < (0.5 if old else 0.25):
        _draw_labels_beside(canvas, random, answer, rows)
    else:
        _draw_labels_above(canvas, random, answer, rows, _grid(random, card), old=old)
        if not old and (permit is PermitType.HK_MACAO_PERMIT or random.random() < 0.6):
            _draw_ghost_with_print(canvas, random, answer, person, above=card.mrz != ())
    if card.mrz:
        draw_mrz(canvas, card.mrz, bottom=724)
    elif permit is PermitType.HK_MACAO_PERMIT and (not old or random.random() < 0.5):
        at = (random.randint(80, 110), random.randint(714, 722))
        canvas.write(
            at, _FOOTER, random.choice(("noto-sans", "zenhei")), random.randint(23, 25), canvas.style.title_ink
        )
    return box.left + 8, box.bottom + 16


def _grid(random: Random, card: Card) -> _Grid:
    size = random.randint(35, 39)
    seconds = {PermitType.HK_MACAO_PERMIT: 0.65, PermitType.EXIT_ENTRY_PERMIT: 0.61}
    permit = card.card_side.permit_type
    second = seconds.get(permit) or random.uniform(0.6, 0.68)
    return _Grid(
        left=random.randint(424, 448),
        second=round(second * WIDTH) + random.randint(-10, 10),
        top=random.randint(136, 150),
        bottom=640 if card.mrz else 704,
        size=size,
        small=round(size * random.uniform(0.5, 0.6 if permit is PermitType.HK_MACAO_PERMIT else 0.8)),
    )


def _draw_title(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> None:
    permit, old, style = card.card_side.permit_type, card.edition in _OLD, canvas.style
    left, right, top = random.randint(58, 96), WIDTH - 58, random.randint(46, 62)
    if permit is PermitType.EXIT_ENTRY_PERMIT:  # its number is apart from the other fields and has no label
        ink = random.choice(((170, 40, 48), style.value_ink))
        at = (right, top + random.randint(0, 12))
        right = canvas.write(
            at, answer.Number, style.digits, random.randint(38, 44), ink, name="Number", anchor="rt"
        ).left
        right -= 40
    if old and random.random() < 0.5:
        draw_emblem(canvas, (106, 84), 44, (196, 60, 52))
        left = 180
    elif not old and (permit is PermitType.HK_MACAO_PERMIT or random.random() < 0.5):
        draw_chip_symbol(canvas, Box(right - 80, top, right, top + 48), style.title_ink)
        right -= 120
    pitch = min((right - left) / len(card.title), 50 * random.uniform(1.2, 1.6))
    canvas.write(
        (left, top), card.title, style.title, int(min(50, pitch / 1.1)), style.title_ink, name="Type", pitch=pitch
    )


def _rows(random: Random, card: Card, answer: MainlandPermitAnswer) -> list[_Row]:
    permit = card.card_side.permit_type
    authority = _Field("签发机关", answer.IssueAuthority, "IssueAuthority")
    if card.edition is Edition.NON_CHINESE:
        label = random.choice(("签发机关", "签发机关/Authority"))
        authority = authority._replace(label=label, english=_AUTHORITIES[answer.IssueAuthority])
    rows: list[_Row] = [
        (_Field("出生日期", answer.Birthday, "Birthday"), _Field("性别", answer.Sex, "Sex")),
        (_Field("有效期限", answer.ValidDate, "ValidDate"),),
    ]
    place = (_Field("签发地点", answer.IssueAddress, "IssueAddress"),) if answer.IssueAddress else ()
    rows.append((authority, *place))
    if permit is not PermitType.EXIT_ENTRY_PERMIT:
        count = "换证次数" if permit is PermitType.HK_MACAO_PERMIT else "签发次数"
        issues = (_Field(count, answer.IssueNumber, "IssueNumber"),) if answer.IssueNumber else ()
        rows.append((_Field("证件号码", answer.Number, "Number"), *issues))
    if answer.Nationality:
        _insert_nationality(random, rows, answer.Nationality)
    return rows


def _insert_nationality(random: Random, rows: list[_Row], chinese: str) -> None:
    """Add the nationality in a row of its own or beside the sex: how the bilingual edition prints it is unknown."""
    label = random.choice(("国籍", "国籍/Nationality", "国籍 Nationality", "国籍 NATIONALITY"))
    english = random.choice((NATIONALITIES[chinese].english, NATIONALITIES[chinese].code, ""))
    nationality = _Field(label, chinese, "Nationality", english)
    birth, sex = rows[0]
    if random.random() < 0.25:
        rows[:1] = [(birth,), (sex, nationality)]
    else:
        rows.insert(random.randint(1, 2), (nationality,))


def _draw_labels_above(
    canvas: Canvas, random: Random, answer: MainlandPermitAnswer, rows: list[_Row], grid: _Grid, *, old: bool
) -> None:
    line, lead = float(grid.top), random.randint(3, 11)
    if old and random.random() < 0.5:
        line = canvas.label((grid.left, line), "姓名", grid.small).bottom + lead
    line = _draw_names(canvas, random, answer, (grid.left, line), grid.size)
    bilingual = [any(field.english for field in row) for row in rows]
    heights = [grid.small + lead + grid.size + two_lines * (grid.small + 8) for two_lines in bilingual]
    gap = min((grid.bottom - line - sum(heights)) / len(rows), 44)
    touching = random.randint(2, 9) if answer.Type.startswith("往来") or random.random() < 0.3 else 0
    for row, height in zip(rows, heights, strict=True):
        line += gap
        left = float(grid.left)
        for field in row:
            canvas.label((left, line), field.label, grid.small)
            box = canvas.value((left, line + grid.small + lead), field.value, grid.size, field.name)
            _draw_english(canvas, random, field, box, grid)
            left = (
                box.right + touching
                if touching and field.name == "IssueAuthority"
                else max(grid.second, box.right + 24)
            )
        line += height


def _draw_names(
    canvas: Canvas, random: Random, answer: MainlandPermitAnswer, at: tuple[float, float], size: int
) -> float:
    """Draw the Chinese name and the romanised one below it, without a label; return where the next line begins."""
    left, line = at
    spaced = answer.Type.startswith("港澳") or random.random() < 0.4
    if answer.Name:
        larger, spacing = random.randint(0, 8), random.uniform(1.1, 1.6)
        is_spaced = len(answer.Name) <= 4 and random.random() < 0.3
        pitch = (size + larger) * spacing if is_spaced else 0
        canvas.value((left, line), answer.Name, size + larger, "Name", pitch=pitch)
        line += size + random.randint(18, 22)
    romanised = answer.EnglishName.replace(",", ", ") if spaced else answer.EnglishName
    family = random.choice((canvas.style.value, canvas.style.digits, "noto-sans"))
    canvas.write((left, line), romanised, family, size - 3, canvas.style.value_ink, name="EnglishName")
    return line + size + 4


def _draw_english(canvas: Canvas, random: Random, field: _Field, box: Box, grid: _Grid) -> None:
    """Draw the English value below the Chinese one, or that of the nationality beside it."""
    if field.name == "Nationality" and field.english and random.random() < 0.7:
        text = random.choice(("/", " ", " / ")) + field.english
        canvas.write((box.right + 6, box.top), text, "noto-sans", grid.size - 4, canvas.style.value_ink)
    elif field.english:
        canvas.write((box.left, box.bottom + 8), field.english, "noto-sans", grid.small, canvas.style.value_ink)


def _draw_labels_beside(canvas: Canvas, random: Random, answer: MainlandPermitAnswer, rows: list[_Row]) -> None:
    left, top, size = random.randint(416, 430), random.randint(136, 150), random.randint(32, 35)
    small = round(size * random.uniform(0.6, 1.0))
    column = left + 4 * small + random.randint(14, 40)
    fields = [field for row in rows for field in row]
    if random.random() < 0.5:
        canvas.label((left, top + (size - small) / 2), "姓名", small)
    line = _draw_names(canvas, random, answer, (column, top), size) + 16
    pitch = min((690 - line) / len(fields), 66)
    for row, field in enumerate(fields):
        canvas.label((left, line + row * pitch + (size - small) / 2), field.label, small)
        canvas.value((column, line + row * pitch), field.value, size, field.name)


def _draw_ghost_with_print(
    canvas: Canvas, random: Random, answer: MainlandPermitAnswer, person: Image.Image, *, above: bool
) -> None:
    """Draw a second, pale portrait at the bottom right; ``above`` the machine-readable line. Its print is unknown."""
    left, right = random.randint(1044, 1052) if above else random.randint(980, 1010), random.randint(1148, 1160)
    bottom = 632 if above else random.randint(690, 702)
    box = Box(left, bottom - round((right - left) * 1.3), right, bottom)
    draw_ghost(canvas, random, person, box)
    texts = (
        answer.Number,
        answer.Birthday.replace(".", "")[2:],
        answer.ValidDate[-10:],
        answer.EnglishName.partition(",")[0],
    )
    size = random.randint(14, 18)
    for line, text in enumerate(random.sample(texts, random.choice((1, 2)))):
        canvas.write((left + 6, bottom - 12 - (line + 1) * (size + 8)), text, "noto-sans", size, canvas.style.label_ink)
