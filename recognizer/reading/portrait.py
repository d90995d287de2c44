"""Finds the portrait: a rectangle with a portrait's shape, edges on all sides, paper around it and no text inside.

There is no face detection: the portrait is always printed in a separate rectangle beside the text.
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
"""The card is scaled to this width in pixels for the search."""
_HEIGHTS: Final = np.geomspace(6.5, 14.0, 20)
"""Rectangle heights to try, in text heights."""
_SHAPES: Final = (0.68, 0.72, 0.76, 0.8, 0.84, 0.88)
"""Rectangle widths to try, as fractions of the height: identity photos have 0.7 to 0.85."""
_SIZE_BONUS: Final = 0.2
"""Score bonus for each text height of size: shoulders and hair make edges within a portrait, too."""
_MIN_EDGE: Final = 0.3
"""An edge must be visible along this fraction of each side."""
_PAPER_STRIP: Final = 0.25
"""Width in text heights of the strip around the rectangle that must be paper: there is none outside the card's edge."""
_NO_PAPER_FACTOR: Final = 0.2
"""Score factor if there is no paper along one side. Not 0, because glare and shadows hide paper."""
_DARK: Final = 12
"""Added to brightness before taking its logarithm, so that noise in dark areas does not count as colour."""
_PAPER_PERCENTILE: Final = 75
"""Percentile of brightness within a text line that is the paper's."""
_MIN_BRIGHTNESS: Final = -0.2
_MAX_BRIGHTNESS: Final = 0.4
_MAX_TINT: Final = 0.08
"""How far paper may differ from the card's median paper, in log brightness and in the log of any one colour."""
_UNKNOWN_PAPER: Final = 0.5
"""Paper value outside the searched area, which is unknown."""
_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class PortraitCrop:
    """The portrait as a Base64 JPEG, and its bounding box in the pixels of the upright photo."""

    jpeg: str
    x: int
    y: int
    width: int
    height: int


def find_portrait(text: CardText, layout: Layout, scale: float) -> PortraitCrop | None:
    """Return the portrait, or None if none is found. ``scale``: the photo's size divided by that of ``text.image``."""
    search = _search_area(layout)
    flat = engine.crop(text.image, text.quad(search))
    reduction = min(1.0, _WORKING_WIDTH / flat.shape[1])
    small = cv2.resize(flat, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA)
    scale_to_search = flat.shape[1] / (search.right - search.left) * reduction
    text_boxes = [_scaled(line, search, scale_to_search) for line in text.lines]
    rectangle = _best_rectangle(small, text_boxes, layout.height * scale_to_search)
    if rectangle is None:
        return None
    box = BoundingBox(
        search.left + rectangle.left / scale_to_search,
        search.top + rectangle.top / scale_to_search,
        search.left + rectangle.right / scale_to_search,
        search.top + rectangle.bottom / scale_to_search,
    )
    return _crop_portrait(text, box, scale)


def _scaled(line: TextLine, search: BoundingBox, scale_to_search: float) -> BoundingBox:
    return BoundingBox(
        (line.left - search.left) * scale_to_search,
        (line.top - search.top) * scale_to_search,
        (line.right - search.left) * scale_to_search,
        (line.bottom - search.top) * scale_to_search,
    )


def _search_area(layout: Layout) -> BoundingBox:
    """Return the text's bounding box with a margin for a portrait on either side.

    Watermarks and text on other papers are ignored.
    """
    lines = [anchor.line for anchor in layout.anchors] or [piece.line for piece in layout.pieces]
    lines = lines + [piece.line for piece in layout.pieces if piece.owner]
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    top, bottom = min(line.top for line in lines), max(line.bottom for line in lines)
    room = 0.62 * max(right - left, 1.3 * (bottom - top))
    return BoundingBox(left - room, top - 0.25 * (bottom - top), right + room, bottom + 0.3 * (bottom - top))


def _best_rectangle(small: Pixels, text_boxes: list[BoundingBox], text_height: float) -> BoundingBox | None:
    """Return the rectangle whose sides match edges best; None if all candidates lack an edge or contain text."""
    text_mask = _text_mask(small.shape[:2], text_boxes, text_height)
    upright, level = _edges(small, text_mask)
    margin_width = max(1, round(_PAPER_STRIP * text_height))
    paper = _integral(
        np.pad(np.maximum(_paper_mask(small, text_boxes), text_mask), margin_width + 1, constant_values=_UNKNOWN_PAPER)
    )
    sums = (_cumulative(upright, 0), _cumulative(level, 1), _integral(text_mask))
    best: BoundingBox | None = None
    most = 0.0
    for height in sorted({round(times * text_height) for times in _HEIGHTS}):
        for width in sorted({round(shape * height) for shape in _SHAPES}):
            if height + 1 >= small.shape[0] or width + 1 >= small.shape[1]:
                continue
            score = _scores(sums, width, height) * (1 + _SIZE_BONUS * height / text_height)
            score *= _NO_PAPER_FACTOR + (1 - _NO_PAPER_FACTOR) * _least_paper(
                paper, width, height, margin_width, score.shape
            )
            top, left = np.unravel_index(int(score.argmax()), score.shape)
            if score[top, left] > most:
                most = float(score[top, left])
                best = BoundingBox(float(left), float(top), float(left + width), float(top + height))
    return best


def _text_mask(shape: tuple[int, ...], text_boxes: list[BoundingBox], text_height: float) -> Grid:
    """Return 1 where there is text. Boxes too high for text are ignored: a portrait may be misread as a character."""
    text_mask = np.zeros(shape, np.float32)
    for box in text_boxes:
        if box.bottom - box.top < 3 * text_height:
            text_mask[_span(box.top, box.bottom), _span(box.left, box.right)] = 1
    return text_mask


def _span(start: float, end: float) -> slice:
    return slice(max(0, int(start)), max(0, int(end) + 1))


def _edges(small: Pixels, text_mask: Grid) -> tuple[Grid, Grid]:
    """Return the strength of vertical and horizontal edges, 0 to 1.

    An edge is a step in any colour channel that is stronger than the paper's pattern.
    """
    smooth = cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)
    edges = []
    for axis in (1, 0):
        step = np.zeros(text_mask.shape, np.float32)
        difference = np.abs(np.diff(smooth, axis=axis)).max(axis=2)
        step[: difference.shape[0], : difference.shape[1]] = difference
        usual = max(1.0, float(np.median(step)))
        step = np.where(text_mask > 0, 0, np.clip(step / usual / 3 - 0.4, 0, 1))
        edges.append(cv2.dilate(step, np.ones((1, 5) if axis == 1 else (5, 1), np.uint8)))
    return edges[0], edges[1]


def _paper_mask(small: Pixels, text_boxes: list[BoundingBox]) -> Grid:
    """Return 1 where the background looks like the paper behind the text, 0 elsewhere."""
    colours = np.log(small.astype(np.float32) + _DARK)
    cuts = [colours[_span(box.top, box.bottom), _span(box.left, box.right)].reshape(-1, 3) for box in text_boxes]
    paper_colours = [np.percentile(crop, _PAPER_PERCENTILE, axis=0) for crop in cuts if len(crop)]
    if not paper_colours:
        return np.zeros(small.shape[:2], np.float32)
    difference = colours - np.median(paper_colours, axis=0)
    brighter = difference.mean(axis=2)
    tint = np.abs(difference - brighter[..., None]).max(axis=2)
    paper = (tint < _MAX_TINT) & (brighter > _MIN_BRIGHTNESS) & (brighter < _MAX_BRIGHTNESS)
    return np.asarray(paper, np.float32)


def _least_paper(paper: Grid, width: int, height: int, margin_width: int, shape: tuple[int, ...]) -> Grid:
    """For every upper left corner, return the fraction of paper along the rectangle's side that has the least.

    ``paper`` is an integral image with a margin for the strips.
    """
    rows, columns = shape
    margin = margin_width + 1

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


def _cumulative(edge: Grid, axis: int) -> Grid:
    pad = ((1, 0), (0, 0)) if axis == 0 else ((0, 0), (1, 0))
    return np.pad(edge.cumsum(axis), pad)


def _scores(sums: tuple[Grid, Grid, Grid], width: int, height: int) -> Grid:
    """For every upper left corner, return how well a rectangle of this size matches edges.

    0 if a side has no edge or there is text inside.
    """
    upright, level, text_mask = sums
    sides, ends = _edge_along(upright, height), _edge_along(level.T, width).T
    rows, columns = sides.shape[0] - 1, ends.shape[1] - 1
    left, right = sides[:rows, :columns], sides[:rows, width : width + columns]
    top, bottom = ends[:rows, :columns], ends[height : height + rows, :columns]
    inside = (
        text_mask[height:, width:]
        - text_mask[:-height, width:]
        - text_mask[height:, :-width]
        + text_mask[:-height, :-width]
    )
    clear = inside[:rows, :columns] < 0.02 * width * height
    weakest = np.minimum(np.minimum(left, right), np.minimum(top, bottom))
    total: Grid = np.where(clear & (weakest > _MIN_EDGE), left + right + top + bottom + weakest, 0)
    return total


def _edge_along(cumulative: Grid, length: int) -> Grid:
    """Return the edge strength along each stretch of this length, minus that just beyond its ends.

    The card's own edge continues beyond them, a portrait's does not.
    """
    margin_width = length // 4
    padded = np.pad(cumulative, ((margin_width, margin_width), (0, 0)), mode="edge")
    count = cumulative.shape[0] - length
    start, end = (
        padded[margin_width : margin_width + count],
        padded[margin_width + length : margin_width + length + count],
    )
    before = (start - padded[:count]) / margin_width
    after = (padded[2 * margin_width + length :][:count] - end) / margin_width
    kept: Grid = (end - start) / length - 0.5 * (before + after) / 2
    return kept


def _crop_portrait(text: CardText, box: BoundingBox, scale: float) -> PortraitCrop:
    quad = text.quad(box)
    encoded, file = cv2.imencode(".jpg", engine.crop(text.image, quad), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not encoded:
        raise ValueError("the portrait could not be encoded as JPEG")
    corners = text.in_photo(quad) * scale
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return PortraitCrop(base64.b64encode(file.tobytes()).decode(), left, top, right - left, bottom - top)
