"""``POST /v1/uploads``: a form for uploading one photo, and the id of its document before it is uploaded."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.ports import FORM_SECONDS, UploadForm
from permit_ocr.domain.events import Document
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_base_path, get_dependencies, name_document
from permit_ocr.entrypoints.http_api.requests import UploadRequest, parse_body
from permit_ocr.entrypoints.http_api.responses import describe_json, describe_problem, json_response, recognition_path
from permit_ocr.images.rejections import MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class PresignedUpload:
    """A document whose photo has not been uploaded yet."""

    id: str
    """The document's id. It is also the event's id if the file has one page."""
    upload: UploadForm
    maximum_bytes: int
    """Maximum size of the file."""
    expires_at: str
    """When the form expires, in ISO 8601."""


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.post(
        "/v1/uploads",
        operation_id="createUpload",
        summary="Get a form for uploading a photo",
        description=(
            f"For files that are too large for a request's body, up to {MAX_BYTES:,} bytes. The form is valid for "
            f"{FORM_SECONDS // 60} minutes and for exactly one key, size range, type and metadata. The first file "
            "becomes the document; a second one sent with the same form is ignored."
        ),
        responses={
            201: describe_json(
                "The form.",
                "PresignedUpload",
                headers={"Location": "Path of the result, once there is one."},
                id_field="id",
            ),
            400: describe_problem("The body is not JSON."),
            413: describe_problem("The body is larger than 5 MB."),
            415: describe_problem("The request is not JSON in UTF-8."),
            422: describe_problem("A field is wrong."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def create_upload() -> Response[str]:
        request = parse_body(UploadRequest, app)
        dependencies = get_dependencies(app)
        document_id = uuid4().hex
        name_document(app, document_id)
        expires = time.time() + FORM_SECONDS
        form = dependencies.presigned_uploads.form(document_id, request.metadata(), content_type=request.content_type)
        dependencies.case_index.enlist(Document(id=document_id, case=request.case))
        dependencies.documents.register(document_id, upload_until=expires)
        upload = PresignedUpload(
            id=document_id,
            upload=form,
            maximum_bytes=MAX_BYTES,
            expires_at=datetime.fromtimestamp(expires, UTC).isoformat(timespec="seconds"),
        )
        location = recognition_path(document_id, get_base_path(app))
        return json_response(upload, status=HTTPStatus.CREATED, headers={"Location": location})
