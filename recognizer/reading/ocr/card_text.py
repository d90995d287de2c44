"""From pixels to the text of a card: found, turned upright, levelled, read; and the part to read again from nearer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.engine import Glyph, Pixels, Quad
from recognizer.reading.ocr.segmentation import Segmentation
from recognizer.reading.ocr.text_lines import BoundingBox, Character, TextLine

_SURE: Final = 0.5
"""A line whose characters are less sure than this on average is a pattern, not text."""
_SURE_AGAIN: Final = 0.75
"""The same for strips read without the detector's word that there is text."""
_UNMOVED: Final[NDArray[Any]] = np.eye(3)
_TALL: Final = 1.5
_LONG: Final = 4.0
_FEW_LINES: Final = 6
"""Fewer lines than this do not show how large the card is."""
_BESIDE: Final = 0.65
_ABOVE: Final = 0.35
"""The card goes on beside and above its lines by these parts of their width and height."""
_LEAST_LINES: Final = 3
_MOST_LINES: Final = 40
"""A sheet with more lines is more likely a page than a card."""
_MOST_SHEETS: Final = 5
_BADLY: Final = 0.8
_PAPER: Final = 75
_BLANK: Final = 60
"""Percentiles of brightness that are the ground's, in a line of text and beside it."""
_DARK: Final = 12
_COVERED: Final = 0.085
"""A difference of the logarithm of brightness, in any colour, that one in ten lines reaches that go on unhurt."""
_VOTES: Final = 8
_STRAY: Final = 0.06
"""Radians from the usual slope; a line further off lies on another paper or in a bad box."""
_ENOUGH_LINES: Final = 4
_MOST_FAN: Final = 0.0003
"""Radians a pixel; a card seen at 45 degrees fans out less."""


@dataclass(frozen=True)
class Deskew:
    """The turn from the image's pixels to levelled ones: by ``slope`` radians about the origin, then row by row.

    At height y they rise by ``fan`` * y + ``rise``, measured from x = ``centre`` on: perspective makes rows fan out.
    """

    slope: float = 0.0
    fan: float = 0.0
    rise: float = 0.0
    centre: float = 0.0

    def to_deskewed(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the image lies once levelled."""
        cos, sin = np.cos(self.slope), np.sin(self.slope)
        turned_x, turned_y = x * cos + y * sin, y * cos - x * sin
        return float(turned_x), float(turned_y - (self.fan * turned_y + self.rise) * (turned_x - self.centre))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Return where a levelled point lies in the image."""
        y = (y + self.rise * (x - self.centre)) / (1 - self.fan * (x - self.centre))
        cos, sin = np.cos(self.slope), np.sin(self.slope)
        return float(x * cos - y * sin), float(y * cos + x * sin)


@dataclass(frozen=True)
class CardText:
    """The lines of one image in levelled pixels, and the image to look at again.

    ``turns`` quarter turns to the left made it upright; ``origin`` takes points of the image before those turns to the
    photograph. ``places``: which of the image's places of text were read.
    """

    image: Pixels
    lines: tuple[TextLine, ...]
    level: Deskew
    turns: int
    origin: NDArray[Any]
    places: tuple[int, ...]

    def quad(self, place: BoundingBox) -> Quad:
        """Return the corners in the image of a rectangle of levelled pixels."""
        corners = [(x, y) for y in (place.top, place.bottom) for x in (place.left, place.right)]
        upper_left, upper_right, lower_left, lower_right = (self.level.to_image(x, y) for x, y in corners)
        return np.array([upper_left, upper_right, lower_right, lower_left], np.float32)

    def in_photo(self, points: Quad) -> Quad:
        """Return where points of the image lie in the photograph it was taken from."""
        x, y = points[:, 0], points[:, 1]
        height, width = self.image.shape[:2]
        back = ((x, y), (height - 1 - y, x), (width - 1 - x, height - 1 - y), (y, width - 1 - x))[self.turns % 4]
        moved = cv2.perspectiveTransform(np.stack(back, axis=1)[None].astype(np.float32), self.origin)
        return np.asarray(moved[0], np.float32)

    def is_covered(self, line: TextLine) -> bool:
        """Tell whether the ground before or behind a line is another than its own: text may go on there unseen."""
        paper = _ground(self._cut(line, line.left, line.right), _PAPER)
        reach, gap = 1.3 * line.height, 0.2 * line.height
        beside = ((line.left - reach, line.left - gap), (line.right + gap, line.right + reach))
        steps = [np.abs(_ground(self._cut(line, left, right), _BLANK) - paper).max() for left, right in beside]
        return bool(max(steps) > _COVERED)

    def _cut(self, line: TextLine, left: float, right: float) -> Pixels:
        margin = 0.1 * line.height
        return engine.cut(self.image, self.quad(BoundingBox(left, line.top + margin, right, line.bottom - margin)))

    def reread(self, place: BoundingBox, alphabet: str | None) -> str:
        """Read one line in a rectangle of levelled pixels; empty unless every character is sure."""
        glyphs = engine.read_strip(engine.cut(self.image, self.quad(place)), alphabet)
        solid = [glyph for glyph in glyphs if glyph.text.strip()]
        return "".join(glyph.text for glyph in solid) if all(glyph.confidence >= _SURE_AGAIN for glyph in solid) else ""


class ImageScan:
    """One image in which text was looked for. Reading is what takes time: each line is read once at most."""

    def __init__(self, image: Pixels, origin: NDArray[Any] = _UNMOVED) -> None:
        self._image, self._origin = image, origin
        self._places = engine.find_text(image)
        self._ground = Segmentation(image, self._places)
        self._read: dict[tuple[int, int], list[Glyph]] = {}

    def segments(self) -> Iterator[CardText]:
        """Yield the text of each sheet in the image, the likeliest card first; then what reads badly, turned over."""
        segments = self._ground.segments()
        candidates = [segment for segment in segments if len(segment) >= _LEAST_LINES] or segments
        candidates.sort(key=lambda segment: (len(segment) > _MOST_LINES, -_amount(self._places_of(segment))))
        read = []
        for segment in candidates[:_MOST_SHEETS]:
            read.append(self._text(segment, _upright_after(self._image, self._places_of(segment))))
            yield read[-1]
        for text in read:
            badly = [index for index in text.places if self._is_badly_read(index, text.turns)]
            if len(badly) >= _LEAST_LINES:
                yield self._text(badly, text.turns + 2)

    def _is_badly_read(self, index: int, turns: int) -> bool:
        """Tell whether a line reads so badly that it may stand on its head, though those around it do not."""
        sure = [glyph.confidence for glyph in self._read[index, turns] if glyph.text.strip()]
        return not sure or sum(sure) < _BADLY * len(sure)

    def widened(self, text: CardText) -> CardText | None:
        """Return the text of a sheet and of all that runs the same way beside it, whatever edge lies between.

        A shadow, glare or a band of another colour may look like the end of a sheet. None where nothing is added.
        """
        wider = next(segment for segment in self._ground.segments(apart=False) if text.places[0] in segment)
        return self._text(wider, text.turns) if len(wider) > len(text.places) else None

    def _places_of(self, segment: list[int]) -> list[Quad]:
        return [self._places[index] for index in segment]

    def _text(self, segment: list[int], turns: int) -> CardText:
        """Read a sheet after quarter turns of the image to the left."""
        turns %= 4
        upright = np.ascontiguousarray(np.rot90(self._image, turns))
        height, width = self._image.shape[:2]
        places = {index: _turn(self._places[index], turns, width, height) for index in segment}
        new = [index for index in segment if (index, turns) not in self._read]
        for index, glyphs in zip(
            new, engine.read_strips(engine.cut(upright, places[index]) for index in new), strict=True
        ):
            self._read[index, turns] = glyphs
        level = _fit_deskew(list(places.values()))
        lines = [line for index in segment if (line := _line(self._read[index, turns], places[index], level))]
        return CardText(upright, tuple(lines), level, turns, self._origin, tuple(segment))


def _ground(pixels: Pixels, percentile: float) -> NDArray[Any]:
    """Return the logarithm of each colour's brightness at a percentile: strokes are darker than the ground."""
    return np.asarray(np.log(np.percentile(pixels.reshape(-1, 3), percentile, axis=0) + _DARK))


def _amount(segment: list[Quad]) -> float:
    """Return the area of the image that a sheet's text covers."""
    return float(sum(cv2.contourArea(quad) for quad in segment))


def _upright_after(image: Pixels, places: list[Quad]) -> int:
    """Return how many quarter turns to the left make lines upright."""
    turns = 1 if _runs_down(places) else 0
    upright = np.rot90(image, turns)
    longest = sorted(places, key=lambda quad: -float(np.linalg.norm(quad[2] - quad[0])))[:_VOTES]
    turned = [_turn(quad, turns, image.shape[1], image.shape[0]) for quad in longest]
    return turns + 2 * engine.is_upside_down(engine.cut(upright, quad) for quad in turned)


def _runs_down(places: list[Quad]) -> bool:
    """Tell whether most text, by its length, runs up or down the image."""
    down = along = 0.0
    for quad in places:
        width, height = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        if height > _TALL * width:
            down += float(height)
        elif width > _TALL * height:
            along += float(width)
    return down > along


def _turn(quad: Quad, turns: int, width: int, height: int) -> Quad:
    """Return a quadrilateral after quarter turns of its image to the left, corners in order again."""
    for _ in range(turns):
        quad = np.stack([quad[:, 1], width - 1 - quad[:, 0]], axis=1)
        width, height = height, width
        quad = np.roll(quad, -1, axis=0)
    return quad.astype(np.float32)


def _fit_deskew(places: list[Quad]) -> Deskew:
    """Fit the slope of the long lines, and how it changes from the top of the image to its bottom."""
    long = [quad for quad in places if np.linalg.norm(quad[1] - quad[0]) > _LONG * np.linalg.norm(quad[3] - quad[0])]
    if not long:
        return Deskew()
    slopes = np.array([_slope(quad) for quad in long])
    slope = float(median(slopes))
    turned = Deskew(slope)
    middles = np.array([turned.to_deskewed(*quad.mean(axis=0)) for quad in long])
    centre = float(middles[:, 0].mean())
    kept = np.abs(slopes - slope) < _STRAY
    if kept.sum() < _ENOUGH_LINES or np.ptp(middles[kept, 1]) == 0:
        return Deskew(slope, centre=centre)
    lengths = np.array([np.linalg.norm(quad[1] - quad[0]) for quad in long])[kept]
    fan, rise = np.polyfit(middles[kept, 1], slopes[kept] - slope, 1, w=lengths)
    return Deskew(slope, float(fan), float(rise), centre) if abs(fan) < _MOST_FAN else Deskew(slope, centre=centre)


def _slope(quad: Quad) -> float:
    """Return the angle of a line in radians, from the middles of its short edges."""
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    return float(np.arctan2(end[1] - start[1], end[0] - start[0]))


def _line(glyphs: list[Glyph], quad: Quad, level: Deskew) -> TextLine | None:
    solid = [glyph for glyph in glyphs if glyph.text.strip()]
    if not solid or sum(glyph.confidence for glyph in solid) / len(solid) < _SURE:
        return None
    return _placed(glyphs, quad, level)


def _placed(glyphs: list[Glyph], quad: Quad, level: Deskew) -> TextLine:
    """Return the characters in levelled places.

    The box is as high as the quadrilateral's short edges, whatever its remaining slope.
    """
    corners = np.array([level.to_deskewed(*corner) for corner in quad])
    left, right = float((corners[0, 0] + corners[3, 0]) / 2), float((corners[1, 0] + corners[2, 0]) / 2)
    height = float((np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2)
    middle = float(corners[:, 1].mean())
    characters = tuple(Character(glyph.text, left + glyph.at * (right - left), glyph.confidence) for glyph in glyphs)
    return TextLine(characters, left, middle - height / 2, right, middle + height / 2)


def close_up(text: CardText, core: Sequence[TextLine]) -> tuple[Pixels, NDArray[Any]]:
    """Return the part of the image around the lines of the card, straightened, and its ``origin``.

    ``core`` are the lines that surely belong to the card, at least one. The card goes on around them: by a portrait
    beside, by a title above.
    """
    left, right = min(line.left for line in core), max(line.right for line in core)
    top, bottom = min(line.top for line in core), max(line.bottom for line in core)
    width, height = right - left, bottom - top
    few = len(core) < _FEW_LINES
    beside = max(_BESIDE * width, height if few else 0.0)
    above = max(_ABOVE * height, width if few else 0.0)
    left, right, top, bottom = _inside(text, BoundingBox(left - beside, top - above, right + beside, bottom + above))
    quad = text.quad(BoundingBox(left, top, right, bottom))
    straight = engine.cut(text.image, quad)
    rows, columns = straight.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    return straight, cv2.getPerspectiveTransform(corners, text.in_photo(quad))


def _inside(text: CardText, place: BoundingBox) -> tuple[float, float, float, float]:
    """Return left, right, top and bottom of the part of a rectangle that the image covers."""
    height, width = text.image.shape[:2]
    corners = np.array([text.level.to_deskewed(x, y) for x in (0, width) for y in (0, height)])
    (least_x, least_y), (most_x, most_y) = corners.min(axis=0), corners.max(axis=0)
    return (
        max(place.left, float(least_x)),
        min(place.right, float(most_x)),
        max(place.top, float(least_y)),
        min(place.bottom, float(most_y)),
    )
