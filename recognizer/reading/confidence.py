"""Two readings of one card put together, and the confidences that go with the answer."""

from collections.abc import Mapping
from typing import Final

from recognizer.reading.found import Fields, Found

_AGREED: Final = 0.5
"""Two readings that agree are wrong this many times as seldom as the surer of them alone."""
_WHOLE: Final = 0.6
"""What is less sure than this has something wrong with it that two looks at one card have in common."""
_AS_SURE: Final = 0.02
_DIFFERENT: Final = 0.7
"""Of two readings that differ, the surer one is at most this many times as sure."""
_TOO_UNSURE: Final = 0.4
"""A field less sure than this is empty: it is more likely wrong than right, or half covered."""


def put_together(better: Fields, other: Fields) -> Fields:
    """Return for each field the surer of two readings, surer still where both say the same.

    Where they differ and are as sure, the reading that is better as a whole is right more often.
    """
    return {name: _surer(better[name], other[name]) for name in better}


def _surer(better: Found, other: Found) -> Found:
    surer = other if other.confidence > better.confidence + _AS_SURE else better
    if better.text == other.text:
        most = max(better.confidence, other.confidence)
        return Found(better.text, 1 - (1 - most) * _AGREED if better.text and most >= _WHOLE else most)
    return Found(surer.text, surer.confidence * _DIFFERENT) if better.text and other.text else surer


def without_unsure(fields: Fields) -> Fields:
    """Return the fields, those empty that are too unsure to be answered."""
    return {
        name: found if found.confidence >= _TOO_UNSURE else Found("", found.confidence)
        for name, found in fields.items()
    }


def confidences_of(fields: Fields) -> Mapping[str, float]:
    """Return 0 to 1 for every field that is not empty, by its name in the answer."""
    return {name: round(found.confidence, 3) for name, found in fields.items() if found.text}
