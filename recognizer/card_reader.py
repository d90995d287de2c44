"""The real reader as the server wants it. Imported only where cards are really read: the engine loads slowly."""

from permit_ocr.domain.permits import Kind, Side
from recognizer.reading import engine, reader
from recognizer.reading.outcome import Reading, ReadingError
from recognizer.wire.refusal import Refusal


def load() -> None:
    """Load the models. Takes about two seconds."""
    reader.load_models()


def use_threads(count: int) -> None:
    """Have the readings that begin from now on share so many threads."""
    engine.use_threads(count)


def read_card(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
    """Read one card. Raises ``Refusal``."""
    try:
        return reader.read(image, kind=kind, side=side, return_portrait=return_portrait)
    except ReadingError as error:
        raise Refusal(error.code) from None
