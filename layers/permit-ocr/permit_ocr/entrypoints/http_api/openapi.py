"""The OpenAPI document: the paths as the resolver has them, the shapes as their dataclasses say.

The only module here that imports pydantic: no other route needs it.
"""

import json
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from permit_ocr.domain.events import EVENT_TYPES
from permit_ocr.entrypoints.http_api.application import BODY_LIMIT, Resolver
from permit_ocr.entrypoints.http_api.document_path import DOCUMENT_ID
from permit_ocr.entrypoints.http_api.get_case import CASE, CaseRead
from permit_ocr.entrypoints.http_api.json_schemas import json_schemas
from permit_ocr.entrypoints.http_api.parameters import Parameter
from permit_ocr.entrypoints.http_api.post_recognitions import IDEMPOTENCY_KEY, PREFER
from permit_ocr.entrypoints.http_api.post_uploads import UploadRequest, UploadTicket
from permit_ocr.entrypoints.http_api.problem_details import PROBLEM_SCHEMA
from permit_ocr.entrypoints.http_api.recognition_request import RecognitionRequest
from permit_ocr.entrypoints.http_api.request_body import RequestBody
from permit_ocr.entrypoints.http_api.responses import JSON, SCHEMAS, PendingRecognition, RecognizedPages
from permit_ocr.images.rejections import MAX_BYTES

_DESCRIPTION: Final = f"""\
Reads the photographs of Hong Kong, Macao and Taiwan residents' permits.

Limits: a request's body has at most {BODY_LIMIT:,} bytes, an uploaded file {MAX_BYTES:,}; an answer comes within
30 seconds. A deployment takes `ApiRequestsPerSecond` requests a second (10 unless set otherwise), all callers together,
and answers 429 beyond. Every error of ours is problem details (RFC 9457) that name the field and the limit; the
gateway's own (401, 403, 404 for a path or method that is not here, 413, 429, 503) have a `message` only.

Every answer of ours has `cache-control: no-store` and `x-content-type-options: nosniff`.
"""
_SECURITY: Final = {
    "AWS_IAM": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "A request signed with AWS Signature Version 4 for the service `execute-api`: the default.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "JWT": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of `JwtIssuer` for `JwtAudience`, where a deployment names these.",
    },
}
_SHAPES: Final = {
    shape.__name__: shape
    for shape in (
        *EVENT_TYPES.values(),
        *(PendingRecognition, RecognizedPages, UploadTicket, CaseRead),
    )
}
_PARAMETERS: Final[dict[str, list[Parameter]]] = {
    "createRecognition": [IDEMPOTENCY_KEY, PREFER],
    "getRecognition": [DOCUMENT_ID],
    "deleteRecognition": [DOCUMENT_ID],
    "getCase": [CASE],
}
_BODIES: Final[dict[str, type[RequestBody]]] = {"createRecognition": RecognitionRequest, "createUpload": UploadRequest}


@cache
def document(app: Resolver) -> str:
    """Return the document of ``app``'s routes as JSON."""
    said: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(title="Permit OCR", version="1.1.0", description=_DESCRIPTION)
    )
    del said["servers"]  # a deployment's own address, which this document does not know
    for path in said["paths"].values():
        for method, operation in path.items():
            path[method] = _whole(operation)
    said["security"] = [{name: []} for name in _SECURITY]
    # In place of the framework's, which are of errors that it answers only where we do not.
    schemas = {"Problem": PROBLEM_SCHEMA} | _requests() | json_schemas(_SHAPES, ref_template=f"{SCHEMAS}{{model}}")
    said["components"] = {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY}
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _whole(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the operation with its parameters and its body, of which the framework knows no more than names."""
    name, responses = operation["operationId"], operation["responses"]
    if "204" in responses:  # it has no content at all
        responses["204"].pop("content", None)
    takes: dict[str, Any] = {"parameters": _PARAMETERS[name]} if name in _PARAMETERS else {}
    if name in _BODIES:
        schema = {"$ref": f"{SCHEMAS}{_BODIES[name].__name__}"}
        takes["requestBody"] = {"content": {JSON: {"schema": schema}}, "required": True}
    del operation["responses"]  # they come last
    return operation | takes | {"responses": responses}


def _requests() -> dict[str, Any]:
    """Return the schemas of the bodies. That a field is null unless it is sent is not said in them."""
    schemas = {shape.__name__: TypeAdapter(shape).json_schema() for shape in _BODIES.values()}
    for schema in schemas.values():
        for said in schema["properties"].values():
            if said["default"] is None:
                del said["default"]
    return schemas
