"""JSON Schemas of the events and of the API's responses, generated from their dataclasses."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final, get_args

from pydantic import TypeAdapter

_CONFIG: Final = {"use_attribute_docstrings": True, "json_schema_serialization_defaults_required": True}


def json_schemas(shapes: Mapping[str, Any], *, ref_template: str) -> dict[str, Any]:
    """Return the schemas of ``shapes`` by name, and those of every class they contain.

    ``ref_template`` is how one schema refers to another, such as ``#/$defs/{model}``.
    """
    for shape in shapes.values():
        for model in _models(shape):
            model.__pydantic_config__ = {**_CONFIG, "json_schema_extra": partial(_describe_inherited, model)}
    adapters = [(name, "serialization", TypeAdapter(shape)) for name, shape in shapes.items()]
    by_name, definitions = TypeAdapter.json_schemas(adapters, ref_template=ref_template)  # type: ignore[arg-type]
    inner: dict[str, Any] = definitions.get("$defs", {})
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


def _describe_inherited(model: type, schema: dict[str, Any]) -> None:
    """Add the descriptions of inherited fields: pydantic reads only the class's own attribute docstrings."""
    for base in filter(is_dataclass, model.__mro__[1:]):
        (definition,) = ast.parse(inspect.getsource(base)).body
        for attribute, text in pairwise(definition.body):  # type: ignore[attr-defined]
            match attribute, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(description))):
                    schema["properties"][name].setdefault("description", inspect.cleandoc(description))
