"""The OpenAPI document: the routes as registered with the resolver, the schemas from their classes."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from events.schemas.json_schemas import json_schemas
from permit_ocr import __version__
from permit_ocr.domain.events import EVENT_TYPES, CompletedEvent, ReviewedEvent
from permit_ocr.domain.identity import DOCUMENT_ID_PATTERN
from permit_ocr.domain.pair import CASE_PATTERN
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.entrypoints.http_api.case_by_name import DeletedCase
from permit_ocr.entrypoints.http_api.dependencies import BODY_LIMIT
from permit_ocr.entrypoints.http_api.lists.expiries import MOST_DAYS, ExpiryList
from permit_ocr.entrypoints.http_api.post_recognitions import IDEMPOTENCY_KEY, PREFER
from permit_ocr.entrypoints.http_api.post_uploads import PresignedUpload
from permit_ocr.entrypoints.http_api.problem_details import PROBLEM_SCHEMA
from permit_ocr.entrypoints.http_api.requests import RecognitionRequest, RequestBody, UploadRequest
from permit_ocr.entrypoints.http_api.responses import JSON, SCHEMAS, MultiPageRecognition, PendingRecognition
from permit_ocr.entrypoints.http_api.reviews.requests import IF_MATCH, DecisionBody, LeaseRequest
from permit_ocr.entrypoints.http_api.reviews.responses import ReviewList, ReviewSummary
from permit_ocr.entrypoints.http_api.router import resolver
from permit_ocr.images.rejections import MAX_BYTES

_DESCRIPTION: Final = f"""\
Recognises photos of Hong Kong, Macao and Taiwan residents' permits.

Limits: a request's body has at most {BODY_LIMIT:,} bytes, an uploaded file {MAX_BYTES:,}; a response takes at most
30 seconds. A deployment accepts `ApiRequestsPerSecond` requests a second (10 unless configured) from all callers
together, and responds with 429 beyond that. Every error response of the API is problem details (RFC 9457), which name
the field and the limit; API Gateway's own (401, 403, 404, 413, 429, 503) only have a `message`.

A path that is not listed here gets 404, and a method that its path does not have gets 405 with `Allow`. A slash at the
end of a path changes nothing. `HEAD` is answered as `GET` without the body.

Every response of the API has `cache-control: no-store`, `vary: Origin` and `x-content-type-options: nosniff`.
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
        "description": "A token of `JwtIssuer` for `JwtAudience`, if the deployment sets these.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSideReference:
    """One side that was read."""

    kind: Kind
    side: Side
    document_id: str
    """The document's id: GET /v1/recognitions/{id} returns its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResponse:
    """A case as it is now."""

    case: str
    sides: tuple[CaseSideReference, ...]
    """The newest photo of each side, without rejected ones."""
    completed: tuple[CompletedEvent, ...]
    """The published event of each kind of which both sides were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResponse(ReviewSummary):
    """The state of a document's review."""

    state: Literal["open", "decided"]
    decision: ReviewedEvent | None
    """The event of the last decision."""


_RESPONSES: Final = (
    *EVENT_TYPES.values(),
    PendingRecognition,
    MultiPageRecognition,
    PresignedUpload,
    CaseResponse,
    DeletedCase,
    ReviewList,
    ReviewResponse,
    ExpiryList,
)
_REQUEST_BODIES: Final[dict[str, type[RequestBody]]] = {
    "createRecognition": RecognitionRequest,
    "createUpload": UploadRequest,
    "leaseReview": LeaseRequest,
    "decideReview": DecisionBody,
}


def _parameter(
    name: str, place: str, description: str, *, required: bool | None = None, **schema: str
) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "description": description,
        "required": place == "path" if required is None else required,
        "schema": {"type": "string", **schema},
    }


_DOCUMENT_ID: Final = _parameter(
    "document_id",
    "path",
    "The document's id, from the response that accepted it, from its event or from the list of a file's pages.",
    pattern=f"^{DOCUMENT_ID_PATTERN}$",
)
_PARAMETERS: Final = {
    "createRecognition": [
        _parameter(
            IDEMPOTENCY_KEY,
            "header",
            "Requests with the same key, image and options are the same document, whatever form its Base64 has.",
        ),
        _parameter(PREFER, "header", "`respond-async` (RFC 7240): accept the photo and respond immediately."),
    ],
    "getRecognition": [_DOCUMENT_ID],
    "deleteRecognition": [_DOCUMENT_ID],
    "getImage": [_DOCUMENT_ID],
    "getReview": [_DOCUMENT_ID],
    "leaseReview": [_DOCUMENT_ID],
    "releaseReview": [_DOCUMENT_ID, _parameter("reviewer", "query", "Which of the caller's reviewers has the lease.")],
    "decideReview": [_DOCUMENT_ID, _parameter(IF_MATCH, "header", "The `ETag` of the state that was looked at.")],
    "listReviews": [
        _parameter("limit", "query", "How many reviews, from 1 to 100; 25 if omitted.", pattern="^([1-9][0-9]?|100)$"),
        _parameter("cursor", "query", "`next` of the page before."),
        _parameter("kind", "query", "Only this kind.", pattern=f"^({'|'.join(Kind)})$"),
        _parameter("reason", "query", "Only documents with this reason, such as `low_confidence:number`."),
    ],
    "listExpiries": [
        _parameter("from", "query", "First of the last days of validity.", required=True, format="date"),
        _parameter(
            "to",
            "query",
            f"Last of the last days of validity, at most {MOST_DAYS} days after `from`.",
            required=True,
            format="date",
        ),
        _parameter("cursor", "query", "`next` of the page before; the other parameters are the same."),
    ],
    "getCase": [_parameter("case", "path", "The sender's name for the case.", pattern=f"^{CASE_PATTERN}$")],
}


def openapi_document() -> dict[str, Any]:
    """Return the document."""
    openapi: dict[str, Any] = json.loads(
        resolver().get_openapi_json_schema(title="Permit OCR", version=__version__, description=_DESCRIPTION)
    )
    del openapi["servers"]  # the deployment's URL, which is not known here
    for operations in openapi["paths"].values():
        for method, operation in operations.items():
            operations[method] = _complete(operation)
    openapi["security"] = [{name: []} for name in _SECURITY]
    # These replace Powertools' schemas, which describe validation errors in a form that this API never sends.
    responses = {shape.__name__: shape for shape in _RESPONSES}
    schemas = (
        {"Problem": PROBLEM_SCHEMA} | _request_schemas() | json_schemas(responses, ref_template=f"{SCHEMAS}{{model}}")
    )
    openapi["components"] = {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY}
    return openapi


def _complete(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the operation with its parameters and body, which Powertools describes only if it validates them."""
    name, responses = operation["operationId"], operation.pop("responses")
    if "204" in responses:
        responses["204"].pop("content", None)
    if name in _PARAMETERS:
        operation["parameters"] = _PARAMETERS[name]
    if name in _REQUEST_BODIES:
        schema = {"$ref": f"{SCHEMAS}{_REQUEST_BODIES[name].__name__}"}
        operation["requestBody"] = {"content": {JSON: {"schema": schema}}, "required": True}
    return operation | {"responses": responses}


def _request_schemas() -> dict[str, Any]:
    """Return the schemas of the request bodies, without the default null of optional fields."""
    schemas = {model.__name__: model.model_json_schema() for model in _REQUEST_BODIES.values()}
    for schema in schemas.values():
        for field in schema["properties"].values():
            if field.get("default", "") is None:
                del field["default"]
    return schemas
