"""The forms in which the routes answer: JSON, or problem details."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from permit_ocr.application.document_status import DocumentStatus, Done, DonePages, Pending, Stage
from permit_ocr.domain.errors import Deleted, PermitOcrError, RateLimited, RetryableError
from permit_ocr.entrypoints.http_api.problem_details import CONTENT_TYPE, problem

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

JSON: Final = "application/json"
SCHEMAS: Final = "#/components/schemas/"
_OF_A_DOCUMENT: Final = ("getRecognition", "deleteRecognition")
_ASK_AGAIN_SECONDS: Final = 1
_LINE_STOPPED_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingStatus:
    """How far a document is that is not done."""

    stage: Stage
    pages: int | None
    """How many pages a file of several has."""
    pages_done: int | None
    """How many of them are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRecognition:
    """A document that is not done."""

    id: str
    progress: ProcessingStatus
    status: Literal["pending"] = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """One page of a file of several."""

    number: int
    """Counted from 1."""
    id: str
    """The page's own id: each page is a document."""
    location: str
    """Where its result is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedPages:
    """A file of several pages, all of them done."""

    id: str
    pages: tuple[PageOf, ...]
    status: Literal["done"] = "done"


def described(description: str) -> OpenAPIResponse:
    """Return the OpenAPI description of an answer in problem details."""
    return {"description": description, "content": {CONTENT_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}}


def described_json(
    description: str, *names: str, headers: Mapping[str, str] | None = None, document: bool = False
) -> OpenAPIResponse:
    """Return the OpenAPI description of an answer in JSON, of one of the named schemas, with what its headers say.

    Of one about a ``document`` it says what else can be done with that. The names are resolved where the whole
    description is made: building the schemas costs a cold start, and only it needs them.
    """
    one_of = [{"$ref": f"{SCHEMAS}{name}"} for name in names]
    said: dict[str, Any] = {
        "description": description,
        "headers": {
            name: {"description": says, "schema": {"type": "string"}} for name, says in (headers or {}).items()
        },
        "content": {JSON: {"schema": one_of[0] if len(one_of) == 1 else {"oneOf": one_of}}},
    }
    if document:
        its_id = {"document_id": "$response.body#/id"}
        said["links"] = {name: {"operationId": name, "parameters": its_id} for name in _OF_A_DOCUMENT}
    return cast("OpenAPIResponse", said)


def location_of(document_id: str) -> str:
    """Return where a document's result is, beside the API's other paths."""
    return f"/v1/recognitions/{document_id}"


def json_response(
    said: "DataclassInstance", *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """Return the answer that says a dataclass."""
    return Response(status, JSON, json.dumps(asdict(said), ensure_ascii=False), headers=dict(headers or {}))


def progress_response(document_id: str, found: DocumentStatus) -> Response[str]:
    """Return the answer that tells how far a document is; of one that is done, its event as it was published."""
    match found:
        case Done(event=event):
            return Response(HTTPStatus.OK, JSON, event)
        case DonePages(page_ids=ids):
            pages = (
                PageOf(number=number, id=one, location=location_of(one)) for number, one in enumerate(ids, start=1)
            )
            return json_response(RecognizedPages(id=document_id, pages=tuple(pages)))
        case Pending():
            far = ProcessingStatus(stage=found.stage, pages=found.pages, pages_done=found.pages_done)
            return json_response(
                PendingRecognition(id=document_id, progress=far),
                status=HTTPStatus.ACCEPTED,
                headers={"Location": location_of(document_id), "Retry-After": str(_ASK_AGAIN_SECONDS)},
            )


def problem_response(body: dict[str, Any]) -> Response[str]:
    """Return the answer that says ``body``, a problem."""
    return Response(body["status"], CONTENT_TYPE, json.dumps(body, ensure_ascii=False))


def failed(error: PermitOcrError) -> Response[str]:
    """Return the answer to what is no fault of the request: gone, or when to try again."""
    if isinstance(error, Deleted):
        return problem_response(problem(HTTPStatus.GONE, error.code, f"document_id: {error.meaning}", error.advice))
    after = error.after_seconds if isinstance(error, RetryableError) else _LINE_STOPPED_SECONDS
    status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, RateLimited) else HTTPStatus.SERVICE_UNAVAILABLE
    response = problem_response(problem(status, error.code, error.meaning, "Try again later."))
    response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response
