"""The JSON responses, and how the OpenAPI document describes each response of a route."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from permit_ocr.application.document_status import DocumentStatus, Done, DonePages, Pending, Stage
from permit_ocr.entrypoints.http_api.problem_details import CONTENT_TYPE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

JSON: Final = "application/json"
SCHEMAS: Final = "#/components/schemas/"
_DOCUMENT_OPERATIONS: Final = ("getRecognition", "deleteRecognition")
_POLL_SECONDS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingStatus:
    """How far a pending document is."""

    stage: Stage
    pages: int | None
    """Number of pages in a multi-page file."""
    pages_done: int | None
    """How many of them are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRecognition:
    """A document that is not done."""

    id: str
    progress: ProcessingStatus
    status: Literal["pending"] = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReference:
    """One page of a multi-page file."""

    number: int
    """Page number, from 1."""
    id: str
    """The page's own id: each page is a document."""
    location: str
    """Path of its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiPageRecognition:
    """A multi-page file of which all pages are done."""

    id: str
    pages: tuple[PageReference, ...]
    status: Literal["done"] = "done"


def describe_problem(description: str) -> OpenAPIResponse:
    """Return the OpenAPI description of a response in problem details."""
    return {"description": description, "content": {CONTENT_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}}


def describe_json(
    description: str, *schemas: str, headers: Mapping[str, str] | None = None, id_field: str = ""
) -> OpenAPIResponse:
    """Return the OpenAPI description of a response in JSON with one of these schemas, and of its headers.

    ``id_field`` has the document's id: it links the response to the other operations on it. Schemas are referred to by
    name, since building them would slow down a cold start and only the OpenAPI document needs them.
    """
    one_of = [{"$ref": f"{SCHEMAS}{schema}"} for schema in schemas]
    response: dict[str, Any] = {
        "description": description,
        "headers": {
            name: {"description": text, "schema": {"type": "string"}} for name, text in (headers or {}).items()
        },
        "content": {JSON: {"schema": one_of[0] if len(one_of) == 1 else {"oneOf": one_of}}},
    }
    if id_field:
        parameters = {"document_id": f"$response.body#/{id_field}"}
        response["links"] = {name: {"operationId": name, "parameters": parameters} for name in _DOCUMENT_OPERATIONS}
    return cast("OpenAPIResponse", response)


def recognition_path(document_id: str, base_path: str) -> str:
    """Return the path of a document's result."""
    return f"{base_path}/v1/recognitions/{document_id}"


def json_response(
    body: "DataclassInstance", *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """Return a dataclass as a response."""
    return Response(status, JSON, json.dumps(asdict(body), ensure_ascii=False), headers=dict(headers or {}))


def status_response(document_id: str, status: DocumentStatus, *, base_path: str) -> Response[str]:
    """Return a document's status as a response. If it is done, that is its event as it was published.

    ``base_path`` begins the paths in it.
    """
    match status:
        case Done(event=event):
            return Response(HTTPStatus.OK, JSON, event)
        case DonePages(page_ids=page_ids):
            pages = (
                PageReference(number=number, id=page_id, location=recognition_path(page_id, base_path))
                for number, page_id in enumerate(page_ids, start=1)
            )
            return json_response(MultiPageRecognition(id=document_id, pages=tuple(pages)))
        case Pending(stage=stage, pages=page_count, pages_done=pages_done):
            progress = ProcessingStatus(stage=stage, pages=page_count, pages_done=pages_done)
            return json_response(
                PendingRecognition(id=document_id, progress=progress),
                status=HTTPStatus.ACCEPTED,
                headers={"Location": recognition_path(document_id, base_path), "Retry-After": str(_POLL_SECONDS)},
            )
