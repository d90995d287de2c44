"""What is committed for consumers is what the code produces."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from events.schemas.write import documents
from permit_ocr.domain.answers import Answer
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.workflow.recognition import recognize
from tests.unit.fakes import MAINLAND_FRONT, NOT_THIS_CARD, RESIDENCE_FRONT, photograph, world

SCHEMAS = Path("events/schemas")


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_committed_file_is_what_the_code_says(name: str) -> None:
    assert (SCHEMAS / name).read_text() == documents()[name], "run `make schemas` and commit what it wrote"


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Kind.RESIDENCE_PERMIT, RESIDENCE_FRONT),
        (Kind.MAINLAND_PERMIT, MAINLAND_FRONT),
        (Kind.MAINLAND_PERMIT, NOT_THIS_CARD),
    ],
)
def test_a_published_event_fits_its_schema(kind: Kind, says: Answer | RejectDocument) -> None:
    event: dict[str, Any] = json.loads(
        recognize(photograph(kind=kind), world(says).services, deadline=time.monotonic() + 45)
    )
    schema = json.loads((SCHEMAS / f"{event['type']}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)
    assert event["subject"] == event["data"]["document"]["id"] == event["id"]


def test_a_schema_requires_every_field_that_is_always_there() -> None:
    schema = json.loads((SCHEMAS / "permit.recognized.v1.schema.json").read_text())
    assert set(schema["required"]) == set(schema["properties"])
    for model in schema["$defs"].values():
        if model.get("type") == "object":
            assert set(model["required"]) == set(model["properties"])


def test_the_openapi_document_describes_every_error_as_problem_details() -> None:
    openapi = json.loads((SCHEMAS / "http-api.openapi.json").read_text())
    responses = openapi["paths"]["/v1/recognitions"]["post"]["responses"]
    assert {"200", "400", "413", "415", "422", "429", "500", "503"} == set(responses)
    errors = [said for status, said in responses.items() if status != "200"]
    assert all("application/problem+json" in said["content"] for said in errors)
