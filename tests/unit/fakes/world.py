"""Every fake of one test, with the use cases that use them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from permit_ocr.application.deletion.delete_case import DeleteCase
from permit_ocr.application.deletion.delete_document import DeleteDocument, EraseDocument
from permit_ocr.application.pair_sides import PairSides
from permit_ocr.application.ports import OcrResponse, Submission
from permit_ocr.application.publish import Publish
from permit_ocr.application.recognize import Recognize
from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.application.review.decide_review import DecideReview
from permit_ocr.application.review.publish_decision import PublishDecision
from permit_ocr.application.start_document import StartDocument
from permit_ocr.domain.card.answers import Answer
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import RecognitionOptions
from permit_ocr.domain.verdict import Verdict
from tests.unit.fakes.audit_trail import FakeAuditTrail
from tests.unit.fakes.cases import FakeCaseIndex, FakeCases
from tests.unit.fakes.clock import NOW
from tests.unit.fakes.documents import FakeDocuments
from tests.unit.fakes.files import JPEG, FakeErasure, FakePortraits, FakeStoredImages
from tests.unit.fakes.ocr import FakeOcr
from tests.unit.fakes.queues import FakeDelayedQueue, FakeEventPublisher
from tests.unit.fakes.recognition_store import FakeRecognitionStore
from tests.unit.fakes.reviews import FakeReviews
from tests.unit.fakes.watched_cards import FakeWatchedCards


@dataclass
class World:
    """The fakes of one test, and the use cases that use them."""

    ocr: FakeOcr
    recognitions: FakeRecognitionStore = field(default_factory=FakeRecognitionStore)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    erasure: FakeErasure = field(default_factory=FakeErasure)
    cases: FakeCases = field(default_factory=FakeCases)
    results: FakeEventPublisher = field(default_factory=FakeEventPublisher)
    portraits: FakePortraits = field(default_factory=FakePortraits)
    counted: list[tuple[Verdict | None, float | None]] = field(default_factory=list)
    """The verdict of each result, None for an unreadable document, and the seconds that it took."""
    now: Callable[[], datetime] = lambda: NOW
    case_index: FakeCaseIndex = field(default_factory=FakeCaseIndex)
    audit: FakeAuditTrail = field(default_factory=FakeAuditTrail)
    review_queue: FakeDelayedQueue = field(default_factory=FakeDelayedQueue)
    stored_images: FakeStoredImages = field(default_factory=FakeStoredImages)
    checked_fields: list[tuple[str, bool, bool]] = field(default_factory=list)
    """Fields that a reviewer has checked: name, whether corrected, whether read by the recogniser."""
    measured_reviews: list[int] = field(default_factory=list)
    with_reviews: bool = True
    review_store: FakeReviews | None = None
    """If it is not the one of ``documents``."""
    watched_cards: FakeWatchedCards | None = None
    """None if reminders are off."""

    def __post_init__(self) -> None:
        self.erasure.portraits = self.portraits.stored

    @property
    def erase(self) -> EraseDocument:
        return EraseDocument(
            erasure=self.erasure,
            recognitions=self.recognitions,
            cases=self.cases,
            case_index=self.case_index,
            watched_cards=self.watched_cards,
            reviews=self.reviews if self.with_reviews else None,
        )

    @property
    def delete(self) -> DeleteDocument:
        return DeleteDocument(documents=self.documents, erase=self.erase)

    @property
    def delete_case(self) -> DeleteCase:
        return DeleteCase(
            case_index=self.case_index,
            cases=self.cases,
            delete=self.delete,
            watched_cards=self.watched_cards,
            now=self.now,
        )

    @property
    def start(self) -> StartDocument:
        return StartDocument(documents=self.documents, case_index=self.case_index, now=self.now)

    @property
    def pair_sides(self) -> PairSides:
        return PairSides(
            cases=self.cases,
            publisher=self.results,
            expiring_within_days=30,
            event_source="/permit-ocr/test",
            now=self.now,
            today=self.today,
            reviews=self.reviews if self.with_reviews else None,
        )

    @property
    def publish(self) -> Publish:
        return Publish(
            publisher=self.results,
            documents=self.documents,
            pair_sides=self.pair_sides,
            watch_expiry=self.watch_expiry,
            erase=self.erase,
            reviews=self.with_reviews,
            count_result=self.count_result,
        )

    @property
    def reviews(self) -> FakeReviews:
        return self.review_store or FakeReviews(self.documents)

    @property
    def publish_decision(self) -> PublishDecision:
        return PublishDecision(
            reviews=self.reviews,
            publisher=self.results,
            pair_sides=self.pair_sides,
            watch_expiry=self.watch_expiry,
            count_field=self.count_field,
        )

    @property
    def decide_review(self) -> DecideReview:
        return DecideReview(
            reviews=self.reviews,
            queue=self.review_queue,
            publish=self.publish_decision,
            pair_sides=self.pair_sides,
            expiring_within_days=30,
            event_source="/permit-ocr/test",
            now=self.now,
            today=self.today,
        )

    @property
    def watch_expiry(self) -> WatchExpiry | None:
        return WatchExpiry(cards=self.watched_cards) if self.watched_cards else None

    @property
    def recognize(self) -> Recognize:
        return Recognize(
            ocr=self.ocr,
            recognitions=self.recognitions,
            start=self.start,
            portraits=self.portraits,
            keep_image=self.stored_images.store,
            publish=self.publish,
            erase=self.erase,
            expiring_within_days=30,
            event_source="/permit-ocr/test",
            now=self.now,
            today=self.today,
        )

    def today(self) -> date:
        return today_in_shanghai(self.now())

    def count_field(self, field: str, *, is_corrected: bool, is_recognizer: bool) -> None:
        self.checked_fields.append((field, is_corrected, is_recognizer))

    def count_result(self, verdict: Verdict | None, seconds: float | None) -> None:
        self.counted.append((verdict, seconds))


def world(*responses: Answer | OcrResponse | PermitOcrError, publish_fails: int = 0) -> World:
    return World(ocr=FakeOcr(list(responses)), results=FakeEventPublisher(fails=publish_fails))


def submission(
    content: bytes | None = JPEG,
    *,
    document_id: str = "document-1",
    url: str | None = None,
    case: str | None = None,
    received: datetime | None = None,
    **options: object,
) -> Submission:
    return Submission(
        document=Document(id=document_id, bucket="uploads", key="uploads/auto/1.jpg", case=case, received=received),
        options=replace(RecognitionOptions(), **options),  # type: ignore[arg-type]
        content=content,
        url=url,
    )
