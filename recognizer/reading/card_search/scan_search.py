"""Searches one scan of an image for the card: segment by segment, with the text that glare or a shadow split off."""

import re
from dataclasses import replace
from functools import partial
from math import radians
from statistics import median
from typing import Final

from recognizer.reading.card_search.card import Card
from recognizer.reading.card_search.card_from_text import card_from_text
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.layout.labels import find_anchors
from recognizer.reading.layout.stacked_cards import split_stacked_cards
from recognizer.reading.ocr.card_text import CardText
from recognizer.reading.ocr.engine import Quad
from recognizer.reading.ocr.image_scan import ImageScan, is_nearer

_MIN_VALUES: Final = 2
_LONG_LINE: Final = 4.0
"""Heights of a line whose tilt is known, even if it is exactly 0."""
_MIN_TILT: Final = radians(5)
"""How much a card's values are tilted, at least, in a text that was deskewed by the lines of another paper."""
_VALUE: Final = re.compile(r"\d{17}[\dX]|(?:19|20)\d\d[.年]\d{1,2}[.月]\d")
"""The number of a resident, or a date as permits print it."""


def find_card(scan: ImageScan, requested: frozenset[CardSide], known_outline: Quad | None = None) -> Card | None:
    """Return the first certain card with a requested side, else the segment most like a card; None without any text.

    ``known_outline``: the card's corners in the photo from an earlier reading, used where none are found.
    """
    best: Card | None = None
    for text in map(partial(_straightened, scan), scan.segments(find_anchors)):
        stacked = split_stacked_cards(text.lines)
        for lines in stacked:
            card = card_from_text(replace(text, lines=tuple(lines)), known_outline)
            if len(stacked) == 1 and card.uncertain_fields:
                card = _joined_across_edges(scan, card) if card.outline is None else _completed_within(scan, card)
            if len(stacked) == 1 and card.document is not None:
                card = _judged_within(scan, card, card.text.from_photo(card.document))
            if card.card_side in requested and (card.card_side is not CardSide.HK_MACAO_BACK or card.mrz):
                return card  # the lines of a back may be apart from its print, and prove more
            if best is None or _card_likeness(card, requested) > _card_likeness(best, requested):
                best = card
    joined_text = scan.joined_across_edges(best.text) if best is not None and _may_be_a_part(best) else None
    joined = card_from_text(joined_text) if joined_text else best
    return joined if joined is not None and joined.card_side in requested else best


def _straightened(scan: ImageScan, text: CardText) -> CardText:
    """Return the text without lines that are not parallel to a card's values, if most lines are on another paper."""
    tilts = [line.tilt for line in text.lines if line.tilt or line.right - line.left > _LONG_LINE * line.height]
    own = [line.tilt for line in text.lines if line.tilt and (find_anchors(line) or _VALUE.search(line.text))]
    if len(own) < _MIN_VALUES or abs(tilt := median(own)) < _MIN_TILT:
        return text
    others = sum(not is_nearer(other, tilt) for other in tilts)
    return (
        scan.parallel_to(text, tilt) if all(is_nearer(one, tilt) for one in own) and 2 * others > len(tilts) else text
    )


def _completed_within(scan: ImageScan, card: Card) -> Card:
    """Return the card with all text within its outline.

    If that text shows no card, what it shows still counts against this one.
    """
    outline = card.outline_in_image
    text = None if outline is None else scan.completed_within(card.text, outline)
    if text is None:
        return card
    completed = card_from_text(text, card.outline)
    if completed.uncertain_fields <= card.uncertain_fields:
        return completed
    if completed.is_other_document and not card.number:
        return completed
    if card.evidence is None or completed.evidence is None:
        return card
    return card.judged_by(card.evidence.with_closer(completed.evidence))


def _judged_within(scan: ImageScan, card: Card, document: Quad) -> Card:
    """Return the card with what counts against it in a larger ``document``, by its corners in ``card.text.image``."""
    text = scan.completed_within(card.text, document)
    evidence = card_from_text(text, card.outline).evidence if text else None
    return card.judged_by(card.evidence.with_closer(evidence)) if card.evidence and evidence else card


def _joined_across_edges(scan: ImageScan, card: Card) -> Card:
    """Return the card with the text beside it if that shows more of it; else it may be of another paper or card."""
    text = scan.joined_across_edges(card.text) if card.card_side else None
    joined = card_from_text(text) if text else card
    is_same = joined.card_side is card.card_side and card.number in {"", joined.number}
    return joined if is_same and joined.uncertain_fields < card.uncertain_fields else card


def _may_be_a_part(card: Card) -> bool:
    """Tell whether this may be the text on one side of a hard shadow or glare across a card.

    Of a refused card, only if nothing that was read counts against it.
    """
    if card.card_side is not None or card.is_other_document:
        return False
    if card.evidence is not None:
        return card.evidence.words >= 0 and card.evidence.page >= 0
    return bool(card.finder.layout.anchors)


def _card_likeness(card: Card, requested: frozenset[CardSide]) -> tuple[bool, bool, bool, int, bool]:
    """Return what makes a text likelier to be the card's than another one, the most important first.

    Without a label, an outline tells a card of which glare hides most from a receipt beside it.
    """
    return (
        card.card_side in requested,
        card.card_side is not None,
        not card.is_other_document,
        len(card.finder.layout.anchors),
        card.outline is not None,
    )
