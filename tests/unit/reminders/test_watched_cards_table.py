"""Watched cards and the progress of the reminders in DynamoDB."""

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.dynamodb.reminder_progress import DynamoDbReminderProgress
from permit_ocr.adapters.dynamodb.watched_cards import DynamoDbWatchedCards
from permit_ocr.application.reminders.list_expiries import Cursor, list_expiries
from permit_ocr.application.reminders.ports import Progress
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.errors import Deferred, InProgress
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind
from tests.unit.adapters.dynamodb.test_recognition_store import DAY
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LAST_DAY = date(2027, 3, 31)
CARD = Watch(
    document_id="a",
    case=None,
    kind=Kind.MAINLAND_PERMIT,
    valid_until=LAST_DAY,
    watched_on=date(2026, 11, 21),
    sort_key="1/a",
)
IN_CASE = replace(CARD, case="Mr. Example")


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> "DynamoDBClient":
    dynamodb.create_table(
        TableName="expiries",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "valid_until", "document_id")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_last_day",
                "KeySchema": [
                    {"AttributeName": "valid_until", "KeyType": "HASH"},
                    {"AttributeName": "document_id", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "by_document",
                "KeySchema": [{"AttributeName": "document_id", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb


def cards_in(table: "DynamoDBClient", clock: Clock | None = None) -> DynamoDbWatchedCards:
    return DynamoDbWatchedCards(table, table="expiries", clock=clock or Clock())


def on(cards: DynamoDbWatchedCards, day: date = LAST_DAY) -> list[Watch]:
    return list(cards.with_last_day(day, after=None, limit=100).watches)


@pytest.mark.parametrize("card", [CARD, IN_CASE], ids=["no case", "in a case"])
def test_a_card_is_found_by_its_last_day_and_by_its_document(table: "DynamoDBClient", card: Watch) -> None:
    cards = cards_in(table)
    cards.put(card)
    assert on(cards) == [card]
    assert on(cards, date(2027, 3, 30)) == []
    assert cards.watched(["a"])
    assert not cards.watched(["b"])


def test_nothing_of_the_card_is_stored_but_its_kind_and_dates(table: "DynamoDBClient") -> None:
    cards_in(table).put(IN_CASE)
    (item,) = table.scan(TableName="expiries")["Items"]
    assert item.keys() == {
        *("id", "document_id", "case", "kind", "valid_until", "watched_on", "sort_key", "revision", "expires_at")
    }
    assert "Example" not in item["id"]["S"], "keys are shown in more places than items"


def test_a_card_expires_a_month_after_its_last_day(table: "DynamoDBClient") -> None:
    clock = Clock()
    cards_in(table, clock).put(CARD)
    (item,) = table.scan(TableName="expiries")["Items"]
    last_day = 1806451200  # 2027-03-31, in UTC
    assert int(item["expires_at"]["N"]) == last_day + 31 * DAY


def test_only_a_newer_card_takes_the_place_in_its_case(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    newer = replace(IN_CASE, document_id="b", sort_key="2/b", valid_until=date(2037, 1, 1))
    other_kind = replace(IN_CASE, document_id="c", kind=Kind.RESIDENCE_PERMIT)
    for card in (IN_CASE, newer, IN_CASE, other_kind):
        cards.put(card)
    assert on(cards) == [other_kind]
    assert on(cards, date(2037, 1, 1)) == [newer]
    assert not cards.watched(["a"])


def test_a_card_in_review_takes_no_other_cards_place_until_it_is_accepted(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    newer = replace(IN_CASE, document_id="b", sort_key="2/b")
    cards.put(IN_CASE)
    cards.put(newer, replaces=False)
    assert on(cards) == [IN_CASE]
    accepted = replace(newer, revision=1)
    cards.put(accepted)
    assert on(cards) == [accepted]


def test_a_card_that_is_read_again_keeps_the_day_from_which_it_is_watched(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    cards.put(CARD)
    cards.put(replace(CARD, watched_on=date(2026, 11, 22), sort_key="9/a"))
    assert on(cards) == [CARD]
    corrected = replace(CARD, valid_until=date(2028, 3, 31), watched_on=date(2026, 11, 22), revision=1)
    cards.put(corrected)
    cards.put(CARD)  # a delivery that was under way
    assert (on(cards), on(cards, date(2028, 3, 31))) == ([], [corrected])


@pytest.mark.parametrize("card", [CARD, IN_CASE], ids=["no case", "in a case"])
@pytest.mark.parametrize("case_is_known", [True, False])
def test_a_documents_card_is_removed_also_if_its_case_is_not_known(
    table: "DynamoDBClient",
    card: Watch,
    case_is_known: bool,  # noqa: FBT001
) -> None:
    cards = cards_in(table)
    cards.put(card)
    cards.remove(Document(id="b", case=card.case))
    assert cards.watched(["a"])
    for _ in range(2):
        cards.remove(Document(id="a", case=card.case if case_is_known else None))
    assert not cards.watched(["a"])


def test_a_newer_card_survives_the_removal_of_the_one_that_it_replaced(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    newer = replace(IN_CASE, document_id="b", sort_key="2/b")
    cards.put(IN_CASE)
    cards.put(newer)
    cards.remove(Document(id="a", case="Mr. Example"))
    assert on(cards) == [newer]


def test_removing_a_case_leaves_newer_cards(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    newer = replace(IN_CASE, document_id="b", kind=Kind.RESIDENCE_PERMIT, sort_key="3/b")
    cards.put(IN_CASE)
    cards.put(newer)
    cards.put(replace(CARD, document_id="c"))
    assert cards.remove_case("Mr. Example", until="2/~") == ["a"]
    assert {card.document_id for card in on(cards)} == {"b", "c"}


class Behind:
    """An index that lags behind: it still has what was there at first."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._pages: dict[str, Any] = {}

    def query(self, **request: Any) -> Any:
        key = json.dumps(request, sort_keys=True)
        if key not in self._pages:
            self._pages[key] = self._client.query(**request)
        return self._pages[key]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_both_keys_of_an_item_in_the_index_are_one_card(table: "DynamoDBClient") -> None:
    """While a card is being replaced, the index may have its old and its new key: a batch may name it only once."""

    class Twice(Behind):
        def query(self, **request: Any) -> Any:
            page = super().query(**request)
            old = [{**item, "document_id": {"S": "0"}} for item in page["Items"]]
            return {**page, "Items": [*old, *page["Items"]]}

    cards = cards_in(Twice(table))  # type: ignore[arg-type]
    cards.put(IN_CASE)
    assert on(cards) == [IN_CASE]


def test_what_an_index_still_has_but_was_removed_or_replaced_is_not_found(table: "DynamoDBClient") -> None:
    cards = cards_in(Behind(table))  # type: ignore[arg-type]
    cards.put(CARD)
    cards.put(replace(IN_CASE, document_id="b", sort_key="1/b"))
    cards.put(replace(CARD, document_id="c"))
    assert len(on(cards)) == 3
    cards.remove(Document(id="a"))
    cards.put(replace(IN_CASE, document_id="d", sort_key="2/d"))
    assert [card.document_id for card in on(cards)] == ["c"]


def test_cards_of_a_day_are_found_in_pages(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    for number in range(250):
        cards.put(replace(CARD, document_id=f"{number:032x}", case=f"case-{number}" if number % 2 else None))
    found, after = [], None
    while True:
        page = cards.with_last_day(LAST_DAY, after=after, limit=100)
        assert len(page.watches) <= 100
        found += [card.document_id for card in page.watches]
        after = page.following
        if after is None:
            break
    assert found == [f"{number:032x}" for number in range(250)]


def test_expiries_are_listed_in_pages_of_bounded_work(table: "DynamoDBClient") -> None:
    cards = cards_in(table)
    for number in range(150):
        cards.put(replace(CARD, document_id=f"{number:03}", valid_until=date(2027, 3, 1 + number % 3)))
    cards.put(replace(CARD, document_id="later", valid_until=date(2027, 9, 1)))
    cursor: Cursor | None = Cursor(day=date(2027, 3, 1))
    found: list[str] = []
    pages = 0
    while cursor:
        page = list_expiries(cards, start=cursor, until=date(2027, 9, 1))
        assert len(page.watches) <= 100
        found += [card.document_id for card in page.watches]
        cursor = page.following
        pages += 1
    assert sorted(found) == sorted([*(f"{number:03}" for number in range(150)), "later"])
    assert pages == 5, "of 185 days, at most 50 are read for a page"


def test_items_that_dynamodb_leaves_out_of_a_batch_are_read_again(table: "DynamoDBClient") -> None:
    class Throttling(Behind):
        left_out = 2

        def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803  botocore's
            if self.left_out:
                self.left_out -= 1
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            return self._client.batch_get_item(RequestItems=RequestItems)

    client = Throttling(table)
    cards = cards_in(client)  # type: ignore[arg-type]
    cards.put(CARD)
    assert on(cards) == [CARD]
    client.left_out = 1000
    with pytest.raises(Deferred):
        on(cards)


def test_one_invocation_at_a_time_has_the_lease(table: "DynamoDBClient") -> None:
    clock = Clock()
    progress = DynamoDbReminderProgress(table, table="expiries", clock=clock)
    assert progress.get() is None
    assert progress.acquire_lease("one", seconds=95) is None
    with pytest.raises(InProgress):
        progress.acquire_lease("two", seconds=95)
    half = Progress(day=LAST_DAY, valid_until=date(2027, 4, 30), position="a document#a", queues=1)
    assert progress.store("one", half)
    assert progress.get() == half
    clock.now += 96
    assert not progress.store("one", Progress(day=LAST_DAY)), "its lease has ended"
    assert progress.acquire_lease("two", seconds=95) == half
    assert not progress.store("one", Progress(day=LAST_DAY))
    progress.release_lease("one")
    assert progress.store("two", Progress(day=date(2027, 4, 1)))
    progress.release_lease("two")
    assert progress.acquire_lease("three", seconds=95) == Progress(day=date(2027, 4, 1))


def test_the_progress_is_no_card_and_does_not_expire(table: "DynamoDBClient") -> None:
    clock = Clock()
    progress = DynamoDbReminderProgress(table, table="expiries", clock=clock)
    progress.acquire_lease("one", seconds=95)
    progress.store("one", Progress(day=LAST_DAY, valid_until=LAST_DAY))
    clock.now += 4000 * DAY
    assert progress.get() == Progress(day=LAST_DAY, valid_until=LAST_DAY)
    assert on(cards_in(table)) == []
