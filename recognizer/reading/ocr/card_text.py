"""The text of a card with its positions in the photo, and the image for reading parts of it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.brightness import colour_percentiles, log_brightness
from recognizer.reading.ocr.engine import Glyph, Pixels, Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

_MIN_REREAD_CONFIDENCE: Final = 0.75
"""The same for each character of a strip in which the detector found no text."""
_PAIR: Final = 2
_MIN_OF_PAIR: Final = 0.5
"""The same for 男 and 女: likelier than all other characters together, of which none can be there."""
_PAPER_PERCENTILE: Final = 75
_BLANK_PERCENTILE: Final = 60
"""Percentiles of brightness that are the background's, in a line of text and beside it."""
_COVERED: Final = 0.085
"""A difference of log brightness, in any colour. One in ten lines that are not covered reaches it."""
_LIT: Final = 0.1
"""The same for glare on the line itself, in every colour."""
_CROP_MARGINS: Final = ((0.1, -0.08), (0.2, 0.02), (0.3, 0.12))
"""Beside a line, and above and below it, in its heights: how far the crops reach in which it is read again."""


@dataclass(frozen=True)
class Deskew:
    """Transforms the image's pixels to deskewed ones: rotates by ``slope`` radians about the origin, then row by row.

    At height y, rows rise by ``fan`` * y + ``rise`` from x = ``centre`` on: perspective makes rows fan out.
    """

    slope: float = 0.0
    fan: float = 0.0
    rise: float = 0.0
    centre: float = 0.0

    def to_deskewed(self, x: float, y: float) -> tuple[float, float]:
        """Transform a point of the image to deskewed pixels."""
        cos, sin = np.cos(self.slope), np.sin(self.slope)
        turned_x, turned_y = x * cos + y * sin, y * cos - x * sin
        return float(turned_x), float(turned_y - (self.fan * turned_y + self.rise) * (turned_x - self.centre))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Transform a deskewed point to the image's pixels."""
        y = (y + self.rise * (x - self.centre)) / (1 - self.fan * (x - self.centre))
        cos, sin = np.cos(self.slope), np.sin(self.slope)
        return float(x * cos - y * sin), float(y * cos + x * sin)


@dataclass(frozen=True)
class CardText:
    """The lines of one image segment in deskewed pixels, and the image for reading parts of it again.

    ``quarter_turns`` to the left made the image upright. ``origin`` maps points of the image before those turns to the
    photo. ``quad_indexes``: which of the image's text quadrilaterals were read.
    """

    image: Pixels
    lines: tuple[TextLine, ...]
    deskew: Deskew
    quarter_turns: int
    origin: NDArray[Any]
    quad_indexes: tuple[int, ...]

    def quad(self, box: BoundingBox) -> Quad:
        """Return the corners in the image of a box in deskewed pixels."""
        corners = [(x, y) for y in (box.top, box.bottom) for x in (box.left, box.right)]
        upper_left, upper_right, lower_left, lower_right = (self.deskew.to_image(x, y) for x, y in corners)
        return np.array([upper_left, upper_right, lower_right, lower_left], np.float32)

    def in_photo(self, points: Quad) -> Quad:
        """Transform points of the image to the photo that it was cropped from."""
        x, y = points[:, 0], points[:, 1]
        height, width = self.image.shape[:2]
        back = ((x, y), (height - 1 - y, x), (width - 1 - x, height - 1 - y), (y, width - 1 - x))[
            self.quarter_turns % 4
        ]
        moved = cv2.perspectiveTransform(np.stack(back, axis=1)[None].astype(np.float32), self.origin)
        return np.asarray(moved[0], np.float32)

    def from_photo(self, points: Quad) -> Quad:
        """Transform points of the photo to the image: the inverse of ``in_photo``."""
        height, width = self.image.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        transform = cv2.getPerspectiveTransform(self.in_photo(corners), corners)
        return np.asarray(cv2.perspectiveTransform(points[None].astype(np.float32), transform)[0], np.float32)

    def corners_in_photo(self, box: BoundingBox) -> tuple[tuple[float, float], ...]:
        """Return the corners in the photo of a box in deskewed pixels, from the upper left of the text clockwise."""
        return tuple((float(x), float(y)) for x, y in self.in_photo(self.quad(box)))

    def is_covered(self, line: TextLine) -> bool:
        """Tell whether something may cover text beside a line.

        Its background there differs from the line's own, or glare makes it brighter than behind other lines.
        """
        paper = self._paper_of(line)
        if (paper - self._paper).min() > _LIT:
            return True
        reach, gap = 1.3 * line.height, 0.2 * line.height
        beside = ((line.left - reach, line.left - gap), (line.right + gap, line.right + reach))
        steps = [
            np.abs(_background_log_brightness(self._crop(line, left, right), _BLANK_PERCENTILE) - paper).max()
            for left, right in beside
        ]
        return bool(max(steps) > _COVERED)

    @cached_property
    def _paper(self) -> NDArray[Any]:
        """The usual log brightness of each colour behind this card's text."""
        return np.asarray(np.median([self._paper_of(line) for line in self.lines], axis=0))

    def _paper_of(self, line: TextLine) -> NDArray[Any]:
        return _background_log_brightness(self._crop(line, line.left, line.right), _PAPER_PERCENTILE)

    def paper_colour(self, line: TextLine) -> NDArray[Any]:
        """Return how far the colours behind a line are from grey, in log brightness: no shadow changes that."""
        paper = self._paper_of(line)
        return np.asarray(paper - paper.mean())

    def _crop(self, line: TextLine, left: float, right: float) -> Pixels:
        margin = 0.1 * line.height
        return engine.crop(self.image, self.quad(BoundingBox(left, line.top + margin, right, line.bottom - margin)))

    def reread(self, box: BoundingBox, alphabet: str | None) -> str:
        """Read one line in a box in deskewed pixels; empty unless every character is confident."""
        glyphs = self._read_box(box, alphabet)
        least = _MIN_OF_PAIR if alphabet is not None and len(alphabet) == _PAIR else _MIN_REREAD_CONFIDENCE
        return "" if any(glyph.confidence < least for glyph in glyphs) else _text_of(glyphs)

    def reread_checked(self, box: BoundingBox, alphabet: str | None) -> str:
        """Read one line in a box in deskewed pixels. The caller verifies it by check digits."""
        return _text_of(self._read_box(box, alphabet))

    def read_again(self, box: BoundingBox) -> list[tuple[str, float]]:
        """Read one line in several crops around a box in deskewed pixels: each text with its least confidence."""
        height = box.bottom - box.top
        crops = [
            engine.crop(self.image, self.quad(BoundingBox(box.left - x, box.top - y, box.right + x, box.bottom + y)))
            for x, y in ((part[0] * height, part[1] * height) for part in _CROP_MARGINS)
        ]
        readings = engine.read_strips([*crops, *map(engine.sharpened, crops)])
        read = [[glyph for glyph in glyphs if glyph.text.strip()] for glyphs in readings]
        return [(_text_of(glyphs), min(glyph.confidence for glyph in glyphs)) for glyphs in read if glyphs]

    def _read_box(self, box: BoundingBox, alphabet: str | None) -> list[Glyph]:
        glyphs = engine.read_strip(engine.crop(self.image, self.quad(box)), alphabet)
        return [glyph for glyph in glyphs if glyph.text.strip()]


def _text_of(glyphs: Sequence[Glyph]) -> str:
    return "".join(glyph.text for glyph in glyphs)


def _background_log_brightness(pixels: Pixels, percentile: float) -> NDArray[Any]:
    """Return the log brightness of each colour at a percentile: strokes are darker than the background."""
    return log_brightness(colour_percentiles(pixels, percentile))
