"""How sure a field is by what it says, two readings of one card put together, and what goes with the answer."""

from collections.abc import Mapping
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.ocr_field import Fields, OcrField

_TERM: Final = 0.95
_NO_TERM: Final = 0.45
_NO_SUCH_DAY: Final = 0.3
_BOTH_SCRIPTS: Final = 0.8

_AGREED: Final = 0.5
"""Two readings that agree are wrong this many times as seldom as the surer of them alone."""
_DOUBTED: Final = 0.88
"""How sure readings that agree are at most where each alone is less sure: under glare a line looks whole to both."""
_WHOLE: Final = 0.6
"""What is less sure than this has something wrong with it that two looks at one card have in common."""
_AS_SURE: Final = 0.02
_DIFFERENT: Final = 0.7
"""Of two readings that differ, the surer one is at most this many times as sure."""
_TOO_UNSURE: Final = 0.4
"""A field less sure than this is empty: it is more likely wrong than right, or half covered."""


def adjust_for_term(period: OcrField, permit: PermitType) -> OcrField:
    """Return a period, surer where it runs for a term that such permits are issued for, less sure where it does not."""
    if value_parsers.is_term(period.text, permit):
        return period.at_least(_TERM)
    return adjust_for_calendar(period).at_most(_NO_TERM)


def adjust_for_calendar(dates: OcrField) -> OcrField:
    """Return a date or a period, hardly sure where it names a day that there is not."""
    return dates if value_parsers.days_exist(dates.text) else dates.at_most(_NO_SUCH_DAY)


def adjust_for_script(name: OcrField) -> OcrField:
    """Return a name, less sure where it has simplified characters among traditional ones."""
    return name.at_most(_BOTH_SCRIPTS) if value_parsers.is_mixed(name.text) else name


def merge_readings(better: Fields, other: Fields) -> Fields:
    """Return for each field the surer of two readings, surer still where both say the same.

    Where they differ and are as sure, the reading that is better as a whole is right more often. What only one of them
    read is taken as it is.
    """
    return {name: _surer(better[name], other[name]) for name in better}


def _surer(better: OcrField, other: OcrField) -> OcrField:
    if not (better.text and other.text):
        return better if better.text else other
    if better.text == other.text:
        most = max(better.confidence, other.confidence)
        agreed = 1 - (1 - most) * _AGREED if most >= _WHOLE else most
        return OcrField(better.text, min(agreed, _DOUBTED) if most <= _DOUBTED else agreed)
    surer = other if other.confidence > better.confidence + _AS_SURE else better
    return OcrField(surer.text, surer.confidence * _DIFFERENT)


def drop_uncertain(fields: Fields) -> Fields:
    """Return the fields, those empty that are too unsure to be answered."""
    return {
        name: found if found.confidence >= _TOO_UNSURE else OcrField("", found.confidence)
        for name, found in fields.items()
    }


def confidences_of(fields: Fields) -> Mapping[str, float]:
    """Return 0 to 1 for every field that is not empty, by its name in the answer."""
    return {name: round(found.confidence, 3) for name, found in fields.items() if found.text}
