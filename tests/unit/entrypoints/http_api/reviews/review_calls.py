"""Calls of a reviewer's client, and the cards that it has to review."""

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import World, world
from tests.unit.http_calls import Caller

USER = "arn:aws:iam::111122223333:user/bank"
MISREAD = replace(MAINLAND_FRONT, Number="H1234567")
OTHERS_FRONT = replace(MAINLAND_FRONT, Name="别人", EnglishName="BIE,REN")
READ_CORRECTLY = {"decision": "accepted", "reason": "read_correctly"}
CORRECTED = {"decision": "accepted", "reason": "corrected", "fields": {"Number": "H12345678"}}
REJECTED = {"decision": "rejected", "reason": "not_genuine"}


def read(caller: Caller, image: bytes = JPEG, **options: str) -> str:
    """Recognise a photo and return its document's id."""
    body = {"document": "mainland-permit", "image_base64": base64.b64encode(image).decode(), **options}
    response, payload = caller.call("POST", "/v1/recognitions", body, idempotency_key=str(image))
    assert response["statusCode"] == HTTPStatus.OK
    document_id: str = payload["data"]["document"]["id"]
    return document_id


def opened(answer: MainlandPermitAnswer = MISREAD, *, publish_fails: int = 0) -> tuple[Caller, str, str]:
    """Return a caller, the document that it has to review, and the ETag of that review."""
    caller = Caller(world(answer))
    document_id = read(caller)
    response, _ = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    caller.here.results.fails = publish_fails
    return caller, document_id, response["headers"]["ETag"]


def decide(caller: Caller, document_id: str, body: Any, etag: str | None) -> tuple[dict[str, Any], Any]:
    headers = {} if etag is None else {"if_match": etag}
    return caller.call("POST", f"/v1/recognitions/{document_id}/review", body, **headers)


def sent(here: World, kind: str = "permit.reviewed.v1") -> list[Any]:
    return [event for _, text in here.results.sent if (event := json.loads(text))["type"] == kind]
