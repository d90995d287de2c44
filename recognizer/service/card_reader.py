"""Reads cards with the real engine. Imported only where cards are read: the engine takes long to import."""

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading import reader
from recognizer.reading.ocr import engine
from recognizer.reading.result import Reading, ReadingError
from recognizer.wire.api_error import ApiError


def load() -> None:
    """Load the models."""
    reader.load_models()


def use_threads(count: int) -> None:
    """Limit the threads that reads starting from now on share."""
    engine.use_threads(count)


def read_card(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
    """Read one card. Raises ``ApiError``."""
    try:
        return reader.read(image, kind=kind, side=side, return_portrait=return_portrait)
    except ReadingError as error:
        raise ApiError(error.code) from None
