"""The page about the API names every field of its requests, with the values that it takes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from permit_ocr.entrypoints.http_api.requests import RecognitionRequest, RequestBody, UploadRequest
from tests.documentation_blocks import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FIELDS = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))


def choices(schema: Any) -> Iterator[str]:
    """Yield every value that a part of a schema lists."""
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, dict | list):
            yield from choices(value)
    if isinstance(schema, dict):
        yield from schema.get("enum", [])


@pytest.mark.parametrize("model", [RecognitionRequest, UploadRequest])
def test_every_field_has_a_row_with_its_values(model: type[RequestBody]) -> None:
    for name, schema in model.model_json_schema()["properties"].items():
        assert [value for value in choices(schema) if f"`{value}`" not in FIELDS[name]] == []


def test_no_row_is_of_a_field_that_is_gone() -> None:
    assert FIELDS.keys() == RecognitionRequest.model_fields.keys() | UploadRequest.model_fields.keys()
