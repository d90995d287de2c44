"""From pixels to the text of a card: detect, rotate, deskew, recognise; and the crop for a closer second look."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.brightness import colour_percentiles
from recognizer.reading.ocr.engine import Glyph, Pixels, Quad
from recognizer.reading.ocr.segmentation import Segmentation
from recognizer.reading.ocr.text_lines import BoundingBox, Character, TextLine

_MIN_CONFIDENCE: Final = 0.5
"""A line with a lower average confidence is a background pattern, not text."""
_MIN_REREAD_CONFIDENCE: Final = 0.75
"""The same for each character of a strip in which the detector found no text."""
_PAIR: Final = 2
_MIN_OF_PAIR: Final = 0.5
"""The same for 男 and 女: likelier than all other characters together, of which none can be there."""
_IDENTITY: Final[NDArray[Any]] = np.eye(3)
_VERTICAL_RATIO: Final = 1.5
_LONG_LINE_RATIO: Final = 4.0
_FEW_LINES: Final = 6
"""With fewer lines, the size of the card cannot be estimated."""
_SIDE_MARGIN: Final = 0.65
_TOP_MARGIN: Final = 0.35
"""The card extends beyond its text to the sides and above by these fractions of the text's width and height."""
_OUTLINE_MARGIN: Final = 0.04
"""Margin around a card's outline, which is 0.01 to 0.05 off, relative to its width and height."""
_MIN_LINES: Final = 3
_MAX_CARD_LINES: Final = 40
"""A segment with more lines is more likely a page than a card."""
_MAX_SEGMENTS: Final = 5
_SAMPLE: Final = 5
"""About as many lines show whether a segment has labels: on a card, every second line has one."""
_FILLERS: Final = 5
"""So many ``>`` in a line are the fillers of machine-readable lines, read upside down."""
_POOR_CONFIDENCE: Final = 0.8
_PAPER_PERCENTILE: Final = 75
_BLANK_PERCENTILE: Final = 60
"""Percentiles of brightness that are the background's, in a line of text and beside it."""
_DARK: Final = 12
_COVERED: Final = 0.085
"""A difference of log brightness, in any colour. One in ten lines that are not covered reaches it."""
_LIT: Final = 0.1
"""The same for glare on the line itself, in every colour."""
_CROP_MARGINS: Final = ((0.1, -0.08), (0.2, 0.02), (0.3, 0.12))
"""Beside a line, and above and below it, in its heights: how far the crops reach in which it is read again."""
_ORIENTATION_VOTES: Final = 8
_TURNS: Final = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)
"""OpenCV's name for each number of quarter turns to the left."""
_MAX_SLOPE_DEVIATION: Final = 0.06
"""Radians from the median slope; a line beyond that is on another paper or has a bad box."""
_MAX_ANGLE_ON_A_CARD: Final = float(np.radians(15))
"""Perspective makes a card's lines differ by 15 degrees at most; text printed across it differs more."""
_MAX_TILT: Final = float(np.radians(3))
"""How much other lines may turn the text of a card."""
_MIN_FIT_LINES: Final = 4
_MAX_FAN: Final = 0.0003
"""Radians per pixel; a card seen at 45 degrees fans out less."""


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


class ImageScan:
    """The text detected in one image. Recognition takes most of the time, so each line is read at most once."""

    def __init__(self, image: Pixels, origin: NDArray[Any] = _IDENTITY, *, thorough: bool = False) -> None:
        """Detect the text; ``thorough`` as for ``engine.find_text``."""
        self._image, self._origin = image, origin
        self._quads = engine.find_text(image, thorough=thorough)
        self._segmentation = Segmentation(image, self._quads)
        self._glyphs_by_line: dict[tuple[int, int], list[Glyph]] = {}
        self._turned: dict[int, Pixels] = {}

    def segments(self, is_on_card: Callable[[TextLine], object]) -> Iterator[CardText]:
        """Yield the text of each segment, the likeliest card first; then poorly read lines, rotated by 180 degrees.

        ``is_on_card`` accepts lines that other papers hardly have. Segments without one in a sample of their lines come
        last, so that a page of text beside the card is not read for nothing.
        """
        read = []
        for segment, quarter_turns in self._likeliest_first(is_on_card):
            read.append(self._read_segment(segment, quarter_turns))
            yield read[-1]
        for text in read:
            poorly_read = [index for index in text.quad_indexes if self._is_poorly_read(index, text.quarter_turns)]
            if len(poorly_read) >= _MIN_LINES:
                yield self._read_segment(poorly_read, text.quarter_turns + 2)

    def _likeliest_first(self, is_on_card: Callable[[TextLine], object]) -> Iterator[tuple[list[int], int]]:
        """Yield segments and the quarter turns that make them upright, as few as are asked for."""
        segments = self._segmentation.segments()
        candidates = [segment for segment in segments if len(segment) >= _MIN_LINES] or segments
        candidates.sort(key=lambda segment: (len(segment) > _MAX_CARD_LINES, -_text_area(self._quads_of(segment))))
        del candidates[_MAX_SEGMENTS:]
        unlikely = []
        for segment in candidates:
            quarter_turns = self._quarter_turns_to_upright(self._quads_of(segment))
            sample = segment[:: max(1, len(segment) // _SAMPLE)]
            if len(candidates) == 1 or any(map(is_on_card, self._read_segment(sample, quarter_turns).lines)):
                yield segment, quarter_turns
            else:
                unlikely.append((segment, quarter_turns))
        yield from unlikely

    def _is_poorly_read(self, index: int, quarter_turns: int) -> bool:
        """Tell whether a line has such low confidence that it may be upside down, unlike those around it."""
        glyphs = self._glyphs_by_line[index, quarter_turns]
        confidences = [glyph.confidence for glyph in glyphs if glyph.text.strip()]
        if sum(glyph.text == ">" for glyph in glyphs) >= _FILLERS:
            return True
        return not confidences or sum(confidences) < _POOR_CONFIDENCE * len(confidences)

    def joined_across_edges(self, text: CardText) -> CardText | None:
        """Return the text of a segment joined with all parallel text beside it, ignoring edges between them.

        A shadow, glare or a coloured band may look like the edge of a card. None if this adds nothing that is parallel.
        """
        own = set(text.quad_indexes)
        joined = own.union(
            *(segment for segment in self._segmentation.segments(split_at_edges=False) if not own.isdisjoint(segment))
        )
        return self._with_others(text, joined) if joined > own else None

    def completed_within(self, text: CardText, outline: Quad) -> CardText | None:
        """Return the text of a segment and all parallel text within a card's outline; None if there is no other.

        ``outline``: corners in ``text.image``. Glare or a shadow across a card separates its text into segments.
        """
        height, width = self._image.shape[:2]
        upright = [_rotated(quad, text.quarter_turns, width, height) for quad in self._quads]
        inside = {
            index
            for index, quad in enumerate(upright)
            if cv2.pointPolygonTest(outline, quad.mean(axis=0).tolist(), measureDist=False) >= 0
            and (not _is_long(quad) or abs(_slope(quad) - text.deskew.slope) < _MAX_ANGLE_ON_A_CARD)
        }
        return self._with_others(text, inside.union(text.quad_indexes)) if inside - set(text.quad_indexes) else None

    def _with_others(self, text: CardText, indexes: set[int]) -> CardText | None:
        """Return a text with other lines; None if these tilt all of it, so that no place of a label is right.

        The tilt of a text without any long line is not known.
        """
        joined = self._read_segment(sorted(indexes), text.quarter_turns)
        is_known = text.deskew != Deskew()
        return joined if not is_known or abs(joined.deskew.slope - text.deskew.slope) < _MAX_TILT else None

    def _quads_of(self, segment: list[int]) -> list[Quad]:
        return [self._quads[index] for index in segment]

    def _read_segment(self, segment: list[int], quarter_turns: int) -> CardText:
        """Read a segment after quarter turns of the image to the left."""
        quarter_turns %= 4
        upright = self._upright(quarter_turns)
        height, width = self._image.shape[:2]
        quads = {index: _rotated(self._quads[index], quarter_turns, width, height) for index in segment}
        new = [index for index in segment if (index, quarter_turns) not in self._glyphs_by_line]
        for index, glyphs in zip(
            new, engine.read_strips(engine.crop(upright, quads[index]) for index in new), strict=True
        ):
            self._glyphs_by_line[index, quarter_turns] = glyphs
        deskew = _fit_deskew(list(quads.values()))
        lines = [
            line
            for index in segment
            if (line := _text_line(self._glyphs_by_line[index, quarter_turns], quads[index], deskew))
        ]
        return CardText(upright, tuple(lines), deskew, quarter_turns, self._origin, tuple(segment))

    def _quarter_turns_to_upright(self, quads: list[Quad]) -> int:
        """Return how many quarter turns to the left make the lines upright."""
        quarter_turns = 1 if _is_vertical(quads) else 0
        upright = self._upright(quarter_turns)
        height, width = self._image.shape[:2]
        longest = sorted(quads, key=lambda quad: -float(np.linalg.norm(quad[2] - quad[0])))[:_ORIENTATION_VOTES]
        turned = [_rotated(quad, quarter_turns, width, height) for quad in longest]
        return quarter_turns + 2 * engine.is_upside_down(engine.crop(upright, quad) for quad in turned)

    def _upright(self, quarter_turns: int) -> Pixels:
        """Return the image after quarter turns to the left, contiguous: else OpenCV would copy it for every strip."""
        turn = _TURNS[quarter_turns % 4]
        if turn is None:
            return self._image
        if turn not in self._turned:
            self._turned[turn] = cv2.rotate(self._image, turn)
        return self._turned[turn]


def _background_log_brightness(pixels: Pixels, percentile: float) -> NDArray[Any]:
    """Return the log brightness of each colour at a percentile: strokes are darker than the background."""
    return np.asarray(np.log(colour_percentiles(pixels, percentile) + _DARK))


def _text_area(segment: list[Quad]) -> float:
    """Return the area of the image that a segment's text covers."""
    return float(sum(cv2.contourArea(quad) for quad in segment))


def _is_vertical(quads: list[Quad]) -> bool:
    """Tell whether most text, by length, runs vertically."""
    down = along = 0.0
    for quad in quads:
        width, height = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        if height > _VERTICAL_RATIO * width:
            down += float(height)
        elif width > _VERTICAL_RATIO * height:
            along += float(width)
    return down > along


def _rotated(quad: Quad, quarter_turns: int, width: int, height: int) -> Quad:
    """Return a quadrilateral after quarter turns of its image to the left, with its corners in order."""
    for _ in range(quarter_turns):
        quad = np.stack([quad[:, 1], width - 1 - quad[:, 0]], axis=1)
        width, height = height, width
        quad = np.roll(quad, -1, axis=0)
    return quad.astype(np.float32)


def _fit_deskew(quads: list[Quad]) -> Deskew:
    """Fit the slope of the long lines and its change from the top of the image to the bottom."""
    long = [quad for quad in quads if _is_long(quad)]
    if not long:
        return Deskew()
    slopes = np.array([_slope(quad) for quad in long])
    slope = float(median(slopes))
    turned = Deskew(slope)
    middles = np.array([turned.to_deskewed(*quad.mean(axis=0)) for quad in long])
    centre = float(middles[:, 0].mean())
    kept = np.abs(slopes - slope) < _MAX_SLOPE_DEVIATION
    if kept.sum() < _MIN_FIT_LINES or np.ptp(middles[kept, 1]) == 0:
        return Deskew(slope, centre=centre)
    lengths = np.array([np.linalg.norm(quad[1] - quad[0]) for quad in long])[kept]
    fan, rise = np.polyfit(middles[kept, 1], slopes[kept] - slope, 1, w=lengths)
    return Deskew(slope, float(fan), float(rise), centre) if abs(fan) < _MAX_FAN else Deskew(slope, centre=centre)


def _is_long(quad: Quad) -> bool:
    """Tell whether a line is so long that its slope is known."""
    return bool(np.linalg.norm(quad[1] - quad[0]) > _LONG_LINE_RATIO * np.linalg.norm(quad[3] - quad[0]))


def _slope(quad: Quad) -> float:
    """Return the angle of a line in radians, measured between the middles of its short edges."""
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    return float(np.arctan2(end[1] - start[1], end[0] - start[0]))


def _text_line(glyphs: list[Glyph], quad: Quad, deskew: Deskew) -> TextLine | None:
    visible = [glyph for glyph in glyphs if glyph.text.strip()]
    if not visible or sum(glyph.confidence for glyph in visible) / len(visible) < _MIN_CONFIDENCE:
        return None
    return _with_positions(glyphs, quad, deskew)


def _with_positions(glyphs: list[Glyph], quad: Quad, deskew: Deskew) -> TextLine:
    """Return the characters at their deskewed positions.

    The box is as high as the quadrilateral's short edges, regardless of its remaining slope.
    """
    corners = np.array([deskew.to_deskewed(*corner) for corner in quad])
    left, right = float((corners[0, 0] + corners[3, 0]) / 2), float((corners[1, 0] + corners[2, 0]) / 2)
    height = float((np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2)
    middle = float(corners[:, 1].mean())
    characters = tuple(Character(glyph.text, left + glyph.at * (right - left), glyph.confidence) for glyph in glyphs)
    tilt = _slope(corners) if _is_long(quad) else 0.0
    return TextLine(characters, left, middle - height / 2, right, middle + height / 2, tilt)


def close_up(text: CardText, core: Sequence[TextLine], outline: Quad | None = None) -> tuple[Pixels, NDArray[Any]]:
    """Return the part of the image around the card's lines, rectified, and its ``origin``.

    ``core`` are the lines that certainly belong to the card, at least one. The card extends beyond them: there may be a
    portrait beside them and a title above. ``outline``: the card's corners in the image, if found. If all these lines
    are within it, it is the part, because it shows the perspective, and how far the card extends beyond a shadow.
    """
    if outline is not None and _contains(outline, text, core):
        return _rectified(text, _widened(outline))
    left, right = min(line.left for line in core), max(line.right for line in core)
    top, bottom = min(line.top for line in core), max(line.bottom for line in core)
    width, height = right - left, bottom - top
    few = len(core) < _FEW_LINES
    beside = max(_SIDE_MARGIN * width, height if few else 0.0)
    above = max(_TOP_MARGIN * height, width if few else 0.0)
    left, right, top, bottom = _clipped_to_image(
        text, BoundingBox(left - beside, top - above, right + beside, bottom + above)
    )
    return _rectified(text, text.quad(BoundingBox(left, top, right, bottom)))


def _contains(outline: Quad, text: CardText, lines: Sequence[TextLine]) -> bool:
    """Tell whether the middle of each line is within the outline."""
    middles = (text.deskew.to_image((line.left + line.right) / 2, line.middle) for line in lines)
    return all(cv2.pointPolygonTest(outline, middle, measureDist=False) >= 0 for middle in middles)


def _widened(outline: Quad) -> Quad:
    """Return the corners of a card with a margin around it, in its perspective."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    wider = unit + (2 * unit - 1) * _OUTLINE_MARGIN
    transform = cv2.getPerspectiveTransform(unit, outline)
    return np.asarray(cv2.perspectiveTransform(wider[None].astype(np.float32), transform)[0], np.float32)


def _rectified(text: CardText, quad: Quad) -> tuple[Pixels, NDArray[Any]]:
    """Return the content of a quadrilateral as an upright image, and its ``origin``."""
    straight = engine.crop(text.image, quad)
    rows, columns = straight.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    return straight, cv2.getPerspectiveTransform(corners, text.in_photo(quad))


def _clipped_to_image(text: CardText, box: BoundingBox) -> tuple[float, float, float, float]:
    """Clip a box to the image. Returns left, right, top and bottom."""
    height, width = text.image.shape[:2]
    corners = np.array([text.deskew.to_deskewed(x, y) for x in (0, width) for y in (0, height)])
    (least_x, least_y), (most_x, most_y) = corners.min(axis=0), corners.max(axis=0)
    return (
        max(box.left, float(least_x)),
        min(box.right, float(most_x)),
        max(box.top, float(least_y)),
        min(box.bottom, float(most_y)),
    )
