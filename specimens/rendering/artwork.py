"""What is on a card besides its fields: paper, portrait, emblem, chip symbol and machine-readable lines."""

import math
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from specimens.rendering.canvas import HEIGHT, WIDTH, Box, Canvas, Colour


def security_paper(random: Random, tint: Colour, line: Colour, *, height: int = HEIGHT) -> Image.Image:
    """Return pastel paper with bands of fine wavy lines, like security printing."""
    rng = np.random.default_rng(random.getrandbits(64))
    y, x = np.mgrid[0:height, 0:WIDTH].astype(np.float32)
    slope = (x / WIDTH * rng.uniform(0.3, 1.0) + y / height * rng.uniform(0.2, 0.6))[..., None]
    other = np.roll(np.array(tint, np.float32), 1) * 0.35 + np.array(tint, np.float32) * 0.65
    colour = np.array(tint, np.float32) * (1 - slope / 1.6) + other * slope / 1.6
    for _ in range(3):
        period = rng.uniform(9, 17)
        wave = rng.uniform(10, 40) * np.sin(x / rng.uniform(60, 190) + rng.uniform(0, 6))
        wave += rng.uniform(4, 22) * np.sin(x / rng.uniform(23, 60) + y / rng.uniform(80, 300))
        distance = np.abs(((y + wave) / period) % 1 - 0.5) * period
        cover = np.clip(1.3 - distance, 0, 1)[..., None] * rng.uniform(0.05, 0.26)
        colour = colour * (1 - cover) + np.array(line, np.float32) * cover
    return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8), "RGB")


def draw_portrait(canvas: Canvas, random: Random, box: Box, *, sex: str, framed: bool) -> Image.Image:
    """Draw a cartoon head and shoulders that resembles nobody, and return it.

    Without a frame, the person fills the box, and the paper, in half of the cards paler, shows around the person.
    """
    size = (box.right - box.left, box.bottom - box.top)
    picture = _paint_person(random, size, sex)
    if framed:
        background = random.choice(((214, 230, 242), (235, 238, 242), (222, 232, 228)))
        canvas.image.paste(background, box)
    else:
        picture = picture.crop(picture.getbbox()).resize(size, Image.Resampling.LANCZOS)
        if random.random() < 0.5:
            canvas.image.paste((250, 250, 250), box, Image.new("L", size, random.randint(90, 200)))
    canvas.image.paste(picture, (box.left, box.top), picture)
    canvas.boxes["portrait"] = [box]
    return picture


def draw_ghost(canvas: Canvas, random: Random, person: Image.Image, box: Box) -> None:
    """Draw the portrait a second time: small, pale and in one colour."""
    pale = person.resize((box.right - box.left, box.bottom - box.top), Image.Resampling.LANCZOS)
    strength = random.uniform(0.25, 0.5)
    ink = random.choice(((90, 90, 96), (96, 120, 150), (150, 110, 110)))
    dark = pale.convert("L").point(lambda value: 255 - value * 0.8)
    mask = ImageChops.multiply(dark, pale.getchannel("A")).point(lambda value: int(value * strength * 1.4))
    canvas.image.paste(ink, (box.left, box.top), mask)


def draw_chip_symbol(canvas: Canvas, box: Box, ink: Colour) -> None:
    """Draw the symbol of a card with a chip: a circle between two bars."""
    draw = ImageDraw.Draw(canvas.image)
    middle, x = (box.top + box.bottom) // 2, (box.left + box.right) // 2
    radius = (box.bottom - box.top) // 4
    draw.rounded_rectangle(box, radius=6, outline=ink, width=4)
    draw.line((box.left, middle, x - radius, middle), fill=ink, width=4)
    draw.line((x + radius, middle, box.right, middle), fill=ink, width=4)
    draw.ellipse((x - radius, middle - radius, x + radius, middle + radius), outline=ink, width=4)


def draw_mrz(canvas: Canvas, lines: tuple[str, ...], *, bottom: int, step: int = 70) -> None:
    """Draw machine-readable lines in OCR-B on a light band; they are as wide as the card."""
    top, pitch = bottom - step * len(lines), 1080 / len(lines[0])
    band = Image.new("RGB", (WIDTH, canvas.image.height - top + 10), (247, 248, 250))
    canvas.image.paste(band, (0, top - 10), Image.new("L", band.size, 150))
    for row, line in enumerate(lines):
        at = (66, top + row * step + step - 22)
        canvas.write(at, line, "ocr-b", round(pitch * 1.39), (24, 24, 28), name="mrz", pitch=pitch, anchor="ls")


def _paint_person(random: Random, size: tuple[int, int], sex: str) -> Image.Image:
    scale = 2
    width, height = size[0] * scale, size[1] * scale
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
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
    return picture.resize(size, Image.Resampling.LANCZOS)


def draw_emblem(canvas: Canvas, centre: tuple[int, int], radius: int, ink: Colour) -> None:
    """Draw a star in a ring, the emblem of no state."""
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
    canvas.image.paste(ink, (centre[0] - radius, centre[1] - radius), mask)
