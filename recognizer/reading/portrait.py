"""The holder's portrait: a rectangle of a portrait's shape, an edge on each side, paper beyond it and no text inside.

No face is looked for: the portrait is printed in a rectangle of its own beside the text, whoever it shows.
"""

import base64
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

type Grid = NDArray[Any]
_WORKING_WIDTH: Final = 300
"""Width in pixels at which the card is searched."""
_HEIGHTS: Final = np.geomspace(6.5, 14.0, 20)
"""Heights tried, in text heights."""
_SHAPES: Final = (0.68, 0.72, 0.76, 0.8, 0.84, 0.88)
"""Widths tried, as parts of the height: identity photographs are 0.7 to 0.85."""
_LARGER_IS_LIKELIER: Final = 0.2
"""For each text height: within a portrait there are edges too, of shoulders and hair."""
_LEAST_EDGE: Final = 0.3
"""Each side's edge must be there along this part of it."""
_BEYOND: Final = 0.25
"""The paper is looked for so many text heights beyond each side: the card's own edge has none there."""
_WITHOUT_PAPER: Final = 0.2
"""What is left of a rectangle's score where one of its sides has no paper beyond it: glare and shadows look like none.
"""
_DARK: Final = 12
"""Added to brightness before its logarithm is taken, so that noise in the dark is no colour."""
_PAPER: Final = 75
"""Percentile of brightness that is the paper's, in a line of text."""
_DARKER: Final = -0.2
_BRIGHTER: Final = 0.4
_TINTED: Final = 0.08
"""How far a card's paper is from what it usually is on this card: logarithms of brightness, and of any one colour."""
_UNSEEN: Final = 0.5
"""What is beyond the searched part may be paper or not."""
_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class PortraitFound:
    """The portrait as a JPEG file in Base64 and its place in the upright photograph's own pixels."""

    jpeg: str
    x: int
    y: int
    width: int
    height: int


def find_portrait(text: CardText, layout: Layout, scale: float) -> PortraitFound | None:
    """Return the portrait, or None if there is nothing like one.

    ``scale``: how many times longer the photograph is than ``text.image``.
    """
    search = _search_area(layout)
    flat = engine.cut(text.image, text.quad(search))
    reduction = min(1.0, _WORKING_WIDTH / flat.shape[1])
    small = cv2.resize(flat, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA)
    unit = flat.shape[1] / (search.right - search.left) * reduction
    boxes = [_moved(line, search, unit) for line in text.lines]
    framed = _best_rectangle(small, boxes, layout.height * unit)
    if framed is None:
        return None
    place = BoundingBox(
        search.left + framed.left / unit,
        search.top + framed.top / unit,
        search.left + framed.right / unit,
        search.top + framed.bottom / unit,
    )
    return _cut_out(text, place, scale)


def _moved(line: TextLine, search: BoundingBox, unit: float) -> BoundingBox:
    return BoundingBox(
        (line.left - search.left) * unit,
        (line.top - search.top) * unit,
        (line.right - search.left) * unit,
        (line.bottom - search.top) * unit,
    )


def _search_area(layout: Layout) -> BoundingBox:
    """Return the text's rectangle with room for a portrait on either side.

    Watermarks and other papers' text do not count.
    """
    lines = [anchor.line for anchor in layout.anchors] or [piece.line for piece in layout.pieces]
    lines = lines + [piece.line for piece in layout.pieces if piece.owner]
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
    room = 0.62 * max(right - left, 1.3 * (bottom - top))
    return BoundingBox(left - room, top - 0.25 * (bottom - top), right + room, bottom + 0.3 * (bottom - top))


def _best_rectangle(small: Pixels, boxes: list[BoundingBox], text_height: float) -> BoundingBox | None:
    """Return the rectangle whose four sides lie best on edges; None if every one lacks an edge or has text in it."""
    ink = _ink(small.shape[:2], boxes, text_height)
    upright, level = _edges(small, ink)
    beyond = max(1, round(_BEYOND * text_height))
    paper = _integral(np.pad(np.maximum(_paper(small, boxes), ink), beyond + 1, constant_values=_UNSEEN))
    sums = (_summed(upright, 0), _summed(level, 1), _integral(ink))
    best: BoundingBox | None = None
    most = 0.0
    for height in sorted({round(times * text_height) for times in _HEIGHTS}):
        for width in sorted({round(shape * height) for shape in _SHAPES}):
            if height + 1 >= small.shape[0] or width + 1 >= small.shape[1]:
                continue
            score = _scores(sums, width, height) * (1 + _LARGER_IS_LIKELIER * height / text_height)
            score *= _WITHOUT_PAPER + (1 - _WITHOUT_PAPER) * _least_paper(paper, width, height, beyond, score.shape)
            top, left = np.unravel_index(int(score.argmax()), score.shape)
            if score[top, left] > most:
                most = float(score[top, left])
                best = BoundingBox(float(left), float(top), float(left + width), float(top + height))
    return best


def _ink(shape: tuple[int, ...], boxes: list[BoundingBox], text_height: float) -> Grid:
    """Return 1 where there is text, but for what is too high to be text: a portrait misread as a character."""
    ink = np.zeros(shape, np.float32)
    for box in boxes:
        if box.bottom - box.top < 3 * text_height:
            ink[_span(box.top, box.bottom), _span(box.left, box.right)] = 1
    return ink


def _span(start: float, end: float) -> slice:
    return slice(max(0, int(start)), max(0, int(end) + 1))


def _edges(small: Pixels, ink: Grid) -> tuple[Grid, Grid]:
    """Return where upright and where level edges run, 0 to 1.

    Steps in any colour channel, beside what the paper's pattern makes.
    """
    smooth = cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)
    edges = []
    for axis in (1, 0):
        step = np.zeros(ink.shape, np.float32)
        difference = np.abs(np.diff(smooth, axis=axis)).max(axis=2)
        step[: difference.shape[0], : difference.shape[1]] = difference
        usual = max(1.0, float(np.median(step)))
        step = np.where(ink > 0, 0, np.clip(step / usual / 3 - 0.4, 0, 1))
        edges.append(cv2.dilate(step, np.ones((1, 5) if axis == 1 else (5, 1), np.uint8)))
    return edges[0], edges[1]


def _paper(small: Pixels, boxes: list[BoundingBox]) -> Grid:
    """Return 1 where the ground is as it usually is behind the text, 0 elsewhere."""
    colours = np.log(small.astype(np.float32) + _DARK)
    cuts = [colours[_span(box.top, box.bottom), _span(box.left, box.right)].reshape(-1, 3) for box in boxes]
    grounds = [np.percentile(cut, _PAPER, axis=0) for cut in cuts if len(cut)]
    if not grounds:
        return np.zeros(small.shape[:2], np.float32)
    other = colours - np.median(grounds, axis=0)
    brighter = other.mean(axis=2)
    tinted = np.abs(other - brighter[..., None]).max(axis=2)
    paper = (tinted < _TINTED) & (brighter > _DARKER) & (brighter < _BRIGHTER)
    return np.asarray(paper, np.float32)


def _least_paper(paper: Grid, width: int, height: int, beyond: int, shape: tuple[int, ...]) -> Grid:
    """Return for every upper left corner how much of the strip beyond a rectangle's side is paper, where it is least.

    ``paper`` is summed, with a margin for the strips.
    """
    rows, columns = shape
    margin = beyond + 1

    def at(down: int, right: int) -> Grid:
        return paper[margin + down : margin + down + rows, margin + right : margin + right + columns]

    def strip(top: int, bottom: int, left: int, right: int) -> Grid:
        total = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
        return np.asarray(total / ((bottom - top) * (right - left)))

    sides = np.minimum(strip(0, height, -margin, -1), strip(0, height, width + 1, width + margin))
    ends = np.minimum(strip(-margin, -1, 0, width), strip(height + 1, height + margin, 0, width))
    return np.asarray(np.minimum(sides, ends))


def _integral(grid: Grid) -> Grid:
    return np.pad(grid.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _summed(edge: Grid, axis: int) -> Grid:
    pad = ((1, 0), (0, 0)) if axis == 0 else ((0, 0), (1, 0))
    return np.pad(edge.cumsum(axis), pad)


def _scores(sums: tuple[Grid, Grid, Grid], width: int, height: int) -> Grid:
    """Return for every upper left corner how well a rectangle of this size lies on edges.

    0 where a side has none or text is inside.
    """
    upright, level, ink = sums
    sides, ends = _along(upright, height), _along(level.T, width).T
    rows, columns = sides.shape[0] - 1, ends.shape[1] - 1
    left, right = sides[:rows, :columns], sides[:rows, width : width + columns]
    top, bottom = ends[:rows, :columns], ends[height : height + rows, :columns]
    inside = ink[height:, width:] - ink[:-height, width:] - ink[height:, :-width] + ink[:-height, :-width]
    clear = inside[:rows, :columns] < 0.02 * width * height
    weakest = np.minimum(np.minimum(left, right), np.minimum(top, bottom))
    total: Grid = np.where(clear & (weakest > _LEAST_EDGE), left + right + top + bottom + weakest, 0)
    return total


def _along(summed: Grid, length: int) -> Grid:
    """Return how much edge there is along each stretch of this length, less what there is just beyond it.

    The card's own edge goes on.
    """
    beyond = length // 4
    padded = np.pad(summed, ((beyond, beyond), (0, 0)), mode="edge")
    count = summed.shape[0] - length
    start, end = padded[beyond : beyond + count], padded[beyond + length : beyond + length + count]
    before = (start - padded[:count]) / beyond
    after = (padded[2 * beyond + length :][:count] - end) / beyond
    kept: Grid = (end - start) / length - 0.5 * (before + after) / 2
    return kept


def _cut_out(text: CardText, place: BoundingBox, scale: float) -> PortraitFound:
    quad = text.quad(place)
    done, file = cv2.imencode(".jpg", engine.cut(text.image, quad), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise ValueError("the portrait could not be written as a JPEG")
    corners = text.in_photo(quad) * scale
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return PortraitFound(base64.b64encode(file.tobytes()).decode(), left, top, right - left, bottom - top)
