"""What a reviewer may decide, and the event of a decision."""

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from permit_ocr.application.intake_messages import PublishDecisionMessage
from tests.unit.entrypoints.http_api.reviews.review_calls import (
    CORRECTED,
    READ_CORRECTLY,
    REJECTED,
    USER,
    decide,
    opened,
    read,
    sent,
)
from tests.unit.fakes.files import JPEG
from tests.unit.fakes.ocr import MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import Caller


def test_the_event_says_what_was_read_and_corrected_and_who_decided() -> None:
    caller, document_id, etag = opened()
    _, payload = decide(caller, document_id, CORRECTED, etag)
    (event,) = sent(caller.here)
    assert event == payload["decision"]
    data = event["data"]
    assert event["subject"] == data["document"]["id"] == document_id
    assert event["id"] != document_id
    assert (data["verdict"], data["reasons"], data["fields"]["Number"]) == ("accepted", [], "H12345678")
    assert data["review"] == {
        "decision": "accepted",
        "reason": "corrected",
        "override": None,
        "corrections": [{"field": "Number", "read": "H1234567", "corrected": "H12345678"}],
        "reviewer": USER,
        "verdict_before": "review",
        "reasons_before": ["check_failed:permit_number_format"],
        "supersedes": None,
    }


def test_an_expired_card_is_accepted_only_by_an_override_in_the_event() -> None:
    caller, document_id, etag = opened(replace(MAINLAND_FRONT, ValidDate="2030.10.09-2040.10.08"))
    expired = {"ValidDate": "2010.10.09-2020.10.08"}
    response, problem = decide(caller, document_id, {**CORRECTED, "fields": expired}, etag)
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Review.OverrideNeeded")
    assert (problem["verdict"], problem["objections"]) == ("rejected", ["validity:expired"])
    assert sent(caller.here) == []
    body = {**CORRECTED, "fields": expired, "override": "exception_granted"}
    response, payload = decide(caller, document_id, body, etag)
    assert response["statusCode"] == HTTPStatus.OK
    data = payload["decision"]["data"]
    assert (data["verdict"], data["validity"]["status"]) == ("accepted", "expired")
    assert data["reasons"] == ["validity:expired", "override:exception_granted"]
    assert data["review"]["override"]["objections"] == ["validity:expired"]


def test_no_card_is_accepted_without_its_period_of_validity() -> None:
    caller, document_id, etag = opened(replace(MAINLAND_FRONT, ValidDate="2020.10.09-"))
    body = {**READ_CORRECTLY, "override": "original_seen"}
    response, problem = decide(caller, document_id, body, etag)
    assert response["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "ValidDate" in problem["detail"]
    response, _ = decide(caller, document_id, {**CORRECTED, "fields": {"ValidDate": MAINLAND_FRONT.ValidDate}}, etag)
    assert response["statusCode"] == HTTPStatus.OK


def test_a_rejection_needs_no_objection() -> None:
    caller, document_id, etag = opened()
    _, payload = decide(caller, document_id, REJECTED, etag)
    data = payload["decision"]["data"]
    assert data["verdict"] == "rejected"
    assert data["reasons"] == ["check_failed:permit_number_format", "review:not_genuine"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**REJECTED, "override": "original_seen"}, "override"),
        ({**CORRECTED, "override": "original_seen"}, "override"),
        ({**READ_CORRECTLY, "reason": "not_valid"}, "reason"),
        ({**REJECTED, "reason": "corrected"}, "reason"),
        ({**CORRECTED, "reason": "read_correctly"}, "reason"),
        ({**CORRECTED, "fields": {}}, "reason"),
        ({**CORRECTED, "fields": {"Number": 1}}, "fields"),
        ({**CORRECTED, "fields": {"Number": "1" * 201}}, "fields"),
        ({**CORRECTED, "fields": {"Number": "H1\n2"}}, "fields"),
        ({**CORRECTED, "fields": {"H12345678": "x"}}, "fields"),
        ({**CORRECTED, "fields": {"Profile": "x"}}, "fields"),
        ({**CORRECTED, "fields": []}, "fields"),
        ({**CORRECTED, "decision": "maybe"}, "decision"),
        ({"reason": "other"}, "decision"),
        ({**REJECTED, "reviewer": "Chan Tai Man"}, "reviewer"),
        ({**REJECTED, "note": "x"}, "note"),
    ],
)
def test_a_wrong_field_of_a_decision_is_named_and_nothing_is_decided(body: dict[str, Any], field: str) -> None:
    caller, document_id, etag = opened()
    response, problem = decide(caller, document_id, body, etag)
    assert response["statusCode"] == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [error["field"] for error in problem["errors"]] == [field]
    assert "H1234" not in json.dumps(problem)
    assert sent(caller.here) == []


def test_a_decision_replaces_what_was_read_in_every_answer() -> None:
    caller = Caller(world(replace(MAINLAND_FRONT, WarnCardInfos=(-9102,))))
    document_id = read(caller)
    path = f"/v1/recognitions/{document_id}"
    assert caller.call("GET", path)[1]["data"]["verdict"] == "review"
    response, _ = caller.call("GET", f"{path}/review")
    _, first = decide(caller, document_id, REJECTED, response["headers"]["ETag"])
    assert caller.call("GET", path)[1] == first["decision"]
    response, _ = caller.call("GET", f"{path}/review")
    body = {**READ_CORRECTLY, "override": "original_seen", "supersedes": first["decision"]["id"]}
    _, second = decide(caller, document_id, body, response["headers"]["ETag"])
    image = {"document": "mainland-permit", "image_base64": base64.b64encode(JPEG).decode()}
    for prefer in ({}, {"prefer": "respond-async"}):
        response, again = caller.call("POST", "/v1/recognitions", image, idempotency_key=str(JPEG), **prefer)
        assert (response["statusCode"], again) == (HTTPStatus.OK, second["decision"])
        assert response["headers"]["Content-Location"] == path
    assert caller.call("GET", path)[1] == second["decision"]
    assert len(sent(caller.here, "permit.recognized.v1")) == 1


def test_a_decision_needs_the_current_state() -> None:
    caller, document_id, etag = opened()
    assert decide(caller, document_id, REJECTED, None)[0]["statusCode"] == HTTPStatus.PRECONDITION_REQUIRED
    for malformed in ("*", etag.strip('"'), f'{etag} "0"', "W/"):
        response, problem = decide(caller, document_id, REJECTED, malformed)
        assert (response["statusCode"], problem["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "Request.InvalidField")
    for wrong in ('"0"', f"W/{etag}"):
        response, problem = decide(caller, document_id, REJECTED, wrong)
        assert (response["statusCode"], problem["code"]) == (HTTPStatus.PRECONDITION_FAILED, "Review.Stale")
        assert (problem["review"]["state"], problem["etag"]) == ("open", etag)
    assert decide(caller, document_id, REJECTED, f'"0", {etag}')[0]["statusCode"] == HTTPStatus.OK
    response, problem = decide(caller, document_id, CORRECTED, etag)
    assert response["statusCode"] == HTTPStatus.PRECONDITION_FAILED
    assert problem["review"]["decision"]["data"]["review"]["decision"] == "rejected"


def test_a_decision_is_final_unless_another_supersedes_it() -> None:
    caller, document_id, etag = opened()
    _, first = decide(caller, document_id, REJECTED, etag)
    event_id = first["decision"]["id"]
    response, _ = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    etag = response["headers"]["ETag"]
    for supersedes in (None, "f" * 32):
        response, problem = decide(caller, document_id, {**CORRECTED, "supersedes": supersedes}, etag)
        assert (response["statusCode"], problem["code"]) == (HTTPStatus.CONFLICT, "Review.Decided")
    response, second = decide(caller, document_id, {**CORRECTED, "supersedes": event_id}, etag)
    assert response["statusCode"] == HTTPStatus.OK
    assert second["decision"]["data"]["review"]["supersedes"] == event_id
    assert second["decision"]["data"]["review"]["verdict_before"] == "review"
    assert [event["data"]["verdict"] for event in sent(caller.here)] == ["rejected", "accepted"]
    assert len({event["id"] for event in sent(caller.here)}) == 2


def test_repeating_a_request_changes_and_publishes_nothing() -> None:
    caller, document_id, etag = opened()
    answers = [decide(caller, document_id, CORRECTED, etag) for _ in range(3)]
    assert [response["statusCode"] for response, _ in answers] == [HTTPStatus.OK] * 3
    assert len({json.dumps(payload) for _, payload in answers}) == 1
    assert len({response["headers"]["ETag"] for response, _ in answers}) == 1
    assert len(sent(caller.here)) == 1


def test_a_decision_that_could_not_be_published_is_published_later() -> None:
    caller, document_id, etag = opened(publish_fails=1)
    response, payload = decide(caller, document_id, CORRECTED, etag)
    assert response["statusCode"] == HTTPStatus.OK
    assert sent(caller.here) == []
    ((message, delay),) = caller.here.review_queue.messages
    assert message == PublishDecisionMessage(document_id=document_id)
    assert delay > caller.seconds_left, "the request must have ended when the message arrives"
    for _ in range(2):
        caller.here.publish_decision.pending(document_id)
    assert sent(caller.here) == [payload["decision"]]


def test_nothing_is_decided_if_its_publication_cannot_be_ensured() -> None:
    caller, document_id, etag = opened()
    caller.here.review_queue.fails = True
    assert decide(caller, document_id, CORRECTED, etag)[0]["statusCode"] == HTTPStatus.SERVICE_UNAVAILABLE
    assert caller.call("GET", f"/v1/recognitions/{document_id}/review")[1]["state"] == "open"


def test_a_decision_that_supersedes_another_counts_no_field_again() -> None:
    caller, document_id, etag = opened()
    _, first = decide(caller, document_id, CORRECTED, etag)
    counted = list(caller.here.checked_fields)
    response, _ = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    decide(caller, document_id, {**REJECTED, "supersedes": first["decision"]["id"]}, response["headers"]["ETag"])
    assert caller.here.checked_fields == counted


def test_checked_fields_are_counted_by_name_and_reader() -> None:
    caller, document_id, etag = opened()
    decide(caller, document_id, CORRECTED, etag)
    counted = {name: corrected for name, corrected, _ in caller.here.checked_fields}
    assert counted.pop("Number") is True
    assert {"Name", "Birthday", "ValidDate"} <= counted.keys()
    assert not any(counted.values())
    assert {reader for *_, reader in caller.here.checked_fields} == {False}


def test_a_rejection_confirms_no_field() -> None:
    caller, document_id, etag = opened()
    decide(caller, document_id, REJECTED, etag)
    assert caller.here.checked_fields == []


def test_a_deletion_waits_for_a_decision_that_is_being_published() -> None:
    caller, document_id, etag = opened()
    deletions = []
    publish = caller.here.results.publish

    def delete_meanwhile(event: str, *, event_id: str) -> None:
        response, _ = caller.call("DELETE", f"/v1/recognitions/{document_id}")
        deletions.append((response["statusCode"], int(response["headers"]["Retry-After"])))
        publish(event, event_id=event_id)

    caller.here.results.publish = delete_meanwhile  # type: ignore[method-assign]
    response, _ = decide(caller, document_id, CORRECTED, etag)
    assert response["statusCode"] == HTTPStatus.GONE
    assert deletions == [(HTTPStatus.SERVICE_UNAVAILABLE, 60)]
    assert caller.call("DELETE", f"/v1/recognitions/{document_id}")[0]["statusCode"] == HTTPStatus.NO_CONTENT
