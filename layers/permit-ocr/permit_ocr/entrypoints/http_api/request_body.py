"""A request's body: each field is read by what stands beside its description, and every wrong one is named.

pydantic describes these shapes (``openapi``) but does not read them, so that no cold start imports it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError

from permit_ocr.entrypoints.http_api.application import Resolver

_JSON: Final = "application/json"
_READ: Final = "read"

type Read = Callable[[Any], object]
"""Returns what a value of JSON means. Raises ``ValueError``, whose text is what the caller is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """What every body is: an object with no field but its own. ``__post_init__`` judges fields that belong together."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def read_by(read: Read, description: str, *, max_length: int | None = None, **schema: str) -> dict[str, Any]:
    """Return the metadata of a field of a ``RequestBody``: what reads it; the rest is for its JSON Schema."""
    return {_READ: read, "description": description, "max_length": max_length, "json_schema_extra": schema or None}


def body_of[Body: RequestBody](shape: type[Body], app: Resolver) -> Body:
    """Return the body of the request at hand.

    Raises ``RequestUnsupportedContentType``, or ``RequestValidationError`` with everything that is wrong.
    """
    if not says_json(app.current_event.headers):
        raise RequestUnsupportedContentType("not JSON", errors=[])
    try:
        said = app.current_event.json_body
    except json.JSONDecodeError:
        raise RequestValidationError([_error("is not JSON", type="json_invalid")]) from None
    if not isinstance(said, dict):
        raise RequestValidationError([_error("must be a JSON object")])
    return _read(shape, said)


def says_json(headers: Mapping[str, str]) -> bool:
    """Tell whether a request's headers say that its body is JSON. If they say nothing, it is."""
    said = {name.lower(): value for name, value in headers.items()}.get("content-type", _JSON)
    return said.partition(";")[0].strip().lower() == _JSON


def text(said: Any) -> str:  # noqa: ANN401  JSON
    """Return a text. Raises ``ValueError``."""
    if not isinstance(said, str):
        raise ValueError("must be a text")  # noqa: TRY004  what JSON has is a value
    return said


def flag(said: Any) -> bool:  # noqa: ANN401  JSON
    """Return true or false. Raises ``ValueError``."""
    if not isinstance(said, bool):
        raise ValueError("must be true or false")  # noqa: TRY004  the same
    return said


def one_of(words: Sequence[str], *, written: Callable[[str], str] = str) -> Read:
    """Return what reads one of ``words``, after ``written``, such as ``str.lower``."""
    *others, last = words

    def read(said: Any) -> str:  # noqa: ANN401  JSON
        if isinstance(said, str) and (word := written(said)) in words:
            return word
        raise ValueError(f"must be {', '.join(others)} or {last}")

    return read


def or_null(read: Read) -> Read:
    """Return what reads the same, or null."""
    return lambda said: None if said is None else read(said)


def _read[Body: RequestBody](shape: type[Body], said: Mapping[str, Any]) -> Body:
    known = {one.name: one for one in fields(shape)}
    values: dict[str, object] = {}
    errors: list[dict[str, Any]] = []
    for name in known:
        if name in said:
            try:
                values[name] = known[name].metadata[_READ](said[name])
            except ValueError as error:
                errors.append(_error(str(error), name))
    errors += (_error("", name, type="extra_forbidden") for name in said if name not in known)
    try:
        if not errors:
            return shape(**values)
    except ValueError as error:
        errors.append(_error(str(error)))
    raise RequestValidationError(errors)


def _error(message: str, *place: str, type: str = "value_error") -> dict[str, Any]:  # noqa: A002  Powertools' name
    return {"loc": ("body", *place), "msg": message, "type": type}
