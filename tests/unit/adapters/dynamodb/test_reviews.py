"""Open reviews, leases and decisions on DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from permit_ocr.adapters.dynamodb.documents import DynamoDbDocuments
from permit_ocr.adapters.dynamodb.reviews import REVIEW_ATTRIBUTES, SENDING_SECONDS, DynamoDbReviews
from permit_ocr.application.ports import OpenReview, StoredEvent
from permit_ocr.application.review.ports import Conflict, NewDecision, ReviewState, StoredDecision
from permit_ocr.domain.errors import DecisionBeingSent, Deleted
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, Side
from tests.unit.fakes.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
RESULT = StoredEvent(event='{"read":1}', published=True)
REVIEW = OpenReview(kind=Kind.MAINLAND_PERMIT, side=Side.FRONT, reasons=("low_confidence:name", "suspect:recapture"))
DECISION = StoredDecision(id="d1", number=1, event=StoredEvent(event='{"decided":1}', published=False), request="r1")
NEW = NewDecision(decision=DECISION, after=None, holder="anna", expires_at=1_086_400)


@pytest.fixture
def reviews(dynamodb: "DynamoDBClient", clock: Clock) -> DynamoDbReviews:
    return DynamoDbReviews(dynamodb, table="work", keep_days=1, clock=clock)


def listed(reviews: DynamoDbReviews, limit: int = 10, **filters: Any) -> list[str]:
    page = reviews.page(**{"kind": None, "reason": None, "after": None, **filters}, limit=limit)
    return [one.document_id for one in page.reviews]


def state_of(reviews: DynamoDbReviews, document_id: str = "abc") -> ReviewState:
    state = reviews.get(document_id)
    assert state is not None
    return state


def stored(reviews: DynamoDbReviews) -> str:
    token = reviews.store_decision("abc", NEW)
    assert token
    return token


def item(dynamodb: "DynamoDBClient", document_id: str = "abc") -> Any:
    return dynamodb.get_item(TableName="work", Key={"id": {"S": f"document#{document_id}"}})["Item"]


def test_a_document_without_a_review_has_no_attribute_of_one(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, dynamodb: "DynamoDBClient"
) -> None:
    documents.begin(Document(id="abc"), recognition_ids=[])
    documents.store_event("abc", RESULT)
    assert item(dynamodb).keys() == {"id", "started", "event", "published", "expires_at"}
    assert listed(reviews) == []
    assert reviews.get("abc") is None
    assert reviews.lease("abc", holder="anna", seconds=300) is None
    assert reviews.store_decision("abc", NEW) is None
    reviews.replace_reasons("abc", REVIEW)
    reviews.replace_reasons("unknown", REVIEW)
    assert listed(reviews) == []
    assert reviews.get("abc") is None


def test_the_list_has_what_a_reviewer_chooses_by(documents: DynamoDbDocuments, reviews: DynamoDbReviews) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    (one,) = reviews.page(kind=None, reason=None, limit=10, after=None).reviews
    assert (one.document_id, one.review, one.since, one.lease) == ("abc", REVIEW, 1_000_000, None)
    assert one.expires_at == 1_000_000 + DAY
    assert state_of(reviews).listed == one
    assert state_of(reviews).result == RESULT.event


def test_pages_are_in_order_and_complete(documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock) -> None:
    for number in range(7):
        documents.store_event(f"{number}", RESULT, REVIEW)
        clock.now += 1
    found, after = [], None
    for _ in range(10):
        page = reviews.page(kind=None, reason=None, limit=3, after=after)
        found += [one.document_id for one in page.reviews]
        if (after := page.next) is None:
            break
    assert found == [str(number) for number in range(7)]


def test_the_list_is_filtered(documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock) -> None:
    other = OpenReview(kind=Kind.RESIDENCE_PERMIT, side=Side.BACK, reasons=("suspect:recapture",))
    for document_id, review in (("a", REVIEW), ("b", other), ("c", REVIEW)):
        documents.store_event(document_id, RESULT, review)
        clock.now += 1
    assert listed(reviews, kind=Kind.MAINLAND_PERMIT) == ["a", "c"]
    assert listed(reviews, reason="low_confidence:name") == ["a", "c"]
    assert listed(reviews, reason="suspect:recapture") == ["a", "b", "c"]
    assert listed(reviews, kind=Kind.RESIDENCE_PERMIT, reason="low_confidence:name") == []
    page = reviews.page(kind=Kind.MAINLAND_PERMIT, reason=None, limit=1, after=None)
    assert [one.document_id for one in page.reviews] == ["a"]
    assert page.next is not None
    assert listed(reviews, kind=Kind.MAINLAND_PERMIT, after=page.next) == ["c"]


def test_expired_documents_are_not_listed(documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock) -> None:
    documents.store_event("old", RESULT, REVIEW)
    clock.now += DAY + 1
    documents.store_event("abc", RESULT, REVIEW)
    assert listed(reviews, limit=1) == ["abc"]
    assert reviews.get("old") is None
    assert reviews.lease("old", holder="anna", seconds=300) is None


def test_a_lease_is_its_holders_until_it_is_over(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.lease("abc", holder="anna", seconds=300)
    clock.now += 200
    state = reviews.lease("abc", holder="anna", seconds=300)
    assert state is not None
    assert state.listed.lease is not None
    assert state.listed.lease.until == clock.now + 300
    with pytest.raises(Conflict):
        reviews.lease("abc", holder="ben", seconds=300)
    with pytest.raises(Conflict) as conflict:
        reviews.store_decision("abc", replace(NEW, holder="ben"))
    assert conflict.value.state == state
    reviews.release("abc", holder="ben")
    assert state_of(reviews).listed.lease is not None
    clock.now += 301
    assert state_of(reviews).listed.lease is None
    assert reviews.lease("abc", holder="ben", seconds=300)
    reviews.release("abc", holder="ben")
    assert state_of(reviews).listed.lease is None


def test_neither_a_lease_nor_a_decision_prolongs_a_documents_life(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock, dynamodb: "DynamoDBClient"
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.lease("abc", holder="anna", seconds=300)
    assert item(dynamodb)["expires_at"]["N"] == str(1_000_000 + DAY)
    token = stored(reviews)
    assert state_of(reviews).listed.expires_at == NEW.expires_at
    reviews.end_sending("abc", token, published=True)
    assert item(dynamodb)["expires_at"]["N"] == str(NEW.expires_at)


def test_a_decision_is_kept_until_it_is_published(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    clock.now += DAY - 1
    reviews.end_sending("abc", stored(reviews), published=False)
    clock.now += 21 * DAY  # a week on the intake queue, two on the dead-letter queue
    token = reviews.begin_sending("abc", "d1")
    assert state_of(reviews).decision == DECISION
    assert token
    reviews.end_sending("abc", token, published=True)
    clock.now += 1
    assert reviews.get("abc") is None


def test_the_reasons_of_an_open_review_are_replaced_until_it_has_none(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, dynamodb: "DynamoDBClient"
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.lease("abc", holder="anna", seconds=300)
    before, other = state_of(reviews), replace(REVIEW, reasons=("mismatch:name",))
    reviews.replace_reasons("abc", other)
    assert state_of(reviews) == replace(before, listed=replace(before.listed, review=other))
    reviews.replace_reasons("abc", None)
    assert listed(reviews) == []
    assert reviews.get("abc") is None
    assert reviews.store_decision("abc", NEW) is None
    assert not item(dynamodb).keys() & {*REVIEW_ATTRIBUTES}


def test_the_reasons_of_a_decided_review_stay(documents: DynamoDbDocuments, reviews: DynamoDbReviews) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.store_decision("abc", NEW)
    decided = state_of(reviews)
    for review in (replace(REVIEW, reasons=("mismatch:name",)), None):
        reviews.replace_reasons("abc", review)
    assert state_of(reviews) == decided


def test_a_decision_takes_the_document_off_the_list_and_is_sent_once(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    before = state_of(reviews).tag
    token = stored(reviews)
    assert listed(reviews) == []
    assert state_of(reviews).decision == DECISION
    assert state_of(reviews).tag != before
    with pytest.raises(DecisionBeingSent):
        reviews.begin_sending("abc", "d1")
    reviews.end_sending("abc", token, published=True)
    assert reviews.begin_sending("abc", "d1") is None
    decided = state_of(reviews).decision
    assert decided is not None
    assert decided.event.published


def test_a_document_that_was_decided_on_is_known_by_its_decision(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews
) -> None:
    document = Document(id="abc")
    documents.begin(document, recognition_ids=[])
    documents.store_event("abc", RESULT, REVIEW)
    assert documents.begin(document, recognition_ids=[]) == RESULT
    reviews.store_decision("abc", NEW)
    state = documents.get("abc")
    assert state is not None
    assert (state.event, state.decision) == (RESULT, DECISION.event)
    assert documents.begin(document, recognition_ids=[]) == replace(RESULT, event=DECISION.event.event)


def test_a_decision_whose_sending_was_stopped_is_sent_again(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    token = stored(reviews)
    reviews.end_sending("abc", token, published=False)
    assert reviews.begin_sending("abc", "d1")
    clock.now += SENDING_SECONDS + 1
    late = reviews.begin_sending("abc", "d1")
    assert late
    reviews.end_sending("abc", token, published=True)  # of an invocation that nobody waits for any more
    decided = state_of(reviews).decision
    assert decided is not None
    assert not decided.event.published
    assert reviews.begin_sending("abc", "another") is None


def test_only_a_decision_after_the_last_one_is_stored(documents: DynamoDbDocuments, reviews: DynamoDbReviews) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    token = stored(reviews)
    second = replace(NEW, decision=replace(DECISION, id="d2", number=2), after="d1")
    with pytest.raises(Conflict):
        reviews.store_decision("abc", second)  # the first is still being sent
    reviews.end_sending("abc", token, published=True)
    for wrong in (NEW, replace(second, after="d0")):
        with pytest.raises(Conflict):
            reviews.store_decision("abc", wrong)
    reviews.store_decision("abc", second)
    decided = state_of(reviews).decision
    assert decided is not None
    assert decided.id == "d2"


def test_a_late_delivery_neither_reopens_a_review_nor_changes_its_result(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.end_sending("abc", stored(reviews), published=True)
    documents.store_event("abc", StoredEvent(event="{}", published=True), REVIEW)
    assert listed(reviews) == []
    assert state_of(reviews).result == RESULT.event


def test_a_second_delivery_leaves_the_review_where_it_is(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    tag = state_of(reviews).tag
    clock.now += 5
    documents.store_event("abc", RESULT, REVIEW)
    assert state_of(reviews).listed.since == 1_000_000
    assert state_of(reviews).tag == tag


def test_a_deletion_knows_whether_a_decision_is_being_sent(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, dynamodb: "DynamoDBClient", clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    token = stored(reviews)
    state = documents.mark_deleted("abc")
    assert state is not None
    assert state.sending_seconds == SENDING_SECONDS
    assert not item(dynamodb).keys() & {*REVIEW_ATTRIBUTES, "event"}
    for attempt in (
        lambda: reviews.get("abc"),
        lambda: reviews.lease("abc", holder="anna", seconds=300),
        lambda: reviews.store_decision("abc", NEW),
        lambda: reviews.begin_sending("abc", "d1"),
        lambda: reviews.end_sending("abc", token, published=True),
    ):
        with pytest.raises(Deleted):
            attempt()
    state = documents.mark_deleted("abc")
    assert state is not None
    assert state.sending_seconds == 0
    clock.now += 1


def test_a_new_life_of_a_document_has_no_review(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews, clock: Clock
) -> None:
    documents.store_event("abc", RESULT, REVIEW)
    reviews.end_sending("abc", stored(reviews), published=True)
    clock.now += 30 * DAY
    assert documents.begin(Document(id="abc"), recognition_ids=[]) is None
    documents.store_event("abc", RESULT, REVIEW)
    assert listed(reviews) == ["abc"]
    assert state_of(reviews).decision is None


def test_a_decided_or_deleted_document_is_not_opened_for_its_other_side(
    documents: DynamoDbDocuments, reviews: DynamoDbReviews
) -> None:
    mismatch = replace(REVIEW, reasons=("mismatch:name",))
    reviews.open("abc", mismatch)
    assert listed(reviews) == [], "unknown"
    documents.begin(Document(id="abc"), recognition_ids=[])
    reviews.open("abc", mismatch)
    documents.store_event("abc", RESULT)
    assert state_of(reviews).listed.review == mismatch
    reviews.open("abc", REVIEW)
    assert state_of(reviews).listed.review == REVIEW
    reviews.end_sending("abc", stored(reviews), published=True)
    reviews.open("abc", mismatch)
    assert listed(reviews) == []
    documents.mark_deleted("abc")
    reviews.open("abc", mismatch)
    assert listed(reviews) == []
