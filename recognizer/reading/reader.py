"""One photograph in, one answer out: the reading half of the recogniser, without a network.

Every failure that an image brings about is a ``ReadingError`` whose code is a row of
``permit_ocr.tencent.error_table``. What a page of the provider does not list is answered so:

- The residence action knows no *other card*: a photograph of anything else is answered with every field empty, which
  callers must take for a rejection.
- The travel permits' action knows neither *no text* (answered ``ImageNoSpecifiedCard``) nor *empty image* (answered
  ``ImageDecodeFailed``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from permit_ocr.domain.card.answers import Portrait, PortraitPlace, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading import image_decoding, photocopy
from recognizer.reading.classification.card_classifier import classify_card_side
from recognizer.reading.classification.card_sides import PERMIT_BY_FRONT, CardSide
from recognizer.reading.fields import residence_permit, travel_permit
from recognizer.reading.fields.confidence import confidences_of, drop_uncertain, merge_readings
from recognizer.reading.fields.field_finder import FieldFinder
from recognizer.reading.fields.ocr_field import Fields
from recognizer.reading.layout.card_layout import Layout
from recognizer.reading.layout.stacked_cards import split_stacked_cards
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.card_text import CardText, ImageScan, close_up
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.text_lines import TextLine
from recognizer.reading.portrait import PortraitFound, find_portrait
from recognizer.reading.result import NOT_ENABLED, Reading, ReadingError

__all__ = ("Reading", "ReadingError", "load_models", "read")

_SMALL_TEXT: Final = 15.0
"""Median text height in pixels, at the scale where text is looked for, below which a second look from nearer pays."""
_UNSURE: Final = 0.6
"""A field less sure than this deserves a second look."""
_RESIDENCE: Final = frozenset({CardSide.RESIDENCE_FRONT, CardSide.RESIDENCE_BACK})
_BACK_INFOS: Final = "MainlandTravelPermitBackInfos"
_EXTRAS_FAIL: Final = (*engine.ENGINE_ERRORS, ValueError, ArithmeticError, LookupError)
"""What odd shapes bring about in the search for portraits and copies, after the card was read."""
_NOTHING_FOUND: Final = 99
"""More fields than any face has."""


def load_models() -> None:
    """Load the models and run each once, so that the first card is not slower than the others.

    Takes about two seconds.
    """
    engine.warm_up()


def read(image: bytes, *, kind: Kind, side: Side | None = None, return_portrait: bool = False) -> Reading:
    """Read the card in an image file (PNG or JPEG, at most ``photograph.MOST_PIXELS``).

    A residence permit's side is found out and ``side`` is ignored. A travel permit's is taken as said, the front by
    default. Raises ``ReadingError`` for whatever an image does to the libraries; any other exception is a mistake here.
    Any number of threads may call it; ``engine.AT_ONCE`` calls of a model run at a time, whoever asks.
    """
    try:
        pixels, scale = _decode(image, kind)
        card = _read_best(pixels, kind, _wanted(kind, side))
    except engine.ENGINE_ERRORS:
        raise ReadingError("FailedOperation.OcrFailed") from None  # their texts may hold what was read
    if kind is Kind.RESIDENCE_PERMIT:
        reading = _residence_reading(card, scale if return_portrait else None)
    else:
        reading = _travel_reading(card, side or Side.FRONT, scale if return_portrait else None)
    if card.card_side is None:
        return reading
    return replace(reading, answer=replace(reading.answer, WarnCardInfos=_warnings(pixels, card)))


def _wanted(kind: Kind, side: Side | None) -> frozenset[CardSide]:
    """Return the faces that were asked for."""
    if kind is Kind.RESIDENCE_PERMIT:
        return _RESIDENCE
    return frozenset({CardSide.HK_MACAO_BACK}) if side is Side.BACK else frozenset(PERMIT_BY_FRONT)


@dataclass(frozen=True, slots=True)
class _Card:
    card_side: CardSide | None
    text: CardText
    finder: FieldFinder
    fields: Fields


def _decode(image: bytes, kind: Kind) -> tuple[Pixels, float]:
    try:
        return image_decoding.decode(image)
    except image_decoding.EmptyFile:
        empty = "EmptyImageError" if kind is Kind.RESIDENCE_PERMIT else "ImageDecodeFailed"
        raise ReadingError(f"FailedOperation.{empty}") from None
    except image_decoding.NotAnImage:
        raise ReadingError("FailedOperation.ImageDecodeFailed") from None
    except image_decoding.TooManyPixels:
        raise ReadingError("LimitExceeded.TooLargeFileError") from None


def _read_best(pixels: Pixels, kind: Kind, wanted: frozenset[CardSide]) -> _Card:
    """Read the image; once more from nearer where text is small or a field unsure, and put both together."""
    frame = ImageScan(pixels)
    card = _find(frame, wanted)
    if card is None:
        code = "ImageNoText" if kind is Kind.RESIDENCE_PERMIT else "ImageNoSpecifiedCard"
        raise ReadingError(f"FailedOperation.{code}")
    if not (_is_small(card) or _missing(card)):
        return card
    frame = ImageScan(*close_up(card.text, _core(card)))
    nearer = _find(frame, wanted)
    if nearer is None:
        return card
    if _missing(nearer) and (text := frame.widened(nearer.text)):
        nearer = _merge(nearer, _lay_out(text))
    return _merge(card, nearer)


def _merge(card: _Card, again: _Card) -> _Card:
    """Return the better of two readings, with what the other one adds if it shows the same face."""
    better, other = (again, card) if _missing(again) <= _missing(card) else (card, again)
    return (
        replace(better, fields=merge_readings(better.fields, other.fields))
        if card.card_side is again.card_side
        else better
    )


def _find(frame: ImageScan, wanted: frozenset[CardSide]) -> _Card | None:
    """Return the first sheet with a face asked for, else the one that is most like a card; None where no text is."""
    best: _Card | None = None
    for text in frame.segments():
        for lines in split_stacked_cards(text.lines):
            card = _lay_out(replace(text, lines=tuple(lines)))
            if card.card_side in wanted:
                return card
            if best is None or _likeness(card) > _likeness(best):
                best = card
    return best


def _likeness(card: _Card) -> tuple[bool, int]:
    return card.card_side is not None, len(card.finder.layout.anchors)


def _lay_out(text: CardText) -> _Card:
    finder = FieldFinder(Layout(text.lines), text.reread, text.is_covered)
    card_side = classify_card_side(finder)
    return _Card(card_side, text, finder, _FIELDS[card_side](finder) if card_side else {})


_FIELDS: Final[dict[CardSide, Callable[[FieldFinder], Fields]]] = {
    CardSide.RESIDENCE_FRONT: residence_permit.front_fields,
    CardSide.RESIDENCE_BACK: residence_permit.back_fields,
    CardSide.HK_MACAO_BACK: travel_permit.back_fields,
    **{card_side: partial(travel_permit.front_fields, permit=permit) for card_side, permit in PERMIT_BY_FRONT.items()},
}


def _core(card: _Card) -> tuple[TextLine, ...]:
    """Return the lines that surely are the card's: labels and what they own; all lines where there is no label."""
    layout = card.finder.layout
    owned = [piece.line for piece in layout.pieces if piece.owner]
    return tuple(anchor.line for anchor in layout.anchors) + tuple(owned) if layout.anchors else card.text.lines


def _is_small(card: _Card) -> bool:
    longest = float(max(card.text.image.shape[:2]))
    return card.finder.layout.height * min(1.0, engine.DETECTION_SIDE / longest) < _SMALL_TEXT


def _missing(card: _Card) -> int:
    """Return how many fields that the face always carries were not read surely."""
    if card.card_side is None:
        return _NOTHING_FOUND
    always = sum(card.fields[name].confidence < _UNSURE for name in _ALWAYS[card.card_side])
    return always + sum(bool(found.text) and found.confidence < _UNSURE for found in card.fields.values())


_ALWAYS: Final = {
    CardSide.RESIDENCE_FRONT: ("Name", "Sex", "Birth", "Address", "IdCardNo"),
    CardSide.RESIDENCE_BACK: ("ValidDate", "Authority", "VisaNum", "PassNo"),
    CardSide.HK_MACAO_FRONT: ("EnglishName", "Sex", "Birthday", "ValidDate", "IssueAuthority", "Number"),
    CardSide.HK_MACAO_BACK: ("Name", "IDNumber"),
    CardSide.TAIWAN_FRONT: (
        "Name",
        "Sex",
        "Birthday",
        "ValidDate",
        "IssueAuthority",
        "Number",
        "IssueAddress",
        "IssueNumber",
    ),
    CardSide.EXIT_ENTRY_FRONT: ("Name", "Sex", "Birthday", "ValidDate", "IssueAuthority", "Number", "IssueAddress"),
}


def _residence_reading(card: _Card, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if card.card_side is CardSide.RESIDENCE_BACK:
        return Reading(residence_permit.back_answer(fields), confidences_of(fields))
    if card.card_side is not CardSide.RESIDENCE_FRONT:
        return Reading(ResidencePermitAnswer(WarnCardInfos=NOT_ENABLED), {})
    answer = residence_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    if found is not None:
        place = PortraitPlace(X=found.x, Y=found.y, Width=found.width, Height=found.height)
        answer = replace(answer, PortraitImageInfo=Portrait(PortraitImage=found.jpeg, ImageCoordinates=place))
    return Reading(answer, confidences_of(fields))


def _portrait(card: _Card, scale: float | None) -> PortraitFound | None:
    """Return the portrait, None where nobody asked (no ``scale``) or none is found: what was read stands without it."""
    if scale is None:
        return None
    try:
        return find_portrait(card.text, card.finder.layout, scale)
    except _EXTRAS_FAIL:
        return None


def _warnings(pixels: Pixels, card: _Card) -> tuple[int, ...]:
    """Return the warnings of copies; where nobody could look for one, as where nobody does."""
    try:
        return photocopy.warnings(pixels, card.text, _core(card))
    except _EXTRAS_FAIL:
        return NOT_ENABLED


def _travel_reading(card: _Card, side: Side, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if side is Side.BACK and card.card_side is CardSide.HK_MACAO_BACK:
        return Reading(travel_permit.back_answer(fields), _of_back(confidences_of(fields)))
    if side is not Side.FRONT or card.card_side not in PERMIT_BY_FRONT:
        raise ReadingError("FailedOperation.ImageNoSpecifiedCard")
    answer = travel_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    return Reading(replace(answer, Profile=found.jpeg) if found else answer, _of_front(confidences_of(fields)))


def _of_front(confidences: Mapping[str, float]) -> Mapping[str, float]:
    """Return the confidences under the answer's names: the document's is there twice."""
    return {**confidences, f"{_BACK_INFOS}.Type": confidences["Type"]}


def _of_back(confidences: Mapping[str, float]) -> Mapping[str, float]:
    inside = {f"{_BACK_INFOS}.{name}": confidence for name, confidence in confidences.items()}
    return {"Type": confidences["Type"], **inside}
