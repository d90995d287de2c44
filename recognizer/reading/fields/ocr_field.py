"""A field as it was read: its text, and how sure that text is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median
from typing import Final

from recognizer.reading.ocr.text_lines import Character, TextLine

_NOT_AS_READ: Final = 0.7
"""How sure a character at most is that is answered in another form than it was read: a letter O in a number, a
traditional character in a simplified name."""
_HOLE: Final = 0.3
"""How sure a text at most is whose characters stand apart as if some between them were covered."""
_WIDER: Final = 1.7
_LEAST_PITCHES: Final = 3
VERIFIED: Final = 0.99
"""How sure a text is at least that a check digit or a second saying proves."""


@dataclass(frozen=True, slots=True)
class OcrField:
    """What a field was read as. ``confidence``: 0 to 1."""

    text: str
    confidence: float

    def at_most(self, confidence: float) -> "OcrField":
        """Return the same, no surer than this."""
        return replace(self, confidence=min(self.confidence, confidence))

    def at_least(self, confidence: float) -> "OcrField":
        """Return the same, at least so sure."""
        return replace(self, confidence=max(self.confidence, confidence))


EMPTY_FIELD: Final = OcrField("", 0.0)
type Fields = Mapping[str, OcrField]
"""Fields of an answer by their names; what was not read is ``NOTHING``."""


def field_from_lines(text: str, lines: Sequence[TextLine]) -> OcrField:
    """Return a text that was taken from some lines, as sure as the least sure of the characters that say it."""
    characters = [character for line in lines for character in line.characters if character.text.strip()]
    wanted = "".join(character for character in text if character.isalnum())
    said = [character for character in characters if character.text.isalnum()]
    blocks = SequenceMatcher(None, "".join(one.text[:1] for one in said), wanted, autojunk=False).get_matching_blocks()
    sure = [one.confidence for block in blocks for one in said[block.a : block.a + block.size]]
    confidence = min(sure, default=0.0)
    if len(sure) < len(wanted):
        confidence = min(confidence, _NOT_AS_READ)
    if sure and _has_hole(_from_to(characters, said[blocks[0].a], said[blocks[-2].a + blocks[-2].size - 1])):
        confidence = min(confidence, _HOLE)
    return OcrField(text, confidence)


def _from_to(characters: Sequence[Character], first: Character, last: Character) -> Sequence[Character]:
    places = [index for index, character in enumerate(characters) if character is first or character is last]
    return characters[places[0] : places[-1] + 1]


def _has_hole(said: Sequence[Character]) -> bool:
    """Tell whether characters stand apart as if others between them were covered: Chinese ones are all as wide.

    Where the next one stands further left, a new line begins.
    """
    pitches = [after.x - before.x for before, after in pairwise(said) if _is_wide(before) and _is_wide(after)]
    if len(pitches) < _LEAST_PITCHES:
        return False
    return max(after.x - before.x for before, after in pairwise(said)) > _WIDER * median(pitches)


def _is_wide(character: Character) -> bool:
    return "\u4e00" <= character.text <= "\u9fff"
