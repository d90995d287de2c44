"""The documents of a case in DynamoDB."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from permit_ocr.adapters.dynamodb.case_index import DynamoDbCaseIndex
from permit_ocr.adapters.dynamodb.documents import TOMBSTONE_DAYS
from permit_ocr.application.ports import CaseDocument
from permit_ocr.domain.events import Document
from tests.unit.adapters.dynamodb.test_recognition_store import DAY
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def index(dynamodb: "DynamoDBClient", clock: Clock) -> DynamoDbCaseIndex:
    return DynamoDbCaseIndex(dynamodb, table="work", references_table="references", keep_days=37, clock=clock)


def test_documents_are_found_by_their_case_until_their_photos_expire(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    cases = index(dynamodb, clock)
    front = Document(id="front", case="7", bucket="uploads", key="k", received=datetime.now(UTC))
    cases.enlist(front, ["r1", "r2"])
    cases.enlist(Document(id="back", case="7"))
    cases.enlist(Document(id="other", case="8"))
    cases.enlist(Document(id="without"))
    clock.now += 20 * DAY
    found = {entry.document.id: entry for entry in cases.documents("7")}
    assert found.keys() == {"front", "back"}
    assert found["front"] == CaseDocument(document=front, recognition_ids=("r1", "r2"))
    cases.remove("7", document_id="back")
    assert [entry.document.id for entry in cases.documents("7")] == ["front"]
    clock.now += 18 * DAY
    assert list(cases.documents("7")) == []


def test_a_deletion_is_remembered_as_long_as_messages_wait(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    cases = index(dynamodb, clock)
    assert cases.deleted_at("Mr. Example") is None
    cases.mark_deleted("Mr. Example")
    assert cases.deleted_at("Mr. Example") == clock.now
    clock.now += TOMBSTONE_DAYS * DAY + 1
    assert cases.deleted_at("Mr. Example") is None
    assert "Example" not in json.dumps(dynamodb.scan(TableName="work")["Items"]), "a name may be a customer's"


def test_a_case_of_many_documents_is_listed_completely(dynamodb: "DynamoDBClient") -> None:
    cases = index(dynamodb, Clock())
    for number in range(205):
        cases.enlist(Document(id=str(number), case="7"))
    assert len(list(cases.documents("7"))) == 205


def test_an_entry_keeps_its_recognitions_until_it_expires(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    cases = index(dynamodb, clock)
    plain = Document(id="front", case="7")
    assert cases.enlist(plain)
    assert cases.enlist(plain, ["r1"]), "known only once it is started"
    assert not cases.enlist(plain), "a repeated request does not know them"
    assert list(cases.documents("7")) == [CaseDocument(document=plain, recognition_ids=("r1",))]
    clock.now += 38 * DAY
    assert cases.enlist(plain), "DynamoDB may take days to delete expired items"
    assert list(cases.documents("7")) == [CaseDocument(document=plain, recognition_ids=())]
