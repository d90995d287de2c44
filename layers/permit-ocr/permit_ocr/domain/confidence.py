"""The reader's confidence in each field, if it reports one. The provider's own API does not have it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, ResidencePermitAnswer

type Confidences = Mapping[str, float]
"""From 0 to 1, by the field's name in the answer (nested: ``outer.inner``); for some of the fields, or for none."""

CONFIDENCE_THRESHOLD: Final = 0.9
"""Fields that identify a card, or give its validity, need at least this confidence."""
_IMAGES: Final = frozenset({"Profile", "PortraitImageInfo"})
_KEY_FIELDS: Final = {
    ResidencePermitAnswer: {"Name": "name", "IdCardNo": "number", "PassNo": "permit_number", "ValidDate": "valid_date"},
    MainlandPermitAnswer: {
        "Name": "name",
        "EnglishName": "english_name",
        "Number": "number",
        "ValidDate": "valid_date",
        "MainlandTravelPermitBackInfos.Name": "name",
        "MainlandTravelPermitBackInfos.IDNumber": "id_card_number",
    },
}


def confidence_by_field(answer: Answer, confidences: Confidences) -> dict[str, float | None]:
    """Return the confidence in every non-empty field of ``answer``; None if it is not known."""
    return {name: confidences.get(name) for name in _non_empty_fields(answer)}


def unsure_fields(answer: Answer, confidences: Confidences) -> tuple[str, ...]:
    """Return the key fields below the threshold, by their names in ``NormalizedFields``, each once.

    A romanised name counts only if the answer has no Chinese one.
    """
    known = {name: value for name, value in confidence_by_field(answer, confidences).items() if value is not None}
    if answer.Name.strip():
        known.pop("EnglishName", None)
    names = _KEY_FIELDS[type(answer)]
    return tuple(dict.fromkeys(name for field, name in names.items() if known.get(field, 1.0) < CONFIDENCE_THRESHOLD))


def _non_empty_fields(part: object, prefix: str = "") -> Iterator[str]:
    if not is_dataclass(part):
        return
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in _IMAGES:
            continue
        if isinstance(value, str) and value.strip():
            yield f"{prefix}{field.name}"
        else:
            yield from _non_empty_fields(value, f"{prefix}{field.name}.")
