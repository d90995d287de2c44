"""The look of one document: typefaces, inks, spacing and the printed background, as CSS and SVG."""

import math
from dataclasses import dataclass
from html import escape
from random import Random
from typing import Final

WIDTH: Final = 1280
HEIGHT: Final = 807
"""A card of 85.6 × 54 mm in CSS pixels."""

_TITLES: Final = (
    "600 1em 'Noto Serif CJK SC'",
    "900 1em 'Noto Serif CJK SC'",
    "500 1em 'Noto Sans CJK SC'",
    "400 1em 'AR PL UMing CN'",
    "400 1em 'LXGW WenKai'",
)
_VALUES: Final = (
    "300 1em 'Noto Sans CJK SC'",
    "500 1em 'Noto Sans CJK SC'",
    "500 1em 'Noto Serif CJK SC'",
    "400 1em 'WenQuanYi Micro Hei'",
    "400 1em 'AR PL UMing CN', 'Noto Serif CJK TC'",
)
_LABELS: Final = ("350 1em 'Noto Sans CJK SC'", "400 1em 'Noto Serif CJK SC'", "400 1em 'WenQuanYi Zen Hei'")
_MONOSPACED: Final = ("'OCR B'", "'Liberation Mono'", "'DejaVu Sans Mono'", "'Noto Sans Mono CJK SC'")
_LATIN: Final = ("'Liberation Sans'", "'DejaVu Sans'", "'OCR B'", "'Liberation Sans Narrow'")
MACHINE: Final = "'OCR B'"
_MACHINE_ADVANCE: Final = 0.723
"""Width of a character of OCR B, in em."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Typefaces as CSS ``font`` values, colours as CSS colours, sizes in CSS pixels."""

    title: str
    value: str
    label: str
    digits: str
    latin: str
    hue: int
    title_ink: str
    label_ink: str
    value_ink: str
    size: float
    label_scale: float
    spacing: float
    """Letter spacing of values, in em."""
    title_spacing: float

    def css(self) -> str:
        """Return the style sheet."""
        bold = "-webkit-text-stroke:.025em;" if "UMing" in self.value else ""
        return f"""
            * {{ margin: 0; box-sizing: border-box; }}
            body {{ width: {WIDTH}px; overflow: hidden; position: relative; background: #fff;
                    font-size: {self.size:.1f}px; color: {self.value_ink}; line-height: 1.18; }}
            .at {{ position: absolute; }}
            .title {{ font: {self.title}; color: {self.title_ink}; letter-spacing: {self.title_spacing:.2f}em;
                      white-space: nowrap; }}
            .label {{ font: {self.label}; font-size: {self.label_scale:.2f}em; color: {self.label_ink};
                      white-space: nowrap; line-height: 1.3; }}
            .value {{ font: {self.value}; letter-spacing: {self.spacing:.3f}em; {bold} }}
            .digits {{ font-family: {self.digits}, 'Noto Sans CJK SC'; letter-spacing: {self.spacing / 2:.3f}em; }}
            .latin {{ font-family: {self.latin}, 'Noto Sans CJK SC'; letter-spacing: 0; }}
            .machine {{ font-family: {MACHINE}; white-space: pre; line-height: 1.5; color: #111; }}
            .rows {{ position: absolute; display: flex; flex-direction: column; justify-content: space-between; }}
            .row {{ display: flex; white-space: nowrap; }}
            .mark {{ position: absolute; font: 500 17px 'Noto Sans CJK SC'; color: rgba(90, 60, 60, .55);
                     letter-spacing: .2em; white-space: nowrap; }}
            svg.print {{ position: absolute; width: 100%; height: 100%; inset: 0; }}
            table {{ border-collapse: collapse; }}
        """


def draw_style(random: Random) -> Style:
    """Draw the look of a card."""
    hue = random.randrange(360)
    red = f"hsl({random.randrange(350, 368) % 360} {random.randrange(55, 85)}% {random.randrange(32, 45)}%)"
    label_ink = random.choice((red, "#444", f"hsl({hue} 45% 30%)", "#1d3a5f"))
    return Style(
        title=random.choice(_TITLES),
        value=random.choice(_VALUES),
        label=random.choice(_LABELS),
        digits=random.choice(_MONOSPACED),
        latin=random.choice(_LATIN),
        hue=hue,
        title_ink=red,
        label_ink=label_ink,
        value_ink=random.choice(("#000", "#151515", "#1c1c28")),
        size=random.uniform(37, 43),
        label_scale=random.uniform(0.5, 0.6),
        spacing=random.uniform(0, 0.05),
        title_spacing=random.uniform(0.04, 0.3),
    )


def page(style: Style, body: str, *, height: int = HEIGHT) -> str:
    """Return a whole HTML document."""
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><style>{style.css()}</style>'
        f'<body style="height:{height}px">{body}</body></html>'
    )


def at(x: float, y: float, content: str, css: str = "") -> str:
    """Place ``content`` at percentages of the document's width and height."""
    return f'<div class="at" style="left:{x:.2f}%;top:{y:.2f}%;{css}">{content}</div>'


def label(text: str) -> str:
    """Return a label."""
    return f'<div class="label">{escape(text)}</div>'


def value(field: str, text: str, classes: str = "", css: str = "") -> str:
    """Return a value whose characters' places become part of the truth; ``field`` empty: not a field."""
    name = f' data-field="{field}"' if field else ""
    return f'<span class="value {classes}" style="{css}"{name}>{escape(text)}</span>'


def machine_lines(lines: tuple[str, ...], *, width: float, bottom: float = 5) -> str:
    """Return machine-readable lines over ``width`` percent of the document, centred above its lower edge."""
    size = WIDTH * width / 100 / (max(map(len, lines)) * _MACHINE_ADVANCE)
    text = "".join(f'<div data-field="mrz-{row}">{escape(line)}</div>' for row, line in enumerate(lines))
    css = f"left:{(100 - width) / 2:.2f}%;bottom:{bottom:.2f}%;font-size:{size:.2f}px"
    return f'<div class="at machine" style="{css}">{text}</div>'


def printed_background(random: Random, style: Style) -> str:
    """Return a card's printed background: gradients, fine curves, rosettes, sometimes a watermark."""
    angle, light = random.randrange(360), random.randrange(86, 94)
    second = (style.hue + random.randrange(20, 120)) % 360
    css = (
        f"position:absolute;inset:0;background:radial-gradient(circle at {random.randrange(100)}% "
        f"{random.randrange(100)}%, hsl({second} 45% {light}% / .9), transparent 70%),"
        f"linear-gradient({angle}deg, hsl({style.hue} 50% {light}%), hsl({second} 40% {light + 4}%))"
    )
    ink = f"hsl({style.hue} 45% {random.randrange(45, 65)}% / {random.uniform(0.12, 0.34):.2f})"
    curves = _waves(random) if random.random() < 0.6 else _rosette(random)
    return f'<div style="{css}"></div><svg class="print" fill="none" stroke="{ink}">{curves}</svg>'


def _waves(random: Random) -> str:
    """Return fine waves across the card."""
    height, length, gap = random.uniform(8, 40), random.uniform(90, 420), random.uniform(7, 18)
    paths = []
    for row in range(int(HEIGHT / gap) + 2):
        phase = row * random.uniform(0.1, 0.35)
        points = (
            f"{x},{row * gap + height * math.sin(x / length * math.tau + phase):.1f}" for x in range(0, WIDTH + 20, 20)
        )
        paths.append(f'<polyline stroke-width="{random.uniform(0.6, 1.3):.2f}" points="{" ".join(points)}"/>')
    return "".join(paths)


def _rosette(random: Random) -> str:
    """Return ellipses rotated around a few centres."""
    shapes = []
    for _ in range(random.randint(2, 4)):
        x, y = random.uniform(0, WIDTH), random.uniform(0, HEIGHT)
        long, short, count = random.uniform(150, 520), random.uniform(40, 160), random.randint(14, 40)
        shapes += [
            f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{long:.0f}" ry="{short:.0f}" '
            f'transform="rotate({180 * turn / count:.1f} {x:.0f} {y:.0f})"/>'
            for turn in range(count)
        ]
    return "".join(shapes)


def portrait(random: Random, css: str, *, field: str = "portrait") -> str:
    """Return a cartoon face in a box placed by ``css``."""
    paper = f"hsl({random.randrange(190, 230)} 30% {random.randrange(78, 96)}%)"
    skin = f"hsl({random.randrange(18, 34)} {random.randrange(35, 60)}% {random.randrange(62, 82)}%)"
    hair, coat = (
        f"hsl(25 25% {random.randrange(6, 24)}%)",
        f"hsl({random.randrange(360)} 25% {random.randrange(20, 50)}%)",
    )
    long_hair = f'<path d="M24 52 Q20 12 50 12 Q80 12 76 52 L80 88 L20 88Z" fill="{hair}"/>'
    eyes = "".join(f'<ellipse cx="{x}" cy="52" rx="3.4" ry="2.2" fill="#222"/>' for x in (41, 59))
    drawing = (
        f'<rect width="100" height="126" fill="{paper}"/>{long_hair if random.random() < 0.5 else ""}'
        f'<path d="M6 126 Q10 94 50 92 Q90 94 94 126Z" fill="{coat}"/><rect x="42" y="76" width="16" height="22" '
        f'fill="{skin}"/><ellipse cx="50" cy="54" rx="24" ry="31" fill="{skin}"/>'
        f'<path d="M25 50 Q24 18 50 18 Q76 18 75 50 Q68 34 50 33 Q32 34 25 50Z" fill="{hair}"/>{eyes}'
        f'<path d="M41 70 Q50 {random.randrange(70, 78)} 59 70" stroke="#934" stroke-width="1.6" fill="none"/>'
    )
    attribute = f' data-field="{field}"' if field else ""
    return (
        f'<div style="position:absolute;{css}"{attribute}><svg viewBox="0 0 100 126" width="100%" height="100%" '
        f'preserveAspectRatio="none">{drawing}</svg></div>'
    )
