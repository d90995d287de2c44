"""Reviews of the two sides of a card: mismatches, and what a decision on one side means for the other."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from tests.unit.entrypoints.http_api.reviews.review_calls import (
    CORRECTED,
    MISREAD,
    OTHERS_FRONT,
    READ_CORRECTLY,
    REJECTED,
    decide,
    read,
    sent,
)
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.reviews import FakeReviews
from tests.unit.fakes.world import world
from tests.unit.http_calls import Caller


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


def test_a_pair_is_completed_again_with_the_reviewed_side() -> None:
    caller = Caller(world(MISREAD, MAINLAND_BACK))
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    (pair,) = sent(caller.here, "permit.completed.v1")
    assert pair["data"]["verdict"] == "review"
    decide_now(caller, front, CORRECTED)
    _, again = sent(caller.here, "permit.completed.v1")
    assert again["id"] != pair["id"]
    assert again["data"]["verdict"] == "accepted"
    assert again["data"]["front"]["fields"]["Number"] == "H12345678"
    assert caller.call("GET", "/v1/cases/7")[1]["completed"] == [again]


def test_a_mismatched_side_is_listed_and_needs_an_override() -> None:
    caller = Caller(world(MAINLAND_BACK, OTHERS_FRONT))
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
    decide_now(caller, front, {**CORRECTED, "fields": {"Name": MAINLAND_FRONT.Name}})
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["reasons"]) == ("accepted", [])


def test_no_side_is_accepted_beside_one_that_a_reviewer_rejected() -> None:
    caller = Caller(world(MAINLAND_FRONT, replace(MAINLAND_BACK, WarnCardInfos=(-9102,))))
    read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    back = read(caller, jpeg(b"back"), case="7", card_side="BACK")
    decide_now(caller, back, REJECTED)
    pair = sent(caller.here, "permit.completed.v1")[-1]["data"]
    assert (pair["verdict"], pair["front"]["verdict"], pair["back"]["verdict"]) == ("rejected", "review", "rejected")
    assert pair["front"]["reasons"] == ["other_side:rejected"]
