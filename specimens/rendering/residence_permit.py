"""Both sides of a residence permit. The resident identity card has the same form."""

from random import Random

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from specimens.rendering.artwork import draw_emblem, draw_portrait
from specimens.rendering.canvas import Box, Canvas


def draw_residence_front(
    canvas: Canvas, random: Random, answer: ResidencePermitAnswer, *, ethnic_group: str = ""
) -> tuple[int, int]:
    """Draw a front and return the place for the specimen mark; only identity cards show an ethnic group."""
    left, size = random.randint(70, 96), random.randint(36, 40)
    top, pitch = random.randint(78, 96), random.randint(84, 92)
    column = left + random.randint(106, 124)
    labels = random.choice((("姓名", "性别", "出生", "住址"), ("姓 名", "性 别", "出 生", "住 址")))
    for row, label in enumerate(labels):
        canvas.label((left, top + row * pitch + 4), label, size - 6)
    canvas.value((column, top), answer.Name, size + 4, "Name")
    canvas.value((column, top + pitch), answer.Sex, size, "Sex")
    if ethnic_group:
        label_box = canvas.label((column + 150, top + pitch + 4), "民族", size - 6)
        canvas.value((label_box.right + 24, top + pitch), ethnic_group, size, "EthnicGroup")
    _draw_birth_date(canvas, answer.Birth, (column, top + 2 * pitch), size)
    width = random.randint(530, 570)
    for row, text in enumerate(_wrap(canvas, answer.Address, size, width)):
        canvas.value((column, top + 3 * pitch + row * (size + 16)), text, size, "Address")
    bottom = random.randint(632, 652)
    canvas.label((left, bottom + 6), "公民身份号码", size - 6)
    canvas.value((left + 290, bottom), answer.IdCardNo, 48, "IdCardNo", pitch=random.choice((36, 38, 40)))
    box = Box(808, top - 6, 808 + 324, top - 6 + 430)
    draw_portrait(canvas, random, box, sex=answer.Sex, framed=random.random() < 0.5)
    return box.left, box.bottom + 24


def draw_residence_back(
    canvas: Canvas, random: Random, title: str, answer: ResidencePermitAnswer, *, travel_permit: bool = True
) -> tuple[int, int]:
    """Draw a back and return the place for the specimen mark; identity cards show no ``travel_permit``."""
    family, ink = canvas.style.title, canvas.style.title_ink
    draw_emblem(canvas, (190, 180), 108, (196, 60, 52))
    canvas.write((360, random.randint(76, 90)), "中华人民共和国", family, 56, ink, pitch=94)
    pitch = 736 / len(title)
    canvas.write((352, random.randint(180, 196)), title, family, 78, ink, pitch=pitch)
    rows = [("签发机关", answer.Authority, "Authority"), ("有效期限", answer.ValidDate, "ValidDate")]
    if travel_permit:
        rows += [("通行证号码", answer.PassNo, "PassNo"), ("签发次数", answer.VisaNum, "VisaNum")]
    size, step, top = random.randint(36, 41), random.randint(66, 74), random.randint(388, 404)
    edge = random.randint(396, 430)
    for row, (label, value, name) in enumerate(rows):
        canvas.label((edge, top + row * step + 4), label, size - 6, anchor="rt")
        if value:
            canvas.value((edge + 36, top + row * step), value, size, name)
    return 860, 690


def _draw_birth_date(canvas: Canvas, birth: str, at: tuple[float, float], size: int) -> None:
    """Draw 1997/6/2 as the card prints it: the numbers in the value ink, 年 月 日 in the label ink."""
    left, top = at
    for number, unit in zip(birth.split("/"), "年月日", strict=True):
        number_box = canvas.value((left, top), number, size, "Birth")
        left = canvas.label((number_box.right + 12, top + 4), unit, size - 6).right + 14


def _wrap(canvas: Canvas, text: str, size: int, width: int) -> list[str]:
    """Break Chinese text into lines no wider than ``width`` pixels."""
    lines = [""]
    for character in text:
        if canvas.length(lines[-1] + character, canvas.style.value, size) > width:
            lines.append("")
        lines[-1] += character
    return lines
