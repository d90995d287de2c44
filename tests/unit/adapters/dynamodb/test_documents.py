"""The state of each document, its expiry, and what a deletion leaves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS, DynamoDbDocuments
from permit_ocr.application.ports import DocumentState, StoredEvent
from permit_ocr.domain.errors import Deleted, RetryableError
from permit_ocr.domain.events import Document
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
DOCUMENT = Document(
    id="abc", bucket="uploads", key="uploads/陈.jpg", version="1", received=datetime(2026, 11, 21, tzinfo=UTC)
)
PUBLISHED = StoredEvent(event='{"证":1}', published=True)


def test_an_event_is_stored_with_whether_it_is_published(documents: DynamoDbDocuments) -> None:
    for stored in (replace(PUBLISHED, published=False), PUBLISHED):
        documents.store_event("abc", stored)
        assert documents.get("abc") == DocumentState(event=stored)


def test_a_started_document_has_its_object_and_recognitions(documents: DynamoDbDocuments) -> None:
    assert documents.begin(DOCUMENT, recognition_ids=["r1", "r2"]) is None
    assert documents.begin(DOCUMENT, recognition_ids=["r1", "r2"]) is None
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1", "r2"))


def test_a_finished_document_is_not_started_again(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.store_event("abc", PUBLISHED)
    assert documents.begin(DOCUMENT, recognition_ids=["other"]) == PUBLISHED
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",), event=PUBLISHED)


def test_a_document_is_registered_once_until_it_is_started(documents: DynamoDbDocuments) -> None:
    assert documents.register("abc", upload_until=2_000_000) is None
    assert documents.register("abc", upload_until=3_000_000) == DocumentState(upload_until=2_000_000)
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    record = documents.get("abc")
    assert record is not None
    assert record.upload_until is None


def test_the_pages_of_an_upload_are_recorded(documents: DynamoDbDocuments) -> None:
    documents.record_pages("abc", pages=3)
    assert documents.get("abc") == DocumentState(pages=3)


def test_an_expired_item_is_ignored_before_dynamodb_deletes_it(documents: DynamoDbDocuments, clock: Clock) -> None:
    documents.store_event("abc", PUBLISHED)
    clock.now += DAY
    assert documents.get("abc") is not None
    clock.now += 1
    assert documents.get("abc") is None
    assert documents.mark_deleted("abc") is None
    assert documents.begin(DOCUMENT, recognition_ids=["r1"]) is None
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",))


def test_every_write_to_a_deleted_document_is_refused(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.store_event("abc", PUBLISHED)
    tombstone = DocumentState(document=DOCUMENT, recognition_ids=("r1",), deleted=True)
    assert documents.mark_deleted("abc") == tombstone
    with pytest.raises(Deleted):
        documents.begin(DOCUMENT, recognition_ids=["r1"])
    with pytest.raises(Deleted):
        documents.store_event("abc", PUBLISHED)
    with pytest.raises(Deleted):
        documents.record_pages("abc", pages=2)
    assert documents.register("abc") == tombstone


def test_a_purged_tombstone_has_no_personal_data_and_outlives_messages(
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


def test_an_unknown_document_is_marked_deleted_only_on_demand(documents: DynamoDbDocuments) -> None:
    assert documents.mark_deleted("abc") is None
    assert documents.get("abc") is None
    assert documents.mark_deleted("abc", include_unknown=True) == DocumentState(deleted=True)
    with pytest.raises(Deleted):
        documents.begin(DOCUMENT, recognition_ids=["r1"])


def test_only_tombstones_are_purged(documents: DynamoDbDocuments) -> None:
    documents.begin(DOCUMENT, recognition_ids=["r1"])
    documents.purge("abc", case="7")
    assert documents.get("abc") == DocumentState(document=DOCUMENT, recognition_ids=("r1",))


def test_a_purged_tombstone_keeps_only_the_case(documents: DynamoDbDocuments) -> None:
    documents.begin(replace(DOCUMENT, case="7"), recognition_ids=["r1"])
    documents.record_pages("abc", pages=2)
    documents.mark_deleted("abc")
    documents.purge("abc", case="7")
    tombstone = DocumentState(document=Document(id="abc", case="7"), deleted=True)
    assert documents.get("abc") == tombstone
    assert documents.mark_deleted("abc") == tombstone


def test_an_unavailable_table_is_retried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        DynamoDbDocuments(dynamodb, table="absent", keep_days=1).get("abc")
