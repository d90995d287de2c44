"""The committed schemas, samples and API descriptions match the code."""

import json
import time
from pathlib import Path
from typing import Any

import pydantic
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker, ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from events.samples.write import documents as samples
from events.schemas.write import documents
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.permits import Kind
from permit_ocr.entrypoints.http_api import BODY_LIMIT
from permit_ocr.entrypoints.http_api.requests import RecognitionRequest, RequestBody, UploadRequest
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE
from permit_ocr.images.rejections import MAX_BYTES
from tests.unit.fakes.ocr import MAINLAND_FRONT, OTHER_CARD, RESIDENCE_FRONT
from tests.unit.fakes.world import submission, world

SCHEMAS = Path("events/schemas")
SAMPLES = Path("events/samples")


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_the_committed_file_matches_the_code(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == documents()[file], "run `make schemas` and commit what it wrote"


def test_every_event_type_has_a_sample_that_matches_its_schema() -> None:
    committed = {file.name: file.read_text() for file in SAMPLES.glob("*.json")}
    assert committed == samples(), "run `make schemas` and commit what it wrote"
    assert {f"{name.removesuffix('.json')}.schema.json" for name in committed} == {
        file.name for file in SCHEMAS.glob("*.schema.json")
    }
    for name, text in committed.items():
        schema = json.loads((SCHEMAS / f"{name.removesuffix('.json')}.schema.json").read_text())
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(text))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.RESIDENCE_PERMIT, RESIDENCE_FRONT),
        (Kind.MAINLAND_PERMIT, MAINLAND_FRONT),
        (Kind.MAINLAND_PERMIT, OTHER_CARD),
    ],
)
def test_a_published_event_matches_its_schema(kind: Kind, answer: Answer | RejectDocument) -> None:
    event: dict[str, Any] = json.loads(world(answer).recognize(submission(kind=kind), deadline=time.monotonic() + 45))
    schema = json.loads((SCHEMAS / f"{event['type']}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(event)
    assert event["subject"] == event["data"]["document"]["id"] == event["id"]


def test_a_schema_requires_every_field_that_is_always_present() -> None:
    schema = json.loads((SCHEMAS / "permit.recognized.v1.schema.json").read_text())
    assert set(schema["required"]) == set(schema["properties"])
    for model in schema["$defs"].values():
        if model.get("type") == "object":
            assert set(model["required"]) == set(model["properties"])


OPENAPI: dict[str, Any] = json.loads(OPENAPI_FILE.read_text(encoding="utf-8"))
ASYNCAPI: dict[str, Any] = json.loads((SCHEMAS / "asyncapi.json").read_text())
ASYNCAPI_3 = Path(".venv-clients/npm/node_modules/@asyncapi/specs/schemas/3.0.0.json")
REGISTRY: Registry[Any] = Registry().with_resource("urn:asyncapi", DRAFT202012.create_resource(ASYNCAPI))
RESOLVER = REGISTRY.resolver("urn:asyncapi")


def test_the_openapi_document_is_valid() -> None:
    assert OPENAPI["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(OPENAPI).validate()


def test_the_openapi_document_describes_errors_as_problem_details() -> None:
    for operations in OPENAPI["paths"].values():
        for operation in operations.values():
            errors = {status: response for status, response in operation["responses"].items() if status >= "400"}
            assert "500" in errors
            assert all(response["content"].keys() == {"application/problem+json"} for response in errors.values())


def test_the_openapi_document_states_the_limits() -> None:
    description = OPENAPI["info"]["description"]
    assert f"{BODY_LIMIT:,} bytes" in description
    assert f"{MAX_BYTES:,}" in description
    assert "ApiRequestsPerSecond" in description
    assert "429" in description


_BODIES: list[type[RequestBody]] = [RecognitionRequest, UploadRequest]
_VALUES: list[Any] = [
    *(None, True, 1, [], {}, "", "auto", "passport", "FRONT", "TOP", "2026-0815", "no case", "x" * 64, "x" * 65),
    *("image/heic", "text/html", "https://example.com/a.jpg", "ftp://example.com/a.jpg"),
    *(f"https://example.com/{'a' * (length - 20)}" for length in (2048, 2049)),
]


@pytest.mark.parametrize("shape", _BODIES)
@pytest.mark.parametrize("value", _VALUES)
def test_a_field_is_accepted_if_the_openapi_document_allows_it(shape: type[RequestBody], value: Any) -> None:
    schema = OPENAPI["components"]["schemas"][shape.__name__]
    for name in (*schema["properties"], "colour"):
        body = {name: value}
        if shape is RecognitionRequest and name not in {"image_base64", "image_url"}:
            body["image_base64"] = ""
        assert _is_valid(shape, body) is Draft202012Validator(schema).is_valid(body), body


def _is_valid(model: type[RequestBody], body: Any) -> bool:
    try:
        model.model_validate(body)
    except pydantic.ValidationError:
        return False
    return True


def test_the_asyncapi_document_is_valid() -> None:
    """By the specification's own schema, which comes with the independent clients (``clients/setup.sh``)."""
    schema = json.loads(ASYNCAPI_3.read_text())
    Draft7Validator(schema).validate(ASYNCAPI)
    with pytest.raises(ValidationError):
        Draft7Validator(schema).validate({**ASYNCAPI, "channels": {"results": {"address": 1}}})


def test_the_asyncapi_document_contains_every_event_schema() -> None:
    messages = ASYNCAPI["components"]["messages"]
    assert {f"{name}.schema.json" for name in messages} == {file.name for file in SCHEMAS.glob("*.schema.json")}
    for name, message in messages.items():
        payload_schema = RESOLVER.lookup(message["payload"]["$ref"]).contents
        assert payload_schema["properties"]["type"]["const"] == name
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        assert payload_schema["required"] == schema["required"]


def test_a_published_event_matches_the_asyncapi_document() -> None:
    for kind, answer in ((Kind.MAINLAND_PERMIT, MAINLAND_FRONT), (Kind.MAINLAND_PERMIT, OTHER_CARD)):
        event = json.loads(world(answer).recognize(submission(kind=kind), deadline=time.monotonic() + 45))
        payload = {"$ref": f"urn:asyncapi{ASYNCAPI['components']['messages'][event['type']]['payload']['$ref']}"}
        Draft202012Validator(payload, registry=REGISTRY).validate(event)
