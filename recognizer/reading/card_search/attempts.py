"""Reads the card in a photo in up to three attempts: coarse detection, thorough detection, and a closer crop."""

from typing import Final

from recognizer.reading.card_search.card import FEW_LABELS, Card
from recognizer.reading.card_search.card_from_text import card_from_text
from recognizer.reading.card_search.close_up import close_up
from recognizer.reading.card_search.scan_search import find_card
from recognizer.reading.classification.card_sides import CardSide
from recognizer.reading.fields import value_parsers
from recognizer.reading.layout.labels import Label
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.image_scan import ImageScan

_SMALL_TEXT: Final = 15.0
"""Below this median text height in pixels, at detection scale, a closer second reading is worth its time."""
_LARGE_TEXT: Final = 18.0
"""Above this height at the scale of the first, coarse detection, a thorough one finds no more labels."""
_CLEARLY_REFUSED: Final = 0.2
"""Below this document confidence, thorough detection does not make a card of it."""
_AUTHORITY: Final = "出入境"
_FEW_LINES: Final = 8
"""A card has 12 lines or more: with fewer, detection may have missed most of it, and reading them again is quick."""


def read_card(pixels: Pixels, requested: frozenset[CardSide]) -> Card | None:
    """Read the image; if no card is found, once more with thorough detection. Return None if there is no text.

    If text is small or a field of the card uncertain, read a closer crop as well and merge both readings.
    """
    scan = ImageScan(pixels)
    card = find_card(scan, requested)
    if card is None or (card.card_side is None and not _is_clearly_refused(card, scan)):
        card = find_card(ImageScan(pixels, thorough=True), requested)
    if card is None:
        return None
    if _deserves_closer_reading(card):
        card = _with_closer_reading(card, requested)
    return card.judged_when_complete()


def _with_closer_reading(card: Card, requested: frozenset[CardSide]) -> Card:
    """Return the card with what a closer crop shows."""
    scan = ImageScan(*close_up(card.text, card.area(), card.outline_in_image), thorough=True)
    closer = find_card(scan, requested, card.outline if card.card_side else None)
    if closer is None:
        return card
    if closer.uncertain_fields and (text := scan.joined_across_edges(closer.text)):
        joined = card_from_text(text, card.outline if closer.outline is None else closer.outline)
        if joined.is_other_document and not card.number:
            return joined
        closer = closer.merged_with(joined)
    return card.merged_with(closer)


def _is_clearly_refused(card: Card, scan: ImageScan) -> bool:
    """Tell whether more text would not make this a card: another document, a form, or large text of anything else.

    If most text of the photo is elsewhere, the card may be there, in print that is smaller.
    """
    if card.is_refused:
        return card.confidence < _CLEARLY_REFUSED
    if len(card.text.lines) < _FEW_LINES or _resembles_card(card) or not scan.is_mostly(card.text):
        return False
    return _text_height(card, engine.COARSE_SIDE) > _LARGE_TEXT


def _resembles_card(card: Card) -> bool:
    """Tell whether a title, some labels or two values of a permit were read: glare may hide the others at first."""
    layout = card.finder.layout
    return _has_values(card) or layout.anchor(Label.TITLE) is not None or len(layout.anchors) >= FEW_LABELS


def _has_values(card: Card) -> bool:
    """Tell whether a period and an authority of a travel permit were read."""
    texts = [line.text for line in card.text.lines]
    return any(map(value_parsers.period, texts)) and any(_AUTHORITY in text for text in texts)


def _deserves_closer_reading(card: Card) -> bool:
    """Tell whether a closer crop may show more. A refusal must not cost more than a card."""
    if card.card_side is None:
        return not card.is_refused and (
            card.outline is not None or _has_values(card) or (_is_small(card) and _resembles_card(card))
        )
    return _is_small(card) or bool(card.uncertain_fields)


def _is_small(card: Card) -> bool:
    return _text_height(card, engine.DETECTION_SIDE) < _SMALL_TEXT


def _text_height(card: Card, longest_side: int) -> float:
    """Return the median text height in pixels in an image that is at most so long."""
    return card.finder.layout.height * engine.detection_scale(card.text.image, longest_side)
