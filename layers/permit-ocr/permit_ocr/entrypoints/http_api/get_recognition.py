"""``GET /v1/recognitions/{document_id}``: how far a document is, or what it came to."""

import time
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.document_status import document_status
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.entrypoints.http_api.application import Resolver, application_of
from permit_ocr.entrypoints.http_api.document_path import check_document_id
from permit_ocr.entrypoints.http_api.problem_details import problem
from permit_ocr.entrypoints.http_api.responses import (
    described,
    described_json,
    failed,
    problem_response,
    progress_response,
)


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/recognitions/<document_id>",
        operation_id="getRecognition",
        summary="How far a document is, or its result",
        description=(
            "The result is the event as it was published, also for a photograph that can never be read. Of a file of "
            "several pages each is a document: the answer names them. Kept for `KeepDays`."
        ),
        responses={
            200: described_json("Done.", "RecognizedEvent", "RejectedEvent", "RecognizedPages"),
            202: described_json("Not done.", "PendingRecognition", headers={"Retry-After": "Seconds to wait."}),
            404: described("No document of this id is known, or nothing was uploaded while its form could be used."),
            410: described("The document was deleted."),
            422: described("The id has another form."),
            500: described("Something of ours failed."),
            503: described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def get_recognition(document_id: str) -> Response[str]:
        check_document_id(document_id)
        application = application_of(app)
        try:
            found = document_status(document_id, application.documents, application.presigned_uploads, now=time.time())
        except PermitOcrError as error:
            return failed(error)
        return progress_response(document_id, found) if found else unknown_document()


def unknown_document() -> Response[str]:
    """Return the answer about a document that is not known."""
    return problem_response(
        problem(
            HTTPStatus.NOT_FOUND,
            "Document.Unknown",
            "document_id: no document of this id is known, or nothing was uploaded in time, or it is kept no longer.",
            "Send the photograph again.",
        )
    )
