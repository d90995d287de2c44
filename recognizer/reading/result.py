"""The result of reading a photo. Importing this does not load the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from permit_ocr.domain.card.answers import Answer

NOT_ENABLED: Final = (-9109,)
"""``WarnCardInfos`` if the card was not checked for being a copy."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The action's answer, and a confidence from 0 to 1 for each field.

    ``confidences`` has an entry for every non-empty field that was read (not for the warnings, the portrait and
    ``CardType``), keyed by the answer's field name; for the back, names such as ``MainlandTravelPermitBackInfos.Name``.
    """

    answer: Answer
    confidences: Mapping[str, float]


class ReadingError(Exception):
    """The image could not be read; ``code`` is the action's error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
