"""What the work table keeps, and for how long."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from permit_ocr.adapters.dynamodb_work_table import DynamoDbWorkTable
from permit_ocr.domain.answers import Answer, MainlandPermitBack, Portrait, PortraitPlace
from permit_ocr.domain.errors import Claimed, RejectDocument, RetryLater
from permit_ocr.domain.permits import Kind
from permit_ocr.workflow.ports import Claim, KeptReply, Reply
from tests.unit.fakes import MAINLAND_FRONT, RESIDENCE_FRONT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
PLACE = PortraitPlace(X=1, Y=2, Width=3, Height=4)


REPLY = Reply(
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


def claimed(table: DynamoDbWorkTable, recognition_id: str = "abc", *, lease_seconds: float = 60) -> Claim:
    claim = table.claim(recognition_id, Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=lease_seconds)
    assert isinstance(claim, Claim)
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
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    kept = KeptReply(reply=replace(REPLY, answer=answer), portrait_key="portraits/a.jpg")
    table.keep_outcome(claimed(table), kept)
    assert table.claim("abc", kind, document_id="one", lease_seconds=60) == kept
    assert isinstance(table.claim("another", kind, document_id="one", lease_seconds=60), Claim)


def test_a_kept_refusal_comes_back_as_it_was(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    refusal = RejectDocument("FailedOperation.ImageNoText", "meaning", "advice", request_id="r")
    table.keep_outcome(claimed(table), refusal)
    kept = table.claim("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert isinstance(kept, RejectDocument)
    assert (kept.code, kept.meaning, kept.advice, kept.request_id) == (
        refusal.code,
        refusal.meaning,
        refusal.advice,
        refusal.request_id,
    )


def test_a_claim_keeps_others_away_until_its_lease_ends(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    claimed(table, lease_seconds=60)
    clock.now += 59
    with pytest.raises(Claimed) as caught:
        claimed(table)
    assert 1 <= caught.value.after_seconds <= 5
    clock.now += 1.5
    claimed(table)


def test_a_claim_given_back_is_free_at_once_but_one_taken_over_is_not(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    table.give_back(claimed(table))
    late = claimed(table, lease_seconds=10)
    clock.now += 11
    claimed(table)
    table.give_back(late)
    with pytest.raises(Claimed):
        claimed(table)


def test_the_first_kept_outcome_stands(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    slow = claimed(table, lease_seconds=10)
    clock.now += 11
    quick = claimed(table)
    first = KeptReply(reply=REPLY)
    table.keep_outcome(quick, first)
    table.keep_outcome(slow, KeptReply(reply=replace(REPLY, request_id="second")))
    table.give_back(slow)
    assert table.claim("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60) == first


def test_a_claim_whose_answer_was_lost_is_not_refused_by_itself(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "permit_ocr.adapters.dynamodb_work_table.uuid4", lambda: UUID(int=1)
    )  # botocore repeats the write
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    assert claimed(table) == claimed(table)


def test_an_expired_outcome_may_be_claimed_anew(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=1, clock=clock)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    clock.now += 86_402
    claimed(table)
    with pytest.raises(Claimed):
        claimed(table)


def users(dynamodb: "DynamoDBClient", recognition_id: str = "abc") -> set[str]:
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": f"recognition#{recognition_id}"}})["Item"]
    return set(item["documents"]["SS"])


def test_a_reading_is_kept_until_the_last_document_that_uses_it_lets_go(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    for document_id in ("two", "three", "two"):
        table.claim("abc", Kind.MAINLAND_PERMIT, document_id=document_id, lease_seconds=60)
    assert users(dynamodb) == {"one", "two", "three"}
    assert not table.release("abc", document_id="two")
    assert not table.release("abc", document_id="two")
    assert not table.release("abc", document_id="a stranger")
    assert users(dynamodb) == {"one", "three"}
    assert not table.release("abc", document_id="one")
    assert table.release("abc", document_id="three")
    assert table.release("abc", document_id="three")
    assert "Item" not in dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})


def test_who_reads_slowly_uses_the_outcome_that_a_quicker_one_kept(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    slow = claimed(table, lease_seconds=10)
    clock.now += 11
    quick = table.claim("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(quick, Claim)
    table.keep_outcome(slow, KeptReply(reply=REPLY))
    assert users(dynamodb) == {"one", "two"}


def test_an_expired_outcome_does_not_count_its_old_users(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=1, clock=clock)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    clock.now += 86_402
    anew = table.claim("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    assert isinstance(anew, Claim)
    table.keep_outcome(anew, KeptReply(reply=REPLY))
    assert table.release("abc", document_id="two")


def test_an_outcome_is_known_for_as_long_as_the_last_document_that_came_to_use_it(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    clock.now += 6 * DAY
    table.claim("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    assert float(item["expires_at"]["N"]) == clock.now + 7 * DAY
    assert not table.release("abc", document_id="two"), "the first one's event names the portrait"


def test_an_outcome_answers_no_longer_for_being_used_and_who_reads_anew_does_not_forget_its_users(
    dynamodb: "DynamoDBClient",
) -> None:
    clock = Clock()
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7, clock=clock)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    clock.now += 6 * DAY
    table.claim("abc", Kind.MAINLAND_PERMIT, document_id="two", lease_seconds=60)
    clock.now += 2 * DAY
    anew = table.claim("abc", Kind.MAINLAND_PERMIT, document_id="three", lease_seconds=60)
    assert isinstance(anew, Claim)
    with pytest.raises(Claimed):
        table.claim("abc", Kind.MAINLAND_PERMIT, document_id="four", lease_seconds=60)
    table.keep_outcome(anew, KeptReply(reply=REPLY))
    assert users(dynamodb) == {"one", "two", "three"}


def test_an_outcome_of_an_earlier_version_belongs_to_documents_nobody_knows(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    dynamodb.update_item(TableName="work", Key={"id": {"S": "recognition#abc"}}, UpdateExpression="REMOVE documents")
    assert not table.release("abc", document_id="one")


def test_an_answer_of_an_earlier_version_says_nothing_of_confidence_or_fallback(dynamodb: "DynamoDBClient") -> None:
    table = DynamoDbWorkTable(dynamodb, table="work", keep_days=7)
    table.keep_outcome(claimed(table), KeptReply(reply=REPLY))
    item = dynamodb.get_item(TableName="work", Key={"id": {"S": "recognition#abc"}})["Item"]
    said = json.loads(item["json"]["S"])
    del said["fallback"], said["confidences"]
    dynamodb.put_item(TableName="work", Item=item | {"json": {"S": json.dumps(said)}})
    kept = table.claim("abc", Kind.MAINLAND_PERMIT, document_id="one", lease_seconds=60)
    assert kept == KeptReply(reply=replace(REPLY, fallback=False, confidences={}))


def test_a_table_that_does_not_answer_is_tried_later(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(RetryLater, match=r"DynamoDB\.ResourceNotFoundException"):
        claimed(DynamoDbWorkTable(dynamodb, table="absent", keep_days=1))
