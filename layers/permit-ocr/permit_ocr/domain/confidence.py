"""Which fields the reader is not sure of, if it reports confidences."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, ResidencePermitAnswer
from permit_ocr.domain.reader_report import Confidences, ReaderReport

CONFIDENCE_THRESHOLD: Final = 0.9
"""The document, and the fields that identify a card or give its validity, need at least this confidence."""
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


def unsure_fields(answer: Answer, report: ReaderReport) -> tuple[str, ...]:
    """Return the key fields below the threshold, by their names in ``NormalizedFields``, each once.

    The first is ``document`` if the reader is not sure that the image shows such a card. A romanised name counts only
    if the answer has no Chinese one.
    """
    of_document = report.document_confidence
    document = ("document",) if of_document is not None and of_document < CONFIDENCE_THRESHOLD else ()
    by_field = confidence_by_field(answer, report.confidences)
    known = {name: value for name, value in by_field.items() if value is not None}
    if answer.Name.strip():
        known.pop("EnglishName", None)
    names = _KEY_FIELDS[type(answer)]
    unsure = (name for field, name in names.items() if known.get(field, 1.0) < CONFIDENCE_THRESHOLD)
    return (*document, *dict.fromkeys(unsure))


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
