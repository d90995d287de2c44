"""What is known of each document, until when, and what a deletion leaves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS, DynamoDbDocuments
from permit_ocr.application.ports import DocumentState, StoredEvent
from permit_ocr.domain.errors import Deleted, RetryableError
from permit_ocr.domain.events import Document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
DOCUMENT = Document(
    id="abc", bucket="uploads", key="uploads/陈.jpg", version="1", received=datetime(2026, 11, 21, tzinfo=UTC)
)
PUBLISHED = StoredEvent(event='{"证":1}', published=True)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def documents(dynamodb: "DynamoDBClient", clock: Clock) -> DynamoDbDocuments:
    return DynamoDbDocuments(dynamodb, table="work", keep_days=1, clock=clock)


def test_an_event_is_kept_with_whether_it_is_published(documents: DynamoDbDocuments) -> None:
    for kept in (replace(PUBLISHED, published=False), PUBLISHED):
        documents.store_event("abc", kept)
        assert documents.get("abc") == DocumentState(event=kept)


def test_a_begun_document_is_known_with_its_place_and_readings(documents: DynamoDbDocuments) -> None:
    assert documents.begin(DOCUMENT, recognition_ids=["r1", "r2"]) is None
    assert documents.begin(DOCUMENT, recognition_ids=["r1", "r2"]) is None
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1", "r2"))


def test_what_is_done_is_not_begun_again(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.store_event("abc", PUBLISHED)
    assert documents.begin(DOCUMENT, recognition_ids=["other"]) == PUBLISHED
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",), event=PUBLISHED)


def test_a_ticket_is_opened_once_and_closed_by_whoever_begins(documents: DynamoDbDocuments) -> None:
    assert documents.register("abc", upload_until=2_000_000) is None
    assert documents.register("abc", upload_until=3_000_000) == DocumentState(upload_until=2_000_000)
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    record = documents.get("abc")
    assert record is not None
    assert record.upload_until is None


def test_an_upload_tells_its_pages(documents: DynamoDbDocuments) -> None:
    documents.record_pages("abc", pages=3)
    assert documents.get("abc") == DocumentState(pages=3)


def test_what_has_expired_is_gone_at_once_and_not_when_dynamodb_gets_to_it(
    documents: DynamoDbDocuments, clock: Clock
) -> None:
    documents.store_event("abc", PUBLISHED)
    clock.now += DAY
    assert documents.get("abc") is not None
    clock.now += 1
    assert documents.get("abc") is None
    assert documents.mark_deleted("abc") is None
    assert documents.begin(DOCUMENT, recognition_ids=["r1"]) is None
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",))


def test_a_deleted_document_is_neither_begun_nor_kept_nor_paged(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.store_event("abc", PUBLISHED)
    left = DocumentState(document=DOCUMENT, recognition_ids=("r1",), deleted=True)
    assert documents.mark_deleted("abc") == left
    with pytest.raises(Deleted):
        documents.begin(DOCUMENT, recognition_ids=["r1"])
    with pytest.raises(Deleted):
        documents.store_event("abc", PUBLISHED)
    with pytest.raises(Deleted):
        documents.record_pages("abc", pages=2)
    assert documents.register("abc") == left


def test_a_finished_deletion_leaves_a_mark_without_personal_data_that_outlives_every_message(
    documents: DynamoDbDocuments, dynamodb: "DynamoDBClient", clock: Clock
) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.record_pages("abc", pages=2)
    documents.store_event("abc", PUBLISHED)
    documents.mark_deleted("abc")
    documents.purge("abc", case=None)
    (item,) = dynamodb.scan(TableName="work")["Items"]
    assert item.keys() == {"id", "deleted", "expires_at"}
    assert documents.mark_deleted("abc") == DocumentState(deleted=True)
    clock.now += 21 * DAY
    assert documents.get("abc") == DocumentState(deleted=True)
    clock.now += (TOMBSTONE_DAYS - 21) * DAY + 1
    assert documents.get("abc") is None


def test_a_document_nobody_knows_is_buried_only_on_demand(documents: DynamoDbDocuments) -> None:
    assert documents.mark_deleted("abc") is None
    assert documents.get("abc") is None
    assert documents.mark_deleted("abc", unknown_too=True) == DocumentState(deleted=True)
    with pytest.raises(Deleted):
        documents.begin(DOCUMENT, recognition_ids=["r1"])


def test_forgetting_touches_only_what_is_buried(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.purge("abc", case="7")
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",))


def test_the_mark_of_a_document_with_a_case_names_that_alone(documents: DynamoDbDocuments) -> None:
    documents.begin(replace(DOCUMENT, case="7"), recognition_ids=["r1"])
    documents.record_pages("abc", pages=2)
    documents.mark_deleted("abc")
    documents.purge("abc", case="7")
    left = DocumentState(document=Document(id="abc", case="7"), deleted=True)
    assert documents.get("abc") == left
    assert documents.mark_deleted("abc") == left


def test_a_table_that_does_not_answer_is_tried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        DynamoDbDocuments(dynamodb, table="absent", keep_days=1).get("abc")
