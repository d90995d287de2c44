"""Finds the card's outline: four straight edges around its text, in the proportions of an ID-1 card.

The text says which way is up and where the card must be. Beside it, above and below, lines are searched along which the
background changes. Of all combinations of four lines, the best has edges along its sides but not beyond its corners,
has a card's proportions and the card's paper along its sides, and no text crosses it. One side may be hidden or cut
off: the other three say where it is. If the best rectangle lacks edges, there is no outline: a card may fill the photo
or be as bright as the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import FlatArea, Mask, flatten, span, surrounding, within_image
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.card_evidence.straight_edges import Lines, edge_strengths, upright_lines
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import TextLine

type Numbers = NDArray[Any]
_ASPECT: Final = 85.6 / 54
"""Width by height of an ID-1 card (ISO/IEC 7810)."""
_ASPECT_SPREAD: Final = 0.12
"""Seen aside, a card looks narrower or lower: the deviation, as a natural logarithm, that costs half a point."""
_MAX_ASPECT: Final = 0.35
_WORKING_SIDE: Final = 240
"""Longest side in pixels of the searched image: a card covers about half of it."""
_BESIDE: Final = 17.0
_ABOVE: Final = 10.0
"""How far a card reaches beyond its text, in text heights at most."""
_LEANS: Final = np.linspace(-0.2, 0.2, 17)
_RISES: Final = np.linspace(-0.08, 0.08, 9)
"""Slopes of the left and right side, and of the upper and lower one, relative to the text: perspective."""
_MIN_OWN: Final = 4
"""With fewer of the card's own lines, only all text says where the card is."""
_WITHIN: Final = (10, 90)
"""Percentiles of the edges of the card's lines between which no side is."""
_WITHIN_ALL: Final = (30, 70)
"""The same for all text: some of it may be on other papers."""
_CANDIDATES: Final = 6
"""Lines to try for each side."""
_FINALISTS: Final = 80
"""Rectangles of which it is examined whether text crosses them."""
_BEYOND: Final = 0.2
_CORNER: Final = (0.05, 0.03)
"""Parts of a side: as far beyond its corners, there must be no edge; as near to them, it is round inside and out."""
_BEYOND_FAULTS: Final = np.full((5, 8), 0.25)
"""Points to take away for an edge beyond each corner, by derived side (last: none): a hidden side hides its corners."""
for _side, _ends in enumerate(((4, 6), (5, 7), (0, 2), (1, 3))):
    _BEYOND_FAULTS[_side, _ends] = 1.5
_ADJACENT: Final = np.array([(0, 0, 1, 1), (0, 0, 1, 1), (1, 1, 0, 0), (1, 1, 0, 0), (0, 0, 0, 0)], bool)
_MIN_ADJACENT: Final = 0.8
"""A side can be derived if so much of both sides next to it has edges."""
_DERIVED: Final = (0.2, 0.5)
"""Count as the edge along a side that is derived from the other three, and as the least edge of the four."""
_TEXT_OUTSIDE: Final = 2.5
_TEXT_ACROSS: Final = 2.0
"""Points taken away if all text is outside, or across the sides."""
_INSIDE: Final = 0.05
"""How far inside the sides their paper is examined, as a part of the card's height."""
_ALONG: Final = np.linspace(0.1, 0.9, 14)
"""Where along a side."""
_MOST_OTHER_PAPER: Final = 0.6
"""The part of the paper there that may differ from the text's: 0.54 at most on 98 % of right outlines, by glare."""
_MIN_SCORE: Final = 2.5
"""Of at most 5. In 354 searches on own photos of level 2, 235 right outlines reached it and 8 others."""
_CONTINUED: Final = 0.3
"""How far beyond an end of the outline a larger document is searched, as a part of the card's height."""
_RECTIFIED: Final = (190, 120)
"""Width and height in pixels of the card when edges beyond its corners are searched."""
_ROOM: Final = 12
"""Pixels of the image beside it."""
_OFF: Final = 3
"""How many of those pixels a side may be beside its place."""
_GOES_ON: Final = (0.5, 0.55)
"""The least edge of both sides beyond the corners of one end, and at them, if the document goes on there. A card's are
round: on 600 own cards of level 2, text beside them reached the first on 56 and both on 10."""
_REFINEMENTS: Final = np.array([(offset, slope) for offset in range(-3, 4) for slope in range(-3, 4)]).T


def find_outline(text: CardText, height: float, own: Sequence[TextLine] = ()) -> Quad | None:
    """Return the card's upper left, upper right, lower right and lower left corner in ``text.image``, if found.

    ``height`` is that of its text; ``own`` are the lines that are most certainly the card's, the others may be on other
    papers. Corners may be outside the image.
    """
    found = _find_around(text, height, own, _WITHIN) if len(own) >= _MIN_OWN else None
    return _find_around(text, height, text.lines, _WITHIN_ALL) if found is None else found


def larger_document(text: CardText, outline: Quad) -> Quad | None:
    """Return an outline with more above or below, where its left and right side both go on; None if they end there.

    A card's sides end at its corners. Below a band that crosses a badge, the rest may have a card's proportions.
    ``outline``: corners in ``text.image``, like those that are returned.
    """
    (width, height), beyond = _RECTIFIED, round(_CONTINUED * _RECTIFIED[1])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_image = cv2.getPerspectiveTransform(corners + np.array([_ROOM, beyond], np.float32), outline)
    size = (width + 2 * _ROOM, height + 2 * beyond)
    flat = cv2.warpPerspective(text.image, to_image, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    edges, _ = edge_strengths(flat)
    goes_on = [_goes_on(edges[::-1], beyond, height), _goes_on(edges, beyond, height)]
    if not any(goes_on):
        return None
    rise = np.repeat([-beyond * goes_on[0], beyond * goes_on[1]], 2)
    larger = corners + np.stack([np.full(4, _ROOM), beyond + rise], axis=1)
    return np.asarray(cv2.perspectiveTransform(larger[None].astype(np.float32), to_image)[0], np.float32)


def _goes_on(edges: Numbers, beyond: int, height: int) -> bool:
    """Tell whether both sides of a card go on below it, straight through its corners.

    ``edges``: upright ones in the card's rectified surroundings, which reach ``beyond`` above and below it.
    """
    corner, (near, far) = beyond + height, (round(part * height) for part in (_CORNER[0], _BEYOND))
    for side in (_ROOM, edges.shape[1] - _ROOM):
        columns = edges[:, span(side - _OFF, side + _OFF)]
        edge = columns[corner + near : corner + far].mean(axis=0)
        at = int(edge.argmax())
        at_corner = columns[corner - near : corner + near, max(0, at - 1) : at + 2].max(axis=1).mean()
        if edge[at] <= _GOES_ON[0] or at_corner <= _GOES_ON[1]:
            return False
    return True


def _find_around(text: CardText, height: float, own: Sequence[TextLine], within: tuple[int, int]) -> Quad | None:
    """Return the corners of the best rectangle around some lines."""
    box = within_image(text, surrounding(own, _BESIDE * height, _ABOVE * height))
    area = flatten(text, box, _WORKING_SIDE / max(box.right - box.left, box.bottom - box.top))
    boxes = area.boxes(own)
    other_paper = differs_from_paper(area.pixels, boxes, height * area.scale)
    best = _Search.of(area, area.boxes(text.lines), boxes, within, other_paper).best()
    if best is None:
        return None
    return np.array([text.deskew.to_image(*area.deskewed(x, y)) for x, y in best.tolist()], np.float32)


@dataclass(frozen=True, slots=True)
class _Rectangles:
    """Combinations of four sides, in the order left, right, top, bottom: offsets and slope indexes of their lines.

    ``derived`` is the index of the side that is derived from the others, or -1.
    """

    offsets: Numbers
    slopes: Numbers
    derived: Numbers

    def __getitem__(self, index: Any) -> "_Rectangles":  # noqa: ANN401  what NumPy accepts
        return _Rectangles(self.offsets[:, index], self.slopes[:, index], self.derived[index])

    def with_derived_sides(self) -> "_Rectangles":
        """Return the rectangles with each derived side opposite to another, in a card's proportions."""
        offsets, slopes = self.offsets.copy(), self.slopes.copy()
        width, height = offsets[1] - offsets[0], offsets[3] - offsets[2]
        for side, size in enumerate((-_ASPECT * height, _ASPECT * height, -width / _ASPECT, width / _ASPECT)):
            offsets[side] = np.where(self.derived == side, offsets[side ^ 1] + size, offsets[side])
            slopes[side] = np.where(self.derived == side, slopes[side ^ 1], slopes[side])
        return _Rectangles(offsets, slopes, self.derived)


@dataclass(frozen=True, slots=True)
class _Search:
    """``upright`` and ``level`` lines in the searched image, and the ``boxes`` of the card's text."""

    upright: Lines
    level: Lines
    boxes: Numbers
    other_paper: Mask
    """Where the image differs from the paper of that text."""
    candidates: tuple[Numbers, ...]
    """For each side, rows of offset and slope index."""

    @classmethod
    def of(cls, area: FlatArea, text: Numbers, boxes: Numbers, within: tuple[int, int], other_paper: Mask) -> "_Search":
        """Find the candidates. Any ``text`` has edges, too, so it is left out."""
        upright, level = edge_strengths(area.pixels)
        for left, top, right, bottom in np.maximum(text + np.array([-1, -1, 2, 2]), 0).astype(int):
            upright[top:bottom, left:right] = 0
            level[left:right, top:bottom] = 0
        left, top = np.percentile(boxes[:, :2], within[0], axis=0)
        right, bottom = np.percentile(boxes[:, 2:], within[1], axis=0)
        rows, columns = upright.shape
        uprights = upright_lines(upright, _LEANS, (top + bottom) / 2)
        levels = upright_lines(level, _RISES, (left + right) / 2)
        candidates = (
            uprights.candidates((top, bottom), (0, left), _CANDIDATES),
            uprights.candidates((top, bottom), (right, columns), _CANDIDATES),
            levels.candidates((left, right), (0, top), _CANDIDATES),
            levels.candidates((left, right), (bottom, rows), _CANDIDATES),
        )
        return cls(uprights, levels, boxes, other_paper, candidates)

    def best(self) -> Quad | None:
        """Return the corners of the best rectangle; None if it lacks edges or is mostly of another paper."""
        rectangles = self._combinations()
        if not len(rectangles.derived):
            return None
        scores = self._scores(rectangles)
        finalists = np.argsort(-scores)[:_FINALISTS]
        corners = self._corners(rectangles[finalists])
        other_paper = self._on_other_paper(corners)
        faults = self._text_faults(corners) + other_paper
        winner = int((scores[finalists] - faults).argmax())
        if other_paper[winner] > _MOST_OTHER_PAPER:
            return None
        best = rectangles[finalists[winner, None]]
        best = self._refined(self._refined(best))
        score = self._scores(best)[0] - faults[winner]
        return self._corners(best)[0].astype(np.float32) if score > _MIN_SCORE else None

    def _combinations(self) -> _Rectangles:
        """Return all combinations of candidates, and of those for three sides with the fourth derived from them."""
        parts = []
        for derived in range(-1, 4):
            chosen = [np.zeros((1, 2), int) if side == derived else lines for side, lines in enumerate(self.candidates)]
            indexes = np.stack(np.meshgrid(*[np.arange(len(lines)) for lines in chosen], indexing="ij")).reshape(4, -1)
            picked = np.stack([lines[index] for lines, index in zip(chosen, indexes, strict=True)])
            parts.append(_Rectangles(picked[..., 0].astype(float), picked[..., 1], np.full(picked.shape[1], derived)))
        joined = _Rectangles(
            np.concatenate([part.offsets for part in parts], axis=1),
            np.concatenate([part.slopes for part in parts], axis=1),
            np.concatenate([part.derived for part in parts]),
        ).with_derived_sides()
        width, height = joined.offsets[1] - joined.offsets[0], joined.offsets[3] - joined.offsets[2]
        return joined[np.abs(np.log(np.maximum(width, 1) / np.maximum(height, 1) / _ASPECT)) < _MAX_ASPECT]

    def _corners(self, rectangles: _Rectangles) -> Numbers:
        """Return for each rectangle the upper left, upper right, lower right and lower left corner."""
        left, right, top, bottom = rectangles.offsets
        leans, rises = self.upright.slopes[rectangles.slopes[:2]], self.level.slopes[rectangles.slopes[2:]]

        def corner(side: Numbers, lean: Numbers, edge: Numbers, rise: Numbers) -> Numbers:
            x = (side + lean * (edge - rise * self.level.centre - self.upright.centre)) / (1 - lean * rise)
            return np.stack([x, edge + rise * (x - self.level.centre)], axis=1)

        return np.stack(
            [
                corner(left, leans[0], top, rises[0]),
                corner(right, leans[1], top, rises[0]),
                corner(right, leans[1], bottom, rises[1]),
                corner(left, leans[0], bottom, rises[1]),
            ],
            axis=1,
        )

    def _scores(self, rectangles: _Rectangles) -> Numbers:
        """Return the points of rectangles for their edges and proportions, at most 5."""
        corners = self._corners(rectangles)
        ends = ((0, 3, 1), (1, 2, 1), (0, 1, 0), (3, 2, 0))
        edges, beyond = [], []
        for side, (first, last, axis) in enumerate(ends):
            lines, offset, slope = (
                self.upright if axis else self.level,
                rectangles.offsets[side],
                rectangles.slopes[side],
            )
            start, end = corners[:, first, axis], corners[:, last, axis]
            round_part, near, far = ((end - start) * part for part in (*_CORNER, _BEYOND))
            edges.append(lines.edge_along(offset, slope, start + round_part, end - round_part))
            beyond.append(lines.edge_along(offset, slope, start - far, start - near))
            beyond.append(lines.edge_along(offset, slope, end + near, end + far))
        faults = (np.stack(beyond) * _BEYOND_FAULTS[rectangles.derived].T).sum(axis=0)
        adjacent = np.minimum.reduce(edges, axis=0, where=_ADJACENT[rectangles.derived].T, initial=_MIN_ADJACENT)
        faults += 3 * (_MIN_ADJACENT - adjacent)
        is_derived = np.arange(4)[:, None] == rectangles.derived
        edge = np.where(is_derived, np.maximum(edges, _DERIVED[0]), edges)
        least = np.where(is_derived, _DERIVED[1], edges).min(axis=0)
        lengths = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
        aspect = np.log((lengths[:, 0] + lengths[:, 2]) / (lengths[:, 1] + lengths[:, 3]) / _ASPECT) / _ASPECT_SPREAD
        return np.asarray(edge.sum(axis=0) + least - faults - aspect**2 / 2)

    def _text_faults(self, corners: Numbers) -> Numbers:
        """Return points to take away from rectangles for the shares of text outside and across their sides."""
        width, height = self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1]
        left, right = self.boxes[:, 0] + 0.3 * height, self.boxes[:, 2] - 0.3 * height
        top, bottom = self.boxes[:, 1] + 0.25 * height, self.boxes[:, 3] - 0.25 * height
        points = np.stack(
            [np.stack(point, axis=1) for point in ((left, top), (right, top), (right, bottom), (left, bottom))]
        )
        along = np.roll(corners, -1, axis=1) - corners
        offset = points[None, None] - corners[:, :, None, None]
        across = along[:, :, None, None, 0] * offset[..., 1] - along[:, :, None, None, 1] * offset[..., 0]
        is_inside = (across >= 0).all(axis=1)
        whole, some = is_inside.all(axis=1), is_inside.any(axis=1)
        share = width / width.sum()
        return np.asarray(_TEXT_OUTSIDE * (1 - whole @ share) + _TEXT_ACROSS * (some & ~whole) @ share)

    def _on_other_paper(self, corners: Numbers) -> Numbers:
        """Return the part of each rectangle's margin, just inside its sides, that is not the card's paper."""
        sides = np.roll(corners, -1, axis=1) - corners
        points = corners[:, :, None] + sides[:, :, None] * _ALONG[:, None]
        inwards = corners.mean(axis=1)[:, None, None] - points
        inwards /= np.linalg.norm(inwards, axis=3, keepdims=True)
        points += inwards * (_INSIDE * np.linalg.norm(sides[:, 3], axis=1))[:, None, None, None]
        rows, columns = self.other_paper.shape
        x, y = (points + 0.5).astype(int).transpose(3, 0, 1, 2)
        is_inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        differs = self.other_paper[np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)]
        return np.asarray((differs & is_inside).sum(axis=(1, 2)) / np.maximum(1, is_inside.sum(axis=(1, 2))))

    def _refined(self, best: _Rectangles) -> _Rectangles:
        """Return a rectangle with each side moved and turned a little to where its edge is strongest."""
        for side in range(4):
            if side == best.derived[0]:
                continue
            near = best[np.zeros(_REFINEMENTS.shape[1], int)]
            near.offsets[side] += _REFINEMENTS[0]
            slopes = (self.upright if side < 2 else self.level).slopes  # noqa: PLR2004
            near.slopes[side] = np.clip(near.slopes[side] + _REFINEMENTS[1], 0, len(slopes) - 1)
            near = near.with_derived_sides()
            best = near[[int(self._scores(near).argmax())]]
        return best
