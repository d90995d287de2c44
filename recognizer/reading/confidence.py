"""How sure each field of an answer is: as sure as the least sure character that says it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from permit_ocr.domain.answers import Answer
from recognizer.reading.layout import Layout
from recognizer.reading.text_lines import Character

_NOT_READ: Final = frozenset({"Profile", "PortraitImageInfo", "WarnCardInfos", "CardType"})
_READ_AGAIN: Final = 0.75
"""Of a value that stands in no line: it was read again from a strip, where every character is at least so sure."""


def confidences_of(answer: Answer, layout: Layout) -> Mapping[str, float]:
    """Return 0 to 1 for every field that is not empty, by its name in the answer; nested names joined by a dot."""
    return {name: _confidence(value, layout) for name, value in _fields(asdict(answer)) if value}


def _fields(answer: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in answer.items():
        if isinstance(value, dict) and name not in _NOT_READ:
            yield from _fields(value, f"{name}.")
        elif isinstance(value, str) and name not in _NOT_READ:
            yield f"{prefix}{name}", value


def _confidence(value: str, layout: Layout) -> float:
    """Return the surest saying of a value: over the pieces that say it, the least sure of the characters that do."""
    wanted = [character for character in value if character.isalnum()]
    sayings = [_said(wanted, list(piece.line.characters)) for piece in layout.pieces]
    return max((saying for saying in sayings if saying is not None), default=_READ_AGAIN)


def _said(wanted: list[str], characters: list[Character]) -> float | None:
    """Return the least confidence of the characters that say what is wanted, in order; None if they do not."""
    least, place = 1.0, 0
    for character in characters:
        if place < len(wanted) and character.text == wanted[place]:
            least, place = min(least, character.confidence), place + 1
    return least if place == len(wanted) else None
