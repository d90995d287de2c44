"""The six card sides in HTML: what is known about the real cards is kept, everything else varies."""

from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer, ResidencePermitAnswer
from specimens.cards.card import Card, CardSide, Edition
from specimens.independent.html.style import (
    Style,
    at,
    draw_style,
    label,
    machine_lines,
    page,
    portrait,
    printed_background,
    value,
)

_MARK: Final = "SPECIMEN 样本"
_FOOTER: Final = "THIS CARD IS INTENDED FOR ITS HOLDER TO TRAVEL TO THE MAINLAND OF CHINA"
_BACK: Final = "MainlandTravelPermitBackInfos"
_SMALL_PRINT: Final = (
    "持证人应妥善保管此证，遗失或者损毁应当及时申报。",
    "此证由持证人本人使用，不得转让或者涂改。",
    "如拾获此证请送交就近公安机关。",
)


def permit_page(random: Random, card: Card) -> str:
    """Return the HTML document of a card side."""
    style = draw_style(random)
    match card.answer:
        case ResidencePermitAnswer(CardType=0) as answer:
            body = _residence_front(random, answer)
        case ResidencePermitAnswer() as answer:
            body = _residence_back(random, style, card, answer)
        case MainlandPermitAnswer() as answer if card.card_side is CardSide.HK_MACAO_BACK:
            body = _hk_macao_back(random, style, card, answer)
        case MainlandPermitAnswer() as answer if card.card_side is CardSide.EXIT_ENTRY_FRONT:
            body = _exit_entry_front(random, card, answer)
        case answer:
            body = _travel_front(random, style, card, answer)
    return page(style, printed_background(random, style) + body)


def _cell(caption: str, content: str, width: float = 0.0) -> str:
    size = f"flex:0 0 {width:.1f}%" if width else "flex:1"
    return f'<div style="{size}">{label(caption)}{content}</div>'


def _row(*cells: str) -> str:
    return f'<div class="row">{"".join(cells)}</div>'


def _rows(left: float, top: float, right: float, bottom: float, rows: list[str]) -> str:
    css = f"left:{left:.2f}%;top:{top:.2f}%;width:{right - left:.2f}%;height:{bottom - top:.2f}%"
    return f'<div class="rows" style="{css}">{"".join(rows)}</div>'


def _names(random: Random, answer: MainlandPermitAnswer, scale: float) -> list[str]:
    """Return the Chinese and the romanised name: no label, a comma and a space."""
    latin = answer.EnglishName.replace(",", ", ")
    gap = f"letter-spacing:{random.uniform(0, 0.25):.2f}em;" if len(answer.Name) < 4 else ""
    rows = [value("Name", answer.Name, css=f"font-size:{scale:.2f}em;{gap}")] if answer.Name else []
    return [*rows, value("EnglishName", latin, "latin", f"font-size:{random.uniform(0.8, 1):.2f}em")]


def _portrait_and_ghost(random: Random, *, has_ghost: bool) -> str:
    seed, left, top = random.random(), random.uniform(4, 6.5), random.uniform(22, 29)
    width = random.uniform(25, 28)
    face = portrait(Random(seed), f"left:{left:.1f}%;top:{top:.1f}%;width:{width:.1f}%;aspect-ratio:100/126")
    if not has_ghost:
        return face
    size = random.uniform(10, 12)
    place = f"left:{98 - size - random.uniform(1, 3):.1f}%;top:{random.uniform(58, 63):.1f}%;width:{size:.1f}%"
    filters = f"opacity:{random.uniform(0.22, 0.45):.2f};filter:grayscale(1)"
    ghost = portrait(Random(seed), f"{place};aspect-ratio:100/126;{filters}", field="")
    print_ = "<br>".join("CHN " * 5 for _ in range(5))
    small = (
        f'<div class="at" style="{place};font:400 9px \'Liberation Sans\';color:#9559;line-height:2.4">{print_}</div>'
    )
    return face + ghost + small


def _chip(random: Random, style: Style) -> str:
    """Return the symbol of a card with a chip: a circle between two bars."""
    size = random.uniform(58, 74)
    drawing = '<path d="M0 6H40M0 34H40" /><circle cx="20" cy="20" r="9"/><path d="M0 20H11M29 20H40"/>'
    return at(
        random.uniform(86, 90),
        random.uniform(5, 8),
        f'<svg width="{size:.0f}" viewBox="0 0 40 40" fill="none" stroke="{style.title_ink}" stroke-width="4">'
        f"{drawing}</svg>",
    )


def _travel_front(random: Random, style: Style, card: Card, answer: MainlandPermitAnswer) -> str:
    """Return the front of a HK/Macao or Taiwan permit: labels above smaller values, second column at 0.65."""
    left, right = random.uniform(35, 39), random.uniform(63.5, 66.5)
    first = (right - left) / (97 - left) * 100
    mono = "digits"
    count = random.choice(("换证次数", "签发次数")) if card.card_side is CardSide.TAIWAN_FRONT else "换证次数"
    rows = [
        *_names(random, answer, random.uniform(1.1, 1.35)),
        _row(
            _cell("出生日期", value("Birthday", answer.Birthday, mono), first), _cell("性别", value("Sex", answer.Sex))
        ),
        _row(_cell("有效期限", value("ValidDate", answer.ValidDate, mono))),
        _authority(random, answer, first),
    ]
    if answer.Nationality:
        rows.insert(-1, _row(_cell("国籍/Nationality", value("Nationality", answer.Nationality))))
    number = _cell("证件号码", value("Number", answer.Number, mono), first)
    issues = _cell(count, value("IssueNumber", answer.IssueNumber, mono)) if answer.IssueNumber else ""
    rows.append(_row(number, issues))
    is_crowded = bool(answer.Nationality)
    footer = at(
        random.uniform(4, 7),
        random.uniform(92.5, 94),
        _FOOTER,
        f"font:500 {random.uniform(19, 23):.0f}px {style.latin};color:{style.title_ink};white-space:nowrap",
    )
    size = random.uniform(1.05, 1.25) * (0.88 if "（" in answer.Type else 1)
    return "".join(
        (
            _portrait_and_ghost(random, has_ghost=random.random() < 0.8),
            at(
                random.uniform(5, 12),
                random.uniform(5, 7),
                f'<div class="title" data-field="Type">{answer.Type}</div>',
                f"font-size:{size:.2f}em",
            ),
            _chip(random, style) if card.edition in {Edition.CURRENT, Edition.NON_CHINESE} else "",
            _rows(left, random.uniform(15.5, 18) if is_crowded else random.uniform(18, 21), 97, 90, rows),
            footer if card.card_side is CardSide.HK_MACAO_FRONT else "",
            f'<div class="mark" style="left:5%;top:{random.uniform(16, 18):.1f}%">{_MARK}</div>',
        )
    )


def _authority(random: Random, answer: MainlandPermitAnswer, first: float) -> str:
    """Return authority and, on some fronts, the place of issue. They may touch."""
    authority = value("IssueAuthority", answer.IssueAuthority, css="font-size:.93em")
    if not answer.IssueAddress:
        return _row(_cell("签发机关", authority))
    place = _cell("签发地点", value("IssueAddress", answer.IssueAddress, css="font-size:.93em"))
    width = first if len(answer.IssueAuthority) < 10 else 0.0
    if width:
        return _row(_cell("签发机关", authority, width), place)
    gap = f'<div style="flex:0 0 {random.uniform(0.5, 1.2):.2f}em"></div>'
    return _row(f"<div>{label('签发机关')}{authority}</div>", gap, place)


def _exit_entry_front(random: Random, card: Card, answer: MainlandPermitAnswer) -> str:
    """Return the front of an exit-entry permit: the number alone at the top right, second column at 0.61."""
    left, right = random.uniform(33, 37), random.uniform(60, 62)
    first = (right - left) / (97 - left) * 100
    authority = value("IssueAuthority", answer.IssueAuthority)
    place = value("IssueAddress", answer.IssueAddress)
    gap = f'<div style="flex:0 0 {random.uniform(0.1, 0.7):.2f}em"></div>'
    rows = [
        *_names(random, answer, random.uniform(1.05, 1.3)),
        _row(
            _cell("出生日期", value("Birthday", answer.Birthday, "digits"), first),
            _cell("性别", value("Sex", answer.Sex)),
        ),
        _row(_cell("有效期限", value("ValidDate", answer.ValidDate, "digits"))),
        _row(f"<div>{label('签发机关')}{authority}</div>", gap, f"<div>{label('签发地点')}{place}</div>"),
    ]
    number = value("Number", answer.Number, "digits", f"font-size:{random.uniform(0.95, 1.2):.2f}em")
    return "".join(
        (
            _portrait_and_ghost(random, has_ghost=False),
            at(
                random.uniform(4, 7),
                random.uniform(5, 7.5),
                f'<div class="title" data-field="Type">{answer.Type}</div>',
                f"font-size:{random.uniform(1.05, 1.25):.2f}em",
            ),
            at(0, random.uniform(6, 9), number, f"left:auto;right:{random.uniform(4, 7):.1f}%;white-space:nowrap"),
            _rows(left, random.uniform(19, 22), 97, random.uniform(73, 76), rows),
            machine_lines(card.mrz, width=random.uniform(86, 92), bottom=random.uniform(5, 7)),
            f'<div class="mark" style="left:5%;top:{random.uniform(16.5, 18):.1f}%">{_MARK}</div>',
        )
    )


def _hk_macao_back(random: Random, style: Style, card: Card, answer: MainlandPermitAnswer) -> str:
    """Return the back of a HK/Macao permit: identity number, sometimes an earlier number, three machine lines."""
    infos = answer.MainlandTravelPermitBackInfos
    if infos is None:
        raise ValueError("a back has back fields")
    identity = random.choice(("身份证件号码", "港澳身份证件号码", "身份证号码", "港澳居民身份证号码"))
    former = random.choice(("曾持证件号码", "原通行证号码", "曾持证件号", "原证件号码", "曾用证件号码"))
    cells = [
        (random.choice(("姓名", "中文姓名")), value(f"{_BACK}.Name", infos.Name)),
        (identity, value(f"{_BACK}.IDNumber", infos.IDNumber, "digits")),
    ]
    if infos.HistoryNumber:
        cells.append((former, value(f"{_BACK}.HistoryNumber", infos.HistoryNumber, "digits")))
    is_stacked = random.random() < 0.5
    caption_width = random.uniform(25, 31)
    rows = [
        _row(_cell(caption, content))
        if is_stacked
        else f'<div class="row" style="align-items:center"><div style="flex:0 0 {caption_width:.1f}%">{label(caption)}'
        f"</div>{content}</div>"
        for caption, content in cells
    ]
    notes = "".join(f"<div>{line}</div>" for line in random.sample(_SMALL_PRINT, random.choice((0, 1, 2))))
    return "".join(
        (
            at(
                random.uniform(5, 20),
                random.uniform(5, 8),
                f'<div class="title" data-field="Type">{card.title}</div>',
                f"font-size:{random.uniform(0.95, 1.15):.2f}em",
            )
            if card.title
            else "",
            _rows(random.uniform(6, 10), random.uniform(18, 21), 96, random.uniform(47, 52), rows),
            at(6, 56, notes, f"font:400 {random.uniform(17, 20):.0f}px 'Noto Sans CJK SC';color:{style.label_ink}"),
            machine_lines(card.mrz, width=random.uniform(84, 91), bottom=random.uniform(4, 7)),
            f'<div class="mark" style="right:4%;top:{random.uniform(14, 16):.1f}%">{_MARK}</div>',
        )
    )


def _beside(caption: str, content: str, width: float) -> str:
    css = f"flex:0 0 {width:.2f}em;letter-spacing:.05em;line-height:1.4"
    return (
        f'<div class="row" style="white-space:normal"><div class="label" style="{css};font-size:.8em">{caption}</div>'
        f'<div style="flex:1">{content}</div></div>'
    )


def _residence_front(random: Random, answer: ResidencePermitAnswer) -> str:
    """Return the front of a residence permit: labels beside their values, portrait at the right."""
    year, month, day = answer.Birth.split("/")
    wide = random.uniform(3.2, 4.2)
    space = " " * random.choice((0, 1, 1))
    birth = value("Birth", f"{year}{space}年{space}{month}{space}月{space}{day}{space}日")
    rows = [
        _beside("姓名", value("Name", answer.Name, css="font-size:1.12em"), wide),
        _beside("性别", value("Sex", answer.Sex), wide),
        _beside("出生", birth, wide),
        _beside("住址", value("Address", answer.Address), wide),
    ]
    size = random.uniform(25, 28)
    number = value("IdCardNo", answer.IdCardNo, "digits", f"font-size:{random.uniform(1.1, 1.25):.2f}em")
    line = f'{label("公民身份号码")}<div style="flex:0 0 .8em"></div>{number}'
    bottom = at(
        random.uniform(5, 7),
        random.uniform(84, 87),
        f'<div class="row" style="align-items:baseline">{line}</div>',
    )
    place = f"left:{94 - size:.1f}%;top:{random.uniform(12, 18):.1f}%;width:{size:.1f}%;aspect-ratio:100/126"
    return "".join(
        (
            portrait(random, place),
            _rows(random.uniform(5, 7), random.uniform(9, 13), 63, random.uniform(74, 79), rows),
            bottom,
            f'<div class="mark" style="right:7%;top:5%">{_MARK}</div>',
        )
    )


def _residence_back(random: Random, style: Style, card: Card, answer: ResidencePermitAnswer) -> str:
    """Return the back of a residence permit: emblem, state, title, four labelled values."""
    wide = random.uniform(6.5, 8)
    rows = [
        _beside("签发机关", value("Authority", answer.Authority), wide),
        _beside("有效期限", value("ValidDate", answer.ValidDate, "digits"), wide),
        _beside("通行证号码", value("PassNo", answer.PassNo, "digits"), wide),
        _beside("签发次数", value("VisaNum", answer.VisaNum, "digits"), wide),
    ]
    emblem = (
        f'<svg width="150" viewBox="0 0 100 100"><circle cx="50" cy="50" r="46" fill="none" stroke="{style.title_ink}" '
        f'stroke-width="5"/><path d="M50 16 60 42 88 42 65 58 74 86 50 69 26 86 35 58 12 42 40 42Z" '
        f'fill="{style.title_ink}"/></svg>'
    )
    heading = (
        f'<div class="title" style="font-size:1.1em">中华人民共和国</div>'
        f'<div class="title" style="font-size:{random.uniform(1.2, 1.6):.2f}em;margin-top:.3em">{card.title}</div>'
    )
    return "".join(
        (
            at(random.uniform(6, 9), random.uniform(8, 11), emblem),
            at(random.uniform(26, 34), random.uniform(9, 12), heading, "text-align:center"),
            _rows(random.uniform(14, 22), random.uniform(50, 54), 96, random.uniform(90, 94), rows),
            f'<div class="mark" style="right:4%;top:4%">{_MARK}</div>',
        )
    )
