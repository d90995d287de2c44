"""Finds the person on a card's front: the largest thing of a person's size beside the text, where that card has it.

A portrait need not have a frame. The person differs from the paper behind the text; if there are straight edges around
the person, they are the frame of the picture. There is no face detection.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.reading.card_evidence.flat_area import (
    FlatArea,
    Mask,
    deskewed_corners,
    flatten,
    in_any_colour,
    span,
    surrounding,
    up_to_outline,
)
from recognizer.reading.card_evidence.glare import in_glare
from recognizer.reading.card_evidence.paper_difference import differs_from_paper
from recognizer.reading.classification.card_area import card_pieces
from recognizer.reading.fields.ocr_field import EMPTY_FIELD, Fields
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr.brightness import log_brightness
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.text_lines import BoundingBox, TextLine

_SCALE: Final = 8.0
"""Pixels per text height in the searched image."""
_REACH: Final = 15.0
"""A portrait is at most this many text heights beside the text."""
_ABOVE: Final = 4.0
_CARD_WIDTH: Final = 26.0
"""Usual width of a card in text heights: where its outline is known, that measures better than blurred text."""
_ALIGNED: Final = 25
"""Percentile of the left edges of labels and values that is their left column's."""
_GAP: Final = 0.4
"""Text heights between the portrait and the values."""
_HEIGHTS: Final = (4.0, 14.0)
_WIDTHS: Final = (3.0, 11.0)
_SHAPES: Final = (0.45, 1.25)
"""Sizes of a person in text heights, and their width as a fraction of the height."""
_JOINED: Final = 3.0
"""Parts of a picture that are above each other are at most this many text heights apart: a collar may be white."""
_FRAME_ROOM: Final = (0.2, 0.3, 0.2, 0.15)
"""How far a frame is from the person on the left, above, on the right and below, as fractions of the person's size."""
_FRAME_STEP: Final = 0.035
_FRAME_RATIO: Final = 2.5
"""A frame's edge is a step of log brightness, in any colour, and so many times the usual one beside the person."""
_ROOM: Final = 20.0
"""Squared text heights that a portrait needs at least."""
_VISIBLE: Final = 0.5
"""Part of the place that must be in the photo to know that there is no portrait."""
_FILLED: Final = 8.0
"""With less that differs from the paper, in squared text heights and without the lines of a table, nothing can hide a
portrait."""
_GLARE: Final = 0.55
"""The part of the place in glare that can hide a portrait."""
_MOST_GLARE: Final = 0.5
"""The part of the card that is brighter than the paper behind the text, at most."""
_MOST_VALUES: Final = 4
_NOT_BESIDE: Final = frozenset({Label.TITLE, Label.NOISE, Label.RESIDENT_NUMBER})
_FRAME_WIDTH: Final = 2
_NEARBY: Final = (25, 81)
"""Pixels down and across in which the brightest place is a portrait's paper."""
_DARKER_THAN_NEARBY: Final = (-0.15, -0.4, -0.7)
"""In log brightness. In a hard shadow only hair and coat are so much darker than the paper in the light."""


@dataclass(frozen=True, slots=True)
class PortraitPlace:
    """The place beside the text where a card has its portrait, and the portrait's box there in deskewed pixels."""

    portrait: BoundingBox | None
    is_blank: bool
    """Only paper is there, or no room: a portrait is neither there nor hidden or outside the photo."""


def examine_portrait_place(
    text: CardText, layout: Layout, fields: Fields, *, on_the_left: bool, outline: Quad | None
) -> PortraitPlace:
    """Look for the portrait beside the labels and values. ``outline``: the card's corners in ``text.image``."""
    lines = _holder_lines(layout, fields, on_the_left=on_the_left)
    if not lines:
        return PortraitPlace(None, is_blank=False)
    height = layout.height if outline is None else float(np.linalg.norm(outline[1] - outline[0])) / _CARD_WIDTH
    box = surrounding(lines, _REACH * height, _ABOVE * height)
    if outline is not None and not on_the_left and has_no_label_beside(layout):
        box = up_to_outline(box, text, outline)
    area = flatten(text, box, _SCALE / height)
    labels = [anchor.line for anchor in layout.anchors if anchor.label not in _NOT_BESIDE]
    place = _beside(area, labels if on_the_left and len(labels) > 1 else lines, on_the_left=on_the_left)
    if outline is not None:
        place &= inside(area, text, outline)
    searched = place.copy()
    for left, top, right, bottom in area.boxes(
        [line for line in text.lines if line.height < 3 * layout.height]
    ).tolist():
        searched[span(top - 1, bottom + 1), span(left - 1, right + 1)] = False
    different = differs_from_paper(area.pixels, area.boxes(lines), _SCALE) & searched
    nearby = np.where(searched, _difference_from_nearby(area, searched), 0)
    persons = [_person(different), _person(nearby < _DARKER_THAN_NEARBY[0])]
    person = max(filter(None, persons), key=_size, default=None)
    for darker in _DARKER_THAN_NEARBY[1:]:
        person = person or _person(nearby < darker)
    if person is None:
        visible = place & _in_photo(area, text)
        is_blank = _is_blank(place, visible, different | (nearby < _DARKER_THAN_NEARBY[0]))
        is_hidden = outline is not None and _is_in_glare(area, lines, visible, inside(area, text, outline))
        return PortraitPlace(None, is_blank and not is_hidden)
    left, top, right, bottom = _framed(area, person, searched)
    upper_left, lower_right = area.deskewed(left, top), area.deskewed(right, bottom)
    return PortraitPlace(BoundingBox(*upper_left, *lower_right), is_blank=False)


def has_no_label_beside(layout: Layout) -> bool:
    """Tell whether no label beside the portrait was read: it may be above all rows that were, unlike on screens."""
    return all(anchor.label in _NOT_BESIDE for anchor in layout.anchors)


def _is_in_glare(area: FlatArea, lines: list[TextLine], visible: Mask, card: Mask) -> bool:
    """Tell whether glare may hide a portrait: as even as blank paper, but brighter than that behind the text.

    If most of the card is brighter, the text is in the shaded rows of a form.
    """
    glare = in_glare(area.pixels, area.boxes(lines))
    is_bright = (glare & visible).sum() > _GLARE * visible.sum()
    return bool(is_bright and (glare & card).sum() < _MOST_GLARE * card.sum())


def _is_blank(place: Mask, visible: Mask, different: Mask) -> bool:
    """Tell whether only paper is in the visible part of a place, or no room for a portrait."""
    if place.sum() > _ROOM * _SCALE**2 and visible.sum() < _VISIBLE * place.sum():
        return False
    solid = cv2.morphologyEx((different & visible).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return bool(solid.sum() < _FILLED * _SCALE**2)


def _in_photo(area: FlatArea, text: CardText) -> Mask:
    height, width = text.image.shape[:2]
    return inside(area, text, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32))


def _holder_lines(layout: Layout, fields: Fields, *, on_the_left: bool) -> list[TextLine]:
    """Return the labels and values beside the portrait: not a title, nor the residence number below it.

    On a residence permit also values without a label: it may be beside a page of text. So may a travel permit without
    any label of which most values were read; else all text counts.
    """
    labels = [anchor.line for anchor in layout.anchors if anchor.label not in _NOT_BESIDE]
    number = fields.get("IdCardNo", EMPTY_FIELD).text
    known = [piece for piece in layout.pieces if piece.owner] if on_the_left else card_pieces(layout, fields)
    values = [
        piece.line
        for piece in known
        if not (piece.owner and piece.owner.label in _NOT_BESIDE) and not (number and number in piece.text)
    ]
    without_labels = [piece.line for piece in card_pieces(layout, fields)]
    return labels + values or (
        without_labels if len(without_labels) >= _MOST_VALUES else [piece.line for piece in layout.pieces]
    )


def _beside(area: FlatArea, lines: list[TextLine], *, on_the_left: bool) -> Mask:
    """Return where a portrait may be: on one side of where most lines begin or end."""
    boxes = area.boxes(lines)
    mask = np.zeros(area.pixels.shape[:2], bool)
    if on_the_left:
        mask[:, span(0, float(np.percentile(boxes[:, 0], _ALIGNED)) - _GAP * _SCALE)] = True
    else:
        mask[:, span(float(np.median(boxes[:, 2])) + _GAP * _SCALE, mask.shape[1])] = True
    return mask


def inside(area: FlatArea, text: CardText, outline: Quad) -> Mask:
    """Return what is a little within corners in the image."""
    mask = area.within(deskewed_corners(text, outline)).astype(np.uint8)
    return cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=3, borderValue=1) > 0


def _person(different: Mask) -> BoundingBox | None:
    """Return the largest area with the size and shape of a person, with the parts above and below it."""
    thick = cv2.morphologyEx(different.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    solid = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    rows, columns = solid.shape
    _, _, parts, _ = cv2.connectedComponentsWithStats(solid)
    boxes = []
    for left, top, width, height, size in sorted(parts[1:].tolist(), key=lambda part: -part[4]):
        if left > 0 and top > 0 and left + width < columns and top + height < rows and size > _SCALE**2:
            boxes.append(BoundingBox(left, top, left + width, top + height))
    for first in boxes[:2]:
        joined = first
        for other in boxes:
            joined = _joined(joined, other)
        if _is_person(joined):
            return joined
        if _is_person(first):
            return first
    return None


def _joined(box: BoundingBox, other: BoundingBox) -> BoundingBox:
    """Return a box with another one above or below it; unchanged if that one is elsewhere."""
    common = min(box.right, other.right) - max(box.left, other.left)
    gap = max(other.top - box.bottom, box.top - other.bottom)
    if common < 0.5 * (other.right - other.left) or gap > _JOINED * _SCALE:
        return box
    return BoundingBox(
        min(box.left, other.left), min(box.top, other.top), max(box.right, other.right), max(box.bottom, other.bottom)
    )


def _size(box: BoundingBox) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _is_person(box: BoundingBox) -> bool:
    width, height = box.right - box.left, box.bottom - box.top
    return (
        _WIDTHS[0] < width / _SCALE < _WIDTHS[1]
        and _HEIGHTS[0] < height / _SCALE < _HEIGHTS[1]
        and _SHAPES[0] < width / height < _SHAPES[1]
    )


def _difference_from_nearby(area: FlatArea, searched: Mask) -> NDArray[Any]:
    """Return the log brightness relative to the brightest place beside each, for portraits partly in a shadow."""
    grey = cv2.blur(cv2.cvtColor(area.pixels, cv2.COLOR_BGR2GRAY), (3, 3))
    paper = cv2.dilate(np.where(searched, grey, 0).astype(np.uint8), np.ones(_NEARBY, np.uint8))
    paper = cv2.blur(paper, (9, 9)).astype(np.float32)
    return np.asarray(log_brightness(grey) - log_brightness(paper))


def _framed(area: FlatArea, person: BoundingBox, searched: Mask) -> tuple[float, float, float, float]:
    """Return the person's box, with each side moved outwards to a straight edge beside it, if there is one."""
    colours = cv2.GaussianBlur(log_brightness(area.pixels), (0, 0), 0.8)
    width, height = person.right - person.left, person.bottom - person.top
    rows, columns = span(person.top, person.bottom - 1), span(person.left, person.right - 1)
    beside = np.median(_steps(colours, searched)[rows], axis=0)
    above = np.median(_steps(colours.transpose(1, 0, 2), searched.T)[columns], axis=0)
    return (
        _outwards(beside, person.left, -_FRAME_ROOM[0] * width),
        _outwards(above, person.top, -_FRAME_ROOM[1] * height),
        _outwards(beside, person.right, _FRAME_ROOM[2] * width),
        _outwards(above, person.bottom, _FRAME_ROOM[3] * height),
    )


def _steps(colours: NDArray[Any], searched: Mask) -> NDArray[Any]:
    """Return the step from each place to the right, in any colour; 0 at the edge of what is searched."""
    steps = np.zeros(searched.shape, np.float32)
    inside = np.lib.stride_tricks.sliding_window_view(searched, 2 * _FRAME_WIDTH + 1, axis=1).all(axis=2)
    difference = colours[:, 2 * _FRAME_WIDTH :] - colours[:, : -2 * _FRAME_WIDTH]
    steps[:, _FRAME_WIDTH:-_FRAME_WIDTH] = in_any_colour(difference) * inside
    return steps


def _outwards(steps: NDArray[Any], side: float, room: float) -> float:
    """Return where the strongest edge is between ``side`` and ``side + room``; ``side`` if none is strong enough."""
    first, last = sorted((int(side), int(side + room)))
    first, last = max(0, first - 1), min(len(steps), last + 1)
    near = steps[first:last]
    if not len(near):
        return side
    at = int(near.argmax())
    is_edge = near[at] > max(_FRAME_STEP, _FRAME_RATIO * float(np.median(near)))
    return float(first + at) if is_edge else side
