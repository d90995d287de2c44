"""Which documents are listed for a review, and for how long."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest

from permit_ocr.application.review.measure_reviews import MeasureReviews
from tests.unit.entrypoints.http_api.reviews.review_calls import (
    CORRECTED,
    MISREAD,
    REJECTED,
    decide,
    opened,
    read,
    sent,
)
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import REST, Caller


def test_a_document_that_needs_a_review_is_listed_until_it_is_decided() -> None:
    caller, document_id, etag = opened()
    _, payload = caller.call("GET", "/v1/reviews")
    (listed,) = payload["reviews"]
    assert payload["next"] is None
    assert listed["document_id"] == document_id
    assert listed["reasons"] == ["check_failed:permit_number_format"]
    assert (listed["kind"], listed["side"], listed["lease"]) == ("mainland-permit", "front", None)
    response, decided = decide(caller, document_id, CORRECTED, etag)
    assert response["statusCode"] == HTTPStatus.OK
    assert decided["state"] == "decided"
    assert caller.call("GET", "/v1/reviews")[1]["reviews"] == []
    assert caller.call("GET", f"/v1/recognitions/{document_id}/review")[1]["decision"] == decided["decision"]


def test_a_document_that_needs_no_review_has_none() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    document_id = read(caller)
    response, problem = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.NOT_FOUND, "Review.Unknown")
    assert decide(caller, document_id, REJECTED, '"x"')[0]["statusCode"] == HTTPStatus.NOT_FOUND


def test_without_reviews_nothing_is_listed() -> None:
    here = world(MISREAD)
    here.with_reviews = False
    caller = Caller(here)
    document_id = read(caller)
    for method, path in (
        ("GET", "/v1/reviews"),
        ("GET", f"/v1/recognitions/{document_id}/review"),
        ("POST", f"/v1/recognitions/{document_id}/review"),
        ("POST", f"/v1/recognitions/{document_id}/review/lease"),
        ("DELETE", f"/v1/recognitions/{document_id}/review/lease"),
    ):
        response, problem = caller.call(method, path, {} if method == "POST" else None)
        assert (response["statusCode"], problem["code"]) == (HTTPStatus.NOT_FOUND, "Reviews.Off"), path


def test_the_list_is_paged_and_filtered_oldest_first() -> None:
    here = world(*[MISREAD] * 3)
    times = iter(range(10))
    here.documents.now = lambda: NOW + timedelta(seconds=next(times, 10))
    caller = Caller(here)
    documents = [read(caller, jpeg(bytes([number]))) for number in range(3)]
    _, first = caller.get("/v1/reviews", {"limit": "2"})
    _, second = caller.get("/v1/reviews", {"limit": "2", "cursor": first["next"]})
    assert [one["document_id"] for page in (first, second) for one in page["reviews"]] == documents
    assert second["next"] is None
    for query, count in (
        ({"kind": "mainland-permit"}, 3),
        ({"kind": "residence-permit"}, 0),
        ({"reason": "check_failed:permit_number_format"}, 3),
        ({"reason": "validity:unreadable"}, 0),
    ):
        assert len(caller.get("/v1/reviews", query)[1]["reviews"]) == count, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"kind": "passport"}, "kind"),
        ({"reason": ""}, "reason"),
        ({"sort": "asc"}, "sort"),
        ({"H12345678": "1"}, "(invalid name)"),
        ({"kind": "passport", "sort": "asc", "limit": "0", "reason": "x"}, "sort limit kind"),
    ],
)
def test_every_wrong_parameter_of_the_list_is_named(query: dict[str, str], field: str) -> None:
    response, problem = Caller(world()).get("/v1/reviews", query)
    assert response["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert " ".join(error["field"] for error in problem["errors"]) == field


def test_a_deleted_document_has_no_review() -> None:
    caller, document_id, etag = opened()
    assert caller.call("DELETE", f"/v1/recognitions/{document_id}")[0]["statusCode"] == HTTPStatus.NO_CONTENT
    assert caller.call("GET", "/v1/reviews")[1]["reviews"] == []
    for response, _ in (
        caller.call("GET", f"/v1/recognitions/{document_id}/review"),
        caller.call("POST", f"/v1/recognitions/{document_id}/review/lease", {}),
        caller.call("GET", f"/v1/recognitions/{document_id}/image"),
        decide(caller, document_id, CORRECTED, etag),
    ):
        assert response["statusCode"] == HTTPStatus.GONE
    assert sent(caller.here) == []


def test_a_rest_api_lists_and_decides_too() -> None:
    caller, document_id, etag = opened()

    def rest(method: str, path: str, body: Any = None, **headers: str) -> tuple[dict[str, Any], Any]:
        return caller.send(
            {**REST, "httpMethod": method, "path": path, "body": json.dumps(body), "headers": headers}
            | {"multiValueHeaders": {name: [value] for name, value in headers.items()}, "isBase64Encoded": False}
        )

    assert len(rest("GET", "/v1/reviews")[1]["reviews"]) == 1
    path = f"/v1/recognitions/{document_id}/review"
    response, payload = rest("POST", path, CORRECTED, **{"If-Match": etag, "Content-Type": "application/json"})
    assert (response["statusCode"], payload["state"]) == (HTTPStatus.OK, "decided")


@pytest.mark.parametrize(("waiting", "seconds"), [([], 0), ([90, 30], 90)])
def test_the_age_of_the_oldest_open_review_is_recorded(waiting: list[int], seconds: int) -> None:
    here = world(*[MISREAD] * len(waiting))
    times = iter([*(NOW - timedelta(seconds=ago) for ago in waiting)])
    here.documents.now = lambda: next(times, NOW)
    for number, _ in enumerate(waiting):
        read(Caller(here), jpeg(bytes([number])))
    recorded: list[float] = []
    MeasureReviews(reviews=here.reviews, record_seconds=recorded.append, now=lambda: NOW)()
    assert recorded == [seconds]
