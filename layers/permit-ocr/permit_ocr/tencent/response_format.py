"""From the provider's JSON to an answer and back, driven by the answer's own fields."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitBack, Portrait, PortraitPlace
from permit_ocr.tencent.actions import Action

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def parse_answer(action: Action, response: dict[str, Any]) -> Answer:
    """Return the answer in ``response``, the object under the key ``Response``.

    A missing key and a null become the field's empty value, and unknown keys are passed over: the provider adds
    fields without a new version.
    """
    return _parse(action.answer, response)


def parse_confidences(action: Action, response: dict[str, Any]) -> dict[str, float]:
    """Return how sure each field is, if ``response`` says so: the provider's never does, our recogniser's if asked.

    Only of fields that the action has, and only numbers from 0 to 1.
    """
    said = response.get(CONFIDENCES)
    names = field_names(action)
    numbers = {name: _share(value) for name, value in said.items() if name in names} if isinstance(said, dict) else {}
    return {name: share for name, share in numbers.items() if share is not None}


def field_names(action: Action) -> frozenset[str]:
    """Return the names of an answer's fields; one within another is joined to it by a full stop."""
    return frozenset(_names(action.answer))


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return ``answer`` as the JSON object that ``parse_answer`` reads."""
    return asdict(answer)


_NESTED: Final[dict[str, "type[DataclassInstance]"]] = {
    "PortraitImageInfo": Portrait,
    "ImageCoordinates": PortraitPlace,
    "MainlandTravelPermitBackInfos": MainlandPermitBack,
}
CONFIDENCE_HEADER: Final = ("X-Permit-Ocr-Confidence", "fields")
"""Asks our recogniser for ``CONFIDENCES``. The provider's own hosts are not sent what their pages do not know."""
CONFIDENCES: Final = "FieldConfidences"
"""The one member of an answer that no page documents: how sure each field is, 0 to 1, by the field's name."""
_NUMBERS: Final = frozenset({"CardType", "X", "Y", "Width", "Height"})


def _parse[T: "DataclassInstance"](shape: type[T], said: dict[str, Any]) -> T:
    known = {
        field.name: _value(field.name, said[field.name]) for field in fields(shape) if said.get(field.name) is not None
    }
    return shape(**known)


def _names(shape: type["DataclassInstance"], within: str = "") -> Iterator[str]:
    for field in fields(shape):
        yield f"{within}{field.name}"
        if field.name in _NESTED:
            yield from _names(_NESTED[field.name], f"{within}{field.name}.")


def _share(said: Any) -> float | None:  # noqa: ANN401  JSON
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return float(said) if is_number and 0 <= said <= 1 else None


def _value(name: str, said: Any) -> Any:  # noqa: ANN401  JSON
    if name in _NESTED:
        return _parse(_NESTED[name], said if isinstance(said, dict) else {})
    if name == "WarnCardInfos":
        return _warning_codes(said)
    if name in _NUMBERS:
        return _number(said) or 0
    # A lone surrogate is no text: it could be neither kept nor published.
    return str(said).encode("utf-8", "replace").decode()


def _warning_codes(said: Any) -> tuple[int, ...] | None:  # noqa: ANN401  JSON
    """Return the codes, or None, which means *not checked*, if any of them is no number: never fewer than were sent."""
    codes = [_number(code) for code in said] if isinstance(said, list | tuple) else [None]
    return None if None in codes else tuple(code for code in codes if code is not None)


def _number(said: Any) -> int | None:  # noqa: ANN401  JSON
    try:
        return int(float(said))
    except (TypeError, ValueError, OverflowError):
        return None
