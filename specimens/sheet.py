"""A card's blank sheet: paper, writing that remembers its place, a drawn portrait and a drawn emblem."""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from specimens.fonts import FontLoader

WIDTH: Final = 1200
HEIGHT: Final = 757
"""An ID-1 card of 85.6 × 54 mm at 14 pixels a millimetre."""

_DIGIT_FIELDS: Final = frozenset(
    {
        "Birthday",
        "EnglishName",
        "HistoryNumber",
        "IDNumber",
        "IdCardNo",
        "IssueNumber",
        "Number",
        "PassNo",
        "ValidDate",
        "VisaNum",
    }
)
type Colour = tuple[int, int, int]


class Place(NamedTuple):
    """A rectangle in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "Place") -> bool:
        """Tell whether two rectangles share any area."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one card is printed: families of ``fonts.FAMILIES`` and inks."""

    title: str
    label: str
    value: str
    digits: str
    title_ink: Colour
    label_ink: Colour
    value_ink: Colour

    def family(self, name: str) -> str:
        """Return the font of a field of the answer."""
        return self.digits if name in _DIGIT_FIELDS else self.value


@dataclass(slots=True)
class Sheet:
    """A card in the making. ``places``: where each field was printed, line by line; ``label`` is no field."""

    image: Image.Image
    fonts: FontLoader
    style: Style
    places: dict[str, list[Place]] = field(default_factory=dict)

    def write(
        self,
        at: tuple[float, float],
        text: str,
        family: str,
        size: int,
        ink: Colour,
        *,
        name: str = "label",
        pitch: float = 0.0,
        anchor: str = "lt",
    ) -> Place:
        """Write one line and return its place.

        ``pitch`` sets the signs so many pixels apart, ``name`` is the field of the answer that the line belongs to.
        """
        draw = ImageDraw.Draw(self.image)
        font = self.fonts(family, size)
        boxes = []
        steps = [(at[0] + pitch * step, sign) for step, sign in enumerate(text)] if pitch else [(at[0], text)]
        for left, part in steps:
            draw.text((left, at[1]), part, font=font, fill=ink, anchor=anchor)
            boxes.append(draw.textbbox((left, at[1]), part, font=font, anchor=anchor))
        place = Place(
            math.floor(min(box[0] for box in boxes)),
            math.floor(min(box[1] for box in boxes)),
            math.ceil(max(box[2] for box in boxes)),
            math.ceil(max(box[3] for box in boxes)),
        )
        self.places.setdefault(name, []).append(place)
        return place

    def label(self, at: tuple[float, float], text: str, size: int, *, anchor: str = "lt") -> Place:
        """Write what names a field, in the labels' font and ink."""
        return self.write(at, text, self.style.label, size, self.style.label_ink, anchor=anchor)

    def value(self, at: tuple[float, float], text: str, size: int, name: str, *, pitch: float = 0.0) -> Place:
        """Write what a field says, in the font for words or the one for digits."""
        return self.write(at, text, self.style.family(name), size, self.style.value_ink, name=name, pitch=pitch)

    def length(self, text: str, family: str, size: int) -> float:
        """Return how wide a text comes out, in pixels."""
        return ImageDraw.Draw(self.image).textlength(text, font=self.fonts(family, size))


def paper(random: Random, tint: Colour, line: Colour) -> Image.Image:
    """Return pastel paper with bands of fine waving lines, as security printing has them."""
    seeded = np.random.default_rng(random.getrandbits(64))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = (x / WIDTH * seeded.uniform(0.3, 1.0) + y / HEIGHT * seeded.uniform(0.2, 0.6))[..., None]
    other = np.roll(np.array(tint, np.float32), 1) * 0.35 + np.array(tint, np.float32) * 0.65
    colour = np.array(tint, np.float32) * (1 - slope / 1.6) + other * slope / 1.6
    for _ in range(3):
        period = seeded.uniform(9, 17)
        wave = seeded.uniform(10, 40) * np.sin(x / seeded.uniform(60, 190) + seeded.uniform(0, 6))
        wave += seeded.uniform(4, 22) * np.sin(x / seeded.uniform(23, 60) + y / seeded.uniform(80, 300))
        distance = np.abs(((y + wave) / period) % 1 - 0.5) * period
        cover = np.clip(1.3 - distance, 0, 1)[..., None] * seeded.uniform(0.08, 0.18)
        colour = colour * (1 - cover) + np.array(line, np.float32) * cover
    return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8), "RGB")


def draw_portrait(sheet: Sheet, random: Random, place: Place, *, sex: str) -> None:
    """Draw a cartoon head and shoulders: nobody's face."""
    scale = 2
    width, height = (place.right - place.left) * scale, (place.bottom - place.top) * scale
    picture = Image.new("RGB", (width, height), random.choice(((214, 230, 242), (235, 238, 242), (222, 232, 228))))
    draw = ImageDraw.Draw(picture)
    skin = random.choice(((247, 217, 190), (238, 198, 164), (226, 182, 146)))
    hair = random.choice(((40, 34, 34), (66, 48, 40), (92, 66, 44)))
    cloth = random.choice(((52, 74, 110), (120, 60, 66), (70, 100, 80), (90, 90, 98)))
    cx, cy, rx, ry = width / 2, height * 0.43, width * 0.23, height * 0.215
    if sex == "女":
        draw.rounded_rectangle(
            (cx - rx * 1.32, cy - ry * 1.2, cx + rx * 1.32, cy + ry * 1.7), radius=int(rx), fill=hair
        )
    draw.ellipse((cx - width * 0.42, height * 0.76, cx + width * 0.42, height * 1.4), fill=cloth)
    draw.rectangle((cx - rx * 0.42, cy + ry * 0.6, cx + rx * 0.42, height * 0.81), fill=skin)
    draw.polygon(
        [(cx - rx * 0.7, height * 0.775), (cx + rx * 0.7, height * 0.775), (cx, height * 0.9)], fill=(244, 244, 246)
    )
    draw.ellipse((cx - rx * 1.12, cy - ry * 1.22, cx + rx * 1.12, cy + ry * 0.7), fill=hair)
    draw.ellipse((cx - rx, cy - ry * 0.95, cx + rx, cy + ry * 1.1), fill=skin)
    draw.chord((cx - rx * 1.02, cy - ry * 1.12, cx + rx * 1.02, cy + ry * 0.35), 190, 350, fill=hair)
    for side in (-1, 1):
        eye = cx + side * rx * 0.42
        draw.ellipse((eye - rx * 0.13, cy - ry * 0.02, eye + rx * 0.13, cy + ry * 0.16), fill=(36, 32, 32))
        draw.arc(
            (eye - rx * 0.26, cy - ry * 0.3, eye + rx * 0.26, cy + ry * 0.1),
            200,
            340,
            fill=hair,
            width=max(2, int(rx * 0.07)),
        )
        draw.ellipse((eye - rx * 0.2, cy + ry * 0.36, eye + rx * 0.2, cy + ry * 0.52), fill=(240, 180, 160))
    draw.arc(
        (cx - rx * 0.3, cy + ry * 0.35, cx + rx * 0.3, cy + ry * 0.75),
        20,
        160,
        fill=(180, 70, 70),
        width=max(3, int(rx * 0.08)),
    )
    sheet.image.paste(
        picture.resize((width // scale, height // scale), Image.Resampling.LANCZOS), (place.left, place.top)
    )
    sheet.places["portrait"] = [place]


def draw_emblem(sheet: Sheet, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    """Draw a star in a ring: no state's emblem."""
    scale = 3
    side = 2 * radius * scale
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((2, 2, side - 3, side - 3), outline=255, width=max(3, side // 18))
    points = []
    for step in range(10):
        reach = side * (0.34 if step % 2 == 0 else 0.14)
        angle = math.pi * (step / 5 - 0.5)
        points.append((side / 2 + reach * math.cos(angle), side / 2 + reach * math.sin(angle)))
    draw.polygon(points, fill=255)
    mask = mask.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)
    sheet.image.paste(ink, (centre[0] - radius, centre[1] - radius), mask)
