"""What a request says beside its body: in its path, which Powertools reads, and in its headers."""

from typing import Any

from permit_ocr.entrypoints.http_api.application import Resolver

type Parameter = dict[str, Any]
"""A parameter as OpenAPI describes it."""


def path_parameter(name: str, description: str, *, pattern: str) -> Parameter:
    """Return the description of a part of the path."""
    title = name.replace("_", " ").title()
    schema = {"type": "string", "pattern": pattern, "title": title, "description": description}
    return {"description": description, "required": True, "schema": schema, "name": name, "in": "path"}


def header_parameter(name: str, description: str) -> Parameter:
    """Return the description of a header, which may be left out."""
    types = [{"type": "string"}, {"type": "null"}]
    schema = {"anyOf": types, "title": name.title(), "description": description}
    return {"description": description, "required": False, "schema": schema, "name": name, "in": "header"}


def header_of(app: Resolver, name: str) -> str | None:
    """Return what a header of the request at hand says, all its lines as one (RFC 9110, section 5.2)."""
    said: str | list[str] | None = app.current_event.resolved_headers_field.get(name)
    return ",".join(said) if isinstance(said, list) else said
