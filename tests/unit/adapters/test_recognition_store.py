"""What the work table keeps, and for how long."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from permit_ocr.adapters.dynamodb.recognition_store import DynamoDbRecognitionStore
from permit_ocr.application.ports import Lease, OcrResponse, StoredResponse
from permit_ocr.domain.card.answers import Answer, MainlandPermitBack, Portrait, PortraitPlace
from permit_ocr.domain.errors import InProgress, RejectDocument, RetryableError
from permit_ocr.domain.permits import Kind
from tests.unit.fakes import MAINLAND_FRONT, RESIDENCE_FRONT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
PLACE = PortraitPlace(X=1, Y=2, Width=3, Height=4)


REPLY = OcrResponse(
    answer=MAINLAND_FRONT,
    endpoint="ocr.example",
    request_id="r",
    attempts=2,
    milliseconds=5,
    fallback=True,
    confidences={"Number": 0.9312},
)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def claimed(table: DynamoDbRecognitionStore, recognition_id: str = "abc", *, lease_seconds: float = 60) -> Lease:
    claim = table.acquire_lease(recognition_id, Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=lease_seconds)
    assert isinstance(claim, Lease)
    return claim


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.RESIDENCE_PERMIT, replace(RESIDENCE_FRONT, PortraitImageInfo=Portrait(ImageCoordinates=PLACE))),
        (Kind.MAINLAND_PERMIT, replace(MAINLAND_FRONT, MainlandTravelPermitBackInfos=MainlandPermitBack(Type="x"))),
        (Kind.MAINLAND_PERMIT, replace(MAINLAND_FRONT, WarnCardInfos=(-9102, -9104))),
    ],
)
def test_a_kept_answer_comes_back_as_it_was(dynamodb: "DynamoDBClient", kind: Kind, answer: Answer) -> None:
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    kept = StoredResponse(response=replace(REPLY, answer=answer), portrait_key="portraits/a.jpg")
    table.store_outcome(claimed(table), kept)
    assert table.acquire_lease("abc", kind, document_id="one", lease_seconds=60) == kept
    assert isinstance(table.acquire_lease("another", kind, document_id="one", lease_seconds=60), Lease)


def test_a_kept_refusal_comes_back_as_it_was(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    refusal = RejectDocument("FailedOperation.ImageNoText", "meaning", "advice", request_id="r")
    table.store_outcome(claimed(table), refusal)
    kept = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert isinstance(kept, RejectDocument)
    assert (kept.code, kept.meaning, kept.advice, kept.request_id) == (
        refusal.code,
        refusal.meaning,
        refusal.advice,
        refusal.request_id,
    )


def test_a_claim_keeps_others_away_until_its_lease_ends(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    claimed(table, lease_seconds=60)
    clock.now += 59
    with pytest.raises(InProgress) as caught:
        claimed(table)
    assert 1 <= caught.value.after_seconds <= 5
    clock.now += 1.5
    claimed(table)


def test_a_claim_given_back_is_free_at_once_but_one_taken_over_is_not(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    table.release_lease(claimed(table))
    late = claimed(table, lease_seconds=10)
    clock.now += 11
    claimed(table)
    table.release_lease(late)
    with pytest.raises(InProgress):
        claimed(table)


def test_the_first_kept_outcome_stands(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    slow = claimed(table, lease_seconds=10)
    clock.now += 11
    quick = claimed(table)
    first = StoredResponse(response=REPLY)
    table.store_outcome(quick, first)
    table.store_outcome(slow, StoredResponse(response=replace(REPLY, request_id="second")))
    table.release_lease(slow)
    assert table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60) == first


def test_a_claim_whose_answer_was_lost_is_not_refused_by_itself(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "permit_ocr.adapters.dynamodb.recognition_store.uuid4", lambda: UUID(int=1)
    )  # botocore repeats the write
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    assert claimed(table) == claimed(table)


def test_an_expired_outcome_may_be_claimed_anew(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=1, clock=clock)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    clock.now += 86_402
    claimed(table)
    with pytest.raises(InProgress):
        claimed(table)


def users(dynamodb: "DynamoDBClient", recognition_id: str = "abc") -> set[str]:
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": f"recognition#{recognition_id}"}})["Item"]
    return set(item["document_ids"]["SS"])


def test_a_reading_is_kept_until_the_last_document_that_uses_it_lets_go(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
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


def test_who_reads_slowly_uses_the_outcome_that_a_quicker_one_kept(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    slow = claimed(table, lease_seconds=10)
    clock.now += 11
    quick = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(quick, Lease)
    table.store_outcome(slow, StoredResponse(response=REPLY))
    assert users(dynamodb) == {"one", "two"}


def test_an_expired_outcome_does_not_count_its_old_users(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=1, clock=clock)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    clock.now += 86_402
    anew = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(anew, Lease)
    table.store_outcome(anew, StoredResponse(response=REPLY))
    assert table.remove_reference("abc", document_id="two")


def test_an_outcome_is_known_for_as_long_as_the_last_document_that_came_to_use_it(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    clock.now += 6 * DAY
    table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    assert float(item["expires_at"]["N"]) == clock.now + 7 * DAY
    assert not table.remove_reference("abc", document_id="two"), "the first one's event names the portrait"


def test_an_outcome_answers_no_longer_for_being_used_and_who_reads_anew_does_not_forget_its_users(
    dynamodb: "DynamoDBClient",
) -> None:
    clock = Clock()
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7, clock=clock)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    clock.now += 6 * DAY
    table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    clock.now += 2 * DAY
    anew = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="three", lease_seconds=60)
    assert isinstance(anew, Lease)
    with pytest.raises(InProgress):
        table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="four", lease_seconds=60)
    table.store_outcome(anew, StoredResponse(response=REPLY))
    assert users(dynamodb) == {"one", "two", "three"}


def test_an_outcome_of_an_earlier_version_belongs_to_documents_nobody_knows(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    dynamodb.update_item(TableName="work", Key={"id": {"S": "recognition#abc"}}, UpdateExpression="REMOVE document_ids")
    assert not table.remove_reference("abc", document_id="one")


def test_an_answer_of_an_earlier_version_says_nothing_of_confidence_or_fallback(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbRecognitionStore(dynamodb, table="work", keep_days=7)
    table.store_outcome(claimed(table), StoredResponse(response=REPLY))
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    stored = json.loads(item["outcome"]["S"])
    del stored["fallback"], stored["confidences"]
    dynamodb.put_item(TableName="work", Item=item | {"outcome": {"S": json.dumps(stored)}})
    kept = table.acquire_lease("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert kept == StoredResponse(response=replace(REPLY, fallback=False, confidences={}))


def test_a_table_that_does_not_answer_is_tried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryableError, match=r"DynamoDB\.ResourceNotFoundException"):
        claimed(DynamoDbRecognitionStore(dynamodb, table="absent", keep_days=1))
