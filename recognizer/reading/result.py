"""What comes of reading a photograph. Importing this loads no engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from permit_ocr.domain.card.answers import Answer

NOT_ENABLED: Final = (-9109,)
"""``WarnCardInfos`` where copies were not looked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer of the action, and how sure each of its fields is.

    ``confidences`` has every field that is not empty and was read (not the warnings, the portrait and ``CardType``), 0
    to 1, under the answer's name; the back's as ``MainlandTravelPermitBackInfos.Name``.
    """

    answer: Answer
    confidences: Mapping[str, float]


class ReadingError(Exception):
    """The image gives no answer; ``code`` is the action's error code for the cause."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
