"""Human review: the list, the lease and the decision, as a reviewer's client sees them."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest

from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.application.review.measure_reviews import MeasureReviews
from permit_ocr.domain.card.answers import MainlandPermitAnswer
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import JPEG, jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.reviews import FakeReviews
from tests.unit.fakes.world import World, world
from tests.unit.http_calls import REST, Caller

USER = "arn:aws:iam::111122223333:user/bank"
MISREAD = replace(MAINLAND_FRONT, Number="H1234567")
EXPIRED = replace(MISREAD, ValidDate="2010.10.09-2020.10.08")
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


def release(caller: Caller, path: str, **query: str) -> int:
    response, _ = caller.send_query("DELETE", path, query)
    status: int = response["statusCode"]
    return status


def sent(here: World, kind: str = "permit.reviewed.v1") -> list[Any]:
    return [event for _, text in here.results.sent if (event := json.loads(text))["type"] == kind]


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
    here = world(*[MISREAD] * 3, *[EXPIRED] * 1)
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


def test_a_pair_is_completed_again_with_the_reviewed_side() -> None:
    caller = Caller(world(MISREAD, MAINLAND_BACK))
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    (pair,) = sent(caller.here, "permit.completed.v1")
    assert pair["data"]["verdict"] == "review"
    response, _ = caller.call("GET", f"/v1/recognitions/{front}/review")
    decide(caller, front, CORRECTED, response["headers"]["ETag"])
    _, again = sent(caller.here, "permit.completed.v1")
    assert again["id"] != pair["id"]
    assert again["data"]["verdict"] == "accepted"
    assert again["data"]["front"]["fields"]["Number"] == "H12345678"
    assert caller.call("GET", "/v1/cases/7")[1]["completed"] == [again]


def test_a_mismatched_side_is_listed_and_needs_an_override() -> None:
    other = replace(MAINLAND_FRONT, Name="别人", EnglishName="BIE,REN")
    caller = Caller(world(MAINLAND_BACK, other))
    back = read(caller, jpeg(b"back"), case="7", card_side="BACK")
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    _, listed = caller.call("GET", "/v1/reviews")
    assert {one["document_id"]: one["reasons"] for one in listed["reviews"]} == {
        front: ["mismatch:name"],
        back: ["validity:not_on_this_side", "mismatch:name"],
    }
    response, _ = caller.call("GET", f"/v1/recognitions/{front}/review")
    etag = response["headers"]["ETag"]
    _, problem = decide(caller, front, READ_CORRECTLY, etag)
    assert problem["objections"] == ["mismatch:name"]
    decide(caller, front, {**READ_CORRECTLY, "override": "original_seen"}, etag)
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["front"]["verdict"]) == ("accepted", "accepted")
    assert pair["reasons"] == ["override:original_seen"]
    assert [check["outcome"] for check in pair["checks"] if check["name"] == "name"] == ["failed"]
    # A newer photo of the other side is another pair: the override does not cover it.
    caller.here.ocr.responses.append(MAINLAND_BACK)
    caller.here.now = lambda: NOW + timedelta(hours=1)
    read(caller, jpeg(b"newer"), case="7", card_side="BACK")
    assert sent(caller.here, "permit.completed.v1")[-1]["data"]["verdict"] == "review"


def listed(caller: Caller) -> dict[str, list[str]]:
    return {one["document_id"]: one["reasons"] for one in caller.call("GET", "/v1/reviews")[1]["reviews"]}


def read_newer(caller: Caller, answer: MainlandPermitAnswer, image: bytes, **options: str) -> str:
    """Recognise a newer photo of a side of case 7."""
    caller.here.ocr.responses.append(answer)
    now = caller.here.now() + timedelta(hours=1)
    caller.here.now = lambda: now
    return read(caller, jpeg(image), case="7", **options)


def decide_now(caller: Caller, document_id: str, body: Any) -> Any:
    response, _ = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    response, payload = decide(caller, document_id, body, response["headers"]["ETag"])
    assert response["statusCode"] == HTTPStatus.OK
    return payload["decision"]["data"]


def mismatched(front: MainlandPermitAnswer = OTHERS_FRONT) -> tuple[Caller, str, str]:
    """Return a caller and the documents of two sides that do not match; both are listed."""
    caller = Caller(world(front, MAINLAND_BACK))
    sides = (
        read(caller, jpeg(b"front"), case="7", card_side="FRONT"),
        read(caller, jpeg(b"back"), case="7", card_side="BACK"),
    )
    assert listed(caller).keys() == {*sides}
    return caller, *sides


def test_a_newer_photo_that_matches_takes_both_sides_off_the_list() -> None:
    caller, front, back = mismatched()
    read_newer(caller, MAINLAND_FRONT, b"newer", card_side="FRONT")
    assert sent(caller.here, "permit.completed.v1")[-1]["data"]["verdict"] == "accepted"
    assert listed(caller) == {}
    for document_id in (front, back):
        assert caller.call("GET", f"/v1/recognitions/{document_id}/review")[1]["code"] == "Review.Unknown"


def test_a_side_is_listed_for_the_mismatches_with_the_newest_photo() -> None:
    caller, _, back = mismatched()
    newer = read_newer(caller, replace(MAINLAND_FRONT, Number="M12345678"), b"newer", card_side="FRONT")
    assert listed(caller) == {newer: ["mismatch:number"], back: ["validity:not_on_this_side", "mismatch:number"]}


def test_a_side_that_needs_a_review_by_itself_stays_listed_for_that() -> None:
    caller, front, _ = mismatched(replace(OTHERS_FRONT, WarnCardInfos=(-9102,)))
    read_newer(caller, MAINLAND_FRONT, b"newer", card_side="FRONT")
    assert listed(caller) == {front: ["suspect:photocopy"]}
    decide_now(caller, front, {**READ_CORRECTLY, "override": "original_seen"})
    assert sent(caller.here)[-1]["data"]["review"]["override"]["objections"] == ["suspect:photocopy"]
    assert sent(caller.here, "permit.completed.v1")[-1]["data"]["verdict"] == "accepted", "the newer photo's"


def test_nothing_has_to_match_a_side_that_was_deleted() -> None:
    caller, front, _ = mismatched()
    assert caller.call("DELETE", f"/v1/recognitions/{front}")[0]["statusCode"] == 204
    assert listed(caller) == {}


def test_a_side_keeps_its_own_review_when_the_other_is_deleted() -> None:
    caller, front, back = mismatched(replace(OTHERS_FRONT, WarnCardInfos=(-9102,)))
    assert caller.call("DELETE", f"/v1/recognitions/{back}")[0]["statusCode"] == 204
    assert listed(caller) == {front: ["suspect:photocopy"]}


def test_nothing_has_to_match_a_side_that_a_reviewer_rejected() -> None:
    caller, front, _ = mismatched()
    assert decide_now(caller, front, REJECTED)["verdict"] == "rejected"
    assert listed(caller) == {}
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["back"]["verdict"]) == ("rejected", "incomplete")
    # Nor has another photo of the other side, and the right front makes the pair acceptable.
    read_newer(caller, MAINLAND_BACK, b"newer back", card_side="BACK")
    assert listed(caller) == {}
    read_newer(caller, MAINLAND_FRONT, b"newer", card_side="FRONT")
    assert listed(caller) == {}
    assert sent(caller.here, "permit.completed.v1")[-1]["data"]["verdict"] == "accepted"


def test_a_side_beside_a_rejected_one_needs_no_override() -> None:
    caller = Caller(world(OTHERS_FRONT, replace(MAINLAND_BACK, WarnCardInfos=(-9102,))))
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    back = read(caller, jpeg(b"back"), case="7", card_side="BACK")
    decide_now(caller, front, REJECTED)
    assert {name: set(reasons) for name, reasons in listed(caller).items()} == {
        back: {"validity:not_on_this_side", "suspect:photocopy"}
    }
    reviewed = decide_now(caller, back, {**READ_CORRECTLY, "override": "original_seen"})
    assert reviewed["review"]["override"]["objections"] == ["suspect:photocopy"]
    assert reviewed["review"]["override"]["other_side"] is None


def test_a_correction_takes_the_other_side_off_the_list() -> None:
    caller, front, _ = mismatched(replace(MAINLAND_FRONT, Name="祥本"))
    decide_now(caller, front, {**CORRECTED, "fields": {"Name": MAINLAND_FRONT.Name}})
    assert listed(caller) == {}


def test_a_pair_that_matched_before_writes_no_review() -> None:
    caller = Caller(world(MAINLAND_FRONT, MAINLAND_BACK))
    read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    written: list[str] = []
    store: Any = FakeReviews(caller.here.documents)
    store.open = store.replace_reasons = lambda document_id, _: written.append(document_id)
    caller.here.review_store = store
    read_newer(caller, MAINLAND_FRONT, b"newer", card_side="FRONT")
    assert len(sent(caller.here, "permit.completed.v1")) == 2
    assert written == []


def test_the_side_that_came_first_is_corrected_if_it_was_the_misread_one() -> None:
    misread = replace(MAINLAND_FRONT, Name="祥本")
    caller = Caller(world(misread, MAINLAND_BACK))
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    assert sent(caller.here, "permit.completed.v1")[-1]["data"]["reasons"] == ["mismatch:name"]
    response, _ = caller.call("GET", f"/v1/recognitions/{front}/review")
    decide(caller, front, {**CORRECTED, "fields": {"Name": MAINLAND_FRONT.Name}}, response["headers"]["ETag"])
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["reasons"]) == ("accepted", [])


def test_a_decision_that_supersedes_another_counts_no_field_again() -> None:
    caller, document_id, etag = opened()
    _, first = decide(caller, document_id, CORRECTED, etag)
    counted = list(caller.here.checked_fields)
    response, _ = caller.call("GET", f"/v1/recognitions/{document_id}/review")
    decide(caller, document_id, {**REJECTED, "supersedes": first["decision"]["id"]}, response["headers"]["ETag"])
    assert caller.here.checked_fields == counted


def test_no_side_is_accepted_beside_one_that_a_reviewer_rejected() -> None:
    caller = Caller(world(MAINLAND_FRONT, replace(MAINLAND_BACK, WarnCardInfos=(-9102,))))
    read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    back = read(caller, jpeg(b"back"), case="7", card_side="BACK")
    response, _ = caller.call("GET", f"/v1/recognitions/{back}/review")
    decide(caller, back, REJECTED, response["headers"]["ETag"])
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["front"]["verdict"], pair["back"]["verdict"]) == ("rejected", "review", "rejected")
    assert pair["front"]["reasons"] == ["other_side:rejected"]


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


def test_an_image_is_a_redirect_to_a_url_for_a_minute() -> None:
    caller, document_id, _ = opened()
    path = f"/v1/recognitions/{document_id}/image"
    response, _ = caller.call("GET", path)
    assert response["statusCode"] == HTTPStatus.FOUND
    assert response["headers"]["Location"] == f"https://bucket.example/{document_id}?X-Amz-Expires=60"
    assert response["headers"]["cache-control"] == "no-store"
    assert caller.call("GET", f"/v1/recognitions/{'0' * 32}/image")[0]["statusCode"] == HTTPStatus.NOT_FOUND


def test_the_image_of_a_request_is_kept_only_for_a_review() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    document_id = read(caller)
    response, problem = caller.call("GET", f"/v1/recognitions/{document_id}/image")
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.NOT_FOUND, "Document.NoImage")


def test_the_image_of_a_request_is_kept_if_it_is_published_later() -> None:
    caller = Caller(world(MISREAD, publish_fails=1))
    document_id = read(caller)
    assert caller.call("GET", f"/v1/recognitions/{document_id}/image")[0]["statusCode"] == HTTPStatus.FOUND
    assert caller.call("GET", "/v1/reviews")[1]["reviews"] == []
    caller.here.publish.republish(document_id)
    assert len(caller.call("GET", "/v1/reviews")[1]["reviews"]) == 1


def test_the_image_of_a_side_is_kept_also_if_its_pair_is_judged_later() -> None:
    caller = Caller(world(MAINLAND_BACK, replace(MAINLAND_FRONT, Name="别人", EnglishName="BIE,REN")))
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    caller.here.results.fails = 1
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    caller.here.publish.republish(front)
    assert front in {one["document_id"] for one in caller.call("GET", "/v1/reviews")[1]["reviews"]}
    assert caller.call("GET", f"/v1/recognitions/{front}/image")[0]["statusCode"] == HTTPStatus.FOUND


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
