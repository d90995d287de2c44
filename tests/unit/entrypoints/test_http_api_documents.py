"""What becomes of a document: accepted, looked at, deleted."""

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.application.intake_messages import RecognizeUrlMessage
from permit_ocr.application.ports import FORM_SECONDS, StoredEvent
from permit_ocr.domain.errors import RejectDocument
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.entrypoints.http_api import BODY_LIMIT
from tests.unit.fakes import JPEG, MAINLAND_FRONT, NOW, THROTTLED, FakeErasure, world
from tests.unit.http_calls import HTTP, REST, Caller

IMAGE = base64.b64encode(JPEG).decode()
GIF = base64.b64encode(b"GIF89a whatever").decode()
SAID = {"document": "mainland-permit", "card_side": "BACK", "return_portrait": True, "case": "2026-0815"}
OWN_METADATA = {"document": "mainland-permit", "card-side": "BACK", "return-portrait": "true", "case": "2026-0815"}
ID = "0123456789abcdef0123456789abcdef"
EVENT = {"specversion": "1.0", "id": ID, "type": "permit.recognized.v1"}


def published(event: Any = EVENT) -> StoredEvent:
    return StoredEvent(event=json.dumps(event), published=True)


def location(response: dict[str, Any]) -> str:
    return str(response["headers"]["Location"])


def test_an_upload_is_a_form_for_one_key_and_an_id_that_is_known_at_once() -> None:
    caller = Caller(world())
    response, said = caller.call("POST", "/v1/uploads", {**SAID, "content_type": "image/heic"})
    assert response["statusCode"] == HTTPStatus.CREATED
    assert location(response) == f"/v1/recognitions/{said['id']}"
    assert said["upload"] == {
        "url": "https://bucket.example/",
        "fields": {"key": said["id"], "Content-Type": "image/heic"},
    }
    assert said["maximum_bytes"] > 10_000_000
    assert said["expires_at"].endswith("+00:00")
    assert caller.tickets.forms == {said["id"]: OWN_METADATA}
    record = caller.here.documents.states[said["id"]]
    assert record.upload_until is not None


@pytest.mark.parametrize(
    ("body", "name"),
    [({"content_type": "text/html"}, "content_type"), ({"image_base64": IMAGE}, "image_base64"), ([], "")],
)
def test_a_wrong_field_of_an_upload_is_named(body: Any, name: str) -> None:
    response, said = Caller(world()).call("POST", "/v1/uploads", body)
    assert response["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert name in said["detail"]


def test_a_document_is_awaited_then_queued_then_read_then_done() -> None:
    caller = Caller(world())
    _, ticket = caller.call("POST", "/v1/uploads", {})
    path, document = f"/v1/recognitions/{ticket['id']}", Document(id=ticket["id"])

    def stage() -> str:
        response, said = caller.call("GET", path)
        assert response["statusCode"] == HTTPStatus.ACCEPTED
        assert response["headers"]["Retry-After"] == "1"
        assert said["status"] == "pending"
        return str(said["progress"]["stage"])

    assert stage() == "awaiting_upload"
    caller.tickets.store(ticket["id"], JPEG, {})
    assert stage() == "queued"
    caller.here.documents.begin(document, recognition_ids=["r1"])
    assert stage() == "reading"
    caller.here.documents.store_event(ticket["id"], replace(published(), published=False))
    assert stage() == "reading"
    caller.here.documents.store_event(ticket["id"], published())
    response, said = caller.call("GET", path)
    assert (response["statusCode"], said) == (HTTPStatus.OK, EVENT)


def test_a_rejected_document_is_done_too() -> None:
    caller = Caller(world())
    rejected = {**EVENT, "type": "permit.rejected.v1"}
    caller.here.documents.store_event(ID, published(rejected))
    response, said = caller.call("GET", f"/v1/recognitions/{ID}")
    assert (response["statusCode"], said) == (HTTPStatus.OK, rejected)


def test_a_form_that_was_never_used_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(world())
    _, ticket = caller.call("POST", "/v1/uploads", {})
    until = caller.here.documents.states[ticket["id"]].upload_until
    assert until is not None
    monkeypatch.setattr("permit_ocr.entrypoints.http_api.recognition_by_id.time.time", lambda: until + FORM_SECONDS)
    response, said = caller.call("GET", f"/v1/recognitions/{ticket['id']}")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.NOT_FOUND, "Document.Unknown")


def test_a_file_of_several_pages_tells_how_many_are_done_and_then_names_them() -> None:
    caller = Caller(world())
    caller.here.documents.record_pages(ID, pages=2)
    pages = [document_id_of_page(ID, page) for page in (1, 2)]
    caller.here.documents.begin(Document(id=pages[0]), recognition_ids=["r1"])
    caller.here.documents.store_event(pages[1], published())
    _, said = caller.call("GET", f"/v1/recognitions/{ID}")
    assert said["progress"] == {"stage": "reading", "pages": 2, "pages_done": 1}
    caller.here.documents.store_event(pages[0], published())
    response, said = caller.call("GET", f"/v1/recognitions/{ID}")
    assert response["statusCode"] == HTTPStatus.OK
    assert said == {
        "id": ID,
        "status": "done",
        "pages": [
            {"number": number, "id": page, "location": f"/v1/recognitions/{page}"}
            for number, page in enumerate(pages, 1)
        ],
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_document_is_not_found_and_another_form_of_id_is_named(method: str) -> None:
    caller = Caller(world())
    response, said = caller.call(method, f"/v1/recognitions/{ID}")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.NOT_FOUND, "Document.Unknown")
    response, said = caller.call(method, "/v1/recognitions/chan-tai-man")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Request.InvalidField")
    assert said["detail"] == "document_id: must be 32 lower-case hex digits"
    assert "chan" not in json.dumps(said)


def test_a_deleted_document_is_gone_for_everybody_and_deleting_it_twice_is_no_error() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    body = {"document": "mainland-permit", "image_base64": IMAGE}
    _, event = caller.call("POST", "/v1/recognitions", body, idempotency_key="k")
    for _ in range(2):
        response, said = caller.call("DELETE", f"/v1/recognitions/{event['id']}")
        assert (response["statusCode"], said) == (HTTPStatus.NO_CONTENT, None)
    response, said = caller.call("GET", f"/v1/recognitions/{event['id']}")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.GONE, "Document.Deleted")
    for prefer in ({}, {"prefer": "respond-async"}):
        response, said = caller.call("POST", "/v1/recognitions", body, idempotency_key="k", **prefer)
        assert (response["statusCode"], said["code"]) == (HTTPStatus.GONE, "Document.Deleted")
        assert said["advice"] == "Send it with another Idempotency-Key if you want it read."
    assert caller.here.recognitions.outcomes == {}


def test_a_deletion_that_s3_did_not_finish_says_when_to_try_again() -> None:
    caller = Caller(world())
    caller.here.documents.store_event(ID, published())
    caller.here.erasure = FakeErasure(photos={ID: ["uploads/by-id/x"]}, fails=1)
    response, said = caller.call("DELETE", f"/v1/recognitions/{ID}")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, THROTTLED.code)
    assert response["headers"]["Retry-After"]
    response, _ = caller.call("DELETE", f"/v1/recognitions/{ID}")
    assert response["statusCode"] == HTTPStatus.NO_CONTENT
    assert caller.here.erasure.erased == ["uploads/by-id/x"]


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async; x=1", "wait=10, respond-async"])
def test_who_prefers_not_to_wait_gets_an_address_and_the_photograph_is_stored(prefer: str) -> None:
    caller = Caller(world())
    response, said = caller.call("POST", "/v1/recognitions", {**SAID, "image_base64": IMAGE}, prefer=prefer)
    assert response["statusCode"] == HTTPStatus.ACCEPTED
    assert response["headers"]["Preference-Applied"] == "respond-async"
    assert location(response) == f"/v1/recognitions/{said['id']}"
    assert said["progress"]["stage"] == "queued"
    assert caller.tickets.stored == {said["id"]: (JPEG, OWN_METADATA)}
    assert caller.here.ocr.requests == []
    response, said = caller.call("GET", location(response))
    assert said["progress"]["stage"] == "queued"


def test_an_address_is_put_on_the_intake_queue() -> None:
    caller = Caller(world())
    body = {**SAID, "image_url": "https://example.com/a.jpg"}
    _, said = caller.call("POST", "/v1/recognitions", body, prefer="respond-async")
    (asked,) = caller.intake.messages
    assert isinstance(asked, RecognizeUrlMessage)
    assert asked.document_id == said["id"]
    assert asked.image_url == "https://example.com/a.jpg"
    assert asked.options == RecognitionOptions(kind=Kind.MAINLAND_PERMIT, side=Side.BACK, return_portrait=True)
    assert (asked.case, asked.received) == ("2026-0815", NOW)


def test_other_preferences_are_not_applied() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    body = {"document": "mainland-permit", "image_base64": IMAGE}
    response, _ = caller.call("POST", "/v1/recognitions", body, prefer="return=minimal")
    assert response["statusCode"] == HTTPStatus.OK
    assert "Preference-Applied" not in response["headers"]


def test_the_same_idempotency_key_is_accepted_again_and_stored_again_only_until_it_is_begun() -> None:
    caller = Caller(world())
    ids = set()
    for _ in range(2):
        _, said = caller.call(
            "POST", "/v1/recognitions", {"image_base64": IMAGE}, prefer="respond-async", idempotency_key="k"
        )
        ids.add(said["id"])
        caller.here.documents.begin(Document(id=said["id"]), recognition_ids=["r1"])
        caller.tickets.stored.pop(said["id"], None)
    assert len(ids) == 1
    assert caller.tickets.stored == {}


def test_who_does_not_wait_and_repeats_a_request_is_told_how_far_its_document_is_now() -> None:
    caller = Caller(world())

    def again() -> tuple[dict[str, Any], Any]:
        return caller.call(
            "POST", "/v1/recognitions", {"image_base64": IMAGE}, prefer="respond-async", idempotency_key="k"
        )

    _, said = again()
    document_id = said["id"]
    caller.here.documents.begin(Document(id=document_id), recognition_ids=["r1"])
    response, said = again()
    assert (response["statusCode"], said["progress"]["stage"]) == (HTTPStatus.ACCEPTED, "reading")
    assert response["headers"]["Preference-Applied"] == "respond-async"
    caller.here.documents.store_event(document_id, published())
    response, said = again()
    assert (response["statusCode"], said) == (HTTPStatus.OK, EVENT)
    assert response["headers"]["Content-Location"] == f"/v1/recognitions/{document_id}"
    rejected = {**EVENT, "type": "permit.rejected.v1", "data": {"error": {"code": "C", "meaning": "M", "advice": "A"}}}
    caller.here.documents.store_event(document_id, published(rejected))
    response, said = again()
    assert (response["statusCode"], said["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "C")


def test_a_file_that_must_be_converted_is_stored_and_answered_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(world())

    def convert(_seconds: float) -> None:
        (document_id,) = caller.tickets.stored
        caller.here.documents.store_event(document_id, published())

    monkeypatch.setattr("permit_ocr.entrypoints.http_api.post_recognitions.time.sleep", convert)
    response, said = caller.call("POST", "/v1/recognitions", {"image_base64": GIF})
    assert (response["statusCode"], said) == (HTTPStatus.OK, EVENT)
    assert caller.here.ocr.requests == []


def test_a_file_that_takes_longer_to_convert_than_an_answer_may_has_an_address() -> None:
    caller = Caller(world(), seconds_left=3)
    response, said = caller.call("POST", "/v1/recognitions", {"image_base64": GIF})
    assert response["statusCode"] == HTTPStatus.ACCEPTED
    assert location(response) == f"/v1/recognitions/{said['id']}"
    assert "Preference-Applied" not in response["headers"]


def test_a_converted_file_that_is_rejected_is_a_problem_as_any_rejected_photograph() -> None:
    caller = Caller(world(RejectDocument("", "", "")))
    error = {"code": "Document.Animated", "meaning": "It is animated.", "advice": "Send one image."}
    rejected = {**EVENT, "type": "permit.rejected.v1", "data": {"error": error}}
    caller.seconds_left = 3
    _, said = caller.call("POST", "/v1/recognitions", {"image_base64": GIF}, idempotency_key="k")
    caller.here.documents.store_event(said["id"], published(rejected))
    response, said = caller.call("POST", "/v1/recognitions", {"image_base64": GIF}, idempotency_key="k")
    assert (response["statusCode"], said["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Document.Animated")
    assert said["result"] == rejected


def test_the_api_describes_itself() -> None:
    response, _ = Caller(world()).call("GET", "/v1/openapi.json")
    assert response["statusCode"] == HTTPStatus.OK
    assert response["body"] == Path("events/schemas/http-api.openapi.json").read_text()


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/recognitions"), ("POST", f"/v1/recognitions/{ID}"), ("GET", "/")]
)
def test_another_route_is_a_problem_too(method: str, path: str) -> None:
    response, said = Caller(world()).call(method, path)
    assert (response["statusCode"], said["code"]) == (HTTPStatus.NOT_FOUND, "Request.NoRoute")


@pytest.mark.parametrize("event", [HTTP, REST])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"body": json.dumps({"document": "mainland-permit", "image_base64": IMAGE})}, HTTPStatus.OK),
        ({"body": "{}"}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"body": "x" * (BODY_LIMIT + 1)}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        ({"body": "x", "headers": {"content-type": "image/jpeg"}}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_no_answer_is_kept_on_its_way_or_taken_for_another_type(
    event: dict[str, Any], changes: dict[str, str], status: HTTPStatus
) -> None:
    response, _ = Caller(world(MAINLAND_FRONT)).send({**event, **changes})
    assert response["statusCode"] == status
    assert response["headers"]["cache-control"] == "no-store"
    assert response["headers"]["x-content-type-options"] == "nosniff"
