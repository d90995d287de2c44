"""An SVG drawing: texts at fixed places, a background of patterns, a face made of polygons."""

from dataclasses import dataclass, field
from html import escape
from random import Random
from typing import Final

WIDTH: Final = 1370
HEIGHT: Final = 864
"""A card of 85.6 × 54 mm, 16 pixels to the millimetre."""

_TITLES: Final = ("Noto Serif CJK SC", "AR PL UKai CN", "LXGW WenKai", "Noto Sans CJK SC")
_VALUES: Final = ("WenQuanYi Zen Hei", "Noto Serif CJK SC", "LXGW WenKai", "Noto Sans CJK SC", "AR PL UKai CN")
_DIGITS: Final = ("LXGW WenKai Mono", "OCR B", "Noto Sans Mono CJK SC", "Liberation Mono")
_LABELS: Final = ("Noto Sans CJK SC", "LXGW WenKai", "WenQuanYi Micro Hei")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Typefaces, inks and sizes of one drawing."""

    title: str
    value: str
    digits: str
    label: str
    red: str
    dark: str
    label_ink: str
    hue: int
    size: float
    """Of values, in pixels."""
    small: float
    """Of labels."""


def draw_look(random: Random) -> Look:
    """Draw the look of a document."""
    red = f"#{random.randrange(150, 205):02x}{random.randrange(10, 50):02x}{random.randrange(20, 60):02x}"
    size = random.uniform(38, 46)
    return Look(
        title=random.choice(_TITLES),
        value=random.choice(_VALUES),
        digits=random.choice(_DIGITS),
        label=random.choice(_LABELS),
        red=red,
        dark=random.choice(("#0a0a0a", "#202020", "#1b1b30")),
        label_ink=random.choice((red, "#555555", "#28506e", "#5a4632")),
        hue=random.randrange(360),
        size=size,
        small=size * random.uniform(0.5, 0.6),
    )


@dataclass(slots=True)
class Canvas:
    """Collects the elements of a drawing. Places are pixels; a text's place is the left end of its base line."""

    look: Look
    width: int = WIDTH
    height: int = HEIGHT
    elements: list[str] = field(default_factory=list)

    def add(self, element: str) -> None:
        """Add an SVG element."""
        self.elements.append(element)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        font: str,
        size: float,
        ink: str,
        name: str = "",
        spacing: float = 0,
        width: float = 0,
        anchor: str = "start",
        weight: int = 400,
    ) -> None:
        """Print a text; with ``name``, its characters' places are those of this field; ``width`` stretches it."""
        stretch = f' textLength="{width:.1f}"' if width else ""
        marked = f' data-field="{name}"' if name else ""
        self.add(
            f'<text x="{x:.1f}" y="{y:.1f}" font-family="\'{font}\', \'Noto Sans CJK TC\'" font-size="{size:.1f}" '
            f'font-weight="{weight}" fill="{ink}" letter-spacing="{spacing:.1f}" text-anchor="{anchor}" '
            f'xml:space="preserve"{stretch}{marked}>{escape(text)}</text>'
        )

    def label(self, x: float, y: float, text: str) -> None:
        """Print a label."""
        self.text(x, y, text, font=self.look.label, size=self.look.small, ink=self.look.label_ink)

    def value(self, x: float, y: float, text: str, name: str = "", *, digits: bool = False, scale: float = 1) -> None:
        """Print a value."""
        font = self.look.digits if digits else self.look.value
        self.text(x, y, text, font=font, size=self.look.size * scale, ink=self.look.dark, name=name)

    def machine(self, lines: tuple[str, ...], *, left: float, bottom: float, pitch: float) -> None:
        """Print machine-readable lines; ``pitch`` is the height of a line."""
        for row, line in enumerate(lines):
            y = bottom - (len(lines) - 1 - row) * pitch
            size, width = pitch * 0.78, self.width - 2 * left
            self.text(left, y, line, font="OCR B", size=size, ink="#111111", width=width, name=f"mrz-{row}")

    def svg(self) -> str:
        """Return the drawing as an HTML document."""
        return (
            '<!doctype html><meta charset="utf-8"><style>body{margin:0}svg{display:block}</style>'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}">'
            f"{''.join(self.elements)}</svg>"
        )


def paint_background(canvas: Canvas, random: Random) -> None:
    """Paint a card's background: a gradient, a pattern of fine lines, and hills or a circle in a darker tint."""
    hue, other = canvas.look.hue, canvas.look.hue + random.randrange(-60, 60)
    light, gap = random.randrange(84, 93), random.uniform(9, 26)
    ink = f"hsl({other} 40% {random.randrange(50, 70)}%)"
    x1, y1 = random.random(), random.random()
    pattern = random.choice(
        (
            f'<path d="M0 {gap / 2} Q{gap / 4} 0 {gap / 2} {gap / 2} T{gap} {gap / 2}"/>',
            f'<circle cx="{gap / 2}" cy="{gap / 2}" r="{gap / 3}"/>',
            f'<path d="M0 0L{gap} {gap}M{gap} 0L0 {gap}"/>',
            f'<path d="M0 0L{gap} {gap}"/>',
        )
    )
    canvas.add(
        f'<defs><linearGradient id="g" x1="{x1:.2f}" y1="{y1:.2f}" x2="{1 - x1:.2f}" y2="{1 - y1:.2f}">'
        f'<stop offset="0" stop-color="hsl({hue} 45% {light}%)"/><stop offset="1" stop-color="hsl({other} 35% '
        f'{light + 5}%)"/></linearGradient><pattern id="p" width="{gap}" height="{gap}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({random.randrange(90)})"><g fill="none" stroke="{ink}" '
        f'stroke-width="{random.uniform(0.5, 1.1):.2f}">{pattern}</g></pattern></defs>'
        f'<rect width="{canvas.width}" height="{canvas.height}" fill="url(#g)"/>'
        f'<rect width="{canvas.width}" height="{canvas.height}" fill="url(#p)" '
        f'opacity="{random.uniform(0.2, 0.55):.2f}"/>'
    )
    tint = f'fill="{ink}" opacity="{random.uniform(0.08, 0.22):.2f}"'
    if random.random() < 0.6:
        points = " ".join(f"{x},{canvas.height - random.uniform(60, 380):.0f}" for x in range(0, canvas.width + 60, 60))
        canvas.add(f'<polygon points="0,{canvas.height} {points} {canvas.width},{canvas.height}" {tint}/>')
    else:
        place = f'cx="{random.uniform(300, 1100):.0f}" cy="{random.uniform(200, 700):.0f}"'
        canvas.add(f'<circle {place} r="{random.uniform(120, 320):.0f}" {tint}/>')


def paint_face(
    canvas: Canvas, random: Random, x: float, y: float, width: float, *, name: str = "portrait", opacity: float = 1
) -> None:
    """Paint a cartoon face of the proportions 26 : 32."""
    skin = f"hsl({random.randrange(16, 36)} 45% {random.randrange(58, 84)}%)"
    hair = f"hsl(30 20% {random.randrange(5, 30)}%)"
    coat = f"hsl({random.randrange(360)} 30% {random.randrange(15, 60)}%)"
    paper = f"hsl({random.randrange(180, 240)} {random.randrange(5, 40)}% {random.randrange(75, 97)}%)"
    glasses = '<path d="M88 148h34v20h-34zM138 148h34v20h-34zM122 156h16" fill="none" stroke="#333" stroke-width="4"/>'
    shape = (
        f'<rect width="260" height="320" fill="{paper}"/><polygon fill="{coat}" '
        f'points="10,320 40,256 100,236 160,236 220,256 250,320"/>'
        f'<polygon points="105,200 155,200 160,250 130,270 100,250" fill="{skin}"/>'
        f'<polygon points="72,120 90,72 130,56 170,72 188,120 180,180 155,222 130,232 105,222 80,180" fill="{skin}"/>'
        f'<polygon points="66,140 62,80 100,36 160,34 200,80 194,140 182,100 150,84 100,90 78,104" fill="{hair}"/>'
        f'<circle cx="106" cy="158" r="6" fill="#222"/><circle cx="156" cy="158" r="6" fill="#222"/>'
        f'<path d="M112 202 Q130 {random.randrange(200, 216)} 150 202" stroke="#a44" stroke-width="4" fill="none"/>'
        f"{glasses if random.random() < 0.35 else ''}"
    )
    marked = f' data-field="{name}"' if name else ""
    grey = ' filter="grayscale(1)"' if opacity < 1 else ""
    canvas.add(
        f'<svg x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{width * 32 / 26:.1f}" viewBox="0 0 260 320" '
        f'opacity="{opacity:.2f}"{marked}{grey}>{shape}</svg>'
    )
