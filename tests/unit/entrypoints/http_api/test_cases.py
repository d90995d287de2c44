"""``GET`` and ``DELETE /v1/cases/{case}``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.application.ports import Case
from permit_ocr.domain.events import Document
from tests.unit.fakes.cases import FakeCases
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.queues import THROTTLED
from tests.unit.fakes.world import World, world
from tests.unit.http_calls import HTTP, IMAGE, Caller, call


def get(case: str, here: World) -> tuple[dict[str, Any], Any]:
    event = json.loads(Path("events/http-api-v2-recognition.json").read_text())
    event |= {"rawPath": f"/v1/cases/{case}", "routeKey": "GET /v1/cases/{case}", "pathParameters": {"case": case}}
    event["requestContext"]["http"] |= {"method": "GET", "path": f"/v1/cases/{case}"}
    return call("", here, event=event)


def send(side: str, here: World, case: str = "2026-08_15.a") -> dict[str, Any]:
    body = {"document": "mainland-permit", "card_side": side, "case": case, "image_base64": IMAGE}
    context = HTTP["requestContext"] | {"requestId": side}
    event: dict[str, Any] = call(body, here, requestContext=context)[1]
    return event


def test_a_case_has_its_sides_and_the_event_of_the_pair() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    front = send("FRONT", here)
    response, payload = get("2026-08_15.a", here)
    assert response["statusCode"] == 200
    assert payload["sides"] == [{"kind": "mainland-permit", "side": "front", "document_id": front["id"]}]
    assert payload["completed"] == []
    back = send("BACK", here)
    _, payload = get("2026-08_15.a", here)
    assert {side["document_id"] for side in payload["sides"]} == {front["id"], back["id"]}
    (completed,) = payload["completed"]
    assert json.loads(here.results.sent[-1][1]) == completed


class ReplacedMeanwhile(FakeCases):
    """A pair is replaced, and its event removed, right after its case was read."""

    def get(self, case: str) -> Case | None:
        stored = super().get(case)
        if stored and "next" in self.events:
            self.completed[case] = dict.fromkeys(stored.completed, "next")
            self.events = {"next": self.events["next"]}
        return stored


def test_a_case_whose_pair_is_replaced_meanwhile_has_the_new_one() -> None:
    here = world(MAINLAND_FRONT, MAINLAND_BACK)
    here.cases = ReplacedMeanwhile()
    for side in ("FRONT", "BACK"):
        send(side, here)
    here.cases.events["next"] = '{"id": "next"}'
    assert get("2026-08_15.a", here)[1]["completed"] == [{"id": "next"}]


@pytest.mark.parametrize("case", ["7", "no good", "x" * 65])
def test_an_unknown_case_is_not_found(case: str) -> None:
    response, payload = get(case, world())
    assert (response["statusCode"], payload["code"]) == (404, "Case.Unknown")


def test_a_case_whose_sides_were_deleted_is_not_found() -> None:
    here = world(MAINLAND_FRONT)
    assert here.delete(send("FRONT", here, case="7")["id"])
    assert get("7", here)[0]["statusCode"] == 404


def test_a_case_is_deleted_with_documents_that_are_still_on_their_way() -> None:
    here = world(MAINLAND_FRONT)
    event = send("FRONT", here)
    caller = Caller(here)
    _, form = caller.call("POST", "/v1/uploads", {"case": "2026-08_15.a"})
    url = {"image_url": "https://images.example/1.jpg", "case": "2026-08_15.a"}
    _, waiting = caller.call("POST", "/v1/recognitions", url, prefer="respond-async")
    for documents in (3, 0):
        response, payload = caller.call("DELETE", "/v1/cases/2026-08_15.a")
        assert (response["statusCode"], payload) == (200, {"case": "2026-08_15.a", "documents": documents})
    for one in (event, form, waiting):
        assert caller.call("GET", f"/v1/recognitions/{one['id']}")[0]["statusCode"] == 410
    assert get("2026-08_15.a", here)[0]["statusCode"] == 404


@pytest.mark.parametrize("case", ["no good", "x" * 65])
def test_a_name_that_no_case_can_have_is_not_found(case: str) -> None:
    here = world()
    assert Caller(here).call("DELETE", f"/v1/cases/{case}")[0]["statusCode"] == 404
    assert here.case_index.deleted == {}


def test_a_large_case_is_deleted_in_several_requests() -> None:
    here = world(MAINLAND_FRONT)
    send("FRONT", here, case="7")
    response, payload = Caller(here, seconds_left=1).call("DELETE", "/v1/cases/7")
    assert (response["statusCode"], payload["code"]) == (503, "Case.DeletedInPart")
    assert Caller(here).call("DELETE", "/v1/cases/7")[1]["documents"] == 1


@dataclass
class BrokenCases(FakeCases):
    def get(self, case: str) -> None:
        assert case
        raise THROTTLED


def test_a_throttled_table_is_503_with_retry_after() -> None:
    here = world()
    here.cases = BrokenCases()
    response, payload = get("7", here)
    assert (response["statusCode"], payload["code"]) == (503, "SQS.Throttled")
    assert int(response["headers"]["Retry-After"]) >= 1


URL = {"image_url": "https://images.example/1.jpg", "case": "7"}


def repeat(caller: Caller) -> tuple[dict[str, Any], Any]:
    return caller.call("POST", "/v1/recognitions", URL, prefer="respond-async", **{"idempotency-key": "1"})


def test_a_repeated_request_keeps_what_deleting_its_case_needs() -> None:
    here = world()
    caller = Caller(here)
    document_id = repeat(caller)[1]["id"]
    here.start(Document(id=document_id, case="7", received=here.now()), ["r1"])
    assert repeat(caller)[0]["statusCode"] == 202
    (entry,) = here.case_index.documents("7")
    assert entry.recognition_ids == ("r1",)


@pytest.mark.parametrize("is_finished", [True, False])
def test_repeating_a_deleted_request_leaves_its_case_as_it_is(*, is_finished: bool) -> None:
    here = world()
    caller = Caller(here)
    document_id = repeat(caller)[1]["id"]
    here.documents.mark_deleted(document_id)
    if is_finished:
        here.case_index.remove("7", document_id=document_id)
    before = list(here.case_index.documents("7"))
    assert repeat(caller)[0]["statusCode"] == 410
    assert list(here.case_index.documents("7")) == before
