"""Writes the JSON Schemas of the result messages and the OpenAPI document of the HTTP API, from the code behind them.

Run by ``make schemas``; a contract test fails when a committed file differs from what this writes.
"""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from permit_ocr.adapters.http_api import resolver
from permit_ocr.domain.results import CompletedEvent, RecognizedEvent, RejectedEvent

HERE: Final = Path(__file__).parent
_CONFIG: Final = {"use_attribute_docstrings": True, "json_schema_serialization_defaults_required": True}
_MESSAGES: Final = {
    "permit.recognized.v1": RecognizedEvent,
    "permit.rejected.v1": RejectedEvent,
    "permit.completed.v1": CompletedEvent,
}


def documents() -> dict[str, str]:
    """Return every file's name and text."""
    for message in _MESSAGES.values():
        for model in _models(message):
            model.__pydantic_config__ = _CONFIG
    schemas = {f"{name}.schema.json": _schema(name, message) for name, message in _MESSAGES.items()}
    openapi = json.loads(resolver().get_openapi_json_schema(title="Permit OCR", version="1.0.0"))
    del openapi["servers"]  # a deployment's own address, which this document does not know
    return {name: _text(said) for name, said in (schemas | {"http-api.openapi.json": openapi}).items()}


def _schema(name: str, message: type) -> dict[str, Any]:
    schema = TypeAdapter(message).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:permit-ocr:{name}", **schema}


def _models(shape: Any) -> Iterator[Any]:  # noqa: ANN401  any type
    if is_dataclass(shape):
        yield shape
        for field in fields(shape):
            yield from _models(field.type)
    for inner in get_args(getattr(shape, "__value__", shape)):
        yield from _models(inner)


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, text in documents().items():
        (HERE / file).write_text(text)
