"""``DELETE /v1/recognitions/{document_id}``: what is kept of a document is gone."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.entrypoints.http_api.application import Resolver, application_of
from permit_ocr.entrypoints.http_api.document_path import check_document_id
from permit_ocr.entrypoints.http_api.get_recognition import unknown_document
from permit_ocr.entrypoints.http_api.responses import described, failed
from permit_ocr.observability import log_event


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.delete(
        "/v1/recognitions/<document_id>",
        operation_id="deleteRecognition",
        summary="Delete a document",
        description=(
            "The result, the photograph in every version, its pages and its portrait are gone, and its side of a case; "
            "what another document shares stays. A document that waits is not read any more. An event that is on the "
            "results queue cannot be called back. Deleting twice is no error."
        ),
        responses={
            204: {"description": "Nothing of it is kept."},
            404: described("No document of this id is known."),
            422: described("The id has another form."),
            500: described("Something of ours failed."),
            503: described("Not now, and perhaps in part: try again after `Retry-After` seconds."),
        },
    )
    def delete_recognition(document_id: str) -> Response[str]:
        check_document_id(document_id)
        try:
            known = application_of(app).delete(document_id)
        except PermitOcrError as error:
            log_event("document_deferred", document_id=document_id, code=error.code)
            return failed(error)
        if not known:
            return unknown_document()
        log_event("document_deleted", document_id=document_id)
        return Response(HTTPStatus.NO_CONTENT, None, "")
