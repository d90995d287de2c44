"""``POST /v1/uploads``: a form to upload one photograph with, and its document's id before it is uploaded."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal, get_args
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.ports import FORM_SECONDS
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.entrypoints.http_api.application import Resolver, application_of
from permit_ocr.entrypoints.http_api.recognition_request import UploadOptions
from permit_ocr.entrypoints.http_api.request_body import body_of, one_of, or_null, read_by
from permit_ocr.entrypoints.http_api.responses import described, described_json, failed, json_response, location_of
from permit_ocr.images.rejections import MAX_BYTES

_ContentType = Literal[
    "image/jpeg",
    "image/png",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/webp",
    "image/tiff",
    "image/bmp",
    "image/gif",
    "application/pdf",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest(UploadOptions):
    """What is known of a photograph that will be uploaded."""

    content_type: _ContentType | None = field(
        default=None,
        metadata=read_by(
            or_null(one_of(get_args(_ContentType))),
            "What the form's Content-Type will say; the file itself decides what it is.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form to be POSTed as multipart/form-data: these fields, then the file, in a field called ``file``."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTicket:
    """A document that waits for its photograph."""

    id: str
    """The document's id; the event's too, if the file has one page."""
    upload: Form
    maximum_bytes: int
    """Most that may be uploaded."""
    expires_at: str
    """Until when, in ISO 8601."""


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.post(
        "/v1/uploads",
        operation_id="createUpload",
        summary="Get a form to upload a photograph with",
        description=(
            f"For what is larger than a request's body, up to {MAX_BYTES:,} bytes. The form takes exactly one key, "
            f"size range, type and metadata, for {FORM_SECONDS // 60} minutes. The first file is the document: a "
            "second one that is sent with the same form is not read."
        ),
        responses={
            201: described_json(
                "The form.", "UploadTicket", headers={"Location": "Where the result will be."}, document=True
            ),
            400: described("The body is not JSON."),
            413: described("The body is larger than 5 MB."),
            415: described("The request is not JSON in UTF-8."),
            422: described("A field is wrong."),
            500: described("Something of ours failed."),
            503: described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def create_upload() -> Response[str]:
        request = body_of(UploadRequest, app)
        application = application_of(app)
        document_id = uuid4().hex
        until = time.time() + FORM_SECONDS
        try:
            form = application.presigned_uploads.form(
                document_id, request.metadata(), content_type=request.content_type
            )
            application.documents.register(document_id, upload_until=until)
        except PermitOcrError as error:
            return failed(error)
        ticket = UploadTicket(
            id=document_id,
            upload=Form(url=form.url, fields=form.fields),
            maximum_bytes=MAX_BYTES,
            expires_at=datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds"),
        )
        return json_response(ticket, status=HTTPStatus.CREATED, headers={"Location": location_of(document_id)})
