"""Travel documents that look like a permit: for and from Taiwan, passports, foreign identity cards."""

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import PermitType
from specimens.cards import mrz
from specimens.cards.card import TITLES, Card, CardSide, Edition
from specimens.cards.generate import CardSpec, generate_card
from specimens.cards.holders import Holder, birth_date, chinese_holder, foreign_holder
from specimens.negatives.document import PASSPORT_HEIGHT, Document, card_paper
from specimens.negatives.icao_lines import TravelDocument
from specimens.rendering.artwork import draw_mrz, draw_portrait
from specimens.rendering.canvas import Box, Canvas
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import blank_card, draw_mark
from specimens.rendering.travel_permit_back import BackRow, draw_back
from specimens.rendering.travel_permit_front import draw_travel_permit_front

_TODAY: Final = date(2026, 11, 15)
_TAIWAN_EXIT_TITLE: Final = "往来台湾通行证"
_TD2_HEIGHT: Final = 846
"""Of a card of 105 × 74 mm."""
_CARD_CODES: Final = ("I", "I", "ID", "A", "AC", "IR", "C")
"""Document codes of foreign cards."""


def draw_taiwan_exit_permit(random: Random, fonts: FontLoader) -> Document:
    """Draw the permit of mainland residents for Taiwan: the form of an exit-entry permit, another title and line."""
    card = generate_card(random, CardSpec(card_side=CardSide.EXIT_ENTRY_FRONT))
    if not isinstance(card.answer, MainlandPermitAnswer):
        raise TypeError(card.answer)
    number = f"L{random.randrange(100_000_000):08d}"
    answer = replace(card.answer, Number=number, Type=_TAIWAN_EXIT_TITLE)
    birth, expiry = (date(*map(int, text.split("."))) for text in (answer.Birthday, answer.ValidDate[-10:]))
    line = mrz.exit_entry_line(number=number, expiry=expiry, birth=birth, code="CD")
    card = replace(card, answer=answer, title=_TAIWAN_EXIT_TITLE, mrz=(line,))
    canvas = blank_card(random, fonts, PermitType.EXIT_ENTRY_PERMIT)
    draw_mark(canvas, random, draw_travel_permit_front(canvas, random, card, answer))
    return Document(canvas=canvas, mrz=card.mrz, is_card=True)


def draw_taiwan_permit_back(random: Random, fonts: FontLoader) -> Document:
    """Draw the back of a Taiwan permit, which neither action reads."""
    person = chinese_holder(random, birth=birth_date(random, age=random.randint(18, 80), on=_TODAY), region="TW")
    identity = f"{random.choice('ABCDEFGHJKLMNPQRSTUVXY')}{random.randint(1, 2)}{random.randrange(100_000_000):08d}"
    data = mrz.PermitData(
        number=f"{random.randrange(100_000_000):08d}",
        issues=random.randint(0, 12),
        expiry=date(random.randint(2024, 2031), random.randint(1, 12), random.randint(1, 28)),
        person=person,
        identity=identity,
    )
    title = TITLES[PermitType.TAIWAN_PERMIT]
    lines = mrz.permit_back_lines("CT", data, place=f"{random.randrange(1_000, 7_000):04d}")
    card = Card(
        card_side=CardSide.TAIWAN_FRONT,
        edition=Edition.CURRENT,
        answer=MainlandPermitAnswer(),
        title=title if random.random() < 0.8 else "",
        mrz=lines,
    )
    rows = [
        BackRow(random.choice(("姓名", "中文姓名")), person.traditional, "Name"),
        BackRow(random.choice(("身份证件号码", "台湾身份证号码", "身份证号码")), identity, "IDNumber"),
    ]
    canvas = blank_card(random, fonts, PermitType.TAIWAN_PERMIT)
    english = "Mainland Travel Permit for Taiwan Residents"
    mark = draw_back(canvas, random, card, rows, english=english, note="持证人应妥善保管本证。")
    draw_mark(canvas, random, mark)
    return Document(canvas=canvas, mrz=lines, is_card=True)


@dataclass(frozen=True, slots=True)
class _Issuer:
    """Who issues a passport: the title on the page, the codes of country and document."""

    title: str
    code: str
    country: str


_CHINA: Final = _Issuer("中华人民共和国  PEOPLE'S REPUBLIC OF CHINA", "PO", "CHN")
_HONG_KONG: Final = _Issuer("中華人民共和國香港特別行政區  HONG KONG SPECIAL ADMINISTRATIVE REGION", "P", "CHN")
_FOREIGN: Final = (
    _Issuer("UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND", "P", "GBR"),
    _Issuer("CANADA  PASSPORT / PASSEPORT", "P", "CAN"),
    _Issuer("REPÚBLICA PORTUGUESA", "P", "PRT"),
    _Issuer("REPUBLIC OF SINGAPORE  PASSPORT", "PA", "SGP"),
    _Issuer("日本国 JAPAN  旅券 PASSPORT", "P", "JPN"),
    _Issuer("BUNDESREPUBLIK DEUTSCHLAND  REISEPASS", "P", "D<<"),
)


def draw_china_passport(random: Random, fonts: FontLoader) -> Document:
    """Draw the data page of a mainland passport."""
    return _passport(random, fonts, _CHINA, random.choice(("E", "EH", "G", "H")), region="CN")


def draw_hong_kong_passport(random: Random, fonts: FontLoader) -> Document:
    """Draw the data page of a Hong Kong passport, half of them with a number like a permit's: H and eight digits."""
    return _passport(random, fonts, _HONG_KONG, random.choice(("H", "K")), region="HK")


def draw_foreign_passport(random: Random, fonts: FontLoader) -> Document:
    """Draw the data page of a foreign passport, half of them with a number like a permit's: H or M and eight digits."""
    return _passport(random, fonts, random.choice(_FOREIGN), random.choice("HMPX"), region="")


def draw_td2_card(random: Random, fonts: FontLoader) -> Document:
    """Draw a foreign identity card with a portrait and two machine-readable lines."""
    document, person = _travel_document(
        random, random.choice(_FOREIGN), random.choice(_CARD_CODES), random.choice("HMLX"), region=""
    )
    canvas = card_paper(random, fonts, height=_TD2_HEIGHT)
    canvas.write(
        (60, 44),
        random.choice(("IDENTITY CARD", "PERSONALAUSWEIS", "CARTE D'IDENTITÉ")),
        "noto-sans-bold",
        44,
        canvas.style.title_ink,
    )
    draw_portrait(canvas, random, Box(60, 130, 350, 510), sex=person.sex, framed=True)
    _draw_rows(canvas, _latin_rows(document), (400, 130), 74, 32)
    draw_mark(canvas, random, (60, 540))
    lines = document.two_lines()
    draw_mrz(canvas, lines, bottom=_TD2_HEIGHT - 30)
    return Document(canvas=canvas, mrz=lines, is_card=True)


def _passport(random: Random, fonts: FontLoader, issuer: _Issuer, prefix: str, *, region: str) -> Document:
    document, person = _travel_document(random, issuer, issuer.code, prefix, region=region)
    canvas = card_paper(random, fonts, height=PASSPORT_HEIGHT)
    canvas.write((60, 36), issuer.title, "noto-serif-bold", 27, canvas.style.title_ink)
    canvas.write((60, 84), "护照 PASSPORT" if region else "PASSPORT", "noto-sans-bold", 34, canvas.style.title_ink)
    draw_portrait(canvas, random, Box(60, 150, 370, 560), sex=person.sex, framed=True)
    canvas.value((880, 84), document.number, 40, "Number")
    rows = list(_latin_rows(document))
    if region:
        labels = (
            "姓名/Name",
            "号码/No.",
            "国籍/Nationality",
            "性别/Sex",
            "出生日期/Date of birth",
            "有效期至/Date of expiry",
        )
        rows = [(label, value) for label, (_, value) in zip(labels, rows, strict=True)]
        rows[0] = (labels[0], f"{person.simplified if region == 'CN' else person.traditional}  {person.romanised}")
        rows.append(("签发机关/Authority", "公安部出入境管理局" if region == "CN" else "香港特別行政區入境事務處"))
    _draw_rows(canvas, rows, (420, 150), 72, 32)
    draw_mark(canvas, random, (60, 590))
    lines = document.passport_lines()
    draw_mrz(canvas, lines, bottom=PASSPORT_HEIGHT - 30, step=66)
    return Document(canvas=canvas, mrz=lines)


def _travel_document(
    random: Random, issuer: _Issuer, code: str, prefix: str, *, region: str
) -> tuple[TravelDocument, Holder]:
    birth = birth_date(random, age=random.randint(18, 80), on=_TODAY)
    person = chinese_holder(random, birth=birth, region=region) if region else foreign_holder(random, birth=birth)
    digits = 9 - len(prefix)
    document = TravelDocument(
        code=code,
        country=issuer.country,
        nationality=issuer.country,
        name=person.romanised,
        number=f"{prefix}{random.randrange(10**digits):0{digits}d}",
        sex="M" if person.sex == "男" else "F",
        birth=birth,
        expiry=date(random.randint(2024, 2035), random.randint(1, 12), random.randint(1, 28)),
    )
    return document, person


def _latin_rows(document: TravelDocument) -> tuple[tuple[str, str], ...]:
    return (
        ("Name", document.name.replace(",", ", ")),
        ("Document No.", document.number),
        ("Nationality", document.nationality.rstrip("<")),
        ("Sex", document.sex),
        ("Date of birth", f"{document.birth:%d.%m.%Y}"),
        ("Date of expiry", f"{document.expiry:%d.%m.%Y}"),
    )


def _draw_rows(
    canvas: Canvas,
    rows: tuple[tuple[str, str], ...] | list[tuple[str, str]],
    at: tuple[int, int],
    pitch: int,
    size: int,
) -> None:
    """Draw rows with small labels above the values."""
    for row, (label, value) in enumerate(rows):
        canvas.label((at[0], at[1] + row * pitch), label, round(size * 0.55))
        canvas.value((at[0], at[1] + row * pitch + round(size * 0.75)), value, size, "value")
