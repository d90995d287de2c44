"""The OpenAPI document: the paths as the resolver has them, the shapes as their dataclasses say."""

import json
from functools import cache
from typing import Any, Final

from permit_ocr.adapters.http_api.front import BODY_LIMIT, resolver
from permit_ocr.adapters.http_api.get_case import CaseRead
from permit_ocr.adapters.http_api.post_uploads import UploadTicket
from permit_ocr.adapters.http_api.responses import SCHEMAS, PendingRecognition, RecognizedPages
from permit_ocr.adapters.message_schemas import json_schemas
from permit_ocr.adapters.problem_details import PROBLEM_SCHEMA
from permit_ocr.domain.image_rejections import MOST_BYTES
from permit_ocr.domain.results import CompletedEvent, RecognizedEvent, RejectedEvent

_DESCRIPTION: Final = f"""\
Reads the photographs of Hong Kong, Macao and Taiwan residents' permits.

Limits: a request's body has at most {BODY_LIMIT:,} bytes, an uploaded file {MOST_BYTES:,}; an answer comes within
30 seconds. A deployment takes `ApiRequestsPerSecond` requests a second (10 unless set otherwise), all callers together,
and answers 429 beyond. Every error of ours is problem details (RFC 9457) that name the field and the limit; the
gateway's own (401, 403, 404 for a path or method that is not here, 413, 429, 503) have a `message` only.
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
        *(RecognizedEvent, RejectedEvent, CompletedEvent),
        *(PendingRecognition, RecognizedPages, UploadTicket, CaseRead),
    )
}


_FRAMEWORKS: Final = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
"""What the framework says of errors that it answers only where we do not."""


@cache
def document() -> str:
    """Return the document as JSON."""
    said: dict[str, Any] = json.loads(
        resolver().get_openapi_json_schema(title="Permit OCR", version="1.1.0", description=_DESCRIPTION)
    )
    del said["servers"]  # a deployment's own address, which this document does not know
    for path in said["paths"].values():
        for operation in path.values():
            _without_the_frameworks_additions(operation["responses"])
    said["security"] = [{name: []} for name in _SECURITY]
    components = said.setdefault("components", {})
    components["securitySchemes"] = _SECURITY
    for name in _FRAMEWORKS:
        components["schemas"].pop(name, None)
    components["schemas"] |= {"Problem": PROBLEM_SCHEMA} | json_schemas(_SHAPES, ref_template=f"{SCHEMAS}{{model}}")
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _without_the_frameworks_additions(responses: dict[str, Any]) -> None:
    if "HTTPValidationError" in json.dumps(responses.get("422", "")):
        del responses["422"]
    if "204" in responses:  # it has no content at all
        responses["204"].pop("content", None)
