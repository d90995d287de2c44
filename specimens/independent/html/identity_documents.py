"""Cards and passports that are not one of the permits: look-alikes, other identity documents, cards of daily life."""

from collections.abc import Callable
from datetime import date
from html import escape
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from specimens.cards import document_numbers
from specimens.cards.card import CardSide
from specimens.independent import machine_readable
from specimens.independent.contents import expiry_of, permit, person_of
from specimens.independent.html.style import (
    HEIGHT,
    Style,
    at,
    label,
    machine_lines,
    portrait,
    printed_background,
    value,
)
from specimens.independent.machine_readable import Person

type Document = tuple[str, int]
"""A body in HTML and its height in CSS pixels."""
type Drawing = Callable[[Random, Style], Document]

_PASSPORT_HEIGHT: Final = 900
_STATES: Final = (
    ("UTO", "UTOPIA", "UTOPIAN"),
    ("GBR", "UNITED KINGDOM", "BRITISH CITIZEN"),
    ("DEU", "BUNDESREPUBLIK DEUTSCHLAND", "DEUTSCH"),
    ("SGP", "REPUBLIC OF SINGAPORE", "SINGAPORE CITIZEN"),
    ("CHN", "中华人民共和国", "中国/CHINESE"),
    ("CHN", "中華人民共和國香港特別行政區", "CHINESE"),
    ("PHL", "REPUBLIKA NG PILIPINAS", "FILIPINO"),
    ("NLD", "KONINKRIJK DER NEDERLANDEN", "NEDERLANDSE"),
)


def _holder(random: Random, card_side: CardSide = CardSide.HK_MACAO_FRONT) -> MainlandPermitAnswer:
    answer = permit(random, card_side).answer
    if not isinstance(answer, MainlandPermitAnswer):
        raise TypeError("travel permits only")
    return answer


def _cells(entries: list[tuple[str, str]], *, left: float, top: float, right: float, bottom: float) -> str:
    """Return labels above values, two in a row."""
    pairs = [entries[place : place + 2] for place in range(0, len(entries), 2)]
    rows = "".join(
        '<div class="row">'
        + "".join(f'<div style="flex:1">{label(name)}{value("", text, "latin")}</div>' for name, text in pair)
        + "</div>"
        for pair in pairs
    )
    css = f"left:{left}%;top:{top}%;width:{right - left}%;height:{bottom - top}%"
    return f'<div class="rows" style="{css}">{rows}</div>'


def _beside(entries: list[tuple[str, str]], *, left: float, top: float, right: float, bottom: float) -> str:
    """Return values to the right of their labels, one in a row."""
    css = "flex:0 0 5.5em;font-size:.75em"
    rows = "".join(
        f'<div class="row" style="white-space:normal"><div class="label" style="{css}">{name}</div>'
        f'<div style="flex:1">{value("", text)}</div></div>'
        for name, text in entries
    )
    css = f"left:{left}%;top:{top}%;width:{right - left}%;height:{bottom - top}%"
    return f'<div class="rows" style="{css}">{rows}</div>'


def _title(text: str, x: float, y: float, size: float = 1.1) -> str:
    return at(x, y, f'<div class="title">{escape(text)}</div>', f"font-size:{size}em")


def _foreigner(random: Random, nationality: str) -> Person:
    latin = random.choice(
        ("MUSTERMANN,ERIKA", "SPECIMEN,ANNA MARIA", "DOE,JOHN", "TAN,WEI LING", "CHAN,TAI MAN", "SANTOS,JUAN")
    )
    birth = date(random.randint(1945, 2012), random.randint(1, 12), random.randint(1, 28))
    return Person(chinese="", romanised=latin, sex=random.choice("MF"), birth=birth, nationality=nationality)


def _entries(person: Person, number: str, expiry: date, nationality: str) -> list[tuple[str, str]]:
    surname, _, given = person.romanised.partition(",")
    return [
        ("Surname/姓", surname),
        ("Given names/名", given),
        ("Nationality/国籍", nationality),
        ("Sex/性别", person.sex),
        ("Date of birth/出生日期", f"{person.birth:%d %b %Y}".upper()),
        ("Date of expiry/有效期至", f"{expiry:%d %b %Y}".upper()),
        ("Document no./证件号码", number),
        ("Authority/签发机关", _authority(person)),
    ]


def _authority(person: Person) -> str:
    return "MPS E&EA" if person.nationality == "CHN" else "MINISTRY"


def _number(random: Random) -> str:
    letters = random.choice(("H", "M", "HA", "C", "L", "EJ", "K", "T"))
    return letters + "".join(random.choices("0123456789", k=9 - len(letters)))


def _expiry(random: Random) -> date:
    return date(random.randint(2024, 2034), random.randint(1, 12), random.randint(1, 28))


def passport(random: Random, style: Style) -> Document:
    """Return a passport's data page, often with a number like that of a permit."""
    code, state, nationality = random.choice(_STATES)
    person, expiry, number = _foreigner(random, code), _expiry(random), _number(random)
    lines = machine_readable.td3_lines(person, code="P", state=code, number=number, expiry=expiry)
    body = (
        printed_background(random, style)
        + _title(f"{state}  PASSPORT 护照", 4, 4, 0.95)
        + portrait(random, "left:4%;top:18%;width:25%;aspect-ratio:100/126")
        + _cells(_entries(person, number, expiry, nationality), left=33, top=14, right=97, bottom=72)
        + machine_lines(lines, width=92, bottom=4)
    )
    return body, _PASSPORT_HEIGHT


def identity_td1(random: Random, style: Style) -> Document:
    """Return the back of an identity card or residence permit of the ICAO size TD1."""
    code, state, nationality = random.choice(_STATES)
    person, expiry, number = _foreigner(random, code), _expiry(random), _number(random)
    kind, title = random.choice(
        (("I", "IDENTITY CARD"), ("ID", "PERSONALAUSWEIS"), ("A", "RESIDENCE PERMIT"), ("IR", "TITRE DE SEJOUR"))
    )
    lines = machine_readable.td1_lines(person, code=kind, state=code, number=number, expiry=expiry)
    body = (
        printed_background(random, style)
        + _title(f"{state} {title}", 4, 5, 0.8)
        + _cells(_entries(person, number, expiry, nationality)[2:], left=6, top=16, right=96, bottom=54)
        + machine_lines(lines, width=random.uniform(84, 91), bottom=4)
    )
    return body, HEIGHT


def identity_td2(random: Random, style: Style) -> Document:
    """Return an identity card of the ICAO size TD2, with portrait and lines on one side."""
    code, state, nationality = random.choice(_STATES)
    person, expiry, number = _foreigner(random, code), _expiry(random), _number(random)
    lines = machine_readable.td2_lines(person, code="ID", state=code, number=number, expiry=expiry)
    body = (
        printed_background(random, style)
        + _title(f"{state} IDENTITY CARD", 4, 4, 0.9)
        + portrait(random, "left:4%;top:16%;width:26%;aspect-ratio:100/126")
        + _cells(_entries(person, number, expiry, nationality), left=34, top=14, right=97, bottom=74)
        + machine_lines(lines, width=91, bottom=4)
    )
    return body, _PASSPORT_HEIGHT


def taiwan_travel_permit(random: Random, style: Style) -> Document:
    """Return 往来台湾通行证: an exit-entry permit's look, with ``CD`` in its line."""
    answer = _holder(random, CardSide.EXIT_ENTRY_FRONT)
    number = f"L{answer.Number[1:]}"
    line = machine_readable.one_line(code="CD", number=number, expiry=expiry_of(answer), birth=person_of(answer).birth)
    entries = [
        ("出生日期", answer.Birthday),
        ("性别", answer.Sex),
        ("有效期限", answer.ValidDate),
        ("", ""),
        ("签发机关", answer.IssueAuthority),
        ("签发地点", answer.IssueAddress),
    ]
    body = (
        printed_background(random, style)
        + _title("往来台湾通行证", 5, 6)
        + at(0, 7, value("", number, "digits"), "left:auto;right:5%")
        + portrait(random, "left:5%;top:22%;width:26%;aspect-ratio:100/126")
        + at(35, 20, value("", answer.Name, css="font-size:1.2em"))
        + at(35, 30, value("", answer.EnglishName.replace(",", ", "), "latin"))
        + _cells(entries, left=35, top=39, right=97, bottom=75)
        + machine_lines((line,), width=89, bottom=6)
    )
    return body, HEIGHT


def taiwan_permit_back(random: Random, style: Style) -> Document:
    """Return the back of 台湾居民来往大陆通行证, which no action reads."""
    answer = _holder(random, CardSide.TAIWAN_FRONT)
    identity = random.choice("ABCDEFGH") + random.choice("12") + f"{random.randrange(10**8):08d}"
    lines = machine_readable.taiwan_back_lines(
        person_of(answer), number=answer.Number[:8], identity=identity, place=random.choice(("FJ", "GD", "SH"))
    )
    body = (
        printed_background(random, style)
        + _title("台湾居民来往大陆通行证", 8, 6)
        + _beside([("姓名", answer.Name), ("身份证件号码", identity)], left=8, top=22, right=95, bottom=40)
        + machine_lines(lines, width=88, bottom=5)
    )
    return body, HEIGHT


def taiwan_identity(random: Random, style: Style) -> Document:
    """Return the front of a Taiwan identity card."""
    answer = _holder(random, CardSide.TAIWAN_FRONT)
    birth = person_of(answer).birth
    number = random.choice("ABCDEFGH") + random.choice("12") + f"{random.randrange(10**8):08d}"
    entries = [
        ("姓名", answer.Name),
        ("出生年月日", f"民國{max(birth.year - 1911, 1)}年{birth.month}月{birth.day}日"),
        ("性別", answer.Sex),
        ("發證日期", f"民國{random.randint(94, 114)}年{random.randint(1, 12)}月{random.randint(1, 28)}日(北市)換發"),
    ]
    body = (
        printed_background(random, style)
        + _title("中華民國國民身分證", random.uniform(5, 25), 6)
        + _beside(entries, left=5, top=24, right=66, bottom=78)
        + portrait(random, "right:4%;top:22%;width:26%;aspect-ratio:100/126")
        + at(5, 86, f"{label('統一編號')}")
        + at(20, 84, value("", number, "digits", "font-size:1.2em"))
    )
    return body, HEIGHT


def mainland_identity(random: Random, style: Style) -> Document:
    """Return either side of a mainland identity card."""
    answer = _holder(random, CardSide.EXIT_ENTRY_FRONT)
    if random.random() < 0.4:
        body = (
            printed_background(random, style)
            + _title("中华人民共和国", 34, 12)
            + _title("居民身份证", 34, 24, 1.5)
            + _beside(
                [("签发机关", "深圳市公安局南山分局"), ("有效期限", answer.ValidDate)],
                left=20,
                top=66,
                right=96,
                bottom=88,
            )
        )
        return body, HEIGHT
    birth = person_of(answer).birth
    number = document_numbers.resident_number(random, prefix="440305", birth=birth, sex=answer.Sex)
    entries = [
        ("姓名", answer.Name),
        ("性别", f"{answer.Sex}　民族 {random.choice('汉壮回满苗')}"),
        ("出生", f"{birth.year}年{birth.month}月{birth.day}日"),
        ("住址", f"广东省深圳市南山区示范路{random.randint(1, 900)}号虚构公寓{random.randint(1, 30)}栋"),
    ]
    body = (
        printed_background(random, style)
        + portrait(random, "right:6%;top:16%;width:26%;aspect-ratio:100/126")
        + _beside(entries, left=6, top=12, right=63, bottom=76)
        + at(6, 86, label("公民身份号码"))
        + at(27, 84, value("", number, "digits", "font-size:1.2em"))
    )
    return body, HEIGHT


def hong_kong_identity(random: Random, style: Style) -> Document:
    """Return a Hong Kong identity card."""
    answer = _holder(random)
    body = (
        printed_background(random, style)
        + _title("香港永久性居民身份證", 30, 5, 0.95)
        + at(30, 14, value("", "HONG KONG PERMANENT IDENTITY CARD", "latin", "font-size:.7em"))
        + portrait(random, "left:4%;top:22%;width:24%;aspect-ratio:100/126")
        + at(32, 24, value("", answer.Name or "樂永晴", css="font-size:1.2em"))
        + at(32, 35, value("", answer.EnglishName.replace(",", ", "), "latin"))
        + _cells(
            [
                ("出生日期 Date of Birth", answer.Birthday.replace(".", "-")),
                ("性別", answer.Sex),
                ("簽發日期 Date of Issue", answer.ValidDate[2:10].replace(".", "-")),
                ("", "***AZ"),
            ],
            left=32,
            top=48,
            right=97,
            bottom=76,
        )
        + at(60, 84, value("", document_numbers.hong_kong_identity(random), "digits", "font-size:1.25em"))
    )
    return body, HEIGHT


def macao_identity(random: Random, style: Style) -> Document:
    """Return a Macao identity card."""
    answer = _holder(random)
    entries = [
        ("Nome/姓名", answer.Name or answer.EnglishName),
        ("Data de nasc./出生日期", answer.Birthday.replace(".", "-")),
        ("Sexo/性別", person_of(answer).sex),
        ("Data de emissão/簽發日期", answer.ValidDate[:10].replace(".", "-")),
    ]
    body = (
        printed_background(random, style)
        + _title("澳門特別行政區永久性居民身份證", 4, 5, 0.85)
        + portrait(random, "left:4%;top:22%;width:24%;aspect-ratio:100/126")
        + _cells(entries, left=32, top=20, right=97, bottom=76)
        + at(55, 84, value("", document_numbers.macao_identity(random), "digits", "font-size:1.2em"))
    )
    return body, HEIGHT


def bank_card(random: Random, style: Style) -> Document:
    """Return a bank card."""
    number = " ".join(f"{random.randrange(10_000):04d}" for _ in range(4))
    body = (
        printed_background(random, style)
        + _title("示例银行 SAMPLE BANK", 5, 7)
        + at(
            8,
            32,
            '<div style="width:170px;height:130px;background:#d8b858;border:3px solid #a80;border-radius:18px"></div>',
        )
        + at(8, 56, value("", number, "digits", "font-size:1.7em"))
        + at(8, 74, value("", f"VALID THRU {random.randint(1, 12):02d}/{random.randint(25, 33)}", "latin"))
        + at(8, 85, value("", _holder(random).EnglishName.replace(",", " "), "latin"))
    )
    return body, HEIGHT


def driving_licence(random: Random, style: Style) -> Document:
    """Return a driving licence: the same kinds of labels and dates on another document."""
    answer = _holder(random, CardSide.EXIT_ENTRY_FRONT)
    birth = person_of(answer).birth
    number = document_numbers.resident_number(
        random, prefix=random.choice(("440305", "810000")), birth=birth, sex=answer.Sex
    )
    entries = [
        ("姓名", f"{answer.Name}　性别 {answer.Sex}　国籍 {random.choice(('中国', '中国香港'))}"),
        ("住址", f"广东省深圳市南山区示范路{random.randint(1, 900)}号"),
        ("出生日期", f"{birth}"),
        ("初次领证日期", answer.ValidDate[:10].replace(".", "-")),
        ("准驾车型", random.choice(("C1", "B2", "A1"))),
        ("有效期限", answer.ValidDate.replace(".", "-").replace("-20", "至20", 1)),
    ]
    body = (
        printed_background(random, style)
        + _title("中华人民共和国机动车驾驶证", 22, 5)
        + at(10, 16, f"{value('', '证号', css='font-size:.8em')} {value('', number, 'digits')}")
        + _beside(entries, left=6, top=27, right=72, bottom=92)
        + portrait(random, "right:4%;top:48%;width:21%;aspect-ratio:100/126")
    )
    return body, HEIGHT


def permanent_residence(random: Random, style: Style) -> Document:
    """Return a foreigner's permanent residence identity card, whose title and labels resemble a residence permit."""
    person, expiry = _foreigner(random, random.choice(("USA", "CAN", "DEU"))), _expiry(random)
    number = "911" + "".join(random.choices("0123456789", k=15))
    entries = [
        ("姓名/Name", person.romanised.replace(",", ", ")),
        ("性别/Sex", f"{'男' if person.sex == 'M' else '女'}/{person.sex}"),
        ("出生日期/Date of Birth", f"{person.birth:%Y.%m.%d}"),
        ("国籍/Nationality", f"加拿大/{person.nationality}"),
        ("有效期限/Period of Validity", f"{expiry.year - 10}.{expiry:%m.%d}-{expiry:%Y.%m.%d}"),
        ("签发机关/Authority", "国家移民管理局"),
        ("证件号码/No.", number),
    ]
    body = (
        printed_background(random, style)
        + _title("中华人民共和国外国人永久居留身份证", 4, 5, 0.9)
        + portrait(random, "left:4%;top:22%;width:24%;aspect-ratio:100/126")
        + _cells(entries, left=32, top=16, right=99, bottom=95)
    )
    return body, HEIGHT


def membership_card(random: Random, style: Style) -> Document:
    """Return a card of a club or a school that quotes the holder's permit number."""
    answer = _holder(random)
    entries = [
        ("姓名", answer.Name or answer.EnglishName),
        ("证件号码", answer.Number),
        ("有效期限", answer.ValidDate),
        ("签发", "示例大学学生处"),
    ]
    body = (
        printed_background(random, style)
        + _title(random.choice(("示例大学港澳台学生证", "虚构俱乐部会员证", "样本公司工作证")), 20, 7)
        + portrait(random, "left:6%;top:26%;width:26%;aspect-ratio:100/126")
        + _beside(entries, left=38, top=28, right=96, bottom=85)
    )
    return body, HEIGHT
