"""The six card sides as SVG drawings: what is known about the real cards is kept, everything else varies."""

from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from specimens.cards.card import Card, CardSide, Edition
from specimens.independent.scene.canvas import HEIGHT, WIDTH, Canvas, draw_look, paint_background, paint_face

_BACK: Final = "MainlandTravelPermitBackInfos"
_FOOTER: Final = "THIS CARD IS INTENDED FOR ITS HOLDER TO TRAVEL TO THE MAINLAND OF CHINA"


def draw_permit(random: Random, card: Card) -> Canvas:
    """Draw a card side."""
    canvas = Canvas(draw_look(random))
    paint_background(canvas, random)
    match card.answer:
        case ResidencePermitAnswer(CardType=0) as answer:
            _residence_front(canvas, random, answer)
        case ResidencePermitAnswer() as answer:
            _residence_back(canvas, random, card, answer)
        case MainlandPermitAnswer() as answer if card.card_side is CardSide.HK_MACAO_BACK:
            _hk_macao_back(canvas, random, card, answer)
        case MainlandPermitAnswer() as answer if card.card_side is CardSide.EXIT_ENTRY_FRONT:
            _exit_entry_front(canvas, random, card, answer)
        case answer:
            _travel_front(canvas, random, card, answer)
    return canvas


def _mark(canvas: Canvas, x: float, y: float) -> None:
    canvas.text(x, y, "SPECIMEN 样本", font="Noto Sans CJK SC", size=18, ink="#80606080", spacing=4)


def _title(canvas: Canvas, x: float, y: float, text: str, *, scale: float, spacing: float) -> None:
    look = canvas.look
    canvas.text(
        x, y, text, font=look.title, size=look.size * scale, ink=look.red, name="Type", spacing=spacing, weight=600
    )


def _names(canvas: Canvas, random: Random, x: float, y: float, answer: MainlandPermitAnswer) -> float:
    """Print the names, without a label, and return the base line of the last one."""
    look = canvas.look
    if answer.Name:
        scale, spacing = random.uniform(1.1, 1.4), random.uniform(0, 12)
        canvas.text(
            x, y, answer.Name, font=look.value, size=look.size * scale, ink=look.dark, name="Name", spacing=spacing
        )
        y += look.size * random.uniform(1.25, 1.45)
    latin = random.choice(("Liberation Sans", "DejaVu Sans Mono", "Noto Sans CJK SC", "OCR B"))
    canvas.text(
        x,
        y,
        answer.EnglishName.replace(",", ", "),
        font=latin,
        size=look.size * random.uniform(0.75, 0.95),
        ink=look.dark,
        name="EnglishName",
    )
    return y


def _above(
    canvas: Canvas, place: tuple[float, float], caption: str, text: str, name: str, *, digits: bool = False
) -> None:
    """Print a label above its value, whose base line starts at ``place``."""
    x, y = place
    canvas.label(x, y - canvas.look.size * 1.06, caption)
    canvas.value(x, y, text, name, digits=digits)


def _travel_front(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> None:
    """Draw the front of a HK/Macao or Taiwan permit."""
    look, is_taiwan = canvas.look, card.card_side is CardSide.TAIWAN_FRONT
    left, column = random.uniform(470, 530), WIDTH * random.uniform(0.64, 0.66)
    _title(
        canvas,
        random.uniform(60, 130),
        random.uniform(88, 104),
        answer.Type,
        scale=random.uniform(1.1, 1.3) * (0.9 if answer.Nationality else 1),
        spacing=random.uniform(2, 12),
    )
    seed, width = random.random(), random.uniform(330, 370)
    paint_face(canvas, Random(seed), random.uniform(55, 85), random.uniform(180, 230), width)
    ghost = random.uniform(120, 150)
    place = (WIDTH - ghost - random.uniform(30, 50), random.uniform(590, 640))
    paint_face(canvas, Random(seed), *place, ghost, name="", opacity=random.uniform(0.2, 0.4))
    canvas.text(place[0], place[1] + 90, "CHN·CHN·CHN", font="Liberation Sans", size=15, ink="#90404070")
    if card.edition in {Edition.CURRENT, Edition.NON_CHINESE}:
        canvas.add(
            f'<g transform="translate({random.uniform(1180, 1240):.0f} {random.uniform(48, 70):.0f})" '
            f'fill="none" stroke="{look.red}" stroke-width="6"><rect width="76" height="52" rx="6"/>'
            f'<circle cx="38" cy="26" r="12"/><path d="M0 26H26M50 26H76"/></g>'
        )
    y = _names(canvas, random, left, random.uniform(185, 205), answer)
    rows = 5 if answer.Nationality else 4
    bottom = random.uniform(770, 788)
    pitch = (bottom - y) / rows
    _above(canvas, (left, y + pitch), "出生日期", answer.Birthday, "Birthday", digits=True)
    _above(canvas, (column, y + pitch), "性别", answer.Sex, "Sex")
    _above(canvas, (left, y + 2 * pitch), "有效期限", answer.ValidDate, "ValidDate", digits=True)
    if answer.Nationality:
        _above(canvas, (left, y + 3 * pitch), "国籍 / Nationality", answer.Nationality, "Nationality")
    base = bottom - pitch
    _above(canvas, (left, base), "签发机关", answer.IssueAuthority, "IssueAuthority")
    if is_taiwan:
        end = left + look.size * (len(answer.IssueAuthority) + random.uniform(0.3, 1))
        _above(canvas, (max(column, end), base), "签发地点", answer.IssueAddress, "IssueAddress")
    _above(canvas, (left, bottom), "证件号码", answer.Number, "Number", digits=True)
    if answer.IssueNumber:
        caption = random.choice(("签发次数", "换证次数")) if is_taiwan else "换证次数"
        _above(canvas, (column, bottom), caption, answer.IssueNumber, "IssueNumber", digits=True)
    if not is_taiwan:
        canvas.text(
            random.uniform(60, 90), 832, _FOOTER, font="Liberation Sans", size=random.uniform(20, 25), ink=look.red
        )
    _mark(canvas, 70, 150)


def _exit_entry_front(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> None:
    """Draw the front of an exit-entry permit: the number at the top right, authority and place side by side."""
    look = canvas.look
    left, column = random.uniform(440, 490), WIDTH * random.uniform(0.6, 0.62)
    _title(
        canvas,
        random.uniform(50, 90),
        random.uniform(90, 105),
        answer.Type,
        scale=random.uniform(1.15, 1.35),
        spacing=random.uniform(3, 16),
    )
    canvas.text(
        WIDTH - random.uniform(50, 90),
        random.uniform(88, 108),
        answer.Number,
        font=look.digits,
        size=look.size * random.uniform(0.95, 1.2),
        ink=look.dark,
        name="Number",
        anchor="end",
    )
    paint_face(canvas, random, random.uniform(60, 85), random.uniform(180, 205), random.uniform(325, 345))
    y = _names(canvas, random, left, random.uniform(205, 220), answer)
    bottom = random.uniform(635, 660)
    pitch = (bottom - y) / 3
    _above(canvas, (left, y + pitch), "出生日期", answer.Birthday, "Birthday", digits=True)
    _above(canvas, (column, y + pitch), "性别", answer.Sex, "Sex")
    _above(canvas, (left, y + 2 * pitch), "有效期限", answer.ValidDate, "ValidDate", digits=True)
    _above(canvas, (left, bottom), "签发机关", answer.IssueAuthority, "IssueAuthority")
    end = left + look.size * (len(answer.IssueAuthority) + random.uniform(0.1, 0.6))
    _above(canvas, (end, bottom), "签发地点", answer.IssueAddress, "IssueAddress")
    canvas.machine(card.mrz, left=random.uniform(55, 85), bottom=random.uniform(785, 810), pitch=random.uniform(58, 66))
    _mark(canvas, 70, 150)


def _hk_macao_back(canvas: Canvas, random: Random, card: Card, answer: MainlandPermitAnswer) -> None:
    """Draw the back of a HK/Macao permit."""
    infos, look = answer.MainlandTravelPermitBackInfos, canvas.look
    if infos is None:
        raise ValueError("a back has back fields")
    if card.title:
        _title(
            canvas,
            random.uniform(60, 280),
            random.uniform(84, 100),
            card.title,
            scale=random.uniform(0.9, 1.15),
            spacing=random.uniform(1, 9),
        )
    identity = random.choice(("身份证件号码", "港澳居民身份证号码", "身份证号码", "港澳身份证件号码"))
    former = random.choice(("曾持证件号码", "原证件号码", "原通行证号码", "曾持通行证号码", "前次证件号码"))
    entries = [
        (random.choice(("姓名", "中文姓名")), infos.Name, "Name", False),
        (identity, infos.IDNumber, "IDNumber", True),
        (former, infos.HistoryNumber, "HistoryNumber", True),
    ]
    entries = [entry for entry in entries if entry[1]]
    if random.random() < 0.5:
        entries.insert(0, entries.pop(1))
    left, top, pitch = random.uniform(70, 130), random.uniform(170, 195), random.uniform(92, 106)
    beside = random.uniform(300, 380) if random.random() < 0.5 else 0.0
    for row, (caption, text, name, is_number) in enumerate(entries):
        y = top + row * pitch
        if beside:
            canvas.label(left, y, caption)
            canvas.value(left + beside, y, text, f"{_BACK}.{name}", digits=is_number)
        else:
            _above(canvas, (left, y + 26), caption, text, f"{_BACK}.{name}", digits=is_number)
    if random.random() < 0.6:
        note = random.choice(("持证人须遵守中华人民共和国法律、法规。", "本证为持证人来往内地的有效证件。"))
        canvas.text(left, 505, note, font=look.label, size=random.uniform(19, 23), ink=look.label_ink)
    pitch = random.uniform(66, 80)
    canvas.machine(card.mrz, left=random.uniform(60, 100), bottom=random.uniform(785, 815), pitch=pitch)
    _mark(canvas, 1130, 150)


def _residence_front(canvas: Canvas, random: Random, answer: ResidencePermitAnswer) -> None:
    """Draw the front of a residence permit: labels at the left of their values, portrait at the right."""
    look = canvas.look
    left, column = random.uniform(65, 95), random.uniform(190, 225)
    top, pitch = random.uniform(120, 140), random.uniform(100, 118)
    gap = " " * random.choice((0, 1))
    year, month, day = answer.Birth.split("/")
    birth = f"{year}{gap}年{gap}{month}{gap}月{gap}{day}{gap}日"
    values = [("姓名", answer.Name, "Name"), ("性别", answer.Sex, "Sex"), ("出生", birth, "Birth")]
    for row, (caption, text, name) in enumerate(values):
        canvas.text(left, top + row * pitch, caption, font=look.label, size=look.size * 0.78, ink=look.label_ink)
        canvas.value(column, top + row * pitch, text, name, scale=1.1 if name == "Name" else 1)
    y = top + 3 * pitch
    canvas.text(left, y, "住址", font=look.label, size=look.size * 0.78, ink=look.label_ink)
    for row, line in enumerate(_wrapped(answer.Address, random.uniform(13.5, 15.5) * 40 / look.size)):
        canvas.value(column, y + row * look.size * 1.3, line, "Address")
    y = random.uniform(770, 795)
    canvas.text(left, y, "公民身份号码", font=look.label, size=look.size * 0.78, ink=look.label_ink)
    start = left + look.size * 0.78 * 6 + random.uniform(30, 60)
    canvas.value(start, y, answer.IdCardNo, "IdCardNo", digits=True, scale=random.uniform(1.0, 1.2))
    paint_face(canvas, random, random.uniform(905, 945), random.uniform(125, 165), random.uniform(335, 370))
    _mark(canvas, 1000, 75)


def _wrapped(text: str, width: float) -> list[str]:
    """Break a text into lines of at most ``width`` ideographs; a digit or letter is half as wide."""
    lines, used = [""], 0.0
    for character in text:
        advance = 0.55 if character.isascii() else 1.0
        if used + advance > width:
            lines, used = [*lines, ""], 0.0
        lines[-1] += character
        used += advance
    return lines


def _residence_back(canvas: Canvas, random: Random, card: Card, answer: ResidencePermitAnswer) -> None:
    """Draw the back of a residence permit: emblem, state, title and four labelled values."""
    look = canvas.look
    x, y, radius = random.uniform(150, 210), random.uniform(170, 200), random.uniform(85, 105)
    canvas.add(
        f'<g fill="{look.red}"><circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"/>'
        f'<g fill="#ffd75e" transform="translate({x:.0f} {y:.0f}) scale({radius / 60:.2f})">'
        f'<path d="M0-40 10-12 40-12 16 6 24 36 0 18-24 36-16 6-40-12-10-12Z"/></g></g>'
    )
    middle = random.uniform(760, 820)
    for text, height, scale in (("中华人民共和国", 140, 1.2), (card.title, 240, random.uniform(1.4, 1.7))):
        canvas.text(
            middle,
            height,
            text,
            font=look.title,
            size=look.size * scale,
            ink=look.red,
            anchor="middle",
            spacing=random.uniform(2, 14),
            weight=600,
        )
    left, column = random.uniform(220, 330), random.uniform(570, 620)
    top, pitch = random.uniform(450, 480), random.uniform(88, 100)
    entries = (
        ("签发机关", answer.Authority, "Authority"),
        ("有效期限", answer.ValidDate, "ValidDate"),
        ("通行证号码", answer.PassNo, "PassNo"),
        ("签发次数", answer.VisaNum, "VisaNum"),
    )
    for row, (caption, text, name) in enumerate(entries):
        canvas.text(left, top + row * pitch, caption, font=look.label, size=look.size * 0.8, ink=look.label_ink)
        if text:
            canvas.value(column, top + row * pitch, text, name, digits=name != "Authority")
    _mark(canvas, 1120, HEIGHT - 800)
