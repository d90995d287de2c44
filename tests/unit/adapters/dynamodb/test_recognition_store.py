"""Stored recognitions, their leases, references and expiry."""

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import Lease, OcrResponse
from permit_ocr.domain.card.answers import Answer, MainlandPermitBack, Portrait, PortraitPlace
from permit_ocr.domain.errors import InProgress, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind
from permit_ocr.domain.reader_report import ReaderReport
from tests.unit.fakes.clock import Clock
from tests.unit.fakes.ocr import MAINLAND_FRONT, RESIDENCE_FRONT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
PLACE = PortraitPlace(X=1, Y=2, Width=3, Height=4)


RESPONSE = OcrResponse(
    answer=MAINLAND_FRONT,
    endpoint="ocr.example",
    request_id="r",
    attempts=2,
    milliseconds=5,
    fallback=True,
    report=ReaderReport(confidences={"Name": 0.9312}),
)


def store(dynamodb: "DynamoDBClient", *, keep_days: int = 7, clock: Clock | None = None) -> DynamoDbRecognitionStore:
    return DynamoDbRecognitionStore(
        dynamodb, table="work", references_table="references", keep_days=keep_days, clock=clock or time.time
    )


def leased(table: DynamoDbRecognitionStore, recognition_id: str = "abc", *, lease_seconds: float = 60) -> Lease:
    lease = table.acquire_lease(recognition_id, Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=lease_seconds)
    assert isinstance(lease, Lease)
    return lease


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.RESIDENCE_PERMIT, replace(RESIDENCE_FRONT, PortraitImageInfo=Portrait(ImageCoordinates=PLACE))),
        (Kind.MAINLAND_PERMIT, replace(MAINLAND_FRONT, MainlandTravelPermitBackInfos=MainlandPermitBack(Type="x"))),
        (Kind.MAINLAND_PERMIT, replace(MAINLAND_FRONT, WarnCardInfos=(-9102, -9104))),
    ],
)
def test_a_stored_answer_is_returned_unchanged(dynamodb: "DynamoDBClient", kind: Kind, answer: Answer) -> None:
    table = store(dynamodb)
    stored = replace(RESPONSE, answer=answer, portrait_key="portraits/a.jpg")
    table.store_outcome(leased(table), stored)
    assert table.acquire_lease("abc", kind, document_id="one", lease_seconds=60) == stored
    assert isinstance(table.acquire_lease("another", kind, document_id="one", lease_seconds=60), Lease)


def test_a_stored_rejection_is_returned_unchanged(dynamodb: "DynamoDBClient") -> None:
    table = store(dynamodb)
    refusal = RejectDocument("FailedOperation.ImageNoText", "meaning", "advice", request_id="r")
    table.store_outcome(leased(table), refusal)
    stored = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert isinstance(stored, RejectDocument)
    assert (stored.code, stored.meaning, stored.advice, stored.request_id) == (
        refusal.code,
        refusal.meaning,
        refusal.advice,
        refusal.request_id,
    )


def test_a_lease_is_exclusive_until_it_ends(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    leased(table, lease_seconds=60)
    clock.now += 59
    with pytest.raises(InProgress) as caught:
        leased(table)
    assert 1 <= caught.value.after_seconds <= 5
    clock.now += 1.5
    leased(table)


def test_a_released_lease_is_free_but_one_taken_over_is_not(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    table.release_lease(leased(table))
    late = leased(table, lease_seconds=10)
    clock.now += 11
    leased(table)
    table.release_lease(late)
    with pytest.raises(InProgress):
        leased(table)


def test_the_first_stored_outcome_wins(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    slow = leased(table, lease_seconds=10)
    clock.now += 11
    fast = leased(table)
    first = RESPONSE
    table.store_outcome(fast, first)
    table.store_outcome(slow, replace(RESPONSE, request_id="second"))
    table.release_lease(slow)
    assert table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60) == first


def test_a_repeated_lease_write_gets_its_own_lease(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "permit_ocr.adapters.dynamodb.recognition_store.uuid4", lambda: UUID(int=1)
    )  # botocore repeats the write
    table = store(dynamodb)
    assert leased(table) == leased(table)


def test_an_expired_outcome_can_be_leased_again(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, keep_days=1, clock=clock)
    table.store_outcome(leased(table), RESPONSE)
    clock.now += 86_402
    leased(table)
    with pytest.raises(InProgress):
        leased(table)


def users(dynamodb: "DynamoDBClient", recognition_id: str = "abc") -> set[str]:
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": f"recognition#{recognition_id}"}})["Item"]
    references = dynamodb.scan(TableName="references")["Items"]
    others = {one["document_id"]["S"] for one in references if one["target"]["S"] == f"recognition#{recognition_id}"}
    return others | ({item["document_id"]["S"]} if "document_id" in item else set())


def test_a_recognition_is_deleted_with_its_last_reference(dynamodb: "DynamoDBClient") -> None:
    table = store(dynamodb)
    table.store_outcome(leased(table), RESPONSE)
    for document_id in ("two", "three", "two"):
        table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id=document_id, lease_seconds=60)
    assert users(dynamodb) == {"one", "two", "three"}
    assert not table.remove_reference("abc", document_id="two")
    assert not table.remove_reference("abc", document_id="two")
    assert not table.remove_reference("abc", document_id="a stranger")
    assert users(dynamodb) == {"one", "three"}
    assert not table.remove_reference("abc", document_id="one")
    assert table.remove_reference("abc", document_id="three")
    assert table.remove_reference("abc", document_id="three")
    assert "Item" not in dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})


def test_both_the_slow_and_the_fast_document_reference_the_outcome(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    slow = leased(table, lease_seconds=10)
    clock.now += 11
    fast = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(fast, Lease)
    table.store_outcome(slow, RESPONSE)
    assert users(dynamodb) == {"one", "two"}


def test_an_expired_outcome_has_no_references(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, keep_days=1, clock=clock)
    table.store_outcome(leased(table), RESPONSE)
    clock.now += 86_402
    again = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(again, Lease)
    table.store_outcome(again, RESPONSE)
    assert table.remove_reference("abc", document_id="two")


def test_each_new_reference_extends_the_life_of_an_outcome(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    table.store_outcome(leased(table), RESPONSE)
    clock.now += 6 * DAY
    table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    assert float(item["expires_at"]["N"]) == clock.now + 7 * DAY
    assert not table.remove_reference("abc", document_id="two"), "the first one's event names the portrait"


def test_a_reference_extends_no_reuse_and_a_new_lease_keeps_references(
    dynamodb: "DynamoDBClient",
) -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    table.store_outcome(leased(table), RESPONSE)
    clock.now += 6 * DAY
    table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    clock.now += 2 * DAY
    again = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="three", lease_seconds=60)
    assert isinstance(again, Lease)
    with pytest.raises(InProgress):
        table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="four", lease_seconds=60)
    table.store_outcome(again, RESPONSE)
    assert users(dynamodb) == {"one", "two", "three"}


def use(table: DynamoDbRecognitionStore, document_id: str) -> None:
    table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id=document_id, lease_seconds=60)


@pytest.mark.parametrize("late", ["lease", "outcome", "use"])
def test_an_outcome_lasts_as_long_as_its_first_documents_last_use(dynamodb: "DynamoDBClient", late: str) -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    lease = leased(table)
    if late == "use":
        table.store_outcome(lease, RESPONSE)
    clock.now += 6 * DAY
    if late == "use":
        use(table, "one")
    else:
        table.store_outcome(leased(table) if late == "lease" else lease, RESPONSE)
    clock.now += DAY / 2
    use(table, "two")
    clock.now += DAY
    assert not table.remove_reference("abc", document_id="two"), "the first one's state lasts until day 13"
    assert table.remove_reference("abc", document_id="one")


def test_another_documents_outcome_extends_no_use_of_the_first(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = store(dynamodb, clock=clock)
    leased(table)
    clock.now += 6 * DAY
    other = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(other, Lease)
    table.store_outcome(other, RESPONSE)
    clock.now += 1.5 * DAY
    assert table.remove_reference("abc", document_id="two"), "the first one has expired"


def test_a_recognitions_item_does_not_grow_with_its_uses(dynamodb: "DynamoDBClient") -> None:
    table = store(dynamodb)
    table.store_outcome(leased(table), RESPONSE)
    use(table, "two")
    key = {"id": {"S": "recognition#abc"}}
    before = len(json.dumps(dynamodb.get_item(TableName="work", Key=key)["Item"]))
    for number in range(150):
        use(table, f"document {number}")
    assert len(json.dumps(dynamodb.get_item(TableName="work", Key=key)["Item"])) == before
    assert len(users(dynamodb)) == 152


def test_a_use_is_found_behind_pages_of_expired_ones(dynamodb: "DynamoDBClient") -> None:
    """DynamoDB may take days to delete expired items."""
    clock = Clock()
    table = store(dynamodb, clock=clock)
    table.store_outcome(leased(table), RESPONSE)
    for number in range(250):
        use(table, f"document {number:03}")
    clock.now += 6 * DAY
    use(table, "one more")
    clock.now += 2 * DAY
    assert not table.remove_reference("abc", document_id="one")
    assert table.remove_reference("abc", document_id="one more"), "all others have expired"


def test_an_item_of_an_earlier_version_is_deleted(dynamodb: "DynamoDBClient") -> None:
    table = store(dynamodb)
    table.store_outcome(leased(table), RESPONSE)
    dynamodb.update_item(
        TableName="work", Key={"id": {"S": "recognition#abc"}}, UpdateExpression="REMOVE use_token, document_id"
    )
    assert table.remove_reference("abc", document_id="one")


def test_an_answer_of_an_earlier_version_keeps_its_confidences(dynamodb: "DynamoDBClient") -> None:
    table = store(dynamodb)
    table.store_outcome(leased(table), RESPONSE)
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    stored = json.loads(item["outcome"]["S"])
    stored["confidences"] = stored.pop("report")["confidences"]
    del stored["fallback"]
    dynamodb.put_item(TableName="work", Item=item | {"outcome": {"S": json.dumps(stored)}})
    stored = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert stored == replace(RESPONSE, fallback=False)


def test_an_unavailable_table_is_retried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        leased(DynamoDbRecognitionStore(dynamodb, table="absent", references_table="references", keep_days=1))
