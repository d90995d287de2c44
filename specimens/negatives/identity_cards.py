"""Other cards: identity cards of the mainland, Taiwan and Hong Kong, driving licences, bank cards."""

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from permit_ocr.domain.permits import PermitType
from specimens.cards.card import CardSide
from specimens.cards.document_numbers import hong_kong_identity, resident_number
from specimens.cards.generate import CardSpec, generate_card
from specimens.cards.holders import Holder, birth_date, chinese_holder, residence
from specimens.negatives.document import Document, card_paper
from specimens.photography.background_documents import draw_bank_card
from specimens.rendering.artwork import draw_chip_symbol, draw_emblem, draw_portrait
from specimens.rendering.canvas import Box, Canvas
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import blank_card, draw_mark
from specimens.rendering.residence_permit import draw_residence_back, draw_residence_front

_TODAY: Final = date(2026, 11, 15)
_REGIONS: Final = ("110105", "440305", "310115", "350203", "510107")
"""Places in mainland resident numbers."""

type Line = tuple[tuple[int, int], str, str, int]
"""Position, label, value and size of one line of a card."""


def draw_mainland_id_front(random: Random, fonts: FontLoader) -> Document:
    """Draw the portrait side of a resident identity card."""
    person = _person(random, "CN")
    birth = person.birth
    answer = ResidencePermitAnswer(
        Name=person.simplified,
        Sex=person.sex,
        Birth=f"{birth.year}/{birth.month}/{birth.day}",
        Address=residence(random).address,
        IdCardNo=resident_number(random, prefix=random.choice(_REGIONS), birth=birth, sex=person.sex),
    )
    canvas = blank_card(random, fonts, PermitType.RESIDENCE_PERMIT)
    draw_mark(
        canvas,
        random,
        draw_residence_front(canvas, random, answer, ethnic_group=random.choice(("汉", "回", "藏", "满"))),
    )
    return Document(canvas=canvas, is_card=True)


def draw_mainland_id_back(random: Random, fonts: FontLoader) -> Document:
    """Draw the emblem side of a resident identity card."""
    answer = generate_card(random, CardSpec(card_side=CardSide.RESIDENCE_BACK)).answer
    if not isinstance(answer, ResidencePermitAnswer):
        raise TypeError(answer)
    canvas = blank_card(random, fonts, PermitType.RESIDENCE_PERMIT)
    draw_mark(canvas, random, draw_residence_back(canvas, random, "居民身份证", answer, travel_permit=False))
    return Document(canvas=canvas, is_card=True)


def draw_taiwan_id(random: Random, fonts: FontLoader) -> Document:
    """Draw a Taiwan identity card."""
    person, canvas = _person(random, "TW"), card_paper(random, fonts)
    number = f"{random.choice('ABCDEFGHJKLMNPQRSTUVXY')}{random.randint(1, 2)}{random.randrange(100_000_000):08d}"
    issued = date(random.randint(2006, 2025), random.randint(1, 12), random.randint(1, 28))
    canvas.write(
        (150, 46), "中華民國國民身分證", canvas.style.title, 54, canvas.style.title_ink, pitch=random.randint(66, 96)
    )
    draw_portrait(canvas, random, Box(820, 150, 1130, 560), sex=person.sex, framed=True)
    lines: list[Line] = [
        ((80, 190), "姓名", person.traditional, 56),
        ((80, 320), "出生年月日", f"民國{person.birth.year - 1911}年{person.birth.month}月{person.birth.day}日", 38),
        ((80, 420), "性別", person.sex, 38),
        ((80, 520), "發證日期", f"民國{issued.year - 1911}年{issued.month}月{issued.day}日（北市）換發", 32),
        ((80, 630), "統一編號", number, 52),
    ]
    _draw_lines(canvas, lines)
    draw_mark(canvas, random, (820, 590))
    return Document(canvas=canvas, is_card=True)


def draw_hong_kong_id(random: Random, fonts: FontLoader) -> Document:
    """Draw a Hong Kong identity card."""
    person, canvas = _person(random, "HK"), card_paper(random, fonts)
    title = "香港永久性居民身份證  HONG KONG PERMANENT IDENTITY CARD"
    canvas.write((60, 40), title, canvas.style.title, 34, canvas.style.title_ink)
    draw_portrait(canvas, random, Box(60, 150, 370, 560), sex=person.sex, framed=random.random() < 0.5)
    draw_chip_symbol(canvas, Box(1050, 120, 1130, 170), canvas.style.label_ink)
    birth, issued = person.birth, date(random.randint(2019, 2025), random.randint(1, 12), 1)
    lines: list[Line] = [
        ((420, 120), "", person.traditional, 50),
        ((420, 190), "", person.romanised.replace(",", ", "), 36),
        (
            (420, 260),
            "出生日期 Date of Birth",
            f"{birth:%d-%m-%Y}  {person.sex} {'M' if person.sex == '男' else 'F'}",
            36,
        ),
        ((420, 370), "簽發日期 Date of Issue", f"({issued:%m-%y})  {issued:%d-%m-%y}", 34),
        ((420, 480), "符號 Symbols", random.choice(("***AZ", "A", "***AC")), 34),
        ((700, 630), "", hong_kong_identity(random), 56),
    ]
    _draw_lines(canvas, lines, above=True)
    draw_mark(canvas, random, (60, 590))
    return Document(canvas=canvas, is_card=True)


def draw_driving_licence(random: Random, fonts: FontLoader) -> Document:
    """Draw a mainland driving licence."""
    person, canvas = _person(random, "CN"), card_paper(random, fonts)
    canvas.write((150, 36), "中华人民共和国机动车驾驶证", canvas.style.title, 50, canvas.style.title_ink, pitch=66)
    number = resident_number(random, prefix=random.choice(_REGIONS), birth=person.birth, sex=person.sex)
    start = date(random.randint(2016, 2025), random.randint(1, 12), random.randint(1, 28))
    home = residence(random)
    lines: list[Line] = [
        ((60, 130), "证号", number, 38),
        ((60, 210), "姓名", person.simplified, 38),
        ((650, 210), "性别", person.sex, 38),
        ((860, 210), "国籍", "中国", 38),
        ((60, 290), "住址", home.address[:22], 32),
        ((60, 380), "出生日期", f"{person.birth:%Y-%m-%d}", 34),
        ((60, 460), "初次领证日期", f"{start:%Y-%m-%d}", 34),
        ((60, 540), "准驾车型", random.choice(("C1", "C2", "B2", "A2D")), 34),
        ((60, 640), "有效期限", f"{start:%Y-%m-%d}至{start.year + 6}{start:-%m-%d}", 34),
    ]
    _draw_lines(canvas, lines)
    draw_portrait(canvas, random, Box(900, 330, 1130, 620), sex=person.sex, framed=True)
    draw_emblem(canvas, (780, 500), 70, (196, 60, 52))
    draw_mark(canvas, random, (850, 660))
    return Document(canvas=canvas, is_card=True)


def draw_bank_card_front(random: Random, fonts: FontLoader) -> Document:
    """Draw a bank card."""
    canvas = card_paper(random, fonts)
    canvas.image = draw_bank_card(random, fonts).convert("RGB")
    return Document(canvas=canvas, is_card=True)


def _person(random: Random, region: str) -> Holder:
    return chinese_holder(random, birth=birth_date(random, age=random.randint(16, 80), on=_TODAY), region=region)


def _draw_lines(canvas: Canvas, lines: Sequence[Line], *, above: bool = False) -> None:
    """Draw each label beside its value, or small above it."""
    for (left, top), label, value, size in lines:
        at = (left, top)
        if label:
            box = canvas.label((left, top), label, size // 2 if above else round(size * 0.8))
            at = (left, box.bottom + 8) if above else (box.right + 24, top)
        canvas.value(at, value, size, "value")
