"""Pages of text that quote a permit's title, number and dates, and are no card: forms, lists, letters, screens."""

from html import escape
from random import Random
from typing import Final

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from specimens.cards.card import Card, CardSide
from specimens.independent.contents import permit
from specimens.independent.html.identity_documents import Document
from specimens.independent.html.style import WIDTH, Style

_PAGE: Final = 1600
_SCREEN: Final = 1900
_TYPED: Final = "'AR PL UMing CN'"
_HAND: Final = "'LXGW WenKai Light', 'LXGW WenKai'"
_PRINTED: Final = "'Noto Sans CJK SC'"
_QUOTED: Final = (CardSide.HK_MACAO_FRONT, CardSide.TAIWAN_FRONT, CardSide.EXIT_ENTRY_FRONT)


def _quoted(random: Random) -> tuple[MainlandPermitAnswer, list[tuple[str, str]]]:
    """Return a permit's contents and its labels with their values."""
    answer = permit(random, random.choice(_QUOTED)).answer
    if not isinstance(answer, MainlandPermitAnswer):
        raise TypeError("travel permits only")
    entries = [
        ("姓名", answer.Name or answer.EnglishName),
        ("英文姓名", answer.EnglishName.replace(",", ", ")),
        ("性别", answer.Sex),
        ("出生日期", answer.Birthday),
        ("有效期限", answer.ValidDate),
        ("签发机关", answer.IssueAuthority),
        ("证件号码", answer.Number),
        ("换证次数", answer.IssueNumber or "01"),
    ]
    return answer, entries


def _paper(content: str, *, font: str, size: float, height: int = _PAGE, colour: str = "#fdfdfb") -> Document:
    css = (
        f"position:absolute;left:0;top:0;width:{WIDTH}px;height:{height}px;background:{colour};padding:80px 90px;"
        f"font:400 {size:.0f}px/1.9 {font}, 'Noto Sans CJK TC';color:#111"
    )
    return f'<div style="{css}">{content}</div>', height


def typed_list(random: Random, _style: Style) -> Document:
    """Return a white page with a permit's title and typed lines ``label：value``, as wide as a card or a page."""
    answer, entries = _quoted(random)
    colon = random.choice(("：", ": ", "　"))
    lines = "".join(f"<div>{name}{colon}{escape(text)}</div>" for name, text in entries)
    height = random.choice((820, 1100, _PAGE))
    return _paper(f"<div>{answer.Type}</div>{lines}", font=random.choice((_TYPED, _PRINTED)), size=40, height=height)


def hotel_form(random: Random, style: Style) -> Document:
    """Return a registration form with ruled cells."""
    answer, entries = _quoted(random)
    more = [("证件类型", answer.Type), ("入住日期", "2026.03.02"), ("房号", f"{random.randint(2, 30)}08"), ("签名", "")]
    rows = "".join(
        f'<tr><td style="border:2px solid #333;padding:6px 20px;width:30%">{name}</td>'
        f'<td style="border:2px solid #333;padding:6px 20px">{escape(text)}</td></tr>'
        for name, text in [more[0], *entries, *more[1:]]
    )
    title = random.choice(("境外人员临时住宿登记表", "旅客入住登记单", "访客登记表"))
    head = (
        f'<div style="text-align:center;font-size:1.4em;color:{random.choice(("#111", style.title_ink))}">{title}</div>'
    )
    return _paper(f'{head}<table style="width:100%">{rows}</table>', font=_PRINTED, size=34)


def handwritten_form(random: Random, _style: Style) -> Document:
    """Return printed labels with underlined values in a script face."""
    answer, entries = _quoted(random)
    rows = "".join(
        f'<div><span style="font:400 32px {_PRINTED}">{name}：</span><span style="border-bottom:2px solid #555;'
        f"display:inline-block;min-width:60%;font-family:{_HAND};font-size:46px;color:#1a2a6c;"
        f'transform:rotate({random.uniform(-1, 1):.2f}deg)">{escape(text)}</span></div>'
        for name, text in [("证件名称", answer.Type), *entries]
    )
    return _paper(
        f'<div style="font-size:1.3em">{random.choice(("申请表", "登记表", "办理回执"))}</div>{rows}',
        font=_PRINTED,
        size=36,
    )


def application_form(random: Random, style: Style) -> Document:
    """Return an official form in two columns, with a portrait's empty place and a coloured title like a permit's."""
    answer, entries = _quoted(random)
    cells = "".join(
        f'<div style="border:1px solid #777;padding:4px 14px"><div style="font-size:.6em;color:#333">{name}</div>'
        f"<div>{escape(text)}</div></div>"
        for name, text in entries
    )
    box = '<div style="position:absolute;right:90px;top:170px;width:190px;height:250px;border:2px solid #888"></div>'
    title = f'<div style="color:{style.title_ink};font-size:1.3em;letter-spacing:.15em">{answer.Type}申请表</div>'
    css = "display:grid;grid-template-columns:1fr 1fr;width:70%;margin-top:40px;line-height:1.6"
    grid = f'<div style="{css}">{cells}</div>'
    return _paper(title + box + grid, font=_PRINTED, size=32)


def running_text(random: Random, _style: Style) -> Document:
    """Return paragraphs that mention a permit and its number."""
    answer, _ = _quoted(random)
    name = answer.Name or answer.EnglishName
    sentences = [
        f"兹证明{name}（{answer.Type}号码{answer.Number}）系我单位员工，{answer.Birthday}出生。",
        f"其{answer.Type}由{answer.IssueAuthority}签发，有效期限为{answer.ValidDate}。",
        "根据有关规定，持证人可以凭有效证件办理住宿登记、开立账户以及购买车票。",
        "上述情况属实，如有不实，本单位愿意承担相应责任。",
        "请贵处予以办理为盼，并于收到本函之日起十五个工作日内答复。",
    ]
    random.shuffle(sentences)
    text = "".join(f'<p style="text-indent:2em;margin-bottom:.6em">{sentence}</p>' for sentence in sentences * 2)
    head = f'<div style="text-align:center;font-size:1.5em">{random.choice(("证明信", "公函", "情况说明"))}</div>'
    return _paper(head + text, font=random.choice((_TYPED, _PRINTED)), size=33)


def chat_screen(random: Random, _style: Style) -> Document:
    """Return the screenshot of a chat in which somebody sends a number."""
    answer, entries = _quoted(random)
    texts = [
        "您好，请提供您的证件信息",
        f"我的{answer.Type}",
        f"号码 {answer.Number}",
        f"有效期限 {answer.ValidDate}",
        f"{entries[0][1]}，{answer.Sex}，{answer.Birthday}",
        "好的，已经登记",
    ]
    bubbles = "".join(
        f'<div style="display:flex;justify-content:flex-{"start" if place in {0, 5} else "end"};margin:26px 0">'
        f'<div style="background:{"#fff" if place in {0, 5} else "#95ec69"};border-radius:18px;padding:16px 30px">'
        f"{escape(text)}</div></div>"
        for place, text in enumerate(texts)
    )
    return _paper(bubbles, font=_PRINTED, size=40, height=_SCREEN, colour="#ededed")


def app_screen(random: Random, style: Style) -> Document:
    """Return an app's page of stored documents, with a coloured panel in a card's shape."""
    answer, entries = _quoted(random)
    rows = "".join(
        '<div style="display:flex;justify-content:space-between;border-bottom:1px solid #ddd;padding:10px 0">'
        f'<span style="color:#888">{name}</span><span>{escape(text)}</span></div>'
        for name, text in entries
    )
    css = f"background:hsl({style.hue} 60% 45%);border-radius:30px;color:#fff;padding:36px 44px;height:420px"
    panel = (
        f'<div style="{css}"><div style="font-size:1.3em">{answer.Type}</div>'
        f'<div style="margin-top:120px;letter-spacing:.1em">'
        f"{answer.Number[:3]}******{answer.Number[-2:]}</div></div>"
    )
    return _paper(f"<div>我的证件</div>{panel}{rows}", font=_PRINTED, size=36, height=_SCREEN, colour="#fafafa")


def ticket(random: Random, style: Style) -> Document:
    """Return a ticket or boarding pass with a passenger's permit number."""
    answer, _ = _quoted(random)
    title = random.choice(("登机牌 BOARDING PASS", "车票", "船票"))
    content = (
        f'<div style="color:{style.title_ink};font-size:1.4em">{title}</div>'
        f"<div>{random.choice(('香港', '澳门', '台北'))} → {random.choice(('广州南', '深圳北', '厦门', '珠海'))}</div>"
        f"<div>2026.{random.randint(1, 12):02d}.{random.randint(1, 28):02d} {random.randint(6, 22)}:35 开　"
        f"{random.randint(1, 16):02d}车{random.randint(1, 20):02d}A号</div>"
        f"<div>{escape(answer.Name or answer.EnglishName)}　{answer.Number}</div><div>{answer.Type}</div>"
    )
    return _paper(content, font=_PRINTED, size=44, height=760, colour=f"hsl({style.hue} 50% 92%)")


def name_list(random: Random, _style: Style) -> Document:
    """Return a table of several people with their permits' numbers."""
    people = [_quoted(random)[0] for _ in range(random.randint(5, 11))]
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="border:1px solid #555;padding:4px 12px">{escape(text)}</td>'
            for text in (str(row), person.Name or person.EnglishName, person.Sex, person.Birthday, person.Number)
        )
        + "</tr>"
        for row, person in enumerate(people, 1)
    )
    head = "".join(
        f'<th style="border:1px solid #555;padding:4px 12px">{name}</th>'
        for name in ("序号", "姓名", "性别", "出生日期", "证件号码")
    )
    title = f'<div style="text-align:center;font-size:1.3em">{people[0].Type}持证人名单</div>'
    return _paper(f'{title}<table style="width:100%"><tr>{head}</tr>{rows}</table>', font=_PRINTED, size=30)


def manual_page(random: Random, _style: Style) -> Document:
    """Return an explanation of the machine-readable lines, with the lines of a permit's back."""
    back: Card = permit(random, CardSide.HK_MACAO_BACK)
    lines = "".join(f"<div>{escape(line)}</div>" for line in back.mrz)
    text = (
        f"<p>{back.answer.Type if isinstance(back.answer, MainlandPermitAnswer) else ''}背面机读区示例如下：</p>"
        f"<div style=\"font:400 34px 'Liberation Mono';margin:30px 0\">{lines}</div>"
        "<p>第一行依次为证件类型、证件号码、换证次数、有效期截止日期、性别和出生日期，每一项之后有一位校验码。</p>"
        "<p>第二行为中文姓名的内码和身份证件号码，第三行为英文姓名，姓与名之间以两个填充符分隔。</p>"
        "<p>读取时应当先核对校验码，校验不通过的，应当人工复核，不得直接录入系统。</p>"
    )
    return _paper(f'<div style="font-size:1.4em">机读区说明</div>{text}', font=_PRINTED, size=32)


def leaflet(random: Random, style: Style) -> Document:
    """Return a leaflet without a word about permits: what may lie below a card."""
    words = (
        "本店",
        "优惠",
        "每日",
        "新鲜",
        "供应",
        "欢迎",
        "光临",
        "地址",
        "电话",
        "营业",
        "时间",
        "会员",
        "积分",
        "早餐",
    )
    lines = "".join(
        f"<div>{''.join(random.choices(words, k=random.randint(4, 10)))} {random.randint(10, 99)}</div>"
        for _ in range(22)
    )
    return _paper(lines, font=_PRINTED, size=34, colour=f"hsl({style.hue} 40% {random.randrange(60, 96)}%)")
