"""Reads the card in a photo: the entry point of the engine, without a network.

Every failure caused by an image is a ``ReadingError`` with a code from ``permit_ocr.tencent.error_table``. Cases that
the provider's pages do not list:

- The residence action has no code for *other card*: the answer to any other photo has only empty fields, which callers
  must treat as a rejection.
- The travel permits' action has no code for *no text* (answered ``ImageNoSpecifiedCard``) and *empty image* (answered
  ``ImageDecodeFailed``).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from permit_ocr.domain.card.answers import Portrait, PortraitPlace, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import Corners as FileCorners
from permit_ocr.domain.reader_report import Positions, ReaderReport
from recognizer.reading import image_decoding, photocopy
from recognizer.reading.card_search.attempts import read_card
from recognizer.reading.card_search.card import Card
from recognizer.reading.classification.card_sides import PERMIT_BY_FRONT, CardSide
from recognizer.reading.fields import hk_macao_back, residence_permit, travel_permit
from recognizer.reading.fields.confidence import confidences_of, corners_of, drop_uncertain
from recognizer.reading.fields.ocr_field import Corners
from recognizer.reading.image_decoding import DecodedImage
from recognizer.reading.ocr import engine
from recognizer.reading.ocr.engine import Pixels
from recognizer.reading.ocr.model_threads import model_threads
from recognizer.reading.portrait import PortraitCrop, find_portrait
from recognizer.reading.result import NOT_ENABLED, Reading, ReadingError

__all__ = ("Reading", "ReadingError", "load_models", "read")

_RESIDENCE: Final = frozenset({CardSide.RESIDENCE_FRONT, CardSide.RESIDENCE_BACK})
_BACK_INFOS: Final = "MainlandTravelPermitBackInfos"


def load_models() -> None:
    """Load the models and run each once, so that the first card is not slower."""
    model_threads()


def read(image: bytes, *, kind: Kind, side: Side | None = None, return_portrait: bool = False) -> Reading:
    """Read the card in an image file (PNG or JPEG, of the size that ``image_decoding.decode`` takes).

    For a residence permit, ``side`` is ignored and the side is detected. For a travel permit, the default is the front.
    Raises ``ReadingError`` for any failure caused by the image; any other exception is a bug. Thread-safe; at most
    ``model_threads.MAX_CONCURRENT_CALLS`` model calls run at a time.
    """
    try:
        photo = _decode(image, kind)
        requested = _requested_sides(kind, side)
        card = read_card(photo.pixels, requested)
    except engine.ENGINE_ERRORS:
        raise ReadingError("FailedOperation.OcrFailed") from None  # the messages may contain text from the card
    if card is None:
        code = "ImageNoText" if kind is Kind.RESIDENCE_PERMIT else "ImageNoSpecifiedCard"
        raise ReadingError(f"FailedOperation.{code}")
    portrait_scale = photo.scale if return_portrait else None
    if kind is Kind.RESIDENCE_PERMIT:
        reading = _residence_reading(card, portrait_scale)
    else:
        reading = _travel_reading(card, side or Side.FRONT, portrait_scale)
    if card.card_side not in requested:
        return replace(reading, report=ReaderReport(document_confidence=card.confidence if card.is_refused else 0.0))
    return replace(
        reading,
        answer=replace(reading.answer, WarnCardInfos=_warnings(photo.pixels, card)),
        report=replace(
            reading.report,
            document_confidence=card.confidence,
            positions=_positions(card, photo),
            machine_readable_zone=card.mrz.as_zone() if card.mrz else None,
        ),
    )


def _positions(card: Card, photo: DecodedImage) -> Positions:
    """Return where the answer's fields are in the image file."""
    nested = f"{_BACK_INFOS}." if card.card_side is CardSide.HK_MACAO_BACK else ""
    positions = {
        nested + name: _in_file(corners, photo) for name, corners in corners_of(drop_uncertain(card.fields)).items()
    }
    if (title := positions.get(f"{nested}Type")) is not None:  # a travel permit's answer has the type twice
        positions |= {"Type": title, f"{_BACK_INFOS}.Type": title}
    outline = None if card.outline is None else _in_file(tuple(map(tuple, card.outline.tolist())), photo)
    return Positions(card=outline, fields=positions)


def _in_file(corners: Corners, photo: DecodedImage) -> FileCorners:
    upper_left, upper_right, lower_right, lower_left = (_rounded(photo.in_file(x, y)) for x, y in corners)
    return upper_left, upper_right, lower_right, lower_left


def _rounded(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _requested_sides(kind: Kind, side: Side | None) -> frozenset[CardSide]:
    """Return the card sides that the caller accepts."""
    if kind is Kind.RESIDENCE_PERMIT:
        return _RESIDENCE
    return frozenset({CardSide.HK_MACAO_BACK}) if side is Side.BACK else frozenset(PERMIT_BY_FRONT)


def _decode(image: bytes, kind: Kind) -> DecodedImage:
    try:
        return image_decoding.decode(image)
    except image_decoding.EmptyFile:
        empty = "EmptyImageError" if kind is Kind.RESIDENCE_PERMIT else "ImageDecodeFailed"
        raise ReadingError(f"FailedOperation.{empty}") from None
    except image_decoding.NotAnImage:
        raise ReadingError("FailedOperation.ImageDecodeFailed") from None
    except image_decoding.TooManyPixels:
        raise ReadingError("LimitExceeded.TooLargeFileError") from None


def _residence_reading(card: Card, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if card.card_side is CardSide.RESIDENCE_BACK:
        return Reading(residence_permit.back_answer(fields), ReaderReport(confidences=confidences_of(fields)))
    if card.card_side is not CardSide.RESIDENCE_FRONT:
        return Reading(ResidencePermitAnswer(WarnCardInfos=NOT_ENABLED))
    answer = residence_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    if found is not None:
        place = PortraitPlace(X=found.x, Y=found.y, Width=found.width, Height=found.height)
        answer = replace(answer, PortraitImageInfo=Portrait(PortraitImage=found.jpeg, ImageCoordinates=place))
    return Reading(answer, ReaderReport(confidences=confidences_of(fields)))


def _portrait(card: Card, scale: float | None) -> PortraitCrop | None:
    """Return the portrait; None if it was not requested (no ``scale``) or not found. This is never an error."""
    if scale is None:
        return None
    try:
        return find_portrait(
            card.text,
            card.finder.layout,
            card.fields,
            scale,
            on_the_left=card.card_side is not CardSide.RESIDENCE_FRONT,
            outline=card.outline_in_image,
        )
    except engine.SHAPE_ERRORS:
        return None


def _warnings(pixels: Pixels, card: Card) -> tuple[int, ...]:
    """Return the copy warnings; if the check fails, the same as without a check."""
    try:
        return photocopy.warnings(pixels, card.text, card.core())
    except engine.SHAPE_ERRORS:
        return NOT_ENABLED


def _travel_reading(card: Card, side: Side, portrait_scale: float | None) -> Reading:
    fields = drop_uncertain(card.fields)
    if side is Side.BACK and card.card_side is CardSide.HK_MACAO_BACK:
        return Reading(
            hk_macao_back.back_answer(fields), ReaderReport(confidences=_with_back_names(confidences_of(fields)))
        )
    if side is not Side.FRONT or card.card_side not in PERMIT_BY_FRONT:
        raise ReadingError("FailedOperation.ImageNoSpecifiedCard")
    answer = travel_permit.front_answer(fields)
    found = _portrait(card, portrait_scale)
    return Reading(
        replace(answer, Profile=found.jpeg) if found else answer,
        ReaderReport(confidences=_with_front_names(confidences_of(fields))),
    )


def _with_front_names(confidences: Mapping[str, float]) -> Mapping[str, float]:
    """Return the confidences by the answer's field names; the answer has the type twice."""
    return {**confidences, f"{_BACK_INFOS}.Type": confidences["Type"]}


def _with_back_names(confidences: Mapping[str, float]) -> Mapping[str, float]:
    nested = {f"{_BACK_INFOS}.{name}": confidence for name, confidence in confidences.items()}
    return {"Type": confidences["Type"], **nested}
