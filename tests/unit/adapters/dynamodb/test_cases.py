"""Cases on DynamoDB: one item each, with the newest photo of each side."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.dynamodb.cases import DynamoDbCases
from permit_ocr.application.ports import CaseSide
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 24 * 3600


@pytest.fixture
def cases(dynamodb: "DynamoDBClient", clock: Clock) -> DynamoDbCases:
    return DynamoDbCases(dynamodb, table="work", keep_days=7, clock=clock)


def side(
    document_id: str, which: Side = Side.FRONT, *, sort_key: str = "1", kind: Kind = Kind.MAINLAND_PERMIT
) -> CaseSide:
    return CaseSide(
        kind=kind, side=which, document_id=document_id, sort_key=sort_key, event=f'{{"of": "{document_id}"}}'
    )


FRONT, BACK = side("front"), side("back", Side.BACK)


def test_adding_a_side_returns_all_sides_of_its_case(cases: DynamoDbCases) -> None:
    assert cases.add_side("7", FRONT).sides == (FRONT,)
    assert cases.add_side("8", BACK).sides == (BACK,)
    stored = cases.add_side("7", BACK)
    assert set(stored.sides) == {FRONT, BACK}
    assert stored.completed == {}
    assert cases.get("7") == stored
    assert cases.get("9") is None


def test_a_newer_photo_replaces_a_side_and_an_older_one_does_not(cases: DynamoDbCases) -> None:
    cases.add_side("7", side("older", sort_key="1"))
    newer = side("newer", sort_key="2")
    assert cases.add_side("7", newer).sides == (newer,)
    assert cases.add_side("7", side("older", sort_key="1")).sides == (newer,)
    assert cases.add_side("7", newer).sides == (newer,), "added again by a redelivery"


def test_any_photo_replaces_a_rejected_side_which_replaces_no_other(cases: DynamoDbCases) -> None:
    rejected = replace(side("rejected", sort_key="2/1"), is_rejected=True)
    cases.add_side("7", side("rejected", sort_key="2"))
    assert cases.add_side("7", rejected).sides == (rejected,)
    assert cases.add_side("7", side("rejected", sort_key="2")).sides == (rejected,), "its own photo, delivered again"
    older = side("older", sort_key="1")
    assert cases.add_side("7", older).sides == (older,)
    assert cases.add_side("7", rejected).sides == (older,)
    accepted = side("rejected", sort_key="2/2")
    assert cases.add_side("7", accepted).sides == (accepted,), "by a decision that supersedes the rejection"


def test_the_kinds_of_a_case_do_not_replace_each_other(cases: DynamoDbCases) -> None:
    other = side("residence", kind=Kind.RESIDENCE_PERMIT)
    cases.add_side("7", FRONT)
    assert set(cases.add_side("7", other).sides) == {FRONT, other}


def test_a_completed_event_is_stored_and_its_case_has_its_id(cases: DynamoDbCases) -> None:
    cases.add_side("7", FRONT)
    cases.add_side("7", BACK)
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    case = cases.get("7")
    assert case
    assert case.completed == {Kind.MAINLAND_PERMIT: "pair"}
    assert cases.completed_event("pair") == "{}"
    assert cases.completed_event("another") is None


def test_a_newer_pair_replaces_the_event_of_the_older_one(cases: DynamoDbCases) -> None:
    newer = side("newer", sort_key="2")
    cases.add_side("7", FRONT)
    cases.add_side("7", BACK)
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    cases.add_side("7", newer)
    cases.store_completed("7", newer, BACK, event_id="newer pair", event="{}")
    assert cases.completed_event("pair") is None
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")  # a slow environment
    case = cases.get("7")
    assert case
    assert case.completed == {Kind.MAINLAND_PERMIT: "newer pair"}
    assert cases.completed_event("newer pair") == "{}"
    assert cases.completed_event("pair") is None


def test_removing_a_side_removes_its_pair_and_keeps_the_other_side(cases: DynamoDbCases) -> None:
    cases.add_side("7", FRONT)
    cases.add_side("7", BACK)
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    for _ in range(2):
        cases.remove_side("7", document_id="front")
    cases.remove_side("another", document_id="front")
    case = cases.get("7")
    assert case
    assert (case.sides, case.completed) == ((BACK,), {})
    assert cases.completed_event("pair") is None
    assert cases.get("another") is None


def test_removing_a_replaced_photo_changes_nothing(cases: DynamoDbCases) -> None:
    newer = side("newer", sort_key="2")
    cases.add_side("7", newer)
    cases.remove_side("7", document_id="front")
    case = cases.get("7")
    assert case
    assert case.sides == (newer,)


def test_each_side_expires_on_its_own(cases: DynamoDbCases, clock: Clock, dynamodb: "DynamoDBClient") -> None:
    cases.add_side("7", FRONT)
    clock.now += 4 * DAY
    cases.add_side("7", BACK)
    clock.now += 4 * DAY
    case = cases.get("7")
    assert case
    assert case.sides == (BACK,)
    (item,) = dynamodb.scan(TableName="work")["Items"]
    assert float(item["expires_at"]["N"]) == clock.now + 3 * DAY
    clock.now += 4 * DAY
    assert cases.get("7") is None


def test_an_expired_side_is_removed_when_the_next_side_is_added(
    cases: DynamoDbCases, clock: Clock, dynamodb: "DynamoDBClient"
) -> None:
    cases.add_side("7", side("front", sort_key="2"))
    for day in range(4):
        clock.now += 3 * DAY
        cases.add_side("7", side(f"back {day}", Side.BACK, sort_key=f"{day}"))
    (item,) = dynamodb.scan(TableName="work")["Items"]
    assert "front" not in json.dumps(item["mainland-permit_back"])
    assert "mainland-permit_front" not in item
    assert cases.add_side("7", side("older", sort_key="1")).sides[0].document_id == "older"


def test_an_older_photo_replaces_an_expired_side(cases: DynamoDbCases, clock: Clock) -> None:
    cases.add_side("7", side("newer", sort_key="2"))
    clock.now += 8 * DAY
    older = side("older", sort_key="1")
    assert cases.add_side("7", older).sides == (older,)


def test_an_expired_side_can_be_removed(cases: DynamoDbCases, clock: Clock, dynamodb: "DynamoDBClient") -> None:
    cases.add_side("7", FRONT)
    clock.now += 8 * DAY
    cases.remove_side("7", document_id="front")
    (item,) = dynamodb.scan(TableName="work")["Items"]
    assert item.keys() == {"id", "expires_at"}


def test_a_completed_event_expires(cases: DynamoDbCases, clock: Clock) -> None:
    cases.add_side("7", FRONT)
    cases.add_side("7", BACK)
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    clock.now += 8 * DAY
    assert cases.completed_event("pair") is None


def test_an_expired_pair_is_forgotten_before_dynamodb_deletes_it(
    cases: DynamoDbCases, clock: Clock, dynamodb: "DynamoDBClient"
) -> None:
    """Its photos were sent again: whether DynamoDB has deleted the old item yet must make no difference."""
    cases.add_side("7", FRONT)
    cases.add_side("7", BACK)
    clock.now += DAY
    cases.store_completed("7", FRONT, BACK, event_id="pair", event="{}")
    clock.now += 6.5 * DAY
    assert cases.add_side("7", FRONT).completed == {}
    assert cases.add_side("7", BACK).completed == {}
    assert [item["id"]["S"] for item in dynamodb.scan(TableName="work")["Items"]] == ["case#7"]
