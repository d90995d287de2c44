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


def field_names(shape: type["DataclassInstance"], prefix: str = "") -> Iterator[str]:
    """Yield the name of every field of an answer's class; a nested field is named ``outer.inner``."""
    for field in fields(shape):
        yield f"{prefix}{field.name}"
        if field.name in _NESTED:
            yield from field_names(_NESTED[field.name], f"{prefix}{field.name}.")


def text(value: object) -> str:
    """Return ``value`` as text that can be encoded: a lone surrogate could be neither stored nor published.

    An object or a list is not a text: it becomes the empty one.
    """
    return "" if isinstance(value, dict | list) else str(value).encode("utf-8", "replace").decode()


_NESTED: Final[dict[str, "type[DataclassInstance]"]] = {
    "PortraitImageInfo": Portrait,
    "ImageCoordinates": PortraitPlace,
    "MainlandTravelPermitBackInfos": MainlandPermitBack,
}
_NUMBERS: Final = frozenset({"CardType", "X", "Y", "Width", "Height"})


def _parse[T: "DataclassInstance"](shape: type[T], values: dict[str, Any]) -> T:
    known = {
        field.name: _value(field.name, values[field.name])
        for field in fields(shape)
        if values.get(field.name) is not None
    }
    return shape(**known)


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  JSON
    if name in _NESTED:
        return _parse(_NESTED[name], value if isinstance(value, dict) else {})
    if name == "WarnCardInfos":
        return _warning_codes(value)
    if name in _NUMBERS:
        return _number(value) or 0
    return text(value)


def _warning_codes(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401  JSON
    """Return the codes. If any is not a number, return None (*not checked*): a warning must not get lost."""
    codes = [_number(code) for code in value] if isinstance(value, list | tuple) else [None]
    return None if None in codes else tuple(code for code in codes if code is not None)


def _number(value: Any) -> int | None:  # noqa: ANN401  JSON
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
