"""The canvas of a card: text that is drawn on it is recorded with its bounding box."""

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from PIL import Image, ImageDraw

from specimens.rendering.fonts import FontLoader

WIDTH: Final = 1200
HEIGHT: Final = 757
"""An ID-1 card of 85.6 × 54 mm at 14 pixels per millimetre."""

_DIGIT_FIELDS: Final = frozenset(
    {
        "Birthday",
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


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.bottom - self.top

    def moved(self, across: int) -> "Box":
        """Return the rectangle moved to the right by so many pixels."""
        return self._replace(left=self.left + across, right=self.right + across)

    def overlaps(self, other: "Box") -> bool:
        """Return whether two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Font families and inks of one card."""

    title: str
    label: str
    value: str
    digits: str
    title_ink: Colour
    label_ink: Colour
    value_ink: Colour

    def family(self, name: str) -> str:
        """Return the font family of an answer field."""
        return self.digits if name in _DIGIT_FIELDS else self.value


@dataclass(slots=True)
class Canvas:
    """A card being drawn.

    ``boxes`` maps each answer field, and ``label`` for everything else, to its printed lines; ``texts`` to their texts.
    """

    image: Image.Image
    fonts: FontLoader
    style: Style
    boxes: dict[str, list[Box]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

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
    ) -> Box:
        """Draw one line of text and return its bounding box.

        ``pitch`` is the distance between characters in pixels, ``name`` the answer field that the line belongs to.
        """
        draw = ImageDraw.Draw(self.image)
        font = self.fonts(family, size)
        left, top = at
        parts = [(left, text)]
        if pitch:
            parts = [(left + pitch * step, character) for step, character in enumerate(text)]
            if anchor == "lt":  # characters that are drawn one by one share a baseline
                top, anchor = top - draw.textbbox((0, 0), text, font=font, anchor="ls")[1], "ls"
        bounds = []
        for part_left, part in parts:
            draw.text((part_left, top), part, font=font, fill=ink, anchor=anchor)
            bounds.append(draw.textbbox((part_left, top), part, font=font, anchor=anchor))
        box = Box(
            math.floor(min(bound[0] for bound in bounds)),
            math.floor(min(bound[1] for bound in bounds)),
            math.ceil(max(bound[2] for bound in bounds)),
            math.ceil(max(bound[3] for bound in bounds)),
        )
        self.boxes.setdefault(name, []).append(box)
        self.texts.setdefault(name, []).append(text)
        return box

    def label(self, at: tuple[float, float], text: str, size: int, *, anchor: str = "lt") -> Box:
        """Draw a field label in the label font and ink."""
        return self.write(at, text, self.style.label, size, self.style.label_ink, anchor=anchor)

    def value(self, at: tuple[float, float], text: str, size: int, name: str, *, pitch: float = 0.0) -> Box:
        """Draw a field value in the font for words or for digits."""
        return self.write(at, text, self.style.family(name), size, self.style.value_ink, name=name, pitch=pitch)

    def length(self, text: str, family: str, size: int) -> float:
        """Return the width of a text in pixels."""
        return ImageDraw.Draw(self.image).textlength(text, font=self.fonts(family, size))
