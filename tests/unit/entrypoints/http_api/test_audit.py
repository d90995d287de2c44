"""Who has seen or deleted a document or a case is on record before the API answers."""

import base64
import json
from typing import Any

import pytest

from permit_ocr.application.ports import AuditLine
from permit_ocr.domain.identity import case_digest
from permit_ocr.entrypoints.caller import caller_of, scopes_of
from permit_ocr.entrypoints.http_api.paths import ROUTES
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import World, world
from tests.unit.http_calls import HTTP, REST, Caller

USER = "arn:aws:iam::111122223333:user/bank"
ID = "0123456789abcdef0123456789abcdef"
CASE = "Chan-Tai-Man"
PHOTO = {"document": "mainland-permit", "image_base64": base64.b64encode(JPEG).decode(), "case": CASE}
AUDITED = [
    (method, path.format(document_id=ID, case=CASE), f"{method} {path}")
    for path, methods in ROUTES.items()
    for method in [*methods, *(["HEAD"] if "GET" in methods else [])]
    if path != "/v1/openapi.json"
]


def body_for(path: str) -> dict[str, str] | None:
    return {"/v1/recognitions": PHOTO, "/v1/uploads": {}}.get(path)


@pytest.mark.parametrize(("method", "path", "action"), AUDITED)
def test_every_route_is_audited_with_caller_and_document(method: str, path: str, action: str) -> None:
    here = world(MAINLAND_FRONT)
    response, payload = Caller(here).call(method, path, body_for(path))
    (line,) = here.audit.lines
    expected = (USER, action, None if method == "DELETE" else response["statusCode"])
    assert (line.caller, line.action, line.status) == expected
    assert line.request_id == HTTP["requestContext"]["requestId"]
    if "cases" in path:
        assert line.case == case_digest(CASE)
    elif path == "/v1/reviews":
        assert line.document_id is None
    elif path != "/v1/expiries":  # this list names the documents that it shows
        assert line.document_id == (payload.get("id", ID) if method == "POST" else ID)
    assert CASE not in str(line)


@pytest.mark.parametrize(("method", "path", "action"), AUDITED)
def test_without_the_audit_trail_nothing_is_answered(method: str, path: str, action: str) -> None:
    assert action
    here = world(MAINLAND_FRONT)
    here.documents.register(ID)
    here.audit.fails = True
    response, payload = Caller(here).call(method, path, body_for(path))
    assert response["statusCode"] == 503
    assert int(response["headers"]["Retry-After"]) >= 1
    assert payload is None or payload["code"] == "CloudWatchLogs.ServiceUnavailableException"
    assert not here.documents.states[ID].deleted, "a deletion is on record before it happens"
    assert here.case_index.deleted == {}


def test_a_result_is_not_lost_while_the_audit_trail_fails() -> None:
    here = world(MAINLAND_FRONT)
    here.audit.fails = True
    caller = Caller(here)
    assert caller.call("POST", "/v1/recognitions", PHOTO, idempotency_key="1")[0]["statusCode"] == 503
    here.audit.fails = False
    assert caller.call("POST", "/v1/recognitions", PHOTO, idempotency_key="1")[0]["statusCode"] == 200
    assert len(here.ocr.requests) == len(here.results.sent) == 1


def test_text_in_place_of_an_id_is_left_out() -> None:
    here = world()
    Caller(here).call("GET", "/v1/recognitions/H12345678")
    assert "H12345678" not in json.dumps([str(line) for line in here.audit.lines])


def test_what_is_no_route_or_holds_no_data_is_not_audited() -> None:
    here: World = world()
    Caller(here).call("GET", "/v1/openapi.json")
    Caller(here).call("GET", "/v1/nothing")
    assert here.audit.lines == list[AuditLine]()


TOKEN = {"sub": "user-1", "iss": "https://login.example"}


@pytest.mark.parametrize(
    ("context", "caller"),
    [
        (HTTP["requestContext"], USER),
        (REST["requestContext"], REST["requestContext"]["identity"].get("userArn") or "unknown"),
        ({"identity": {"userArn": USER}}, USER),
        ({"authorizer": {"jwt": {"claims": TOKEN}}}, "https://login.example subject user-1"),
        ({"authorizer": {"claims": TOKEN}}, "https://login.example subject user-1"),
        ({"authorizer": {"jwt": {"claims": {"client_id": "desk", "iss": "i"}}}}, "i client desk"),
        ({"authorizer": {"principalId": "user-1"}}, "user-1"),
        ({"authorizer": None, "identity": None}, "unknown"),
        (None, "unknown"),
    ],
)
def test_the_caller_is_who_api_gateway_has_verified(context: Any, caller: str) -> None:
    assert caller_of({"requestContext": context}) == caller


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid permits/review"}, {"openid", "permits/review"}),
        ({"scp": "[openid permits/review]"}, {"openid", "permits/review"}),
        ({"scp": '["openid", "permits/review"]'}, {"openid", "permits/review"}),
        ({"scope": "openid", "scp": "permits/review"}, {"openid", "permits/review"}),
        (TOKEN, set()),
    ],
)
@pytest.mark.parametrize("payload_format", ["1.0", "2.0"])
def test_the_scopes_of_a_token_are_those_of_either_claim(
    claims: dict[str, str], scopes: set[str], payload_format: str
) -> None:
    authorizer = {"claims": claims} if payload_format == "1.0" else {"jwt": {"claims": claims}}
    assert scopes_of({"requestContext": {"authorizer": authorizer}}) == scopes


def test_a_request_without_a_token_has_no_scopes() -> None:
    assert scopes_of(HTTP) == scopes_of(REST) == scopes_of({}) == set()
