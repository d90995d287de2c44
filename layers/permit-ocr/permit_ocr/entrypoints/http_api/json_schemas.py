"""JSON Schemas of the messages, from the dataclasses that are their only description."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final, get_args

from pydantic import TypeAdapter

_CONFIG: Final = {"use_attribute_docstrings": True, "json_schema_serialization_defaults_required": True}


def json_schemas(shapes: Mapping[str, Any], *, ref_template: str) -> dict[str, Any]:
    """Return the schema of each of ``shapes`` by its name, and those of whatever they are made of by theirs.

    ``ref_template`` says how one names another, such as ``#/$defs/{model}``.
    """
    for shape in shapes.values():
        for model in _models(shape):
            model.__pydantic_config__ = _CONFIG
    adapters = [(name, "serialization", TypeAdapter(shape)) for name, shape in shapes.items()]
    by_name, said = TypeAdapter.json_schemas(adapters, ref_template=ref_template)  # type: ignore[arg-type]
    inner: dict[str, Any] = said.get("$defs", {})
    return inner | {name: schema for (name, _), schema in by_name.items() if not _is_ref(schema, name)}


def _is_ref(schema: dict[str, Any], name: str) -> bool:
    return str(schema.get("$ref", "")).endswith(f"/{name}")


def _models(shape: Any) -> Iterator[Any]:  # noqa: ANN401  any type
    if is_dataclass(shape):
        yield shape
        for field in fields(shape):
            yield from _models(field.type)
    for inner in get_args(getattr(shape, "__value__", shape)):
        yield from _models(inner)
