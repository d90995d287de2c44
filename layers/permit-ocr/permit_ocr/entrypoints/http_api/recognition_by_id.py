"""``GET`` and ``DELETE /v1/recognitions/{document_id}``: a document's status or result, and its deletion."""

import time
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.document_status import document_status
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.domain.identity import is_document_id
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_base_path, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, invalid_fields, problem
from permit_ocr.entrypoints.http_api.responses import describe_json, describe_problem, status_response
from permit_ocr.observability import log_event

_PATH: Final = "/v1/recognitions/<document_id>"
UNKNOWN: Final = problem(
    404,
    "Document.Unknown",
    "document_id: there is no such document, or it has expired, or its upload form expired unused.",
    "Send the photo again.",
)


def add_routes(app: Resolver) -> None:
    """Add the routes to ``app``."""

    @app.get(
        _PATH,
        operation_id="getRecognition",
        summary="Get a document's status or result",
        description=(
            "The result is the event as it was published, also if the photo was rejected. Once a reviewer has decided "
            "on the document, it is the event of the last decision. Each page of a multi-page file is a document of "
            "its own, and the response lists them. Results are kept for `KeepDays`."
        ),
        responses={
            200: describe_json("Done.", "RecognizedEvent", "ReviewedEvent", "RejectedEvent", "MultiPageRecognition"),
            202: describe_json("Not done.", "PendingRecognition", headers={"Retry-After": "Seconds to wait."}),
            404: describe_problem("There is no such document, or its upload form expired unused."),
            410: describe_problem("The document was deleted."),
            422: describe_problem("The id is malformed."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def get_recognition(document_id: str) -> Response[str]:
        check_document_id(document_id)
        dependencies = get_dependencies(app)
        status = document_status(document_id, dependencies.documents, dependencies.presigned_uploads, now=time.time())
        if status is None:
            raise HttpProblem(UNKNOWN)
        return status_response(document_id, status, base_path=get_base_path(app))

    @app.delete(
        _PATH,
        operation_id="deleteRecognition",
        summary="Delete a document",
        description=(
            "Deletes the result, the photo, its converted pages, its portrait and its side of a case. What "
            "another document uses stays. A document that is still waiting is not read any more. An event that is "
            "already on the results queue cannot be recalled. Deleting a document again is not an error."
        ),
        responses={
            204: {"description": "Deleted. A tombstone with the document's id and case is kept for 36 days."},
            404: describe_problem("There is no such document."),
            422: describe_problem("The id is malformed."),
            500: describe_problem("Internal error."),
            503: describe_problem("Deleted in part or not at all: try again after `Retry-After` seconds."),
        },
    )
    def delete_recognition(document_id: str) -> Response[str]:
        check_document_id(document_id)
        try:
            found = get_dependencies(app).delete(document_id)
        except PermitOcrError as error:
            log_event("document_failed", document_id=document_id, code=error.code)
            raise
        if not found:
            raise HttpProblem(UNKNOWN)
        log_event("document_deleted", document_id=document_id)
        return Response(HTTPStatus.NO_CONTENT, None, "")


def check_document_id(document_id: str) -> None:
    """Raise ``HttpProblem`` for what is not the id of a document."""
    if not is_document_id(document_id):
        raise HttpProblem(invalid_fields([("document_id", "must be 32 lower-case hex digits")]))
