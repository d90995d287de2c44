"""Two readings of one card put together, and the confidences that go with the answer."""

from collections.abc import Mapping
from typing import Final

from recognizer.reading.found import Fields, Found

_AGREED: Final = 0.5
"""Two readings that agree are wrong this many times as seldom as the surer of them alone."""
_WHOLE: Final = 0.6
"""What is less sure than this has something wrong with it that two looks at one card have in common."""
_DIFFERENT: Final = 0.7
"""Of two readings that differ, the surer one is at most this many times as sure."""
_TOO_UNSURE: Final = 0.4
"""A field less sure than this is empty: it is more likely wrong than right, or half covered."""


def put_together(first: Fields, second: Fields) -> Fields:
    """Return for each field the surer of two readings, surer still where both say the same."""
    return {name: _surer(first[name], second[name]) for name in first}


def _surer(first: Found, second: Found) -> Found:
    surer = max(second, first, key=lambda found: found.confidence)
    if first.text == second.text:
        boost = surer.text and surer.confidence >= _WHOLE
        return Found(surer.text, 1 - (1 - surer.confidence) * _AGREED) if boost else surer
    return Found(surer.text, surer.confidence * _DIFFERENT) if first.text and second.text else surer


def without_unsure(fields: Fields) -> Fields:
    """Return the fields, those empty that are too unsure to be answered."""
    return {
        name: found if found.confidence >= _TOO_UNSURE else Found("", found.confidence)
        for name, found in fields.items()
    }


def confidences_of(fields: Fields) -> Mapping[str, float]:
    """Return 0 to 1 for every field that is not empty, by its name in the answer."""
    return {name: round(found.confidence, 3) for name, found in fields.items() if found.text}
