"""Who may review: the lease of one reviewer, and the scope of a token."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from tests.unit.entrypoints.http_api.reviews.review_calls import MISREAD, REJECTED, USER, decide, opened, read
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.world import world
from tests.unit.http_calls import Caller


def release(caller: Caller, path: str, **query: str) -> int:
    response, _ = caller.send_query("DELETE", path, query)
    status: int = response["statusCode"]
    return status


def test_a_lease_keeps_two_reviewers_apart() -> None:
    caller, document_id, etag = opened()
    path = f"/v1/recognitions/{document_id}/review/lease"
    response, state = caller.call("POST", path, {"reviewer": "anna"})
    assert response["statusCode"] == HTTPStatus.OK
    assert state["lease"]["holder"] == f"{USER} reviewer anna"
    response, problem = caller.call("POST", path, {"reviewer": "ben"})
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.CONFLICT, "Review.Leased")
    assert problem["review"]["lease"]["holder"] == f"{USER} reviewer anna"
    response, problem = decide(caller, document_id, {**REJECTED, "reviewer": "ben"}, etag)
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.CONFLICT, "Review.Leased")
    assert caller.call("POST", path, {"reviewer": "anna"})[0]["statusCode"] == HTTPStatus.OK
    response, _ = decide(caller, document_id, {**REJECTED, "reviewer": "anna"}, etag)
    assert response["statusCode"] == HTTPStatus.OK


def test_a_lease_ends_when_it_is_returned_or_over() -> None:
    caller, document_id, _ = opened()
    path = f"/v1/recognitions/{document_id}/review/lease"
    caller.call("POST", path, {"reviewer": "anna"})
    assert release(caller, path, reviewer="ben") == HTTPStatus.NO_CONTENT
    assert caller.call("POST", path, {})[0]["statusCode"] == HTTPStatus.CONFLICT
    assert release(caller, path, reviewer="Chan Tai Man") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert release(caller, path, reviewer="anna") == HTTPStatus.NO_CONTENT
    assert caller.call("POST", path, {})[0]["statusCode"] == HTTPStatus.OK
    caller.here.documents.now = lambda: NOW + timedelta(minutes=5, seconds=1)
    assert caller.call("POST", path, {"reviewer": "ben"})[0]["statusCode"] == HTTPStatus.OK
    assert release(caller, path) == HTTPStatus.NO_CONTENT


REVIEW_REQUESTS = [
    ("GET", "/v1/reviews"),
    ("GET", f"/v1/recognitions/{'0' * 32}/image"),
    ("GET", f"/v1/recognitions/{'0' * 32}/review"),
    ("POST", f"/v1/recognitions/{'0' * 32}/review"),
    ("POST", f"/v1/recognitions/{'0' * 32}/review/lease"),
    ("DELETE", f"/v1/recognitions/{'0' * 32}/review/lease"),
]


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize(("method", "path"), REVIEW_REQUESTS)
def test_a_token_without_the_scope_reviews_nothing(method: str, path: str, end: str) -> None:
    caller = Caller(world(MISREAD), review_scope="permits/review")
    response, payload = caller.call(method, path + end, {})
    assert response["statusCode"] == HTTPStatus.FORBIDDEN
    assert payload["code"] == "Review.ScopeMissing"
    assert [line.status for line in caller.here.audit.lines] == [HTTPStatus.FORBIDDEN]


@pytest.mark.parametrize(("method", "path"), REVIEW_REQUESTS)
def test_a_token_with_the_scope_reaches_every_review_route(method: str, path: str) -> None:
    caller = Caller(world(MISREAD), review_scope="permits/review", scopes="openid permits/review")
    assert caller.call(method, path, {})[0]["statusCode"] != HTTPStatus.FORBIDDEN


def test_the_scope_of_reviewers_is_needed_for_reviews_only() -> None:
    caller = Caller(world(MISREAD), review_scope="permits/review")
    document_id = read(caller)
    assert caller.call("GET", f"/v1/recognitions/{document_id}")[0]["statusCode"] == HTTPStatus.OK
