"""``POST /v1/recognitions``, from API Gateway's events in ``events/`` to its response."""

import base64
import json
import re
from typing import Any

import pytest

from permit_ocr.application.intake_messages import RepublishMessage
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.errors import CircuitOpen, PermitOcrError, RateLimited, RejectDocument, RetryableError
from permit_ocr.entrypoints.http_api import BODY_LIMIT
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT, RESIDENCE_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, IMAGE, REST, FakeIntake, call

URL_RULE = "must be an https or http address without credentials"


@pytest.mark.parametrize("event", [HTTP, REST])
def test_the_response_is_the_published_event(event: dict[str, Any]) -> None:
    here = world(RESIDENCE_FRONT)
    response, payload = call({"document": "residence-permit", "image_base64": IMAGE}, here, event=event)
    assert response["statusCode"] == 200
    assert payload["type"] == "permit.recognized.v1"
    assert json.loads(here.results.sent[0][1]) == payload


def test_a_url_is_passed_to_the_provider() -> None:
    here = world(MAINLAND_FRONT)
    response, _ = call(
        {"document": "mainland-permit", "image_url": "https://example.com/a.jpg", "card_side": "front"}, here
    )
    assert response["statusCode"] == 200
    assert here.ocr.requests[0].url == "https://example.com/a.jpg"
    assert here.ocr.requests[0].content is None


@pytest.mark.parametrize(
    ("body", "field_name"),
    [
        ({}, "image_base64"),
        ({"image_base64": IMAGE, "image_url": "https://example.com/a.jpg"}, "image_base64"),
        ({"image_base64": IMAGE, "document": "passport"}, "document"),
        ({"image_base64": IMAGE, "card_side": "TOP"}, "card_side"),
        ({"image_base64": "not base64!"}, "image_base64"),
        ({"image_url": "ftp://example.com/a.jpg"}, "image_url"),
        ({"image_url": "https://user:secret@example.com/a.jpg"}, "image_url"),
        ({"image_url": "https://secret\u2100.example/a.jpg"}, "image_url"),
        ({"image_url": "https://example.com/" + "a" * 2048}, "image_url"),
        ({"image_base64": IMAGE, "colour": "red"}, "colour"),
        ({"image_base64": IMAGE, "return_portrait": 1}, "return_portrait"),
        ({"image_base64": IMAGE, "case": "no case"}, "case"),
        ({"image_base64": IMAGE, "case": "x" * 65}, "case"),
        ({"image_url": "https://example.com/\ud800"}, "image_url"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], field_name: str) -> None:
    here = world()
    response, payload = call(body, here)
    assert response["statusCode"] == 422
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert field_name in payload["detail"]
    assert {"type", "title", "status", "detail", "code", "advice"} <= payload.keys()
    assert IMAGE not in response["body"]
    assert "secret" not in response["body"]
    assert here.ocr.requests == []


def test_all_wrong_fields_are_named_with_their_rules() -> None:
    body = {"colour": 1, "image_url": "x" * 2049, "card_side": 1, "document": None, "case": "a b", "image_base64": []}
    _, payload = call({**body, "return_portrait": "yes"}, world())
    assert {error["field"]: error["message"] for error in payload["errors"]} == {
        "document": "must be residence-permit, mainland-permit or auto",
        "card_side": "must be FRONT or BACK",
        "return_portrait": "must be true or false",
        "case": "must have 1 to 64 letters, digits, full stops, underscores and hyphens",
        "image_base64": "must be a text",
        "image_url": "must have at most 2,048 characters",
        "colour": "is not a field of this request",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("null", "must be a JSON object"),
        ("", "must be a JSON object"),
        ("5", "must be a JSON object"),
        ([{"image_base64": IMAGE}], "must be a JSON object"),
        ({}, "exactly one of image_base64 and image_url must be given"),
        ({"image_base64": None, "image_url": None}, "exactly one of image_base64 and image_url must be given"),
    ],
)
def test_a_body_that_is_not_a_request_is_a_problem_of_the_body(body: Any, message: str) -> None:
    response, payload = call(body, world())
    assert (response["statusCode"], payload["code"]) == (422, "Request.InvalidField")
    assert payload["errors"] == [{"field": "body", "message": message}]


BASE64_RULE = "must be Base64: letters, digits, + and / (or - and _), with or without = at the end"
DATA_URL_RULE = "must be Base64, in a data: URL too: data:image/jpeg;base64,…"


@pytest.mark.parametrize(
    ("image_base64", "message"),
    [
        (" data:image/png," + IMAGE, DATA_URL_RULE),
        ("data:image/jpeg;base64" + IMAGE, DATA_URL_RULE),
        ("data:,%FF%D8", DATA_URL_RULE),
        ("data:image/jpeg;base64,", "must not be empty"),
        ("", "must not be empty"),
        (IMAGE + "?", BASE64_RULE),
        ("a" + IMAGE, BASE64_RULE),
        (IMAGE + "=", BASE64_RULE),
        ("QUI=QUJD", BASE64_RULE),
        ("\ud800", BASE64_RULE),
        ("data:image/jpeg;base64,\udfff%ff", BASE64_RULE),
    ],
)
def test_invalid_base64_is_rejected_with_the_rule(image_base64: str, message: str) -> None:
    _, payload = call({"image_base64": image_base64}, world())
    assert payload["errors"] == [{"field": "image_base64", "message": message}]


def test_options_ignore_case_and_null_means_absent() -> None:
    here = world(MAINLAND_FRONT)
    options = {"document": "Mainland-PERMIT", "card_side": "front", "case": None, "image_url": None}
    response, _ = call(
        {**options, "image_base64": IMAGE}, here, headers={"Content-Type": "Application/JSON; charset=UTF-8"}
    )
    assert response["statusCode"] == 200
    assert here.ocr.requests[0].side == "front"


def test_another_content_type_is_415_even_without_a_body() -> None:
    response, payload = call("", world(), headers={"content-type": "text/plain"})
    assert (response["statusCode"], payload["code"]) == (415, "Request.NotJson")


@pytest.mark.parametrize(
    ("event", "headers"),
    [
        (HTTP, {"headers": {"Prefer": "wait=10, respond-async"}}),
        (REST, {"multiValueHeaders": {"Prefer": ["wait=10, respond-async"]}}),
        (REST, {"multiValueHeaders": {"Prefer": ["respond-async", "wait=10"]}}),
    ],
)
def test_preferences_may_share_a_header_or_have_one_each(event: dict[str, Any], headers: dict[str, Any]) -> None:
    response, _ = call({"image_base64": IMAGE}, world(), event=event, **headers)
    assert response["statusCode"] == 202


@pytest.mark.parametrize("body", ["{", '{"image_base64": NaN}', "-Infinity", "\x00", "{}{}", "\ud800"])
def test_a_body_that_is_not_json_is_a_problem(body: str) -> None:
    response, payload = call(body, world())
    assert (response["statusCode"], payload["code"]) == (400, "Request.NotJson")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{\n  "case": "2026-0815",\n  "card_side": "FRONT,\n}', "The body is not JSON: see line 3, column 23."),
        ('{"case": H12345678}', "The body is not JSON: see line 1, column 10."),
        ('{"case": NaN}', "The body is not JSON: NaN and Infinity are no numbers in it."),
    ],
)
def test_broken_json_is_located_without_quoting_it(body: str, detail: str) -> None:
    response, payload = call(body, world())
    assert payload["detail"] == detail
    assert not {"2026-0815", "FRONT", "H12345678"} & set(re.findall(r"[\w-]+", response["body"]))


def test_the_error_of_an_unknown_field_lists_the_known_ones() -> None:
    _, payload = call({"image_base64": IMAGE, "cardSide": "FRONT"}, world())
    names = "document, card_side, return_portrait, case, image_base64, image_url"
    assert payload["advice"].endswith(f"The fields of this request are {names}.")
    _, payload = call({"image_base64": IMAGE, "card_side": "LEFT"}, world())
    assert payload["advice"] == "Fix the named fields and send the request again."


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (f'{{"image_base64": {"9" * 6000}}}', {"field": "image_base64", "message": "must be a text"}),
        (f'{{"return_portrait": -{"1" * 4301}}}', {"field": "return_portrait", "message": "must be true or false"}),
        (f'{{"x": {"9" * 6000}}}', {"field": "x", "message": "is not a field of this request"}),
        ('{"case": "a", "case": "b"}', {"field": "case", "message": "must be given only once"}),
        ('{"\\ud800": 1, "\\ud800": 1}', {"field": "(invalid name)", "message": "must be given only once"}),
        (json.dumps({f"f{n}": 1 for n in range(51)}), {"field": "body", "message": "must have at most 50 fields"}),
        ('{"image_url": "https://a.example/\\u0000"}', {"field": "image_url", "message": URL_RULE}),
        ('{"image_url": "https://a.example/\\nx"}', {"field": "image_url", "message": URL_RULE}),
    ],
)
def test_a_body_that_parsers_disagree_about_is_a_wrong_field(body: str, error: dict[str, str]) -> None:
    response, payload = call(body, world())
    assert response["statusCode"] == 422
    assert error in payload["errors"]


def test_a_byte_order_mark_is_ignored() -> None:
    response, _ = call("\ufeff" + json.dumps({"image_base64": IMAGE}), world(MAINLAND_FRONT))
    assert response["statusCode"] == 200


@pytest.mark.parametrize("body", ['{"image_base64": "QQ"}', "QQ", "?", "\ud800", "e30=e30="])
def test_a_body_that_is_not_base64_as_its_event_says_is_415(body: str) -> None:
    response, _ = call(body, world(), isBase64Encoded=True)
    assert response["statusCode"] == 415


def test_a_deeply_nested_body_is_a_problem() -> None:
    response, payload = call("[" * 1_000_000, world())
    assert (response["statusCode"], payload["code"]) == (400, "Request.NotJson")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(JPEG, "image/jpeg"), (b"{}", "text/plain"), (b'{"image_base64": "\xff"}', "application/json")],
)
def test_a_binary_body_is_415(body: bytes, content_type: str) -> None:
    encoded = base64.b64encode(body).decode()
    response, payload = call(encoded, world(), headers={"content-type": content_type}, isBase64Encoded=True)
    assert (response["statusCode"], payload["code"]) == (415, "Request.NotJson")


def test_a_form_is_415_and_is_not_echoed() -> None:
    form = json.dumps({"image_base64": IMAGE})
    response, payload = call(form, world(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert (response["statusCode"], payload["code"]) == (415, "Request.NotJson")
    assert IMAGE not in response["body"]


@pytest.mark.parametrize("name", [IMAGE * 3, "H12345678", "830000199706020042", "陈样本"])
def test_an_unknown_field_is_only_echoed_if_it_looks_like_a_name(name: str) -> None:
    response, payload = call({"image_base64": IMAGE, name: 1}, world())
    assert response["statusCode"] == 422
    assert name not in response["body"]
    assert payload["errors"] == [{"field": "(invalid name)", "message": "is not a field of this request"}]


def test_a_body_over_the_limit_is_pointed_to_uploads() -> None:
    response, payload = call("x" * (BODY_LIMIT + 1), world())
    assert (response["statusCode"], payload["code"]) == (413, "Request.TooLarge")
    assert f"{BODY_LIMIT:,}" in payload["detail"]
    assert "pload" in payload["advice"]


def test_an_unknown_route_is_a_problem() -> None:
    context = {**HTTP["requestContext"], "http": {**HTTP["requestContext"]["http"], "path": "/v2"}}
    response, payload = call({}, world(), rawPath="/v2", requestContext=context)
    assert (response["statusCode"], payload["code"]) == (404, "Request.NoRoute")


def test_a_rejected_photo_is_a_problem_with_the_published_result() -> None:
    here = world(RejectDocument("FailedOperation.ImageNoText", "no text", "another photo"))
    response, payload = call({"document": "mainland-permit", "image_base64": IMAGE}, here)
    assert response["statusCode"] == 422
    assert payload["code"] == "FailedOperation.ImageNoText"
    assert payload["advice"] == "another photo"
    assert payload["result"] == json.loads(here.results.sent[0][1])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RetryableError("InternalError", "", ""), 503),
        (CircuitOpen("AuthFailure", "", ""), 503),
        (RateLimited(after_seconds=2.4), 429),
    ],
)
def test_a_retryable_error_has_retry_after(error: PermitOcrError, status: int) -> None:
    response, payload = call({"document": "mainland-permit", "image_base64": IMAGE}, world(error))
    assert (response["statusCode"], payload["code"]) == (status, error.code)
    assert int(response["headers"]["Retry-After"]) >= getattr(error, "after_seconds", 1)


def test_an_unpublished_result_is_returned_and_enqueued_for_publishing() -> None:
    here = world(MAINLAND_FRONT, publish_fails=1)
    intake = FakeIntake()
    response, payload = call({"document": "mainland-permit", "image_base64": IMAGE}, here, intake=intake)
    assert response["statusCode"] == 200
    assert intake.messages == [RepublishMessage(document_id=payload["id"])]


def test_a_retry_after_both_queues_failed_does_not_pay_again() -> None:
    here = world(MAINLAND_FRONT, publish_fails=1)
    body = {"document": "mainland-permit", "image_base64": IMAGE}
    response, _ = call(body, here, intake=FakeIntake(fails=True))
    assert response["statusCode"] == 503
    response, _ = call(body, here)
    assert response["statusCode"] == 200
    assert len(here.ocr.requests) == 1


class SurpriseError(RuntimeError):
    """An unexpected error whose text contains personal data."""


def test_an_unexpected_error_is_a_problem_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    here = world()
    here.ocr.recognize = _raise  # type: ignore[method-assign, assignment]
    response, payload = call({"document": "mainland-permit", "image_base64": IMAGE}, here)
    assert (response["statusCode"], payload["code"]) == (500, "Internal")
    assert "830000199706020042" not in response["body"] + capsys.readouterr().out


def _raise(*_args: Any, **_named: Any) -> Answer:
    raise SurpriseError("830000199706020042")
