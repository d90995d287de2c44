"""``POST /v1/recognitions``: one photograph, answered with the result that is published."""

import binascii
import json
import time
from http import HTTPStatus
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header

from permit_ocr.adapters.http_api.application import ApiApplication, Resolver, application_of
from permit_ocr.adapters.http_api.recognition_request import RecognitionRequest
from permit_ocr.adapters.http_api.responses import JSON, described, not_now, problem_response
from permit_ocr.adapters.journal import note
from permit_ocr.adapters.problem_details import fields_problem, problem
from permit_ocr.domain.errors import Claimed, NotPublished, PermitOcrError
from permit_ocr.domain.identity import document_id_of_request, without_signature
from permit_ocr.domain.results import Document, RecognizedEvent
from permit_ocr.workflow.ports import Photograph, Services
from permit_ocr.workflow.recognition import recognize

_SECONDS_TO_FINISH: Final = 3.0
_CLAIMED_POLL_SECONDS: Final = 0.5
_GATEWAY_SECONDS: Final = 29.0
"""API Gateway gives an integration 30 seconds, whatever the function's own timeout is."""


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.post(
        "/v1/recognitions",
        operation_id="createRecognition",
        summary="Recognise one photograph",
        description="Reads the card, judges it, answers the result and publishes the same result to the queue.",
        responses={
            200: {
                "description": "The result, as published",
                "content": {JSON: {"model": RecognizedEvent}},
            },
            400: described("The body is not JSON."),
            413: described("The body is larger than 5 MB: upload the photograph instead."),
            415: described("The request is not JSON in UTF-8."),
            422: described("A field is wrong, or the photograph can never be read; then with the published result."),
            429: described("The quota is taken up: try again after `Retry-After` seconds."),
            500: described("Something of ours failed."),
            503: described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def create_recognition(
        request: Annotated[RecognitionRequest, Body()],
        idempotency_key: Annotated[
            str | None,
            Header(alias="idempotency-key", description="The same key, image and options again are the same document."),
        ] = None,
    ) -> Response[str]:
        return _recognize(app, request, idempotency_key, application_of(app))


def _recognize(
    app: Resolver, request: RecognitionRequest, idempotency_key: str | None, application: ApiApplication
) -> Response[str]:
    try:
        content = request.content()
    except (binascii.Error, ValueError):
        wrong = {"loc": ("image_base64",), "msg": "must be Base64"}
        return problem_response(fields_problem([wrong]))
    photograph = Photograph(
        document=Document(id=_document_id(app, request, idempotency_key), case=request.case),
        options=request.options(),
        content=content,
        url=request.image_url,
    )
    try:
        return _result(_event_of(photograph, application, deadline=_deadline(app)))
    except PermitOcrError as error:
        note("document_deferred", document_id=photograph.document.id, code=error.code, request_id=error.request_id)
        return not_now(error)


def _event_of(photograph: Photograph, application: ApiApplication, *, deadline: float) -> str:
    try:
        return _recognize_in_turn(photograph, application.services, deadline=deadline)
    except NotPublished as error:
        application.intake.hand_over(error.document_id)
        note("publish_handed_over", document_id=error.document_id, code=error.code)
        return error.event


def _recognize_in_turn(photograph: Photograph, services: Services, *, deadline: float) -> str:
    """Recognise, after waiting for whoever reads the same image at this moment, as far as the deadline allows."""
    while True:
        try:
            return recognize(photograph, services, deadline=deadline)
        except Claimed:
            if time.monotonic() + _CLAIMED_POLL_SECONDS > deadline:
                raise
            time.sleep(_CLAIMED_POLL_SECONDS)


def _document_id(app: Resolver, request: RecognitionRequest, idempotency_key: str | None) -> str:
    """Return the id of what this request hands in: the same for the same ``Idempotency-Key``, image and options."""
    key = idempotency_key or app.current_event.request_context.request_id or ""
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
