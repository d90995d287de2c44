"""Documents that are not permits, as SVG drawings: cards with a face, backs with lines, passports and pages of text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from specimens.cards import document_numbers
from specimens.cards.card import CardSide
from specimens.independent import machine_readable
from specimens.independent.contents import expiry_of, permit, person_of
from specimens.independent.machine_readable import Person
from specimens.independent.scene.canvas import HEIGHT, WIDTH, Canvas, draw_look, paint_background, paint_face

type Entries = list[tuple[str, str]]
"""Labels and values."""

CARD_WIDTH: Final = 85.6
_BOOKLET_WIDTH: Final = 125.0
_PAGE_WIDTH: Final = 148.0


@dataclass(frozen=True, slots=True)
class Document:
    """A drawing and its width in millimetres."""

    canvas: Canvas
    width: float = CARD_WIDTH


def _card(
    random: Random,
    title: str,
    entries: Entries,
    *,
    lines: tuple[str, ...] = (),
    has_face: bool = True,
    corner: str = "",
    height: int = HEIGHT,
    width: float = CARD_WIDTH,
) -> Document:
    """Return a printed card or data page."""
    canvas = Canvas(draw_look(random), height=height)
    look, is_mirrored = canvas.look, random.random() < 0.4
    paint_background(canvas, random)
    face_left = 980 if is_mirrored else random.uniform(50, 80)
    left = random.uniform(60, 100) if is_mirrored or not has_face else random.uniform(460, 500)
    canvas.text(
        left if is_mirrored else 70, 92, title, font=look.title, size=look.size * 1.05, ink=look.red, weight=600
    )
    if corner:
        canvas.text(1300, 170, corner, font=look.digits, size=look.size, ink=look.dark, anchor="end")
    if has_face:
        paint_face(canvas, random, face_left, random.uniform(190, 220), random.uniform(300, 330))
    pitch = min(110.0, (height - 260 - 75 * len(lines)) / max(1, len(entries)))
    is_above = random.random() < 0.5 and pitch > 95
    beside = max(len(caption) for caption, _ in entries) * look.small + 40
    for row, (caption, text) in enumerate(entries):
        y = 215 + row * pitch
        canvas.label(left, y - look.size * 1.05 if is_above else y, caption)
        canvas.value(left if is_above else left + beside, y, text, digits=text.isascii(), scale=0.85)
    if lines:
        canvas.machine(
            lines, left=random.uniform(50, 80), bottom=height - random.uniform(45, 70), pitch=random.uniform(60, 74)
        )
    return Document(canvas, width)


def _page(random: Random, title: str, entries: Entries, *, style: str) -> Document:
    """Return a page: ``typed`` lines, a ``ruled`` form, a ``handwritten`` form, or a ``text`` in sentences."""
    look = draw_look(random)
    size = random.uniform(38, 46)
    pitch = size * random.uniform(1.7, 2.3)
    canvas = Canvas(look, height=int(260 + pitch * (len(entries) + 2)))
    canvas.add(f'<rect width="{WIDTH}" height="{canvas.height}" fill="hsl(45 20% {random.randrange(92, 100)}%)"/>')
    hand = random.choice(("LXGW WenKai Light", "AR PL UKai CN")) if style == "handwritten" else look.value
    canvas.text(
        random.uniform(80, 400), 120, title, font=look.title, size=size * 1.3, ink=random.choice((look.red, "#111"))
    )
    for row, (caption, text) in enumerate(entries):
        y = 240 + row * pitch
        if style == "text":
            canvas.text(90, y, f"{caption}{text}", font=look.value, size=size * 0.8, ink="#111")
            continue
        colon = "" if style == "ruled" else random.choice(("：", ":"))
        canvas.text(100, y, f"{caption}{colon}", font=look.label, size=size * 0.85, ink="#111")
        beside = 100 + size * 7 if style != "typed" else 100 + size * 0.85 * (len(caption) + 1)
        canvas.text(beside, y, text, font=hand, size=size, ink="#1c2f80" if style == "handwritten" else "#111")
        if style == "ruled":
            canvas.add(
                f'<rect x="70" y="{y - pitch * 0.66:.0f}" width="1220" height="{pitch:.0f}" fill="none" stroke="#444" '
                f'stroke-width="2"/><path d="M{beside - 25:.0f} {y - pitch * 0.66:.0f}v{pitch:.0f}" stroke="#444"/>'
            )
        elif style == "handwritten":
            canvas.add(f'<path d="M{beside:.0f} {y + 10:.0f}H1250" stroke="#777" stroke-width="2"/>')
    return Document(canvas, _PAGE_WIDTH)


def _quoted(random: Random, *card_sides: CardSide) -> MainlandPermitAnswer:
    sides = card_sides or (CardSide.HK_MACAO_FRONT, CardSide.TAIWAN_FRONT, CardSide.EXIT_ENTRY_FRONT)
    answer = permit(random, random.choice(sides)).answer
    if not isinstance(answer, MainlandPermitAnswer):
        raise TypeError("travel permits only")
    return answer


def _entries(answer: MainlandPermitAnswer) -> Entries:
    return [
        ("姓名", answer.Name or answer.EnglishName),
        ("拼音", answer.EnglishName.replace(",", ", ")),
        ("性别", answer.Sex),
        ("出生日期", answer.Birthday),
        ("有效期限", answer.ValidDate),
        ("签发机关", answer.IssueAuthority),
        ("证件号码", answer.Number),
    ]


def _foreigner(random: Random) -> tuple[Person, str, date, Entries]:
    """Return a holder, a number that may look like a permit's, an expiry date and the printed entries."""
    state = random.choice(("UTO", "FRA", "ESP", "KOR", "CAN", "IDN", "CHN", "POL"))
    person = Person(
        chinese="",
        romanised=random.choice(("NOWAK,JAN", "GARCIA LOPEZ,MARIA", "KIM,MIN SU", "WONG,SIU MING", "MARTIN,CLAIRE")),
        sex=random.choice("MF"),
        birth=date(random.randint(1946, 2013), random.randint(1, 12), random.randint(1, 28)),
        nationality=state,
    )
    letters = random.choice(("H", "M", "HA", "CA", "X", "PA"))
    number = letters + "".join(random.choices("0123456789", k=9 - len(letters)))
    expiry = date(random.randint(2024, 2035), random.randint(1, 12), random.randint(1, 28))
    surname, _, given = person.romanised.partition(",")
    entries = [
        ("Surname", surname),
        ("Given names", given),
        ("Nationality", state),
        ("Sex/Date of birth", f"{person.sex}  {person.birth:%d.%m.%Y}"),
        ("Expiry", f"{expiry:%d.%m.%Y}"),
        ("Number", number),
    ]
    return person, number, expiry, entries


def _passport(random: Random) -> Document:
    person, number, expiry, entries = _foreigner(random)
    lines = machine_readable.td3_lines(person, code="P", state=person.nationality, number=number, expiry=expiry)
    title = random.choice(("PASSPORT / PASSEPORT", "护照 PASSPORT"))
    return _card(random, title, entries, lines=lines, height=963, width=_BOOKLET_WIDTH)


def _identity_td1(random: Random) -> Document:
    person, number, expiry, entries = _foreigner(random)
    code = random.choice(("I", "ID", "A", "AR", "IR"))
    lines = machine_readable.td1_lines(person, code=code, state=person.nationality, number=number, expiry=expiry)
    return _card(random, "IDENTITY CARD / RESIDENCE PERMIT", entries[3:], lines=lines, has_face=False)


def _identity_td2(random: Random) -> Document:
    person, number, expiry, entries = _foreigner(random)
    lines = machine_readable.td2_lines(person, code="I", state=person.nationality, number=number, expiry=expiry)
    return _card(random, "NATIONAL IDENTITY CARD", entries, lines=lines, height=963, width=105)


def _taiwan_travel_permit(random: Random) -> Document:
    answer = _quoted(random, CardSide.EXIT_ENTRY_FRONT)
    number = f"L{answer.Number[1:]}"
    line = machine_readable.one_line(code="CD", number=number, expiry=expiry_of(answer), birth=person_of(answer).birth)
    entries = [entry for entry in _entries(answer) if entry[0] != "证件号码"]
    return _card(random, "往来台湾通行证", entries, lines=(line,), corner=number)


def _taiwan_permit_back(random: Random) -> Document:
    answer = _quoted(random, CardSide.TAIWAN_FRONT)
    identity = f"{random.choice('ABEFGHJ')}{random.choice('12')}{random.randrange(10**8):08d}"
    lines = machine_readable.taiwan_back_lines(
        person_of(answer), number=answer.Number[:8], identity=identity, place=random.choice(("BJ", "ZJ", "GD"))
    )
    entries = [("姓名", answer.Name), ("身份证件号码", identity)]
    return _card(random, answer.Type, entries, lines=lines, has_face=False)


def _taiwan_identity(random: Random) -> Document:
    answer = _quoted(random, CardSide.TAIWAN_FRONT)
    birth = person_of(answer).birth
    entries = [
        ("姓名", answer.Name),
        ("出生年月日", f"民國{birth.year - 1911}年{birth.month}月{birth.day}日"),
        ("性別", answer.Sex),
        ("發證日期", f"民國{random.randint(95, 114)}年{random.randint(1, 12)}月{random.randint(1, 28)}日"),
        ("統一編號", f"{random.choice('ABEFGHJ')}{random.choice('12')}{random.randrange(10**8):08d}"),
    ]
    return _card(random, "中華民國國民身分證", entries)


def _mainland_identity(random: Random) -> Document:
    answer = _quoted(random, CardSide.EXIT_ENTRY_FRONT)
    if random.random() < 0.4:
        entries = [("签发机关", "杭州市公安局西湖分局"), ("有效期限", answer.ValidDate)]
        return _card(random, "中华人民共和国居民身份证", entries, has_face=False)
    birth = person_of(answer).birth
    entries = [
        ("姓名", answer.Name),
        ("性别民族", f"{answer.Sex} {random.choice('汉回壮')}"),
        ("出生", f"{birth.year}年{birth.month}月{birth.day}日"),
        ("住址", f"浙江省杭州市西湖区测试街{random.randint(1, 99)}号"),
        ("公民身份号码", document_numbers.resident_number(random, prefix="330106", birth=birth, sex=answer.Sex)),
    ]
    return _card(random, "", entries)


def _hong_kong_identity(random: Random) -> Document:
    answer = _quoted(random, CardSide.HK_MACAO_FRONT)
    entries = [
        ("姓名", answer.Name or "陳小明"),
        ("Name", answer.EnglishName.replace(",", ", ")),
        ("出生日期 Date of Birth", answer.Birthday.replace(".", "-")),
        ("簽發日期 Date of Issue", answer.ValidDate[2:10].replace(".", "-")),
        ("", document_numbers.hong_kong_identity(random)),
    ]
    return _card(random, "香港永久性居民身份證", entries)


def _macao_identity(random: Random) -> Document:
    answer = _quoted(random, CardSide.HK_MACAO_FRONT)
    entries = [
        ("姓名 Nome", answer.Name or answer.EnglishName),
        ("出生日期 Data de nascimento", answer.Birthday.replace(".", "-")),
        ("性別 Sexo", person_of(answer).sex),
        ("編號", document_numbers.macao_identity(random)),
    ]
    return _card(random, "澳門特別行政區永久性居民身份證", entries)


def _driving_licence(random: Random) -> Document:
    answer = _quoted(random, CardSide.EXIT_ENTRY_FRONT)
    birth = person_of(answer).birth
    entries = [
        ("证号", document_numbers.resident_number(random, prefix="820000", birth=birth, sex=answer.Sex)),
        ("姓名", answer.Name),
        ("性别", answer.Sex),
        ("出生日期", f"{birth}"),
        ("准驾车型", random.choice(("C1", "C2", "A2"))),
        ("有效期限", answer.ValidDate),
    ]
    return _card(random, "中华人民共和国机动车驾驶证", entries)


def _bank_card(random: Random) -> Document:
    entries = [
        ("", " ".join(f"{random.randrange(10**4):04d}" for _ in range(4))),
        ("VALID THRU", f"{random.randint(1, 12):02d}/{random.randint(26, 34)}"),
        ("", _quoted(random).EnglishName.replace(",", " ")),
    ]
    return _card(random, "样本银行 借记卡", entries, has_face=False)


def _badge(random: Random) -> Document:
    answer = _quoted(random)
    title = random.choice(("港澳居民学生证", "台湾居民会员证", "出入证", "港澳居民健康证"))
    return _card(random, title, [entry for entry in _entries(answer) if entry[0] in {"姓名", "有效期限", "证件号码"}])


def _typed(random: Random) -> Document:
    answer = _quoted(random)
    return _page(random, answer.Type, [*_entries(answer), ("换证次数", answer.IssueNumber or "00")], style="typed")


def _ruled(random: Random) -> Document:
    answer = _quoted(random)
    title = random.choice(("住宿登记表", "报名表", f"{answer.Type}办理登记表"))
    return _page(random, title, [("证件种类", answer.Type), *_entries(answer)], style="ruled")


def _handwritten(random: Random) -> Document:
    answer = _quoted(random)
    return _page(random, "申报表", [("证件名称", answer.Type), *_entries(answer)], style="handwritten")


def _residence_form(random: Random) -> Document:
    """Return a form with a residence permit's labels."""
    birth = person_of(_quoted(random, CardSide.HK_MACAO_FRONT)).birth
    sex = random.choice("男女")
    entries = [
        ("姓名", _quoted(random, CardSide.TAIWAN_FRONT).Name),
        ("性别", sex),
        ("出生", f"{birth.year}年{birth.month}月{birth.day}日"),
        ("住址", f"广东省珠海市香洲区样本大道{random.randint(1, 999)}号"),
        ("公民身份号码", document_numbers.resident_number(random, prefix="810000", birth=birth, sex=sex)),
        ("签发机关", "珠海市公安局香洲分局"),
    ]
    title = random.choice(("港澳居民居住证申领表", "台湾居民居住证", "中华人民共和国港澳居民居住证"))
    return _page(random, title, entries, style=random.choice(("typed", "ruled", "handwritten")))


def _letter(random: Random) -> Document:
    answer = _quoted(random)
    sentences = [
        ("兹有", f"{answer.Name or answer.EnglishName}（{answer.Sex}，{answer.Birthday}生）"),
        ("持", f"{answer.Type}，号码{answer.Number}，"),
        ("该证由", f"{answer.IssueAuthority}签发，"),
        ("有效期限", f"为{answer.ValidDate}。"),
        ("", "该员于本单位任职，请予协助办理相关手续。"),
        ("", "特此证明，如有疑问请与本单位联系核实。"),
    ]
    return _page(random, random.choice(("介绍信", "在职证明", "公函")), sentences * random.randint(1, 2), style="text")


def _name_list(random: Random) -> Document:
    people = [_quoted(random, CardSide.HK_MACAO_FRONT) for _ in range(random.randint(5, 9))]
    entries = [(f"{row}. {one.Name or 'N/A'}", f"{one.Birthday}  {one.Number}") for row, one in enumerate(people, 1)]
    return _page(random, f"{people[0].Type}名单", entries, style=random.choice(("ruled", "text")))


OTHER_DOCUMENTS: Final[dict[str, Callable[[Random], Document]]] = {
    "passport": _passport,
    "typed-list": _typed,
    "identity-td1": _identity_td1,
    "ruled-form": _ruled,
    "taiwan-travel-permit": _taiwan_travel_permit,
    "taiwan-identity": _taiwan_identity,
    "handwritten-form": _handwritten,
    "taiwan-permit-back": _taiwan_permit_back,
    "mainland-identity": _mainland_identity,
    "residence-form": _residence_form,
    "identity-td2": _identity_td2,
    "hong-kong-identity": _hong_kong_identity,
    "letter": _letter,
    "driving-licence": _driving_licence,
    "macao-identity": _macao_identity,
    "name-list": _name_list,
    "badge": _badge,
    "bank-card": _bank_card,
}
