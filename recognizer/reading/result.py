"""The result of reading a photo. Importing this does not load the engine."""

from dataclasses import dataclass, field
from typing import Final

from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.reader_report import Confidences, ReaderReport

NOT_ENABLED: Final = (-9109,)
"""``WarnCardInfos`` if the card was not checked for being a copy."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The action's answer, and what the reader reports about it.

    The report's ``confidences`` and positions have an entry for every non-empty field that was read (not for the
    warnings, the portrait and ``CardType``), keyed by the answer's field name; for the back, names such as
    ``MainlandTravelPermitBackInfos.Name``. A field that was derived has a confidence but no position. Positions are in
    pixels of the image file as it was sent: before any rotation, crop or EXIF orientation.
    """

    answer: Answer
    report: ReaderReport = field(default_factory=ReaderReport)

    @property
    def confidences(self) -> Confidences:
        """The confidence in each field that was read."""
        return self.report.confidences


class ReadingError(Exception):
    """The image could not be read; ``code`` is the action's error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
