"""``POST /v1/recognitions``: recognises one photo and responds with the result that is published.

prefers respond-async ───────────► enqueue ──► 202, or the result of the same request sent before
must be converted ───────────────► enqueue, poll its status until the deadline ──► 200 or 202
otherwise ───────────────────────► recognise here ──► 200
"""

import base64
import json
import time
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.document_status import DocumentStatus, Done, Pending, Stage, document_status
from permit_ocr.application.intake_messages import RecognizeUrlMessage, RepublishMessage
from permit_ocr.application.ports import Submission
from permit_ocr.application.retry_policy import is_deferral
from permit_ocr.domain.errors import Deleted, InProgress, NotPublished, PermitOcrError
from permit_ocr.domain.events import REJECTED, Document
from permit_ocr.domain.identity import document_id_of_request, without_signature
from permit_ocr.entrypoints.http_api.dependencies import (
    ApiDependencies,
    Resolver,
    get_base_path,
    get_deadline,
    get_dependencies,
    name_document,
)
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, problem
from permit_ocr.entrypoints.http_api.requests import RecognitionRequest, header, parse_body
from permit_ocr.entrypoints.http_api.responses import (
    JSON,
    describe_json,
    describe_problem,
    recognition_path,
    status_response,
)
from permit_ocr.images.formats import is_provider_ready
from permit_ocr.observability import LogEvent, log_event

IDEMPOTENCY_KEY: Final = "idempotency-key"
PREFER: Final = "prefer"
_LEASE_POLL_SECONDS: Final = 0.5
_STATUS_POLL_SECONDS: Final = 0.5


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.post(
        "/v1/recognitions",
        operation_id="createRecognition",
        summary="Recognise one photo",
        description=(
            "Reads and judges the card, responds with the result and publishes the same result to the queue. With "
            "`Prefer: respond-async` the photo is accepted and read in the background; repeating the request returns "
            "the document's status. Once a reviewer has decided on the document, repeating it returns the decision."
        ),
        responses={
            200: describe_json(
                "The result, as published.",
                "RecognizedEvent",
                "ReviewedEvent",
                "MultiPageRecognition",
                headers={"Content-Location": "Path of the result."},
                id_field="subject",
            ),
            202: describe_json(
                "Accepted, as preferred; or the file must be converted first, which takes too long for this response.",
                "PendingRecognition",
                headers={
                    "Location": "Path of the result, once there is one.",
                    "Preference-Applied": "`respond-async`, if it was preferred.",
                    "Retry-After": "Seconds to wait.",
                },
                id_field="id",
            ),
            400: describe_problem("The body is not JSON."),
            410: describe_problem("The document of this `Idempotency-Key` was deleted."),
            413: describe_problem("The body is larger than 5 MB: request a form with `POST /v1/uploads` instead."),
            415: describe_problem("The request is not JSON in UTF-8."),
            422: describe_problem("A field is wrong, or the photo was rejected; then with the published result."),
            429: describe_problem("The quota is used up: try again after `Retry-After` seconds."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def create_recognition() -> Response[str]:
        request = parse_body(RecognitionRequest, app)
        content = request.content()
        submission = Submission(
            document=Document(id=_document_id(app, request, content), case=request.case),
            options=request.options(),
            content=content,
            url=request.image_url,
        )
        document_id = submission.document.id
        name_document(app, document_id)
        try:
            response = _recognition_response(submission, request, app)
        except Deleted as error:
            raise HttpProblem(_deleted(error)) from None
        except PermitOcrError as error:
            event: LogEvent = "document_deferred" if is_deferral(error) else "document_failed"
            log_event(event, document_id=document_id, code=error.code, request_id=error.request_id)
            raise
        if response.status_code == HTTPStatus.OK:
            response.headers["Content-Location"] = recognition_path(document_id, get_base_path(app))
        return response


def prefers_async(prefer: str | None) -> bool:
    """Return whether a ``Prefer`` header contains ``respond-async``; its grammar is in RFC 7240, section 2."""
    return any(
        preference.partition(";")[0].strip().lower() == "respond-async" for preference in (prefer or "").split(",")
    )


def _recognition_response(submission: Submission, request: RecognitionRequest, app: Resolver) -> Response[str]:
    dependencies, content = get_dependencies(app), submission.content
    if prefers_async(header(app, PREFER)):
        return _accept(submission, request, app)
    if content is not None and not is_provider_ready(content, base64_limit=dependencies.base64_limit):
        return _convert_and_wait(submission, request, app)
    return _event_response(_recognize(submission, dependencies, deadline=get_deadline(app)))


def _accept(submission: Submission, request: RecognitionRequest, app: Resolver) -> Response[str]:
    """Enqueue the photo; if that was done before, respond with the document's status."""
    document_id, dependencies = submission.document.id, get_dependencies(app)
    is_new = _enqueue(submission, request, dependencies)
    status = Pending(stage=Stage.QUEUED) if is_new else _status(document_id, dependencies)
    response = _status_or_event_response(document_id, status, app)
    if isinstance(status, Pending):
        response.headers["Preference-Applied"] = "respond-async"
    return response


def _convert_and_wait(submission: Submission, request: RecognitionRequest, app: Resolver) -> Response[str]:
    """Enqueue a file that other functions convert and read, and wait for the result until the deadline."""
    document_id, dependencies, deadline = submission.document.id, get_dependencies(app), get_deadline(app)
    _enqueue(submission, request, dependencies)
    while True:
        status = _status(document_id, dependencies)
        if not isinstance(status, Pending) or time.monotonic() + _STATUS_POLL_SECONDS > deadline:
            return _status_or_event_response(document_id, status, app)
        time.sleep(_STATUS_POLL_SECONDS)


def _enqueue(submission: Submission, request: RecognitionRequest, dependencies: ApiDependencies) -> bool:
    """Send the photo to the uploads function and return True; return False if that was done before."""
    document_id = submission.document.id
    is_enlisted = dependencies.case_index.enlist(submission.document)
    known = dependencies.documents.register(document_id)
    if known and known.deleted:
        if is_enlisted and submission.document.case:  # an entry from before is needed to finish its deletion
            dependencies.case_index.remove(submission.document.case, document_id=document_id)
        raise Deleted
    if known and (known.event or known.pages or _was_enqueued(known.document)):
        return False
    if submission.content is not None:
        dependencies.presigned_uploads.store(document_id, submission.content, request.metadata())
    else:
        dependencies.intake.enqueue(
            RecognizeUrlMessage(
                document_id=document_id,
                image_url=submission.url or "",
                options=submission.options,
                case=submission.document.case,
                received=dependencies.now(),
            )
        )
    return True


def _was_enqueued(document: Document | None) -> bool:
    """Return whether a message has started the document, which then waits on a queue if it is not done.

    A request that recognises the photo itself starts it too, but leaves nothing behind if it fails. Unlike a message,
    it knows neither the object's key nor when the document was received.
    """
    return document is not None and (document.key is not None or document.received is not None)


def _recognize(submission: Submission, dependencies: ApiDependencies, *, deadline: float) -> str:
    """Return the event. While the same image is being recognised elsewhere, wait for that until the deadline."""
    while True:
        try:
            return dependencies.recognize(submission, deadline=deadline)
        except NotPublished as error:
            dependencies.intake.enqueue(RepublishMessage(document_id=error.document_id))
            log_event("republish_enqueued", document_id=error.document_id, code=error.code)
            return error.event
        except InProgress:
            if time.monotonic() + _LEASE_POLL_SECONDS > deadline:
                raise
            time.sleep(_LEASE_POLL_SECONDS)


def _status(document_id: str, dependencies: ApiDependencies) -> DocumentStatus:
    status = document_status(document_id, dependencies.documents, dependencies.presigned_uploads, now=time.time())
    return status or Pending(stage=Stage.QUEUED)


def _status_or_event_response(document_id: str, status: DocumentStatus, app: Resolver) -> Response[str]:
    if isinstance(status, Done):
        return _event_response(status.event)
    return status_response(document_id, status, base_path=get_base_path(app))


def _event_response(event: str) -> Response[str]:
    """Return an event as it was published; a rejection as a problem that contains it."""
    published = json.loads(event)
    if published["type"] != REJECTED:
        return Response(HTTPStatus.OK, JSON, event)
    error = published["data"]["error"]
    raise HttpProblem(problem(422, error["code"], error["meaning"], error["advice"], result=published))


def _deleted(error: Deleted) -> dict[str, object]:
    return problem(
        HTTPStatus.GONE,
        error.code,
        f"{IDEMPOTENCY_KEY}: the document of this key, image and options was deleted.",
        "Send it with another Idempotency-Key if you want it read.",
    )


def _document_id(app: Resolver, request: RecognitionRequest, content: bytes | None) -> str:
    """Return the document's id: the same for the same ``Idempotency-Key``, image and options."""
    key = (header(app, IDEMPOTENCY_KEY) or "").strip() or app.current_event.request_context.request_id or ""
    # The image in one of its many forms: the one in which most senders have it, whose ids were made of the text before.
    image = without_signature(request.image_url or "") if content is None else base64.b64encode(content).decode()
    options = (request.document, request.card_side or "", str(request.return_portrait))
    return document_id_of_request(key, image, *options, *([request.case] if request.case else []))
