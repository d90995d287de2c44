"""A field of an answer with its confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median
from typing import Final

from recognizer.reading.ocr.text_lines import Character, TextLine

CONVERTED: Final = 0.7
"""Maximum confidence if a character was converted after reading: a letter O in a number, a traditional character in a
simplified name."""
_GAP: Final = 0.3
"""Maximum confidence if characters are so far apart that others between them may be covered."""
_GAP_RATIO: Final = 1.7
_MIN_PITCHES: Final = 3
CONTRADICTED: Final = 0.35
"""Maximum confidence of a field that another one contradicts."""
VERIFIED: Final = 0.99
"""Minimum confidence of a text that a check digit or a second occurrence verifies."""


type Corners = tuple[tuple[float, float], ...]
"""Upper left, upper right, lower right and lower left corner (x, y) of text as it is read."""


@dataclass(frozen=True, slots=True)
class OcrField:
    """The text of a field, its confidence, 0 to 1, and its corners in pixels of the upright photo, if known."""

    text: str
    confidence: float
    corners: Corners | None = field(default=None, compare=False)

    def at_most(self, confidence: float) -> "OcrField":
        """Return the field with at most this confidence."""
        return replace(self, confidence=min(self.confidence, confidence))

    def at_least(self, confidence: float) -> "OcrField":
        """Return the field with at least this confidence."""
        return replace(self, confidence=max(self.confidence, confidence))


EMPTY_FIELD: Final = OcrField("", 0.0)
type Fields = Mapping[str, OcrField]
"""Fields of an answer by name. A field that could not be read is ``EMPTY_FIELD``."""


def field_from_lines(text: str, lines: Sequence[TextLine]) -> OcrField:
    """Return a text extracted from some lines, with the lowest confidence of its characters."""
    characters = [character for line in lines for character in line.characters if character.text.strip()]
    wanted = "".join(character for character in text if character.isalnum())
    alphanumeric = [character for character in characters if character.text.isalnum()]
    blocks = SequenceMatcher(
        None, "".join(character.text[:1] for character in alphanumeric), wanted, autojunk=False
    ).get_matching_blocks()
    confidences = [
        character.confidence for block in blocks for character in alphanumeric[block.a : block.a + block.size]
    ]
    confidence = min(confidences, default=0.0)
    if len(confidences) < len(wanted):
        confidence = min(confidence, CONVERTED)
    if confidences and _has_gap(
        _between(characters, alphanumeric[blocks[0].a], alphanumeric[blocks[-2].a + blocks[-2].size - 1])
    ):
        confidence = min(confidence, _GAP)
    return OcrField(text, confidence)


def _between(characters: Sequence[Character], first: Character, last: Character) -> Sequence[Character]:
    indexes = [index for index, character in enumerate(characters) if character is first or character is last]
    return characters[indexes[0] : indexes[-1] + 1]


def _has_gap(alphanumeric: Sequence[Character]) -> bool:
    """Tell whether characters between others may be covered: Chinese characters are evenly spaced.

    A character further left than the one before begins a new line.
    """
    pitches = [after.x - before.x for before, after in pairwise(alphanumeric) if _is_wide(before) and _is_wide(after)]
    if len(pitches) < _MIN_PITCHES:
        return False
    return max(after.x - before.x for before, after in pairwise(alphanumeric)) > _GAP_RATIO * median(pitches)


def _is_wide(character: Character) -> bool:
    return "\u4e00" <= character.text <= "\u9fff"
