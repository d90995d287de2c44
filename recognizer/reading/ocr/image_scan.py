"""From pixels to the text of the papers in an image: detect, rotate, deskew, recognise."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, Deskew
from recognizer.reading.ocr.engine import Glyph, Pixels, Quad
from recognizer.reading.ocr.segmentation import Segmentation
from recognizer.reading.ocr.text_lines import Character, TextLine

_MIN_CONFIDENCE: Final = 0.5
"""A line with a lower average confidence is a background pattern, not text."""
_IDENTITY: Final[NDArray[Any]] = np.eye(3)
_VERTICAL_RATIO: Final = 1.5
_LONG_LINE_RATIO: Final = 4.0
_SHORT_LINE_RATIO: Final = 1.6
"""Two characters. Their slope is inexact."""
_SLANTED: Final = float(np.radians(20))
_MIN_LINES: Final = 3
_MAX_CARD_LINES: Final = 40
"""A segment with more lines is more likely a page than a card."""
_MAX_SEGMENTS: Final = 5
_SAMPLE: Final = 5
"""About as many lines show whether a segment has labels: on a card, every second line has one."""
_FILLERS: Final = 5
"""So many ``>`` in a line are the fillers of machine-readable lines, read upside down."""
_POOR_CONFIDENCE: Final = 0.8
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


class ImageScan:
    """The text detected in one image. Recognition takes most of the time, so each line is read at most once."""

    def __init__(self, image: Pixels, origin: NDArray[Any] = _IDENTITY, *, thorough: bool = False) -> None:
        """Detect the text; ``thorough`` as for ``engine.find_text``."""
        self._image, self._origin = image, origin
        self._quads = engine.find_text(image, thorough=thorough)
        self._segmentation = Segmentation(image, self._quads)
        self._glyphs_by_line: dict[tuple[int, int], list[Glyph]] = {}
        self._turned: tuple[int, Pixels] | None = None

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

    def is_mostly(self, text: CardText) -> bool:
        """Tell whether most of the image's text is in a segment."""
        return 2 * len(text.quad_indexes) > len(self._quads)

    def parallel_to(self, text: CardText, tilt: float) -> CardText:
        """Return the lines of a segment that have a tilt rather than that of its text, and short ones, deskewed again.

        ``tilt``: in radians, relative to the text, as that of its lines.
        """
        height, width = self._image.shape[:2]
        parallel = [
            index
            for index in text.quad_indexes
            for quad in [_rotated(self._quads[index], text.quarter_turns, width, height)]
            if not _is_long(quad) or is_nearer(_slope(_deskewed(quad, text.deskew)), tilt)
        ]
        return self._read_segment(parallel, text.quarter_turns)

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
            and abs(_tilt(quad, text.deskew.slope)) < _MAX_ANGLE_ON_A_CARD
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
        if self._turned is None or self._turned[0] != turn:
            self._turned = turn, cv2.rotate(self._image, turn)  # only the last one, because each takes 17 MB
        return self._turned[1]


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


def is_nearer(slope: float, tilt: float) -> bool:
    """Tell whether a slope in radians is nearer to a tilt than to 0."""
    return abs(slope - tilt) < abs(slope)


def _deskewed(quad: Quad, deskew: Deskew) -> Quad:
    return np.array([deskew.to_deskewed(*corner) for corner in quad], np.float32)


def _slope(quad: Quad) -> float:
    """Return the angle of a line in radians, measured between the middles of its short edges."""
    start, end = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    return float(np.arctan2(end[1] - start[1], end[0] - start[0]))


def _tilt(quad: Quad, slope: float = 0.0) -> float:
    """Return the angle of a line relative to a slope, in radians; 0 for a short one unless it is far from parallel."""
    tilt = _slope(quad) - slope
    ratio = np.linalg.norm(quad[1] - quad[0]) / max(1.0, float(np.linalg.norm(quad[3] - quad[0])))
    is_known = ratio > _LONG_LINE_RATIO or (ratio > _SHORT_LINE_RATIO and abs(tilt) > _SLANTED)
    return tilt if is_known else 0.0


def _text_line(glyphs: list[Glyph], quad: Quad, deskew: Deskew) -> TextLine | None:
    visible = [glyph for glyph in glyphs if glyph.text.strip()]
    if not visible or sum(glyph.confidence for glyph in visible) / len(visible) < _MIN_CONFIDENCE:
        return None
    return _with_positions(glyphs, quad, deskew)


def _with_positions(glyphs: list[Glyph], quad: Quad, deskew: Deskew) -> TextLine:
    """Return the characters at their deskewed positions.

    The box is as high as the quadrilateral's short edges, regardless of its remaining slope.
    """
    corners = _deskewed(quad, deskew)
    left, right = float((corners[0, 0] + corners[3, 0]) / 2), float((corners[1, 0] + corners[2, 0]) / 2)
    height = float((np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2)
    middle = float(corners[:, 1].mean())
    characters = tuple(Character(glyph.text, left + glyph.at * (right - left), glyph.confidence) for glyph in glyphs)
    tilt = _tilt(corners)
    return TextLine(characters, left, middle - height / 2, right, middle + height / 2, tilt)
