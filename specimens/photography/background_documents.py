"""Other papers and cards on the table, whose text must not be taken for the card's."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from specimens.rendering.fonts import FontLoader

_PHRASES: Final = (
    "请于收到通知后十五日内到窗口办理",
    "本表一式两份",
    "以上内容由申请人如实填写",
    "服务时间：周一至周五",
    "会议纪要（第三稿）",
    "谢谢惠顾，欢迎再次光临",
    "样本银行股份有限公司",
    "商品名称　数量　单价　金额",
    "地铁站出口右转约二百米",
    "示例科技有限公司采购部",
    "Please keep this receipt for your records",
    "Minutes of the third meeting",
    "SAMPLE HOTEL & RESORT",
    "Terms and conditions apply",
    "Thank you for travelling with us",
)
_FORM_LABELS: Final = ("姓名", "联系电话", "电子邮箱", "申请日期", "单位名称", "备注", "经办人签字", "房间号")
_WORD_FAMILIES: Final = ("noto-sans", "noto-serif", "zenhei", "microhei", "wenkai")

type Paint = Callable[[Random, FontLoader], Image.Image]


def draw_background_documents(random: Random, fonts: FontLoader) -> Iterator[Image.Image]:
    """Draw up to four documents (RGBA), to scale with a card 1,200 pixels wide."""
    for _ in range(random.choice((0, 1, 2, 2, 3, 4))):
        paint: Paint = random.choice((_letter, _letter, _form, _receipt, draw_bank_card, _business_card))
        yield paint(random, fonts)


def _blank(size: tuple[int, int], colour: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", size, (*colour, 255))
    return image, ImageDraw.Draw(image)


def _letter(random: Random, fonts: FontLoader) -> Image.Image:
    image, draw = _blank((1500, random.randint(900, 1700)), random.choice(((252, 252, 250), (246, 242, 230))))
    size = random.randint(26, 44)
    font = fonts(random.choice(_WORD_FAMILIES), size)
    ink = random.choice(((30, 30, 34), (40, 40, 90), (90, 90, 90)))
    for top in range(random.randint(60, 140), image.height - size - 60, round(size * random.uniform(1.5, 2.2))):
        draw.text((90, top), random.choice(_PHRASES) + random.choice(_PHRASES), font=font, fill=ink)
    return image


def _form(random: Random, fonts: FontLoader) -> Image.Image:
    image, draw = _blank((1500, 1300), (253, 253, 253))
    font, rows = fonts(random.choice(_WORD_FAMILIES), 36), random.sample(_FORM_LABELS, 6)
    for row, label in enumerate(rows):
        top = 90 + row * 190
        draw.rectangle((80, top, 1420, top + 190), outline=(60, 60, 60), width=3)
        draw.text((110, top + 70), label, font=font, fill=(40, 40, 40))
        draw.line((420, top, 420, top + 190), fill=(60, 60, 60), width=3)
    return image


def _receipt(random: Random, fonts: FontLoader) -> Image.Image:
    image, draw = _blank((760, 1500), (250, 250, 247))
    font = fonts("noto-sans", 32)
    draw.text((60, 50), random.choice(_PHRASES), font=font, fill=(60, 60, 60))
    for row in range(18):
        amount = f"{random.randint(1, 999)}.{random.randint(0, 99):02d}"
        draw.text((60, 140 + row * 62), f"{random.randint(100000, 999999)}", font=font, fill=(70, 70, 70))
        draw.text((700, 140 + row * 62), amount, font=font, fill=(70, 70, 70), anchor="rt")
    draw.text((60, 1290), f"2026-{random.randint(1, 12):02d}-{random.randint(1, 28):02d} 12:30", font=font, fill=0)
    return image


def draw_bank_card(random: Random, fonts: FontLoader) -> Image.Image:
    """Draw a bank card, 1,200 pixels wide."""
    colour = random.choice(((32, 60, 120), (140, 30, 40), (30, 90, 70), (70, 70, 78)))
    image, draw = _blank((1200, 757), colour)
    draw.rounded_rectangle((90, 250, 250, 370), radius=16, fill=(206, 180, 110))
    number = " ".join(f"{random.randrange(10_000):04d}" for _ in range(4))
    draw.text((90, 430), number, font=fonts("noto-sans-bold", 78), fill=(232, 232, 232))
    draw.text((90, 80), "样本银行 SAMPLE BANK", font=fonts("noto-sans-bold", 60), fill=(240, 240, 240))
    draw.text(
        (90, 600), f"VALID THRU {random.randint(1, 12):02d}/30", font=fonts("noto-sans", 44), fill=(226, 226, 226)
    )
    return image


def _business_card(random: Random, fonts: FontLoader) -> Image.Image:
    image, draw = _blank((1260, 760), random.choice(((250, 250, 250), (236, 240, 246), (40, 44, 52))))
    ink = (236, 236, 236) if image.getpixel((0, 0)) == (40, 44, 52, 255) else (40, 44, 60)
    family = random.choice(_WORD_FAMILIES)
    draw.text(
        (110, 120),
        random.choice(("示例科技有限公司", "样本设计事务所", "SAMPLE STUDIO")),
        font=fonts(family, 62),
        fill=ink,
    )
    draw.text((110, 300), random.choice(("甲经理", "乙工程师", "A. N. OTHER")), font=fonts(family, 74), fill=ink)
    if random.random() < 0.7:
        phone = f"+86 000 {random.randrange(10_000):04d} {random.randrange(10_000):04d}"
        draw.text((110, 520), phone, font=fonts(family, 44), fill=ink)
    draw.text((110, 600), "post@example.invalid", font=fonts(family, 44), fill=ink)
    return image
