"""Two photos of one case: which events are published, and when none is."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from permit_ocr.application.pair_sides import SIDE_LIMIT
from permit_ocr.application.ports import OcrResponse
from permit_ocr.domain.errors import NotPublished, RejectDocument
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.domain.reader_report import ReaderReport
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT, RESIDENCE_BACK, RESIDENCE_FRONT
from tests.unit.fakes.world import World, submission, world

FRONT, BACK, NEWER = "front", "back", "newer"


def send(here: World, document_id: str, *, case: str | None = "7", at: datetime = NOW, **options: Any) -> None:
    content = jpeg(document_id.encode())
    photo = submission(content, document_id=document_id, case=case, received=at, **options)
    here.recognize(photo, deadline=time.monotonic() + 45)


def front(here: World, document_id: str = FRONT, **more: Any) -> None:
    send(here, document_id, kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, **more)


def back(here: World, document_id: str = BACK, **more: Any) -> None:
    send(here, document_id, kind=Kind.MAINLAND_PERMIT, side=Side.BACK, **more)


def completed(here: World) -> list[dict[str, Any]]:
    events = [json.loads(event) for _, event in here.results.sent]
    return [event for event in events if event["type"] == "permit.completed.v1"]


def test_a_low_confidence_or_fallback_side_sends_the_pair_to_review() -> None:
    unsure = OcrResponse(
        answer=MAINLAND_FRONT,
        endpoint="second.example",
        request_id="r",
        attempts=1,
        milliseconds=600,
        fallback=True,
        report=ReaderReport(confidences={"Number": 0.5}),
    )
    here = world(unsure, MAINLAND_BACK)
    front(here)
    back(here)
    (event,) = completed(here)
    assert event["data"]["verdict"] == "review"
    assert event["data"]["reasons"] == ["provider:fallback", "low_confidence:number"]
    assert event["data"]["front"]["confidences"]["Number"] == 0.5
    assert event["data"]["front"]["provider"]["fallback"] is True


def test_the_second_side_publishes_the_pair_after_its_own_result() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    front(here)
    assert completed(here) == []
    back(here)
    (event,) = completed(here)
    assert [document_id for document_id, _ in here.results.sent] == ["front", "back", event["id"]]
    assert event["id"] == pair_id(case="7", front="front", back="back")
    assert event["subject"] == event["data"]["case"] == "7"
    data = event["data"]
    assert (data["kind"], data["permit_type"], data["verdict"]) == ("mainland-permit", "hk-macao-permit", "accepted")
    assert data["front"]["fields"]["Number"] == "H12345678"
    assert data["back"]["normalized"]["id_card_number"] == "A123456(3)"
    assert data["validity"]["valid_until"] == "2030-10-08"
    assert {check["name"]: check["outcome"] for check in data["checks"]}["name"] == "passed"


def test_a_side_in_the_pair_equals_the_data_of_its_own_event() -> None:
    here = world(RESIDENCE_FRONT, RESIDENCE_BACK)
    for document_id in (FRONT, BACK):
        send(here, document_id, kind=Kind.RESIDENCE_PERMIT)
    own = {document_id: json.loads(event)["data"] for document_id, event in here.results.sent}
    (event,) = completed(here)
    assert event["data"]["front"] == own["front"]
    assert event["data"]["back"] == own["back"]


def test_a_mismatch_is_named_and_sent_to_review() -> None:
    here = world(replace(MAINLAND_FRONT, Name="别人"), MAINLAND_BACK)
    back_first = here
    front(back_first)
    back(back_first)
    (event,) = completed(here)
    assert (event["data"]["verdict"], event["data"]["reasons"]) == ("review", ["mismatch:name"])


def test_a_document_without_a_case_changes_no_case() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    here.cases = cast("Any", None)  # whoever asks it fails
    front(here, case=None)
    back(here, case=None)
    assert len(here.results.sent) == 2


@pytest.mark.parametrize("other", [{"case": "8"}, {"case": None}])
def test_a_side_of_another_case_completes_nothing(other: dict[str, Any]) -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    front(here)
    back(here, **other)
    assert completed(here) == []


def test_sides_of_different_kinds_make_no_pair_but_each_kind_may_have_one() -> None:
    here = world(MAINLAND_FRONT, RESIDENCE_BACK, RESIDENCE_FRONT, MAINLAND_BACK)
    front(here)
    send(here, "residence back", kind=Kind.RESIDENCE_PERMIT)
    assert completed(here) == []
    send(here, "residence front", kind=Kind.RESIDENCE_PERMIT)
    back(here)
    assert [event["data"]["kind"] for event in completed(here)] == ["residence-permit", "mainland-permit"]


def test_a_rejected_photo_is_not_stored_as_a_side() -> None:
    here = world(RejectDocument("FailedOperation.ImageBlur", "blurred", "again"), MAINLAND_BACK, MAINLAND_FRONT)
    front(here)
    back(here)
    assert completed(here) == []
    front(here, NEWER)
    assert [event["data"]["front"]["document"]["id"] for event in completed(here)] == ["newer"]


def test_a_newer_photo_of_a_side_replaces_the_pair_and_its_event() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK, MAINLAND_FRONT)
    front(here)
    back(here)
    front(here, NEWER, at=NOW + timedelta(seconds=1))
    first, second = completed(here)
    assert first["id"] != second["id"]
    assert second["data"]["front"]["document"]["id"] == "newer"
    assert list(here.cases.events) == [second["id"]]


def test_an_older_photo_that_is_processed_late_does_not_replace_a_newer() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK, MAINLAND_FRONT)
    front(here, NEWER, at=NOW + timedelta(seconds=1))
    back(here)
    front(here, at=NOW)
    assert [event["data"]["front"]["document"]["id"] for event in completed(here)] == ["newer"]
    assert here.results.sent[-1][0] == "front", "its own result is published all the same"


def test_the_pair_is_judged_as_of_the_day_it_is_completed() -> None:
    here = world(replace(MAINLAND_FRONT, ValidDate="2016.11.26-2026.11.25"), MAINLAND_BACK)
    front(here)
    here.now = lambda: datetime(2026, 11, 26, 4, tzinfo=UTC)
    back(here)
    (event,) = completed(here)
    assert event["data"]["front"]["validity"]["status"] == "expired"
    assert event["data"]["validity"]["as_of"] == "2026-11-26"
    assert event["data"]["verdict"] == "rejected"


def test_a_pair_that_failed_to_publish_is_retried_with_its_last_side() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    front(here)
    here.results.fails_on = {"permit.completed.v1"}
    with pytest.raises(NotPublished):
        back(here)
    assert completed(here) == []
    here.results.fails_on = set()
    here.publish.republish("back")
    here.publish.republish("back")
    assert len(completed(here)) == 1


def test_an_oversized_side_is_published_but_not_paired() -> None:
    here = world(replace(MAINLAND_FRONT, IssueAuthority="局" * (SIDE_LIMIT // 5)), MAINLAND_BACK)
    front(here)
    back(here)
    assert [document_id for document_id, _ in here.results.sent] == ["front", "back"]


def test_fields_added_by_a_later_version_do_not_prevent_the_pair() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    front(here)
    (place, side) = next(iter(here.cases.sides["7"].items()))
    event = json.loads(side.event)
    event["data"]["document"]["new"] = event["data"]["provider"]["new"] = event["data"]["new"] = 1
    here.cases.sides["7"][place] = replace(side, event=json.dumps(event))
    back(here)
    assert len(completed(here)) == 1


def test_a_deletion_removes_the_side_and_the_event_of_its_pair() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK, MAINLAND_FRONT)
    front(here)
    back(here)
    for _ in range(2):
        assert here.delete("front")
    assert here.cases.events == {}
    case = here.cases.get("7")
    assert case
    assert [side.document_id for side in case.sides] == ["back"]
    front(here, NEWER)
    assert len(completed(here)) == 2


def test_deleting_a_replaced_document_keeps_the_newer_one() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_FRONT, MAINLAND_BACK)
    front(here)
    front(here, NEWER, at=NOW + timedelta(seconds=1))
    back(here)
    assert here.delete("front")
    assert len(here.cases.events) == 1
    case = here.cases.get("7")
    assert case
    assert {side.document_id for side in case.sides} == {"newer", "back"}
