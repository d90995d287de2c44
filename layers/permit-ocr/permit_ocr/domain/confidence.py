"""How sure the reader was of each field, where it says so. The provider's own pages know nothing of it.

A field has its name in the answer; one within another is joined to it by a full stop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, ResidencePermitAnswer

type Confidences = Mapping[str, float]
"""From 0 to 1, by field; of some fields, or of none."""

SURE_ENOUGH: Final = 0.9
"""A field that identifies a card or says how long it is valid should be read at least so surely."""
_NOT_READ: Final = frozenset({"Profile", "PortraitImageInfo"})
_KEY_FIELDS: Final = {
    ResidencePermitAnswer: {
        "Name": "name",
        "IdCardNo": "number",
        "PassNo": "permit_number",
        "ValidDate": "valid_date",
    },
    MainlandPermitAnswer: {
        "Name": "name",
        "EnglishName": "english_name",
        "Number": "number",
        "ValidDate": "valid_date",
        "MainlandTravelPermitBackInfos.Name": "name",
        "MainlandTravelPermitBackInfos.IDNumber": "id_card_number",
    },
}


def confidence_by_field(answer: Answer, said: Confidences) -> dict[str, float | None]:
    """Return the confidence of every field of ``answer`` that has a text; None where nothing is said of it."""
    return {name: said.get(name) for name in _with_text(answer)}


def unsure_fields(answer: Answer, said: Confidences) -> tuple[str, ...]:
    """Return the key fields that were not read surely enough, by the names of ``NormalizedFields``; each once.

    A romanised name counts only where there is no other.
    """
    read = {name: sure for name, sure in confidence_by_field(answer, said).items() if sure is not None}
    if answer.Name.strip():
        read.pop("EnglishName", None)
    names = _KEY_FIELDS[type(answer)]
    return tuple(dict.fromkeys(name for field, name in names.items() if read.get(field, 1.0) < SURE_ENOUGH))


def _with_text(said: object, within: str = "") -> Iterator[str]:
    if not is_dataclass(said):
        return
    for field in fields(said):
        value = getattr(said, field.name)
        if field.name in _NOT_READ:
            continue
        if isinstance(value, str) and value.strip():
            yield f"{within}{field.name}"
        else:
            yield from _with_text(value, f"{within}{field.name}.")
