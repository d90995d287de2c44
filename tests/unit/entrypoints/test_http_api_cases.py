"""``GET /v1/cases/{case}``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.entrypoints.test_http_api import IMAGE, call
from tests.unit.fakes import MAINLAND_BACK, MAINLAND_FRONT, THROTTLED, FakeCases, World, world
from tests.unit.http_calls import HTTP


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


@pytest.mark.parametrize("case", ["7", "no good", "x" * 65])
def test_an_unknown_case_is_not_found(case: str) -> None:
    response, payload = get(case, world())
    assert (response["statusCode"], payload["code"]) == (404, "Case.Unknown")


def test_a_case_whose_sides_were_deleted_is_not_found() -> None:
    here = world(MAINLAND_FRONT)
    assert here.delete(send("FRONT", here, case="7")["id"])
    assert get("7", here)[0]["statusCode"] == 404


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
