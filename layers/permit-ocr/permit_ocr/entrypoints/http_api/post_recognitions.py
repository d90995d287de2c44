"""``POST /v1/recognitions``: one photograph, answered with the result that is published."""

import json
import time
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.document_status import DocumentStatus, Done, Pending, Stage, document_status
from permit_ocr.application.intake_messages import RecognizeUrlMessage
from permit_ocr.application.ports import Submission
from permit_ocr.application.recognize import Recognize
from permit_ocr.domain.errors import Deleted, InProgress, NotPublished, PermitOcrError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_request, without_signature
from permit_ocr.entrypoints.http_api.application import ApiApplication, Resolver, application_of
from permit_ocr.entrypoints.http_api.parameters import header_of, header_parameter
from permit_ocr.entrypoints.http_api.problem_details import problem
from permit_ocr.entrypoints.http_api.recognition_request import RecognitionRequest
from permit_ocr.entrypoints.http_api.request_body import body_of
from permit_ocr.entrypoints.http_api.responses import (
    JSON,
    described,
    described_json,
    failed,
    location_of,
    problem_response,
    progress_response,
)
from permit_ocr.images.formats import is_provider_ready
from permit_ocr.observability import log_event

IDEMPOTENCY_KEY: Final = header_parameter(
    "idempotency-key", "Key, image and options together decide: all the same again are the same document."
)
PREFER: Final = header_parameter("prefer", "`respond-async` (RFC 7240): accept it, answer at once.")
_SECONDS_TO_FINISH: Final = 3.0
_CLAIMED_POLL_SECONDS: Final = 0.5
_PROGRESS_POLL_SECONDS: Final = 0.5
_GATEWAY_SECONDS: Final = 29.0
"""API Gateway gives an integration 30 seconds, whatever the function's own timeout is."""


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.post(
        "/v1/recognitions",
        operation_id="createRecognition",
        summary="Recognise one photograph",
        description=(
            "Reads the card, judges it, answers the result and publishes the same result to the queue. With "
            "`Prefer: respond-async` it is accepted, and read in the background; repeated, it answers how far that is."
        ),
        responses={
            200: described_json(
                "The result, as published.",
                "RecognizedEvent",
                "RecognizedPages",
                headers={"Content-Location": "Where it can be had again."},
                document=True,
            ),
            202: described_json(
                "Accepted, as asked for; or a file that must be converted first, and takes longer than an answer may.",
                "PendingRecognition",
                headers={
                    "Location": "Where the result will be.",
                    "Preference-Applied": "`respond-async`, where it was asked for.",
                    "Retry-After": "Seconds to wait.",
                },
                document=True,
            ),
            400: described("The body is not JSON."),
            410: described("The document of this `Idempotency-Key` was deleted."),
            413: described("The body is larger than 5 MB: ask `POST /v1/uploads` for an upload instead."),
            415: described("The request is not JSON in UTF-8."),
            422: described("A field is wrong, or the photograph can never be read; then with the published result."),
            429: described("The quota is taken up: try again after `Retry-After` seconds."),
            500: described("Something of ours failed."),
            503: described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def create_recognition() -> Response[str]:
        request = body_of(RecognitionRequest, app)
        photograph = Submission(
            document=Document(id=_document_id(app, request), case=request.case),
            options=request.options(),
            content=request.content(),
            url=request.image_url,
        )
        try:
            return _with_its_place(_answer(photograph, request, app), photograph.document.id)
        except Deleted as error:
            return _deleted(error)
        except PermitOcrError as error:
            log_event(
                "document_deferred", document_id=photograph.document.id, code=error.code, request_id=error.request_id
            )
            return failed(error)


def _answer(photograph: Submission, request: RecognitionRequest, app: Resolver) -> Response[str]:
    application, content = application_of(app), photograph.content
    if prefers_async(header_of(app, PREFER["name"])):
        return _accepted(photograph, request, application)
    if content is not None and not is_provider_ready(content, base64_limit=application.base64_limit):
        return _converted(photograph, request, application, deadline=_deadline(app))
    return _result(_event_of(photograph, application, deadline=_deadline(app)))


def _with_its_place(response: Response[str], document_id: str) -> Response[str]:
    """Say of a result where it can be had again, as the answer to who does not wait says where it will be."""
    if response.status_code == HTTPStatus.OK:
        response.headers["Content-Location"] = location_of(document_id)
    return response


def _deleted(error: Deleted) -> Response[str]:
    return problem_response(
        problem(
            HTTPStatus.GONE,
            error.code,
            f"{IDEMPOTENCY_KEY['name']}: the document of this key, image and options was deleted.",
            "Send it with another Idempotency-Key if you want it read.",
        )
    )


def prefers_async(prefer: str | None) -> bool:
    """Tell whether a ``Prefer`` header asks for ``respond-async``; RFC 7240, section 2, has its grammar."""
    return any(
        preference.partition(";")[0].strip().lower() == "respond-async" for preference in (prefer or "").split(",")
    )


def _accepted(photograph: Submission, request: RecognitionRequest, application: ApiApplication) -> Response[str]:
    """Hand the photograph to the uploads function; if that was done before, answer how far it is."""
    document_id = photograph.document.id
    begun = _queue(photograph, request, application)
    found = Pending(stage=Stage.QUEUED) if begun else _how_far(document_id, application)
    response = _progress_or_result(document_id, found)
    if isinstance(found, Pending):
        response.headers["Preference-Applied"] = "respond-async"
    return response


def _converted(
    photograph: Submission, request: RecognitionRequest, application: ApiApplication, *, deadline: float
) -> Response[str]:
    """Have a file converted and read by the functions that do that, and wait for it as long as an answer may take."""
    _queue(photograph, request, application)
    document_id = photograph.document.id
    while True:
        found = _how_far(document_id, application)
        if not isinstance(found, Pending) or time.monotonic() + _PROGRESS_POLL_SECONDS > deadline:
            return _progress_or_result(document_id, found)
        time.sleep(_PROGRESS_POLL_SECONDS)


def _how_far(document_id: str, application: ApiApplication) -> DocumentStatus:
    found = document_status(document_id, application.documents, application.presigned_uploads, now=time.time())
    return found or Pending(stage=Stage.QUEUED)


def _progress_or_result(document_id: str, found: DocumentStatus) -> Response[str]:
    return _result(found.event) if isinstance(found, Done) else progress_response(document_id, found)


def _queue(photograph: Submission, request: RecognitionRequest, application: ApiApplication) -> bool:
    """Hand the photograph to the uploads function and return True; False if its document was begun before."""
    document_id = photograph.document.id
    stands = application.documents.register(document_id)
    if stands and stands.deleted:
        raise Deleted
    if stands and (stands.document or stands.event or stands.pages):
        return False
    if photograph.content is not None:
        application.presigned_uploads.store(document_id, photograph.content, request.metadata())
    else:
        application.intake.enqueue_url(
            RecognizeUrlMessage(
                document_id=document_id,
                image_url=photograph.url or "",
                options=photograph.options,
                case=photograph.document.case,
                received=application.now(),
            )
        )
    return True


def _event_of(photograph: Submission, application: ApiApplication, *, deadline: float) -> str:
    try:
        return _recognize_in_turn(photograph, application.recognize, deadline=deadline)
    except NotPublished as error:
        application.intake.enqueue_republish(error.document_id)
        log_event("republish_enqueued", document_id=error.document_id, code=error.code)
        return error.event


def _recognize_in_turn(photograph: Submission, recognize: Recognize, *, deadline: float) -> str:
    """Recognise, after waiting for whoever reads the same image at this moment, as far as the deadline allows."""
    while True:
        try:
            return recognize(photograph, deadline=deadline)
        except InProgress:
            if time.monotonic() + _CLAIMED_POLL_SECONDS > deadline:
                raise
            time.sleep(_CLAIMED_POLL_SECONDS)


def _document_id(app: Resolver, request: RecognitionRequest) -> str:
    """Return the id of what this request hands in: the same for the same ``Idempotency-Key``, image and options."""
    key = header_of(app, IDEMPOTENCY_KEY["name"]) or app.current_event.request_context.request_id or ""
    image = request.image_base64 or without_signature(request.image_url or "")
    options = (request.document, request.card_side or "", str(request.return_portrait))
    return document_id_of_request(key, image, *options, *([request.case] if request.case else []))


def _deadline(app: Resolver) -> float:
    left = app.lambda_context.get_remaining_time_in_millis() / 1000
    return time.monotonic() + min(left, _GATEWAY_SECONDS) - _SECONDS_TO_FINISH


def _result(event: str) -> Response[str]:
    said = json.loads(event)
    if said["type"] != "permit.rejected.v1":
        return Response(HTTPStatus.OK, JSON, event)
    error = said["data"]["error"]
    return problem_response(problem(422, error["code"], error["meaning"], error["advice"], result=said))
