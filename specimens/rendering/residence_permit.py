"""Both sides of a residence permit. The resident identity card has the same form."""

from dataclasses import dataclass
from random import Random

from permit_ocr.domain.card.answers import ResidencePermitAnswer
from specimens.rendering.artwork import draw_emblem, draw_portrait
from specimens.rendering.canvas import Box, Canvas


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    """Of the text on a card, in pixels."""

    value: int
    label: int

    @classmethod
    def of(cls, random: Random) -> "_Sizes":
        """Return random sizes. That of the labels relative to the values is unknown."""
        value = random.randint(34, 41)
        return cls(value=value, label=round(value * random.uniform(0.55, 1.0)))

    def beside(self, top: float) -> float:
        """Return the top of a label that is level with a value."""
        return top + (self.value - self.label) / 2


def draw_residence_front(
    canvas: Canvas, random: Random, answer: ResidencePermitAnswer, *, ethnic_group: str = ""
) -> tuple[int, int]:
    """Draw a front and return the place for the specimen mark; only identity cards show an ethnic group."""
    sizes, left = _Sizes.of(random), random.randint(56, 96)
    top, pitch = random.randint(64, 96), random.randint(72, 94)
    width = random.randint(300, 350)
    portrait = Box(1140 - width, top - 6, 1140, top - 6 + round(width * random.uniform(1.2, 1.34)))
    portrait = portrait.moved(random.randint(-20, 12))
    space = random.choice(("", "", " ", "\u3000"))
    labels = [space.join(label) for label in ("姓名", "性别", "出生", "住址")]
    boxes = [
        canvas.label((left, sizes.beside(top + row * pitch)), label, sizes.label) for row, label in enumerate(labels)
    ]
    column = max(box.right for box in boxes) + random.randint(14, 64)
    _draw_name(canvas, random, answer.Name, (column, top), sizes)
    canvas.value((column, top + pitch), answer.Sex, sizes.value, "Sex")
    if ethnic_group:
        label_box = canvas.label((column + 150, sizes.beside(top + pitch)), "民族", sizes.label)
        canvas.value((label_box.right + 24, top + pitch), ethnic_group, sizes.value, "EthnicGroup")
    _draw_birth_date(canvas, random, answer.Birth, (column, top + 2 * pitch), sizes)
    lines = _wrap(canvas, answer.Address, sizes.value, portrait.left - random.randint(12, 60) - column)
    line_pitch = min(round(sizes.value * random.uniform(1.2, 1.6)), (606 - top - 3 * pitch) // len(lines))
    for row, text in enumerate(lines):
        canvas.value((column, top + 3 * pitch + row * line_pitch), text, sizes.value, "Address")
    _draw_number(canvas, random, answer.IdCardNo, left, sizes)
    draw_portrait(canvas, random, portrait, sex=answer.Sex, framed=random.random() < 0.5)
    return portrait.left, portrait.bottom + 24


def _draw_name(canvas: Canvas, random: Random, name: str, at: tuple[float, float], sizes: _Sizes) -> None:
    """Draw the name, in half of the cards of up to four characters with space between them."""
    size = sizes.value + random.randint(0, 8)
    spaced = len(name) <= 4 and random.random() < 0.5
    canvas.value(at, name, size, "Name", pitch=size * random.uniform(1.1, 1.7) if spaced else 0)


def _draw_number(canvas: Canvas, random: Random, number: str, left: float, sizes: _Sizes) -> None:
    size = random.randint(sizes.value, 50)
    bottom = random.randint(624, 664)
    label = canvas.label((left, bottom + (size - sizes.label) / 2), "公民身份号码", sizes.label)
    start = label.right + random.randint(20, 70)
    pitch = min(size * random.uniform(0.72, 0.95), (1150 - start) / len(number))
    canvas.value((start, bottom), number, min(size, int(pitch / 0.64)), "IdCardNo", pitch=pitch)


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
    sizes, step, top = _Sizes.of(random), random.randint(60, 80), random.randint(372, 404)
    edge, gap = random.randint(390, 430), random.randint(16, 60)
    longest = max(canvas.length(label, canvas.style.label, sizes.label) for label, _, _ in rows)
    to_the_left = random.random() < 0.4
    for row, (label, value, name) in enumerate(rows):
        at = (edge - longest if to_the_left else edge, sizes.beside(top + row * step))
        canvas.label(at, label, sizes.label, anchor="lt" if to_the_left else "rt")
        if value:
            canvas.value((edge + gap, top + row * step), value, sizes.value, name)
    return 860, 690


def _draw_birth_date(canvas: Canvas, random: Random, birth: str, at: tuple[float, float], sizes: _Sizes) -> None:
    """Draw 1997/6/2 as the card prints it: the numbers in the value ink, 年 月 日 in the label ink."""
    left, top = at
    gap = random.randint(4, 16)
    for number, unit in zip(birth.split("/"), "年月日", strict=True):
        number_box = canvas.value((left, top), number, sizes.value, "Birth")
        left = canvas.label((number_box.right + gap, sizes.beside(top)), unit, sizes.label).right + gap + 2


def _wrap(canvas: Canvas, text: str, size: int, width: int) -> list[str]:
    """Break Chinese text into lines no wider than ``width`` pixels."""
    lines = [""]
    for character in text:
        if canvas.length(lines[-1] + character, canvas.style.value, size) > width:
            lines.append("")
        lines[-1] += character
    return lines
