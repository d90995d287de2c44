"""The result of reading a photo. Importing this does not load the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from permit_ocr.domain.card.answers import Answer

NOT_ENABLED: Final = (-9109,)
"""``WarnCardInfos`` if the card was not checked for being a copy."""


class Point(NamedTuple):
    """A position in pixels of the image file as it was sent: before any rotation, crop or EXIF orientation."""

    x: float
    y: float


type Quad = tuple[Point, Point, Point, Point]
"""Four corners: the upper left as the card is read, then upper right, lower right and lower left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzFacts:
    """What the machine-readable lines of a HK/Macao permit's back say. A fact is only set if its check digits prove it.

    The Chinese name has no check digit: it is set if all of its letters decode and the facts beside it are proven.
    """

    number: str = ""
    """The permit's number, as on its front."""
    issue_count: str = ""
    """Two digits; the first issue is 00."""
    expiry: str = ""
    """The last day of validity, such as ``2028.10.08``."""
    sex: str = ""
    """男 or 女."""
    birth: str = ""
    """The birth date, such as ``1981.08.03``."""
    chinese_name: str = ""
    """In simplified or traditional characters, as registered."""
    romanized_name: str = ""
    """Such as ``CHAN,TAI MAN``."""
    identity_number: str = ""
    """The Hong Kong or Macao identity number, such as ``A123456(3)``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The action's answer, with a confidence from 0 to 1 for each field and for the document as a whole.

    ``confidences`` and ``positions`` have an entry for every non-empty field that was read (not for the warnings, the
    portrait and ``CardType``), keyed by the answer's field name; for the back, names such as
    ``MainlandTravelPermitBackInfos.Name``. A field that was derived has a confidence but no position.
    """

    answer: Answer
    confidences: Mapping[str, float]
    document_confidence: float = 0.0
    """How sure it is that the image shows a card of this kind and side, whatever its fields say."""
    positions: Mapping[str, Quad] = field(default_factory=dict)
    outline: Quad | None = None
    """The card's corners; None if its edge is not visible."""
    mrz: MrzFacts | None = None
    """None if there are no such lines, or none could be read."""


class ReadingError(Exception):
    """The image could not be read; ``code`` is the action's error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
