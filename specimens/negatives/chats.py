"""Screens of a chat in which somebody sends the data of a permit.

Whatever may resemble a card is chosen at random: coloured bubbles look like printed paper, avatars, stickers and a
contact's picture like a portrait, and one bubble may have the proportions of a card.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from specimens.negatives.document import Document, white_paper
from specimens.negatives.forms import wrap
from specimens.negatives.quotation import Quotation, quote_permit
from specimens.rendering.artwork import draw_emblem, draw_portrait, security_paper
from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour
from specimens.rendering.fonts import FontLoader

_LONGEST: Final = 4400
_ROOM_BELOW: Final = 1000
"""A message with data begins at least so many pixels above the end of the longest screen; later ones are not shown."""
_NAMES: Final = ("小王", "前台", "人事部", "旅行社 陈经理", "Demo Travel", "酒店客服", "家庭群 (5)", "样本同学")
_QUESTIONS: Final = ("麻烦把{}的信息发我一下", "{}带了吗", "订房要{}", "请发{}", "{}？")
_REPLIES: Final = ("好的，收到", "OK", "谢谢", "稍等", "收到，马上办理", "嗯嗯")
_TIMES: Final = ("09:41", "昨天 20:15", "11月15日 下午3:02", "星期二 18:30", "Yesterday")
_CARD_SPELLINGS: Final = {"英文姓名": "", "出生日期": "出生", "身份证件号码": "证件号码"}
_SEPARATORS: Final = ("：", "：", ": ", " ", "  ", "    ", "\n", "\n")


@dataclass(frozen=True, slots=True)
class _Theme:
    """The colours of a screen: its background, the own bubbles and the other's, their inks, and small text."""

    back: Colour
    mine: Colour
    theirs: Colour
    my_ink: Colour
    their_ink: Colour
    small: Colour = (150, 150, 156)
    pattern: Colour | None = None
    """Of a wallpaper."""


_BLACK, _WHITE = (24, 24, 26), (255, 255, 255)
_THEMES: Final = (
    _Theme((237, 237, 237), (149, 236, 105), _WHITE, _BLACK, _BLACK),
    _Theme((255, 255, 255), (30, 130, 250), (233, 233, 235), _WHITE, _BLACK),
    _Theme((255, 255, 255), (220, 236, 252), (242, 243, 245), _BLACK, _BLACK),
    _Theme((236, 229, 221), (220, 248, 198), _WHITE, _BLACK, _BLACK, pattern=(216, 204, 190)),
    _Theme((206, 222, 236), (239, 253, 222), _WHITE, _BLACK, _BLACK, pattern=(150, 180, 210)),
    _Theme((245, 238, 244), (250, 214, 226), (255, 240, 214), _BLACK, _BLACK, pattern=(226, 190, 214)),
    _Theme((140, 171, 216), (255, 236, 66), _WHITE, _BLACK, _BLACK, small=(70, 90, 120)),
    _Theme((17, 17, 17), (38, 180, 92), (44, 44, 46), _BLACK, (222, 222, 226)),
    _Theme((14, 22, 33), (43, 82, 120), (24, 37, 51), (236, 240, 244), (236, 240, 244), small=(120, 140, 160)),
    _Theme((11, 20, 26), (0, 92, 75), (32, 44, 51), (233, 237, 239), (233, 237, 239), pattern=(26, 38, 44)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    """What one chat looks like, in pixels. ``left`` and ``right``: the margins, beside a panel if there is one."""

    canvas: Canvas
    random: Random
    theme: _Theme
    size: int
    pitch: int
    radius: int
    left: int
    right: int
    avatar: int
    """0 without avatars."""
    avatars: dict[bool, Image.Image]
    """Of oneself (True) and of the other."""
    repeats_avatar: bool
    stamps: bool
    """Each bubble shows its time."""
    is_like_a_card: bool
    """The bubble with the data has the proportions of a card."""


def draw_chat(random: Random, fonts: FontLoader) -> Document:
    """Draw a chat in which somebody sends the data of a permit, in one message or several."""
    quoted, screen = quote_permit(random), _screen(random, fonts)
    theme, mine = screen.theme, random.random() < 0.5
    top = _draw_head(screen) if random.random() < 0.7 else random.randint(10, 50)
    if random.random() < 0.6:
        top = _note(screen, top, random.choice(_TIMES))
    messages = _messages(random, quoted)
    if random.random() < 0.7 or quoted.title not in "".join(messages):
        top = _bubble(screen, top, random.choice(_QUESTIONS).format(quoted.title), mine=not mine)
    if random.random() < 0.25:
        top = _draw_sticker(screen, top, mine=random.random() < 0.5)
    for number, message in enumerate(messages):
        if top > _LONGEST - _ROOM_BELOW:
            break
        shown = number == 0 or screen.repeats_avatar
        top = _bubble(screen, top, message, mine=mine, with_avatar=shown, is_data=True)
        if random.random() < 0.08:
            top = _note(screen, top, random.choice(_TIMES))
    if random.random() < 0.6:
        top = _bubble(screen, top, random.choice(_REPLIES), mine=not mine)
    if random.random() < 0.2:
        top = _draw_sticker(screen, top, mine=random.random() < 0.5)
    if random.random() < 0.4:
        screen.canvas.image.paste(theme.theirs, Box(0, top, WIDTH, top + 110))
        top += 110
    bottom = min(screen.canvas.image.height, max(top, random.choice((400, HEIGHT, 1600, 2100))))
    screen.canvas.image = screen.canvas.image.crop((0, 0, WIDTH, bottom))
    return Document(canvas=screen.canvas)


def _screen(random: Random, fonts: FontLoader) -> _Screen:
    theme, size = random.choice(_THEMES), random.randint(32, 50)
    canvas = white_paper(random, fonts, height=_LONGEST, colour=theme.back)
    if theme.pattern and random.random() < 0.6:
        canvas.image = security_paper(random, theme.back, theme.pattern, height=_LONGEST)
    avatar = random.choice((0, round(size * random.uniform(2.0, 3.0)), round(size * random.uniform(2.6, 4.2))))
    left = right = random.randint(20, 50)
    if random.random() < 0.2:
        left = _draw_panel(canvas, random, theme, size)
    return _Screen(
        canvas=canvas,
        random=random,
        theme=theme,
        size=size,
        pitch=round(size * random.uniform(1.35, 2.3)),
        radius=random.choice((0, 12, 28, 44)),
        left=left,
        right=right,
        avatar=avatar,
        avatars={one: _avatar(canvas, random, avatar) for one in (True, False)},
        repeats_avatar=random.random() < 0.7,
        stamps=random.random() < 0.35,
        is_like_a_card=random.random() < 0.35,
    )


def _messages(random: Random, quoted: Quotation) -> list[str]:
    """Return the data as messages: lines are separated by line breaks, values from labels by one of several ways."""
    separator, as_on_card = random.choice(_SEPARATORS), random.random() < 0.5
    lines = []
    for label, value in quoted.fields:
        spelled = _CARD_SPELLINGS.get(label, label) if as_on_card else label
        lines.append(f"{spelled}{separator}{value}" if spelled else value)
    title = random.choice(("{1}", "{1}", "证件类型{0}{1}", "证件{0}{1}", "")).format(separator, quoted.title)
    if title:
        lines.insert(0, title)
    if random.random() < 0.5:
        return ["\n".join(lines)]
    if random.random() < 0.5:
        return lines
    cuts = sorted(random.sample(range(1, len(lines)), min(len(lines) - 1, random.randint(1, 3))))
    return ["\n".join(lines[start:end]) for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True)]


def _bubble(
    screen: _Screen, top: int, message: str, *, mine: bool, with_avatar: bool = True, is_data: bool = False
) -> int:
    """Draw a message with its avatar; return where the next one begins."""
    canvas, theme, size = screen.canvas, screen.theme, screen.size
    aside = screen.avatar + 24 if screen.avatar else 0
    room = WIDTH - screen.left - screen.right - aside - 100 - screen.random.choice((0, aside))
    texts = [part for line in message.split("\n") for part in wrap(canvas, line, size, room)]
    width = round(max(canvas.length(text, canvas.style.value, size) for text in texts)) + 56
    height = screen.pitch * len(texts) + size // 2 + 20
    if is_data and screen.is_like_a_card and len(texts) > 4:
        width = min(room + 56, max(width, round(height * 1.586)))
    left = WIDTH - screen.right - aside - width if mine else screen.left + aside
    box = Box(left, top, left + width, top + height)
    draw = ImageDraw.Draw(canvas.image)
    draw.rounded_rectangle(box, screen.radius, fill=theme.mine if mine else theme.theirs)
    if screen.avatar and with_avatar:
        at = WIDTH - screen.right - screen.avatar if mine else screen.left
        canvas.image.paste(screen.avatars[mine], (at, top))
    ink = theme.my_ink if mine else theme.their_ink
    for row, text in enumerate(texts):
        if text:
            canvas.write((left + 28, top + size // 2 + row * screen.pitch), text, canvas.style.value, size, ink)
    if screen.stamps:
        at_end = (box.right - 16, box.bottom - 8)
        canvas.write(at_end, "15:02", canvas.style.value, size // 2, theme.small, anchor="rb")
    lowest = top + max(height, screen.avatar if with_avatar else 0)
    return lowest + screen.random.randint(12, 44)


def _draw_head(screen: _Screen) -> int:
    """Draw the contact's name at the top, sometimes with a picture."""
    canvas, random, theme = screen.canvas, screen.random, screen.theme
    band = random.choice((theme.theirs, theme.mine, (247, 247, 247)))
    ink = _WHITE if sum(band) < 300 else _BLACK
    canvas.image.paste(band, Box(screen.left - 20, 0, WIDTH, 130))
    name, left = random.choice(_NAMES), screen.left + 60
    if random.random() < 0.4:
        canvas.image.paste(_avatar(canvas, random, 100), (left, 15))
        left += 130
    canvas.write((left, 44), name, canvas.style.value, 44, ink)
    return 160 + random.randint(0, 40)


def _note(screen: _Screen, top: int, text: str) -> int:
    """Draw small text in the middle of the screen."""
    middle, style = (screen.left + WIDTH) / 2, screen.canvas.style
    box = screen.canvas.write((middle, top + 6), text, style.value, 26, screen.theme.small, anchor="mt")
    return box.bottom + 24


def _draw_sticker(screen: _Screen, top: int, *, mine: bool) -> int:
    """Draw a large picture as a message: a sticker, or the preview of a photo."""
    random, canvas = screen.random, screen.canvas
    width = random.randint(180, 460)
    height = round(width * random.choice((1.0, 1.3, 0.7)))
    aside = screen.avatar + 24 if screen.avatar else 0
    left = WIDTH - screen.right - aside - width if mine else screen.left + aside
    box = Box(left, top, left + width, top + height)
    if random.random() < 0.7:
        draw_portrait(canvas, random, box, sex=random.choice("男女"), framed=random.random() < 0.7)
    else:
        canvas.image.paste(random.choice(((110, 150, 200), (190, 150, 110), (90, 140, 100))), box)
        draw_emblem(canvas, ((box.left + box.right) // 2, (box.top + box.bottom) // 2), height // 4, _WHITE)
    return box.bottom + random.randint(14, 40)


def _draw_panel(canvas: Canvas, random: Random, theme: _Theme, size: int) -> int:
    """Draw the panel of a wide screen at the left: one large picture or several contacts; return where it ends."""
    width = random.randint(200, 330)
    canvas.image.paste(theme.theirs, Box(0, 0, width, canvas.image.height))
    ink = theme.their_ink
    if random.random() < 0.5:
        side = width - 50
        top = random.randint(40, 500)
        draw_portrait(canvas, random, Box(25, top, 25 + side, top + round(side * 1.2)), sex="女", framed=True)
        canvas.write((25, top + round(side * 1.2) + 20), "样本", canvas.style.value, size, ink)
        return width + 20
    for row in range(random.randint(2, 5)):
        canvas.image.paste(_avatar(canvas, random, 90), (20, 40 + row * 150))
        canvas.write((124, 62 + row * 150), "客户"[: 1 + row % 2], canvas.style.value, 30, ink)
    return width + 20


def _avatar(canvas: Canvas, random: Random, side: int) -> Image.Image:
    """Return a square picture: a head, an emblem or one colour."""
    colour = random.choice(((120, 150, 190), (210, 170, 120), (90, 90, 100)))
    tile = Image.new("RGB", (max(1, side), max(1, side)), colour)
    if side == 0:
        return tile
    own = Canvas(tile, canvas.fonts, canvas.style)
    kind = random.random()
    if kind < 0.5:
        draw_portrait(own, random, Box(0, 0, side, side), sex=random.choice("男女"), framed=True)
    elif kind < 0.75:
        draw_emblem(own, (side // 2, side // 2), side // 3, _WHITE)
    return own.image
