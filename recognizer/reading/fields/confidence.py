"""Adjusts the confidence of fields by their content, and merges two readings of one card."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from permit_ocr.domain.permits import PermitType
from recognizer.reading.fields import value_parsers
from recognizer.reading.fields.ocr_field import Corners, Fields, OcrField

_KNOWN_TERM: Final = 0.95
_UNKNOWN_TERM: Final = 0.45
_NONEXISTENT_DAY: Final = 0.3
_MIXED_SCRIPTS: Final = 0.8
_ONLY_SURNAME: Final = 0.7
_UNCLEAR_SCRIPT: Final = 0.88
"""Maximum confidence of a name with an easily confused character, if no other one is in the same script only."""

_AGREEMENT_FACTOR: Final = 0.5
"""If two readings agree, their probability of being wrong is multiplied by this."""
_AGREEMENT_CAP: Final = 0.88
"""Maximum confidence of agreeing readings that are each less confident: glare may hide the same text from both."""
_MIN_FOR_AGREEMENT: Final = 0.6
"""Below this confidence, agreement does not help: both readings share the same problem."""
_TIE: Final = 0.02
_DISAGREEMENT_FACTOR: Final = 0.7
"""If two readings differ, the confidence of the chosen one is multiplied by this."""
_MIN_CONFIDENCE: Final = 0.4
"""A field with a lower confidence is left empty: it is more likely wrong than right, or partly covered."""


def adjust_for_term(period: OcrField, permit: PermitType) -> OcrField:
    """Raise the confidence of a period that matches a term for which such permits are issued; otherwise lower it."""
    if value_parsers.is_term(period.text, permit):
        return period.at_least(_KNOWN_TERM)
    return adjust_for_calendar(period).at_most(_UNKNOWN_TERM)


def adjust_for_calendar(dates: OcrField) -> OcrField:
    """Lower the confidence of a date or a period with a day that does not exist."""
    return dates if value_parsers.days_exist(dates.text) else dates.at_most(_NONEXISTENT_DAY)


def adjust_for_script(name: OcrField) -> OcrField:
    """Lower the confidence of a name that mixes simplified and traditional characters or may be in either script.

    Also of a compound surname alone: its given name may be hidden.
    """
    if value_parsers.COMPOUND_SURNAMES.fullmatch(value_parsers.simplified(name.text)):
        return name.at_most(_ONLY_SURNAME)
    unclear = value_parsers.script_is_unclear(name.text)
    return adjust_for_mixed_scripts(name.at_most(_UNCLEAR_SCRIPT) if unclear else name)


def adjust_for_mixed_scripts(name: OcrField) -> OcrField:
    """Lower the confidence of a name that mixes simplified and traditional characters."""
    return name.at_most(_MIXED_SCRIPTS) if value_parsers.is_mixed(name.text) else name


def merge_readings(better: Fields, other: Fields) -> Fields:
    """Merge two readings field by field: the more confident one wins, and agreement raises the confidence.

    If they differ and are equally confident, ``better``, the better reading as a whole, is right more often. A field
    that only one of them has is taken unchanged.
    """
    return {name: _merge_field(better[name], other[name], is_name=name == "Name") for name in better}


def _merge_field(better: OcrField, other: OcrField, *, is_name: bool) -> OcrField:
    if not (better.text and other.text):
        return better if better.text else other
    if better.text == other.text:
        highest = max(better.confidence, other.confidence)
        agreed = 1 - (1 - highest) * _AGREEMENT_FACTOR if highest >= _MIN_FOR_AGREEMENT else highest
        return replace(better, confidence=min(agreed, _AGREEMENT_CAP) if highest <= _AGREEMENT_CAP else agreed)
    if is_name and value_parsers.simplified(better.text) == value_parsers.simplified(other.text):
        return _in_traditional(better, other)
    chosen = other if other.confidence > better.confidence + _TIE else better
    return replace(chosen, confidence=chosen.confidence * _DISAGREEMENT_FACTOR)


def _in_traditional(one: OcrField, other: OcrField) -> OcrField:
    """Return the more traditional of two readings of one name: the models read traditional characters as simplified."""
    traditional = max(one, other, key=lambda field: sum(map(value_parsers.is_traditional, field.text)))
    return replace(traditional, confidence=max(one.confidence, other.confidence)).at_most(_MIXED_SCRIPTS)


def drop_uncertain(fields: Fields) -> Fields:
    """Clear the fields whose confidence is too low."""
    return {
        name: found if found.confidence >= _MIN_CONFIDENCE else OcrField("", found.confidence)
        for name, found in fields.items()
    }


def confidences_of(fields: Fields) -> Mapping[str, float]:
    """Return the confidence, 0 to 1, of every non-empty field."""
    return {name: round(found.confidence, 3) for name, found in fields.items() if found.text}


def corners_of(fields: Fields) -> Mapping[str, Corners]:
    """Return the corners of every non-empty field whose position is known, in pixels of the upright photo."""
    return {name: found.corners for name, found in fields.items() if found.text and found.corners}
