"""Identity cards of other states and regions in the size ID-1, with three machine-readable lines (TD1) or without.

Arrangement, languages, labels, dates and numbers vary, because a rule for one arrangement would refuse only that one.
"""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from specimens.cards.holders import Holder, birth_date, chinese_holder, foreign_holder
from specimens.negatives.document import Document, card_paper
from specimens.negatives.icao_lines import TravelDocument
from specimens.rendering.artwork import draw_chip_symbol, draw_emblem, draw_mrz, draw_portrait
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas
from specimens.rendering.fonts import FontLoader
from specimens.rendering.layout import draw_mark

_TODAY: Final = date(2026, 11, 15)
_CODES: Final = ("I<", "I<", "ID", "ID", "A<", "AC", "AR", "IR", "IP", "C<", "CA", "IA")
_MARGIN: Final = 56


@dataclass(frozen=True, slots=True)
class _Issuer:
    """Who issues a card: titles, country code, the holder's region (empty: a foreign name) and second language."""

    titles: tuple[str, ...]
    code: str
    region: str
    language: str


_ISSUERS: Final = (
    _Issuer(
        ("REPUBLIC OF SINGAPORE  IDENTITY CARD", "新加坡共和国 居民身份卡", "SINGAPORE PERMANENT RESIDENT"),
        "SGP",
        "HK",
        "zh",
    ),
    _Issuer(("MALAYSIA  KAD PENGENALAN", "马来西亚 MALAYSIA", "MyPR  MALAYSIA"), "MYS", "HK", "ms"),
    _Issuer(
        ("澳門特別行政區 居民證", "澳門 BILHETE DE IDENTIDADE", "REGIÃO ADMINISTRATIVA ESPECIAL DE MACAU"),
        "MAC",
        "MO",
        "zh",
    ),
    _Issuer(
        ("香港特別行政區 HONG KONG", "香港身份證 HONG KONG IDENTITY CARD", "HONG KONG  REGISTRATION CARD"),
        "HKG",
        "HK",
        "zh",
    ),
    _Issuer(("日本国政府  在留カード", "JAPAN  RESIDENCE CARD"), "JPN", "", "zh"),
    _Issuer(("REPUBLIC OF KOREA  외국인등록증", "大韩民国 外国人登录证"), "KOR", "", "zh"),
    _Issuer(("CARTÃO DE CIDADÃO  PORTUGAL", "TÍTULO DE RESIDÊNCIA"), "PRT", "", "pt"),
    _Issuer(("BUNDESREPUBLIK DEUTSCHLAND", "AUFENTHALTSTITEL"), "D<<", "", "de"),
    _Issuer(("CARTE NATIONALE D'IDENTITÉ", "TITRE DE SÉJOUR"), "FRA", "", "fr"),
    _Issuer(("CARTA DI IDENTITÀ", "PERMESSO DI SOGGIORNO"), "ITA", "", "it"),
    _Issuer(("UNITED STATES OF AMERICA  PERMANENT RESIDENT", "PASSPORT CARD"), "USA", "", "en"),
    _Issuer(("中华人民共和国 外国人永久居留身份证", "外国人永久居留证 PERMANENT RESIDENCE"), "CHN", "", "zh"),
)
_LABELS: Final = {
    "name": {"zh": "姓名", "ms": "Nama", "pt": "Nome", "de": "Name", "fr": "Nom", "it": "Cognome", "en": "Surname"},
    "chinese": {"zh": "中文姓名"},
    "sex": {"zh": "性别", "ms": "Jantina", "pt": "Sexo", "de": "Geschlecht", "fr": "Sexe", "it": "Sesso", "en": "Sex"},
    "birth": {
        "zh": "出生日期",
        "ms": "Tarikh lahir",
        "pt": "Data de nascimento",
        "de": "Geburtstag",
        "fr": "Date de naissance",
        "it": "Data di nascita",
        "en": "Date of birth",
    },
    "nationality": {
        "zh": "国籍",
        "ms": "Warganegara",
        "pt": "Nacionalidade",
        "de": "Staatsangehörigkeit",
        "fr": "Nationalité",
        "it": "Cittadinanza",
        "en": "Nationality",
    },
    "number": {
        "zh": "证件号码",
        "ms": "No. KP",
        "pt": "N.º documento",
        "de": "Dokumentennummer",
        "fr": "N° du document",
        "it": "Documento N.",
        "en": "Document No.",
    },
    "expiry": {
        "zh": "有效期限",
        "ms": "Tarikh luput",
        "pt": "Validade",
        "de": "Gültig bis",
        "fr": "Date d'expiration",
        "it": "Scadenza",
        "en": "Date of expiry",
    },
    "authority": {"zh": "签发机关", "de": "Behörde", "fr": "Autorité", "en": "Authority"},
}
_ENGLISH: Final = {
    "name": "Name",
    "chinese": "Name",
    "sex": "Sex",
    "birth": "Date of birth",
    "nationality": "Nationality",
    "number": "Card No.",
    "expiry": "Valid until",
    "authority": "Authority",
}
_DATES: Final = ("%d.%m.%Y", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%d/%m/%Y", "%d %b %Y", "%Y年%m月%d日")
_NUMBERS: Final = ("H########", "M########", "C########", "########", "L########", "X#######", "T######A#", "#########")
_AUTHORITIES: Final = ("IMMIGRATION DEPARTMENT", "入境事務處", "身份證明局", "出入境管理局", "Ministry of the Interior")


def draw_td1_card(random: Random, fonts: FontLoader) -> Document:
    """Draw a card with three machine-readable lines, a portrait above them on half of them."""
    issuer, document, person = _document(random)
    canvas = card_paper(random, fonts)
    step = random.randint(54, 70)
    bottom = HEIGHT - 30 - 3 * step - 20
    _draw_side(canvas, random, issuer, document, person, bottom=bottom, has_portrait=random.random() < 0.5)
    lines = document.three_lines()
    draw_mrz(canvas, lines, bottom=HEIGHT - random.randint(16, 34), step=step)
    return Document(canvas=canvas, mrz=lines, is_card=True)


def draw_foreign_front(random: Random, fonts: FontLoader) -> Document:
    """Draw the front of a foreign card: a portrait and no machine-readable lines."""
    issuer, document, person = _document(random)
    canvas = card_paper(random, fonts)
    _draw_side(canvas, random, issuer, document, person, bottom=HEIGHT - 50, has_portrait=True)
    return Document(canvas=canvas, is_card=True)


def _document(random: Random) -> tuple[_Issuer, TravelDocument, Holder]:
    issuer, birth = random.choice(_ISSUERS), birth_date(random, age=random.randint(18, 80), on=_TODAY)
    is_chinese = issuer.region or random.random() < 0.2
    person = (
        chinese_holder(random, birth=birth, region=issuer.region or "HK")
        if is_chinese
        else foreign_holder(random, birth=birth)
    )
    pattern = random.choice(_NUMBERS)
    number = "".join(str(random.randrange(10)) if character == "#" else character for character in pattern)
    document = TravelDocument(
        code=random.choice(_CODES).rstrip("<"),
        country=issuer.code,
        nationality=issuer.code,
        name=person.romanised,
        number=number,
        sex="M" if person.sex == "男" else "F",
        birth=birth,
        expiry=date(random.randint(2024, 2035), random.randint(1, 12), random.randint(1, 28)),
    )
    return issuer, document, person


def _draw_side(
    canvas: Canvas,
    random: Random,
    issuer: _Issuer,
    document: TravelDocument,
    person: Holder,
    *,
    bottom: int,
    has_portrait: bool,
) -> None:
    """Draw title, portrait, emblem or chip, and the rows with their labels above ``bottom``."""
    style, left, right = canvas.style, _MARGIN, WIDTH - _MARGIN
    size = random.randint(30, 46)
    title = random.choice(issuer.titles)
    size = int(min(size, size * (right - left - 130) / canvas.length(title, style.title, size)))
    top = canvas.write(
        (left, random.randint(26, 50)), title, style.title, size, style.title_ink
    ).bottom + random.randint(16, 34)
    decoration = random.random()
    if decoration < 0.35:
        draw_emblem(canvas, (right - 44, 64), 40, style.label_ink)
    elif decoration < 0.6:
        draw_chip_symbol(canvas, Box(right - 80, 36, right, 84), style.title_ink)
    if has_portrait:
        height = min(bottom - top, random.randint(260, 460))
        width, at_left = round(height * random.uniform(0.72, 0.82)), random.random() < 0.6
        x = left if at_left else right - width
        draw_portrait(
            canvas, random, Box(x, top, x + width, top + height), sex=person.sex, framed=random.random() < 0.6
        )
        left, right = (left + width + 40, right) if at_left else (left, right - width - 40)
    rows = _rows(random, issuer, document, person)
    columns = random.choice((1, 2)) if right - left > 620 or len(rows) > 4 else 1
    room = (bottom - top) / -(-len(rows) // columns)
    above = random.random() < 0.65
    value = min(random.randint(30, 42), int(room / (1.85 if above else 1.2)))
    small = max(12, round(value * random.uniform(0.5, 0.75)))
    column = (right - left) / columns
    for number, (label, text) in enumerate(rows):
        line, place = divmod(number, columns)
        at = (left + place * column, top + line * room)
        labelled = canvas.label(at, label, small if above else round(value * 0.75))
        start = (at[0], at[1] + small * 1.25) if above else (max(labelled.right + 16, at[0] + 0.3 * column), at[1])
        fitting = min(1.0, (at[0] + column - 10 - start[0]) / max(1.0, canvas.length(text, style.value, value)))
        canvas.value(start, text, max(10, int(value * fitting)), "value")
    draw_mark(canvas, random, (WIDTH - 370, bottom - 44))


def _rows(random: Random, issuer: _Issuer, document: TravelDocument, person: Holder) -> list[tuple[str, str]]:
    """Return labels and values, in the card's own order and languages."""
    day = random.choice(_DATES)
    name = document.name.replace(",", random.choice((", ", ", ", " ", ",")))
    sex = random.choice((document.sex, person.sex, f"{person.sex} {document.sex}"))
    since = document.expiry.replace(year=document.expiry.year - 10)
    period = f"{since:%Y.%m.%d}-{document.expiry:%Y.%m.%d}"
    values = {
        "name": name,
        "chinese": person.traditional,
        "sex": sex,
        "birth": f"{document.birth:{day}}",
        "nationality": document.nationality.rstrip("<"),
        "number": document.number,
        "expiry": period if random.random() < 0.3 else f"{document.expiry:{day}}",
        "authority": random.choice(_AUTHORITIES),
    }
    names = [name for name in values if values[name]]
    dropped = random.sample([name for name in names if name != "name"], random.randint(0, 3))
    names = [name for name in names if name not in dropped]
    if random.random() < 0.4:
        random.shuffle(names)
    form = random.choice(("{0}", "{0}/{1}", "{0} {1}", "{1}"))
    return [
        (form.format(_LABELS[name].get(issuer.language, _ENGLISH[name]), _ENGLISH[name]), values[name])
        for name in names
    ]
