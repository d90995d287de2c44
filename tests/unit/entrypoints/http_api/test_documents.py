"""What becomes of a document: accepted, looked at, deleted."""

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from permit_ocr.application.intake_messages import RecognizeUrlMessage, document_of
from permit_ocr.application.ports import FORM_SECONDS, StoredEvent
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError, RateLimited, RejectDocument, RetryableError
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import document_id_of_page
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.entrypoints.http_api import BODY_LIMIT
from permit_ocr.entrypoints.http_api.router import OPENAPI_FILE
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import JPEG, FakeErasure
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, IMAGE, REST, Caller

GIF = base64.b64encode(b"GIF89a and more").decode()
OPTIONS = {"document": "mainland-permit", "card_side": "BACK", "return_portrait": True, "case": "2026-0815"}
METADATA = {"document": "mainland-permit", "card-side": "BACK", "return-portrait": "true", "case": "2026-0815"}
ID = "0123456789abcdef0123456789abcdef"
EVENT = {"specversion": "1.0", "id": ID, "type": "permit.recognized.v1"}


def published(event: Any = EVENT) -> StoredEvent:
    return StoredEvent(event=json.dumps(event), published=True)


def location(response: dict[str, Any]) -> str:
    return str(response["headers"]["Location"])


def test_an_upload_has_a_form_for_one_key_and_a_document_id() -> None:
    caller = Caller(world())
    response, payload = caller.call("POST", "/v1/uploads", {**OPTIONS, "content_type": "image/heic"})
    assert response["statusCode"] == HTTPStatus.CREATED
    assert location(response) == f"/v1/recognitions/{payload['id']}"
    assert payload["upload"] == {
        "url": "https://bucket.example/",
        "fields": {"key": payload["id"], "Content-Type": "image/heic"},
    }
    assert payload["maximum_bytes"] > 10_000_000
    assert payload["expires_at"].endswith("+00:00")
    assert caller.uploads.forms == {payload["id"]: METADATA}
    state = caller.here.documents.states[payload["id"]]
    assert state.upload_until is not None


@pytest.mark.parametrize(
    ("body", "name"),
    [({"content_type": "text/html"}, "content_type"), ({"image_base64": IMAGE}, "image_base64"), ([], "")],
)
def test_a_wrong_field_of_an_upload_is_named(body: Any, name: str) -> None:
    response, payload = Caller(world()).call("POST", "/v1/uploads", body)
    assert response["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert name in payload["detail"]


def test_a_document_goes_through_all_stages() -> None:
    caller = Caller(world())
    _, upload = caller.call("POST", "/v1/uploads", {})
    path, document = f"/v1/recognitions/{upload['id']}", Document(id=upload["id"])

    def stage() -> str:
        response, payload = caller.call("GET", path)
        assert response["statusCode"] == HTTPStatus.ACCEPTED
        assert response["headers"]["Retry-After"] == "1"
        assert payload["status"] == "pending"
        return str(payload["progress"]["stage"])

    assert stage() == "awaiting_upload"
    caller.uploads.store(upload["id"], JPEG, {})
    assert stage() == "queued"
    caller.here.documents.begin(document, recognition_ids=["r1"])
    assert stage() == "reading"
    caller.here.documents.store_event(upload["id"], replace(published(), published=False))
    assert stage() == "reading"
    caller.here.documents.store_event(upload["id"], published())
    response, payload = caller.call("GET", path)
    assert (response["statusCode"], payload) == (HTTPStatus.OK, EVENT)


def test_a_rejected_document_is_done() -> None:
    caller = Caller(world())
    rejected = {**EVENT, "type": "permit.rejected.v1"}
    caller.here.documents.store_event(ID, published(rejected))
    response, payload = caller.call("GET", f"/v1/recognitions/{ID}")
    assert (response["statusCode"], payload) == (HTTPStatus.OK, rejected)


def test_an_unused_form_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(world())
    _, upload = caller.call("POST", "/v1/uploads", {})
    until = caller.here.documents.states[upload["id"]].upload_until
    assert until is not None
    monkeypatch.setattr("permit_ocr.entrypoints.http_api.recognition_by_id.time.time", lambda: until + FORM_SECONDS)
    response, payload = caller.call("GET", f"/v1/recognitions/{upload['id']}")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.NOT_FOUND, "Document.Unknown")


def test_a_multi_page_file_counts_done_pages_and_then_lists_them() -> None:
    caller = Caller(world())
    caller.here.documents.record_pages(ID, pages=2)
    pages = [document_id_of_page(ID, page) for page in (1, 2)]
    caller.here.documents.begin(Document(id=pages[0]), recognition_ids=["r1"])
    caller.here.documents.store_event(pages[1], published())
    _, payload = caller.call("GET", f"/v1/recognitions/{ID}")
    assert payload["progress"] == {"stage": "reading", "pages": 2, "pages_done": 1}
    caller.here.documents.store_event(pages[0], published())
    response, payload = caller.call("GET", f"/v1/recognitions/{ID}")
    assert response["statusCode"] == HTTPStatus.OK
    assert payload == {
        "id": ID,
        "status": "done",
        "pages": [
            {"number": number, "id": page, "location": f"/v1/recognitions/{page}"}
            for number, page in enumerate(pages, 1)
        ],
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_id_is_404_and_a_malformed_one_422(method: str) -> None:
    caller = Caller(world())
    response, payload = caller.call(method, f"/v1/recognitions/{ID}")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.NOT_FOUND, "Document.Unknown")
    response, payload = caller.call(method, "/v1/recognitions/chan-tai-man")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Request.InvalidField")
    assert payload["detail"] == "document_id: must be 32 lower-case hex digits"
    assert "chan" not in json.dumps(payload)


def test_a_deleted_document_is_gone_and_can_be_deleted_again() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    body = {"document": "mainland-permit", "image_base64": IMAGE}
    _, event = caller.call("POST", "/v1/recognitions", body, idempotency_key="k")
    for _ in range(2):
        response, payload = caller.call("DELETE", f"/v1/recognitions/{event['id']}")
        assert (response["statusCode"], payload) == (HTTPStatus.NO_CONTENT, None)
    response, payload = caller.call("GET", f"/v1/recognitions/{event['id']}")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.GONE, "Document.Deleted")
    for prefer in ({}, {"prefer": "respond-async"}):
        response, payload = caller.call("POST", "/v1/recognitions", body, idempotency_key="k", **prefer)
        assert (response["statusCode"], payload["code"]) == (HTTPStatus.GONE, "Document.Deleted")
        assert payload["advice"] == "Send it with another Idempotency-Key if you want it read."
    assert caller.here.recognitions.outcomes == {}


def test_an_unfinished_deletion_has_retry_after_and_can_be_repeated() -> None:
    caller = Caller(world())
    caller.here.documents.store_event(ID, published())
    caller.here.erasure = FakeErasure(photos={ID: ["uploads/by-id/x"]}, fails=1)
    response, payload = caller.call("DELETE", f"/v1/recognitions/{ID}")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, THROTTLED.code)
    assert response["headers"]["Retry-After"]
    response, _ = caller.call("DELETE", f"/v1/recognitions/{ID}")
    assert response["statusCode"] == HTTPStatus.NO_CONTENT
    assert caller.here.erasure.erased == ["uploads/by-id/x"]


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async; x=1", "wait=10, respond-async"])
def test_respond_async_stores_the_photo_and_returns_a_location(prefer: str) -> None:
    caller = Caller(world())
    response, payload = caller.call("POST", "/v1/recognitions", {**OPTIONS, "image_base64": IMAGE}, prefer=prefer)
    assert response["statusCode"] == HTTPStatus.ACCEPTED
    assert response["headers"]["Preference-Applied"] == "respond-async"
    assert location(response) == f"/v1/recognitions/{payload['id']}"
    assert payload["progress"]["stage"] == "queued"
    assert caller.uploads.stored == {payload["id"]: (JPEG, METADATA)}
    assert caller.here.ocr.requests == []
    response, payload = caller.call("GET", location(response))
    assert payload["progress"]["stage"] == "queued"


def test_respond_async_with_a_url_enqueues_it() -> None:
    caller = Caller(world())
    body = {**OPTIONS, "image_url": "https://example.com/a.jpg"}
    _, payload = caller.call("POST", "/v1/recognitions", body, prefer="respond-async")
    (message,) = caller.intake.messages
    assert isinstance(message, RecognizeUrlMessage)
    assert message.document_id == payload["id"]
    assert message.image_url == "https://example.com/a.jpg"
    assert message.options == RecognitionOptions(kind=Kind.MAINLAND_PERMIT, side=Side.BACK, return_portrait=True)
    assert (message.case, message.received) == ("2026-0815", NOW)


def test_other_preferences_are_not_applied() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    body = {"document": "mainland-permit", "image_base64": IMAGE}
    response, _ = caller.call("POST", "/v1/recognitions", body, prefer="return=minimal")
    assert response["statusCode"] == HTTPStatus.OK
    assert "Preference-Applied" not in response["headers"]


def test_a_repeated_request_is_stored_again_only_before_it_is_started() -> None:
    caller = Caller(world())

    def send() -> str:
        _, payload = caller.call(
            "POST", "/v1/recognitions", {"image_base64": IMAGE}, prefer="respond-async", idempotency_key="k"
        )
        return str(payload["id"])

    document_id = send()
    caller.uploads.stored.clear()
    assert send() == document_id
    assert document_id in caller.uploads.stored
    caller.uploads.stored.clear()
    caller.here.documents.begin(Document(id=document_id, key="uploads/by-id/x"), recognition_ids=["r1"])
    assert send() == document_id
    assert caller.uploads.stored == {}


def test_a_repeated_async_request_returns_the_current_status() -> None:
    caller = Caller(world())

    def again() -> tuple[dict[str, Any], Any]:
        return caller.call(
            "POST", "/v1/recognitions", {"image_base64": IMAGE}, prefer="respond-async", idempotency_key="k"
        )

    _, payload = again()
    document_id = payload["id"]
    caller.here.documents.begin(Document(id=document_id, key="uploads/by-id/x"), recognition_ids=["r1"])
    response, payload = again()
    assert (response["statusCode"], payload["progress"]["stage"]) == (HTTPStatus.ACCEPTED, "reading")
    assert response["headers"]["Preference-Applied"] == "respond-async"
    caller.here.documents.store_event(document_id, published())
    response, payload = again()
    assert (response["statusCode"], payload) == (HTTPStatus.OK, EVENT)
    assert response["headers"]["Content-Location"] == f"/v1/recognitions/{document_id}"
    rejected = {**EVENT, "type": "permit.rejected.v1", "data": {"error": {"code": "C", "meaning": "M", "advice": "A"}}}
    caller.here.documents.store_event(document_id, published(rejected))
    response, payload = again()
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "C")


@pytest.mark.parametrize(
    ("image", "error"),
    [
        ({"image_base64": IMAGE}, RetryableError("NoAnswerInTime", "", "")),
        ({"image_base64": IMAGE}, RateLimited(after_seconds=2)),
        ({"image_base64": IMAGE}, CircuitOpen("AuthFailure", "", "")),
        ({"image_url": "https://example.com/a.jpg"}, RetryableError("NoAnswerInTime", "", "")),
    ],
)
def test_a_failed_request_is_enqueued_if_repeated_with_respond_async(
    image: dict[str, str], error: PermitOcrError
) -> None:
    caller = Caller(world(error))
    body = {"document": "mainland-permit", **image}
    response, _ = caller.call("POST", "/v1/recognitions", body, idempotency_key="k")
    assert response["statusCode"] in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
    response, payload = caller.call("POST", "/v1/recognitions", body, idempotency_key="k", prefer="respond-async")
    assert (response["statusCode"], payload["progress"]["stage"]) == (HTTPStatus.ACCEPTED, "queued")
    messages = [message for message in caller.intake.messages if isinstance(message, RecognizeUrlMessage)]
    assert [*caller.uploads.stored, *(message.document_id for message in messages)] == [payload["id"]]


def test_an_address_that_a_message_has_started_is_not_enqueued_again() -> None:
    caller = Caller(world())
    body = {"image_url": "https://example.com/a.jpg"}
    for _ in range(2):
        caller.call("POST", "/v1/recognitions", body, idempotency_key="k", prefer="respond-async")
        started = document_of(caller.intake.messages[0], upload_prefix="uploads/")
        caller.here.documents.begin(started, recognition_ids=["r1"])
    assert len(caller.intake.messages) == 1


def test_a_file_to_convert_is_stored_and_its_result_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(world())

    def convert(_seconds: float) -> None:
        (document_id,) = caller.uploads.stored
        caller.here.documents.store_event(document_id, published())

    monkeypatch.setattr("permit_ocr.entrypoints.http_api.post_recognitions.time.sleep", convert)
    response, payload = caller.call("POST", "/v1/recognitions", {"image_base64": GIF})
    assert (response["statusCode"], payload) == (HTTPStatus.OK, EVENT)
    assert caller.here.ocr.requests == []


def test_a_slow_conversion_returns_a_location_instead() -> None:
    caller = Caller(world(), seconds_left=3)
    response, payload = caller.call("POST", "/v1/recognitions", {"image_base64": GIF})
    assert response["statusCode"] == HTTPStatus.ACCEPTED
    assert location(response) == f"/v1/recognitions/{payload['id']}"
    assert "Preference-Applied" not in response["headers"]


def test_a_rejected_converted_file_is_a_problem() -> None:
    caller = Caller(world(RejectDocument("", "", "")))
    error = {"code": "Document.Animated", "meaning": "It is animated.", "advice": "Send one image."}
    rejected = {**EVENT, "type": "permit.rejected.v1", "data": {"error": error}}
    caller.seconds_left = 3
    _, payload = caller.call("POST", "/v1/recognitions", {"image_base64": GIF}, idempotency_key="k")
    caller.here.documents.store_event(payload["id"], published(rejected))
    response, payload = caller.call("POST", "/v1/recognitions", {"image_base64": GIF}, idempotency_key="k")
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Document.Animated")
    assert payload["result"] == rejected


def test_the_openapi_document_is_served() -> None:
    response, _ = Caller(world()).call("GET", "/v1/openapi.json")
    assert response["statusCode"] == HTTPStatus.OK
    assert response["body"] == OPENAPI_FILE.read_text()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/v1"), ("GET", "/v1/case/7"), ("OPTIONS", "/v2/uploads")]
)
def test_an_unknown_route_is_a_problem(method: str, path: str) -> None:
    response, payload = Caller(world()).call(method, path)
    assert (response["statusCode"], payload["code"]) == (HTTPStatus.NOT_FOUND, "Request.NoRoute")


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
def test_no_response_is_cached_or_sniffed(event: dict[str, Any], changes: dict[str, str], status: HTTPStatus) -> None:
    response, _ = Caller(world(MAINLAND_FRONT)).send({**event, **changes})
    assert response["statusCode"] == status
    assert response["headers"]["cache-control"] == "no-store"
    assert response["headers"]["vary"] == "Origin"
    assert response["headers"]["x-content-type-options"] == "nosniff"
