"""``GET /v1/expiries``."""

import base64
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.watched_cards import FakeWatchedCards
from tests.unit.fakes.world import world
from tests.unit.http_calls import HTTP, Caller

CARD = Watch(
    document_id="0" * 32,
    case=None,
    kind=Kind.MAINLAND_PERMIT,
    valid_until=date(2026, 12, 1),
    watched_on=date(2026, 11, 21),
    sort_key="",
)
MARCH = {"from": "2027-03-01", "to": "2027-03-31"}


class Positions(FakeWatchedCards):
    """Positions have the form of the table's."""

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> Any:
        page = super().with_last_day(valid_until, after=after.split(" ")[0] if after else None, limit=limit)
        return replace(page, following=f"{page.following} document#{page.following}" if page.following else None)


def get(parameters: dict[str, str], cards: FakeWatchedCards | None = None) -> tuple[int, Any]:
    here = world()
    here.watched_cards = cards
    http = {**HTTP["requestContext"]["http"], "method": "GET", "path": "/v1/expiries"}
    event = {
        **{name: value for name, value in HTTP.items() if name != "body"},
        "rawPath": "/v1/expiries",
        "queryStringParameters": parameters,
        "requestContext": {**HTTP["requestContext"], "http": http},
    }
    response, body = Caller(here).send(event)
    assert {line.action for line in here.audit.lines} == {"GET /v1/expiries"}
    shown = [one["document_id"] for one in body.get("expiries", [])]
    assert [line.document_id for line in here.audit.lines] == (shown or [None]), "every document that was seen"
    return response["statusCode"], body


def test_permits_are_listed_with_their_days() -> None:
    cards = FakeWatchedCards()
    cards.put(CARD)
    cards.put(replace(CARD, document_id="1" * 32, case="7", valid_until=date(2026, 11, 20)))
    cards.put(replace(CARD, document_id="2" * 32, valid_until=date(2026, 12, 2)))
    status, body = get({"from": "2026-11-01", "to": "2026-12-01"}, cards)
    assert status == 200
    assert body == {
        "expiries": [
            {"document_id": "1" * 32, "case": "7", "kind": "mainland-permit", "valid_until": "2026-11-20",
             "days_remaining": -1},
            {"document_id": "0" * 32, "case": None, "kind": "mainland-permit", "valid_until": "2026-12-01",
             "days_remaining": 10},
        ],
        "next": None,
    }  # fmt: skip


def test_pages_follow_by_their_cursor() -> None:
    cards = Positions()
    for number in range(250):
        cards.put(replace(CARD, document_id=f"{number:032x}"))
    cards.put(replace(CARD, document_id="f" * 32, valid_until=CARD.valid_until + timedelta(days=100)))
    parameters = {"from": "2026-11-21", "to": "2027-06-01"}
    found: list[str] = []
    for _ in range(10):
        status, body = get(parameters, cards)
        assert status == 200
        assert len(body["expiries"]) <= 100
        found += [one["document_id"] for one in body["expiries"]]
        if body["next"] is None:
            break
        parameters["cursor"] = body["next"]
    assert found == [*(f"{number:032x}" for number in range(250)), "f" * 32]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "from"),
        ({"from": "2027-03-01"}, "to"),
        (MARCH | {"from": "2027-02-30"}, "from"),
        (MARCH | {"from": "1 March"}, "from"),
        (MARCH | {"from": "20270301"}, "from"),
        (MARCH | {"to": "2027-02-28"}, "to"),
        (MARCH | {"to": "2028-03-01"}, "to"),
        (MARCH | {"form": "2027-03-01"}, "query"),
        (MARCH | {"cursor": ""}, "cursor"),
        (MARCH | {"cursor": "x"}, "cursor"),
        (MARCH | {"cursor": base64.b64encode(b'["2027-04-01", null]').decode()}, "cursor"),
        (MARCH | {"cursor": base64.b64encode(b'["2027-03-02", "a"]').decode()}, "cursor"),
        (MARCH | {"cursor": base64.b64encode(b"[1, 2]").decode()}, "cursor"),
        (MARCH | {"cursor": base64.b64encode(b"1").decode()}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], field: str) -> None:
    status, body = get(parameters, FakeWatchedCards())
    assert status == 422
    assert field in [error["field"] for error in body["errors"]]


def test_the_last_days_of_the_calendar_are_dates() -> None:
    assert get({"from": "9999-12-20", "to": "9999-12-31"}, FakeWatchedCards())[0] == 200


@pytest.mark.parametrize("last", ["2027-03-01", "2028-02-29"])
def test_a_range_of_a_year_is_allowed(last: str) -> None:
    assert get({"from": "2027-03-01", "to": last}, FakeWatchedCards())[0] == 200


def test_without_reminders_the_answer_says_so() -> None:
    status, body = get(MARCH)
    assert status == 404
    assert body["code"] == "Expiries.Off"
    assert "ExpiryNoticeDays" in body["advice"]


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_no_cursor_is_an_internal_error(cursor: str) -> None:
    assert get(MARCH | {"cursor": cursor}, FakeWatchedCards())[0] in (200, 422)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists, max_leaves=5))
def test_no_json_in_a_cursor_is_an_internal_error(value: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    assert get(MARCH | {"cursor": cursor}, FakeWatchedCards())[0] in (200, 422)
