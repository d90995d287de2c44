"""``POST /v1/recognitions``: the HTTP API, payload formats 2.0 (HTTP API) and 1.0 (REST API).

The OpenAPI document comes from this module.
"""

import base64
import binascii
import json
import math
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Header
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from permit_ocr.adapters.journal import note, note_unexpected
from permit_ocr.adapters.problem_details import CONTENT_TYPE, PROBLEM_SCHEMA, as_response, fields_problem, problem
from permit_ocr.adapters.sqs_queues import SqsIntakeQueue
from permit_ocr.domain.errors import Claimed, NoSlot, NotPublished, PermitOcrError, RetryLater
from permit_ocr.domain.identity import document_id_of_request, without_signature
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.results import Document, RecognizedEvent
from permit_ocr.domain.senders_words import AUTO
from permit_ocr.workflow.ports import Photograph, Services
from permit_ocr.workflow.recognition import recognize

BODY_LIMIT: Final = 5 * 1024 * 1024
"""Bytes of a request's body. Lambda takes 6 MB with everything around it; beyond this an upload is the way."""
_URL_LIMIT: Final = 2048
_SECONDS_TO_FINISH: Final = 3.0
_CLAIMED_POLL_SECONDS: Final = 0.5
_LINE_STOPPED_SECONDS: Final = 60.0
_GATEWAY_SECONDS: Final = 29.0
"""API Gateway gives an integration 30 seconds, whatever the function's own timeout is."""


_NOT_JSON: Final = problem(
    415,
    "Request.NotJson",
    "content-type and body: the request must be JSON in UTF-8, with the content type application/json.",
    "Send the photograph within JSON, as Base64.",
)


class RecognitionRequest(BaseModel):
    """A photograph, and what is known of it."""

    model_config = ConfigDict(extra="forbid")

    document: Literal["residence-permit", "mainland-permit", "auto"] = Field(
        AUTO, description="The document's kind. `auto` asks for one after the other."
    )
    image_base64: str | None = Field(None, description="The PNG or JPEG file as Base64. Either this or `image_url`.")
    image_url: str | None = Field(
        None, max_length=_URL_LIMIT, description="Address the provider downloads the image from, within 3 seconds."
    )
    card_side: Literal["FRONT", "BACK"] | None = Field(
        None, description="The side in the photograph: `FRONT` has the portrait."
    )
    return_portrait: bool = Field(default=False, description="Whether to cut the portrait out and store it.")

    @field_validator("document", "card_side", mode="before")
    @classmethod
    def _any_case(cls, said: object, info: Any) -> object:  # noqa: ANN401  pydantic's ValidationInfo
        if not isinstance(said, str):
            return said
        return said.upper() if info.field_name == "card_side" else said.lower()

    @field_validator("image_url")
    @classmethod
    def _web_address(cls, said: str | None) -> str | None:
        if said is not None:
            parts = urlsplit(said)
            if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
                raise ValueError("must be an https or http address without credentials")
        return said

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if (self.image_base64 is None) == (self.image_url is None):
            raise ValueError("exactly one of image_base64 and image_url must be given")
        return self

    def content(self) -> bytes | None:
        """Return the image's bytes. Raises ``ValueError`` if they are not Base64."""
        if self.image_base64 is None:
            return None
        # Line breaks are common in Base64; anything else outside the alphabet is an error.
        return base64.b64decode("".join(self.image_base64.split()), validate=True)

    def options(self) -> RecognitionOptions:
        """Return what the sender said."""
        return RecognitionOptions(
            kind=None if self.document == AUTO else Kind(self.document),
            side=Side(self.card_side.lower()) if self.card_side else None,
            return_portrait=self.return_portrait,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiApplication:
    """What the API function works with."""

    services: Services
    intake: SqsIntakeQueue


type Resolver = APIGatewayHttpResolver | APIGatewayRestResolver


def answer(event: dict[str, Any], context: Any, application: ApiApplication) -> dict[str, Any]:  # noqa: ANN401
    """Answer one request of API Gateway, whichever payload format it has."""
    size = _body_size(event)
    if size > BODY_LIMIT:
        return as_response(_too_large(size))
    if event.get("body") and not _says_json(event):
        return as_response(_NOT_JSON)
    resolver = resolver_for(application, rest=event.get("version") != "2.0")
    return resolver.resolve(event, context)


def resolver_for(application: ApiApplication | None, *, rest: bool = False) -> Resolver:
    """Return the resolver with its routes; without an application only its OpenAPI document is of use."""
    app: Resolver = (
        APIGatewayRestResolver(enable_validation=True) if rest else APIGatewayHttpResolver(enable_validation=True)
    )

    @app.post(
        "/v1/recognitions",
        summary="Recognise one photograph",
        description="Reads the card, judges it, answers the result and publishes the same result to the queue.",
        responses={
            200: {
                "description": "The result, as published",
                "content": {"application/json": {"model": RecognizedEvent}},
            },
            400: _described("The body is not JSON."),
            413: _described("The body is larger than 5 MB: upload the photograph instead."),
            415: _described("The request is not JSON in UTF-8."),
            422: _described("A field is wrong, or the photograph can never be read; then with the published result."),
            429: _described("The quota is taken up: try again after `Retry-After` seconds."),
            500: _described("Something of ours failed."),
            503: _described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def recognitions(
        request: Annotated[RecognitionRequest, Body()],
        idempotency_key: Annotated[
            str | None,
            Header(alias="idempotency-key", description="The same key, image and options again are the same document."),
        ] = None,
    ) -> Response[str]:
        if application is None:
            raise RuntimeError("a resolver without an application only describes itself")
        return _recognize(app, request, idempotency_key, application)

    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(UnicodeDecodeError)(_not_json)
    app.exception_handler(Exception)(_unexpected)
    app.not_found(_no_route)
    return app


def _described(description: str) -> OpenAPIResponse:
    return {"description": description, "content": {CONTENT_TYPE: {"schema": PROBLEM_SCHEMA}}}


def _invalid(error: RequestValidationError) -> Response[str]:
    return _problem_response(fields_problem(error.errors()))


def _not_json(_error: Exception) -> Response[str]:
    return _problem_response(_NOT_JSON)


def _no_route(_error: NotFoundError) -> Response[str]:
    return _problem_response(problem(404, "Request.NoRoute", "There is no such route.", "Use POST /v1/recognitions."))


def _unexpected(error: Exception) -> Response[str]:
    note_unexpected(error)
    return _problem_response(
        problem(500, "Internal", "Something of ours failed.", "Try again; if it lasts, tell the operator.")
    )


def _recognize(
    app: Resolver, request: RecognitionRequest, idempotency_key: str | None, application: ApiApplication
) -> Response[str]:
    try:
        content = request.content()
    except (binascii.Error, ValueError):
        wrong = {"loc": ("image_base64",), "msg": "must be Base64"}
        return _problem_response(fields_problem([wrong]))
    photograph = Photograph(
        document=Document(id=_document_id(app, request, idempotency_key)),
        options=request.options(),
        content=content,
        url=request.image_url,
    )
    try:
        return _result(_event_of(photograph, application, deadline=_deadline(app)))
    except PermitOcrError as error:
        note("document_deferred", document_id=photograph.document.id, code=error.code, request_id=error.request_id)
        return _not_now(error)


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
    return document_id_of_request(key, image, request.document, request.card_side or "", str(request.return_portrait))


def _deadline(app: Resolver) -> float:
    left = app.lambda_context.get_remaining_time_in_millis() / 1000
    return time.monotonic() + min(left, _GATEWAY_SECONDS) - _SECONDS_TO_FINISH


def _result(event: str) -> Response[str]:
    said = json.loads(event)
    if said["type"] != "permit.rejected.v1":
        return Response(HTTPStatus.OK, "application/json", event)
    error = said["data"]["error"]
    return _problem_response(problem(422, error["code"], error["meaning"], error["advice"], result=said))


def _not_now(error: PermitOcrError) -> Response[str]:
    after = error.after_seconds if isinstance(error, RetryLater) else _LINE_STOPPED_SECONDS
    status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, NoSlot) else HTTPStatus.SERVICE_UNAVAILABLE
    response = _problem_response(problem(status, error.code, error.meaning, "Try again later."))
    response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response


def _problem_response(body: dict[str, Any]) -> Response[str]:
    return Response(body["status"], CONTENT_TYPE, json.dumps(body, ensure_ascii=False))


def _too_large(size: int) -> dict[str, Any]:
    return problem(
        413,
        "Request.TooLarge",
        f"body: {size:,} bytes, the limit is {BODY_LIMIT:,}.",
        "Upload the photograph to the upload bucket instead, up to the provider's limit.",
    )


def _says_json(event: dict[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return str(headers.get("content-type", "application/json")).partition(";")[0].strip().lower() == "application/json"


def _body_size(event: dict[str, Any]) -> int:
    body = event.get("body") or ""
    return len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())
