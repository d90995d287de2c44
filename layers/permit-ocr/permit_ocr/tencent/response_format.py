"""Convert the provider's JSON to an answer, driven by the fields of its class; ``asdict`` converts it back."""

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitBack, Portrait, PortraitPlace
from permit_ocr.tencent.actions import Action

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def parse_answer(action: Action, response: dict[str, Any]) -> Answer:
    """Return the answer in ``response``, the object under the key ``Response``.

    A missing key or a null becomes the field's empty value. Unknown keys are ignored: the provider adds fields without
    a new version.
    """
    return _parse(action.answer, response)


def parse_confidences(action: Action, response: dict[str, Any]) -> dict[str, float]:
    """Return the confidence in each field. The recogniser sends it on request, the provider never does.

    Only known fields of the action and numbers from 0 to 1 are returned. A nested field is named ``outer.inner``.
    """
    confidences = response.get(CONFIDENCES)
    if not isinstance(confidences, dict):
        return {}
    names = frozenset(_names(action.answer))
    return {name: float(value) for name, value in confidences.items() if name in names and _is_confidence(value)}


_NESTED: Final[dict[str, "type[DataclassInstance]"]] = {
    "PortraitImageInfo": Portrait,
    "ImageCoordinates": PortraitPlace,
    "MainlandTravelPermitBackInfos": MainlandPermitBack,
}
CONFIDENCE_HEADER: Final = ("X-Permit-Ocr-Confidence", "fields")
"""Requests ``CONFIDENCES`` from the recogniser. It is not sent to the provider's hosts, whose API does not have it."""
CONFIDENCES: Final = "FieldConfidences"
"""The only undocumented member of an answer: the confidence in each field, 0 to 1, by the field's name."""
_NUMBERS: Final = frozenset({"CardType", "X", "Y", "Width", "Height"})


def _parse[T: "DataclassInstance"](shape: type[T], values: dict[str, Any]) -> T:
    known = {
        field.name: _value(field.name, values[field.name])
        for field in fields(shape)
        if values.get(field.name) is not None
    }
    return shape(**known)


def _names(shape: type["DataclassInstance"], prefix: str = "") -> Iterator[str]:
    for field in fields(shape):
        yield f"{prefix}{field.name}"
        if field.name in _NESTED:
            yield from _names(_NESTED[field.name], f"{prefix}{field.name}.")


def _is_confidence(value: Any) -> bool:  # noqa: ANN401  JSON
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  JSON
    if name in _NESTED:
        return _parse(_NESTED[name], value if isinstance(value, dict) else {})
    if name == "WarnCardInfos":
        return _warning_codes(value)
    if name in _NUMBERS:
        return _number(value) or 0
    if isinstance(value, dict | list):
        return ""  # not a text
    # A lone surrogate cannot be encoded: the answer could be neither stored nor published.
    return str(value).encode("utf-8", "replace").decode()


def _warning_codes(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401  JSON
    """Return the codes. If any is not a number, return None (*not checked*): a warning must not get lost."""
    codes = [_number(code) for code in value] if isinstance(value, list | tuple) else [None]
    return None if None in codes else tuple(code for code in codes if code is not None)


def _number(value: Any) -> int | None:  # noqa: ANN401  JSON
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
