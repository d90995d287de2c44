"""Fakes of the ports: they behave like the adapters, and record what they are called with."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from permit_ocr.application.deletion.delete_case import DeleteCase
from permit_ocr.application.deletion.delete_document import DeleteDocument, EraseDocument
from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.application.pair_sides import PairSides
from permit_ocr.application.ports import (
    AuditLine,
    Case,
    CaseDocument,
    CaseSide,
    DocumentState,
    Lease,
    OcrRequest,
    OcrResponse,
    OpenReview,
    StoredEvent,
    StoredRecognition,
    StoredVersion,
    Submission,
    UploadForm,
)
from permit_ocr.application.publish import Publish
from permit_ocr.application.recognize import Recognize
from permit_ocr.application.reminders.ports import WatchPage
from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.application.review.decide_review import DecideReview
from permit_ocr.application.review.ports import (
    Conflict,
    Cursor,
    ListedReview,
    NewDecision,
    ReviewLease,
    ReviewPage,
    ReviewState,
    StoredDecision,
)
from permit_ocr.application.review.publish_decision import PublishDecision
from permit_ocr.application.start_document import StartDocument
from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.card.notices import Watch
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.errors import (
    CircuitOpen,
    DecisionBeingSent,
    Deferred,
    Deleted,
    InProgress,
    PermitOcrError,
    RejectDocument,
    RetryableError,
)
from permit_ocr.domain.events import Document
from permit_ocr.domain.permits import Kind, RecognitionOptions, Side
from permit_ocr.domain.verdict import Verdict

SENDING_SECONDS = 60
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def jpeg(data: bytes = b"a photograph") -> bytes:
    """Return a file with the structure of a JPEG of 1000 × 700 pixels; no decoder would accept its image data."""
    frame = b"\xff\xc0\x00\x0b\x08\x02\xbc\x03\xe8\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + frame + scan + data.replace(b"\xff", b"\xff\x00") + b"\xff\xd9"


JPEG = jpeg()

RESIDENCE_FRONT = ResidencePermitAnswer(
    Name="陈样本", Sex="女", Birth="1997/6/2", Address="样本市样本路1号", IdCardNo="830000199706020042", CardType=0
)
MAINLAND_FRONT = MainlandPermitAnswer(
    Name="样本",
    EnglishName="YANG,BEN",
    Sex="男",
    Birthday="1981.08.03",
    ValidDate="2020.10.09-2030.10.08",
    Number="H12345678",
    IssueNumber="1",
    Type="港澳居民来往内地通行证",
    WarnCardInfos=(),
)
RESIDENCE_BACK = ResidencePermitAnswer(
    ValidDate="2022.05.04-2027.05.04", Authority="样本市公安局", VisaNum="1", PassNo="12345678", CardType=1
)
MAINLAND_BACK = MainlandPermitAnswer(
    Type="港澳居民来往内地通行证",
    MainlandTravelPermitBackInfos=MainlandPermitBack(Type="港澳居民来往内地通行证", Name="樣本", IDNumber="A123456(3)"),
    WarnCardInfos=(),
)
OTHER_CARD = RejectDocument("FailedOperation.ImageNoSpecifiedCard", "another card", "name it")
THROTTLED = RetryableError("SQS.Throttled", "not now", "wait")


@dataclass
class FakeOcr:
    """Returns its responses in turn, and raises those that are errors."""

    responses: list[Answer | OcrResponse | PermitOcrError]
    site: str = "intl"
    requests: list[OcrRequest] = field(default_factory=list)
    opened: dict[Kind, CircuitOpen] = field(default_factory=dict)
    before_call: Callable[[], None] = lambda: None

    def recognize(self, request: OcrRequest, *, deadline: float) -> OcrResponse:
        assert deadline > 0
        self.before_call()
        self.requests.append(request)
        response = self.responses.pop(0)
        if isinstance(response, PermitOcrError):
            raise response
        if isinstance(response, OcrResponse):
            return response
        request_id = f"request-{len(self.requests)}"
        return OcrResponse(answer=response, endpoint="ocr.example", request_id=request_id, attempts=1, milliseconds=600)

    def open_circuits(self) -> Mapping[Kind, CircuitOpen]:
        return self.opened


@dataclass
class FakeRecognitionStore:
    outcomes: dict[str, StoredRecognition] = field(default_factory=dict)
    leased: set[str] = field(default_factory=set)
    references: dict[str, set[str]] = field(default_factory=dict)

    def acquire_lease(
        self, recognition_id: str, kind: Kind, *, document_id: str, lease_seconds: float
    ) -> StoredRecognition | Lease:
        assert kind in Kind
        assert lease_seconds > 0
        if recognition_id in self.outcomes:
            self.references[recognition_id].add(document_id)
            return self.outcomes[recognition_id]
        if recognition_id in self.leased:
            raise InProgress(after_seconds=1)
        self.leased.add(recognition_id)
        self.references[recognition_id] = {document_id}
        return Lease(recognition_id=recognition_id, owner="this test", document_id=document_id)

    def store_outcome(self, lease: Lease, outcome: StoredRecognition) -> None:
        self.leased.discard(lease.recognition_id)
        self.outcomes[lease.recognition_id] = outcome
        self.references.setdefault(lease.recognition_id, set()).add(lease.document_id)

    def release_lease(self, lease: Lease) -> None:
        self.leased.discard(lease.recognition_id)

    def remove_reference(self, recognition_id: str, *, document_id: str) -> bool:
        users = self.references.get(recognition_id, set())
        users.discard(document_id)
        if not users:
            self.outcomes.pop(recognition_id, None)
            self.leased.discard(recognition_id)
        return not users


@dataclass
class FakeReview:
    """What ``FakeDocuments`` and ``FakeReviews`` know about the review of one document."""

    review: OpenReview
    since: float
    lease: ReviewLease | None = None
    decision: StoredDecision | None = None
    sending: tuple[str, float] | None = None


@dataclass
class FakeDocuments:
    """States that never expire."""

    states: dict[str, DocumentState] = field(default_factory=dict)
    reviews: dict[str, FakeReview] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: NOW

    @property
    def events(self) -> dict[str, StoredEvent]:
        return {name: record.event for name, record in self.states.items() if record.event}

    def register(self, document_id: str, *, upload_until: float | None = None) -> DocumentState | None:
        if document_id in self.states:
            return self.states[document_id]
        self.states[document_id] = DocumentState(upload_until=upload_until)
        return None

    def begin(self, document: Document, *, recognition_ids: Sequence[str]) -> StoredEvent | None:
        self._alive(document.id)
        record = self.get(document.id) or DocumentState()
        if record.event is None:
            self._put(document.id, document=document, recognition_ids=tuple(recognition_ids), upload_until=None)
        return replace(record.event, event=record.decision.event) if record.event and record.decision else record.event

    def record_pages(self, document_id: str, *, pages: int) -> None:
        self._alive(document_id)
        self._put(document_id, pages=pages, upload_until=None)

    def store_event(self, document_id: str, event: StoredEvent, review: OpenReview | None = None) -> None:
        self._alive(document_id)
        known = self.reviews.get(document_id)
        if known and known.decision:
            return
        self._put(document_id, event=event)
        if review:
            since = known.since if known else self.now().timestamp()
            self.reviews[document_id] = FakeReview(review, since, known.lease if known else None)

    def get(self, document_id: str) -> DocumentState | None:
        state, review = self.states.get(document_id), self.reviews.get(document_id)
        if state is None or state.deleted or review is None or review.decision is None:
            return state
        return replace(state, decision=review.decision.event)

    def mark_deleted(self, document_id: str, *, include_unknown: bool = False) -> DocumentState | None:
        if document_id not in self.states and not include_unknown:
            return None
        self._put(document_id, event=None, upload_until=None, deleted=True)
        review = self.reviews.get(document_id)
        until = review.sending[1] if review and review.sending else 0.0
        self._put(document_id, sending_seconds=max(0.0, until - self.now().timestamp()))
        return self.states[document_id]

    def purge(self, document_id: str, *, case: str | None) -> None:
        document = Document(id=document_id, case=case) if case else None
        self._put(document_id, document=document, recognition_ids=(), pages=None)

    def _alive(self, document_id: str) -> DocumentState:
        record = self.states.get(document_id, DocumentState())
        if record.deleted:
            raise Deleted
        return record

    def _put(self, document_id: str, **changes: Any) -> None:
        self.states[document_id] = replace(self.states.get(document_id, DocumentState()), **changes)


def _expiry(one: FakeReview) -> int:
    return round(one.since) + 7 * 24 * 3600


@dataclass
class FakeReviews:
    """The reviews of documents that never expire."""

    documents: FakeDocuments
    tokens: int = 0

    def page(self, *, kind: Kind | None, reason: str | None, limit: int, after: Cursor | None) -> ReviewPage:
        found = [
            self._listed(document_id, one)
            for document_id, one in sorted(self.documents.reviews.items(), key=lambda item: (item[1].since, item[0]))
            if one.decision is None
            and not self.documents.states[document_id].deleted
            and kind in {None, one.review.kind}
            and reason in {None, *one.review.reasons}
            and (after is None or (_expiry(one), document_id) > (after[1], after[0]))
        ]
        shown = found[:limit]
        return ReviewPage(
            reviews=shown, next=(shown[-1].document_id, shown[-1].expires_at) if len(found) > limit else None
        )

    def open(self, document_id: str, review: OpenReview) -> None:
        state, one = self.documents.states.get(document_id), self.documents.reviews.get(document_id)
        if state is None or state.deleted or (one and one.decision):
            return
        since = one.since if one else self._now()
        self.documents.reviews[document_id] = FakeReview(review, since, one.lease if one else None)

    def replace_reasons(self, document_id: str, review: OpenReview | None) -> None:
        one = self.documents.reviews.get(document_id)
        if one is None or one.decision:
            return
        if review:
            one.review = review
        else:
            del self.documents.reviews[document_id]

    def get(self, document_id: str) -> ReviewState | None:
        state, one = self.documents.states.get(document_id), self.documents.reviews.get(document_id)
        if state and state.deleted:
            raise Deleted
        if state is None or one is None or state.event is None:
            return None
        return ReviewState(listed=self._listed(document_id, one), result=state.event.event, decision=one.decision)

    def lease(self, document_id: str, *, holder: str, seconds: float) -> ReviewState | None:
        state = self.get(document_id)
        if state is None:
            return None
        if state.listed.lease and state.listed.lease.holder != holder:
            raise Conflict(state)
        self.documents.reviews[document_id].lease = ReviewLease(holder=holder, until=self._now() + seconds)
        return self.get(document_id)

    def release(self, document_id: str, *, holder: str) -> None:
        one = self.documents.reviews.get(document_id)
        if one and one.lease and one.lease.holder == holder:
            one.lease = None

    def store_decision(self, document_id: str, new: NewDecision) -> str | None:
        state = self.get(document_id)
        if state is None:
            return None
        one, lease = self.documents.reviews[document_id], state.listed.lease
        current = one.decision.id if one.decision else None
        if current != new.after or (lease and lease.holder != new.holder) or self._is_sending(one):
            raise Conflict(state)
        one.decision, one.lease = new.decision, None
        return self._send(one)

    def begin_sending(self, document_id: str, decision_id: str) -> str | None:
        if self.documents.states[document_id].deleted:
            raise Deleted
        one = self.documents.reviews[document_id]
        if one.decision is None or one.decision.id != decision_id or one.decision.event.published:
            return None
        if self._is_sending(one):
            raise DecisionBeingSent(after_seconds=SENDING_SECONDS)
        return self._send(one)

    def end_sending(self, document_id: str, token: str, *, published: bool) -> None:
        one = self.documents.reviews[document_id]
        if one.sending and one.sending[0] == token:
            one.sending = None
            if one.decision:
                event = replace(one.decision.event, published=published)
                one.decision = replace(one.decision, event=event)
        if self.documents.states[document_id].deleted:
            raise Deleted

    def _is_sending(self, one: FakeReview) -> bool:
        return one.sending is not None and one.sending[1] >= self._now()

    def _send(self, one: FakeReview) -> str:
        self.tokens += 1
        one.sending = (str(self.tokens), self._now() + SENDING_SECONDS)
        return str(self.tokens)

    def _now(self) -> float:
        return self.documents.now().timestamp()

    def _listed(self, document_id: str, one: FakeReview) -> ListedReview:
        has_lease = one.lease is not None and one.lease.until >= self._now()
        return ListedReview(
            document_id=document_id,
            review=one.review,
            since=one.since,
            expires_at=_expiry(one),
            lease=one.lease if has_lease else None,
        )


@dataclass
class FakeStoredImages:
    """URLs by document id."""

    urls: dict[str, str] = field(default_factory=dict)

    def store(self, document_id: str, content: bytes) -> None:
        assert content
        self.urls[document_id] = f"https://bucket.example/{document_id}"

    def url(self, document: Document, *, seconds: int) -> str | None:
        url = self.urls.get(document.id)
        return f"{url}?X-Amz-Expires={seconds}" if url else None


@dataclass
class FakeDelayedQueue:
    """Messages, with the seconds for which nobody receives them."""

    messages: list[tuple[PublishDecisionMessage, int]] = field(default_factory=list)
    fails: bool = False

    def enqueue(self, message: PublishDecisionMessage, *, delay_seconds: int = 0) -> None:
        if self.fails:
            raise THROTTLED
        self.messages.append((message, delay_seconds))


@dataclass
class FakePresignedUploads:
    """Forms that were issued, and photos that have arrived."""

    forms: dict[str, Mapping[str, str]] = field(default_factory=dict)
    stored: dict[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)

    def form(self, document_id: str, metadata: Mapping[str, str], *, content_type: str | None) -> UploadForm:
        self.forms[document_id] = metadata
        return UploadForm(
            url="https://bucket.example/", fields={"key": document_id, "Content-Type": content_type or ""}
        )

    def store(self, document_id: str, content: bytes, metadata: Mapping[str, str]) -> None:
        self.stored[document_id] = (content, metadata)

    def has_arrived(self, document_id: str) -> bool:
        return document_id in self.stored


@dataclass
class FakeErasure:
    """Keys of photos by document id, and of portraits."""

    photos: dict[str, list[str]] = field(default_factory=dict)
    portraits: dict[str, str] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)
    fails: int = 0

    def photo_versions(self, document: Document) -> list[StoredVersion]:
        return [StoredVersion(bucket="uploads", key=key, version="1") for key in self.photos.get(document.id, [])]

    def portrait_versions(self, recognition_id: str) -> list[StoredVersion]:
        key = f"portraits/{recognition_id}.jpg"
        return [StoredVersion(bucket="uploads", key=key, version="1")] if key in self.portraits else []

    def delete_versions(self, versions: Sequence[StoredVersion]) -> None:
        if versions and self.fails:
            self.fails -= 1
            raise THROTTLED
        for one in versions:
            self.erased.append(one.key)
            self.portraits.pop(one.key, None)
            for keys in self.photos.values():
                if one.key in keys:
                    keys.remove(one.key)


def _replaces(side: CaseSide, stands: CaseSide) -> bool:
    if side.document_id != stands.document_id and (side.is_rejected or stands.is_rejected):
        return not side.is_rejected
    return side.sort_key >= stands.sort_key


@dataclass
class FakeCases:
    """Cases that never expire."""

    sides: dict[str, dict[tuple[Kind, Side], CaseSide]] = field(default_factory=dict)
    completed: dict[str, dict[Kind, str]] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)

    def add_side(self, case: str, side: CaseSide) -> Case:
        there = self.sides.setdefault(case, {})
        stands = there.get((side.kind, side.side))
        if stands is None or _replaces(side, stands):
            there[side.kind, side.side] = side
        return Case(sides=tuple(there.values()), completed=dict(self.completed.get(case, {})))

    def store_completed(self, case: str, front: CaseSide, back: CaseSide, *, event_id: str, event: str) -> None:
        there = self.sides[case]
        if any(there[one.kind, one.side].sort_key != one.sort_key for one in (front, back)):
            return
        completed = self.completed.setdefault(case, {})
        self.events.pop(completed.get(front.kind, ""), None)
        self.events[event_id] = event
        completed[front.kind] = event_id

    def get(self, case: str) -> Case | None:
        if case not in self.sides:
            return None
        return Case(sides=tuple(self.sides[case].values()), completed=dict(self.completed.get(case, {})))

    def completed_event(self, event_id: str) -> str | None:
        return self.events.get(event_id)

    def remove_side(self, case: str, *, document_id: str) -> None:
        there = self.sides.get(case, {})
        for side in [side for side in there.values() if side.document_id == document_id]:
            del there[side.kind, side.side]
            self.events.pop(self.completed.get(case, {}).pop(side.kind, ""), None)


@dataclass
class FakeAuditTrail:
    lines: list[AuditLine] = field(default_factory=list)
    fails: bool = False

    def record(self, lines: Sequence[AuditLine]) -> None:
        if self.fails:
            raise Deferred("CloudWatchLogs.ServiceUnavailableException", "not now", "wait")
        self.lines.extend(lines)


@dataclass
class FakeCaseIndex:
    """Cases that never expire."""

    now: Callable[[], datetime] = lambda: NOW
    enlisted: dict[str, dict[str, CaseDocument]] = field(default_factory=dict)
    deleted: dict[str, float] = field(default_factory=dict)

    def enlist(self, document: Document, recognition_ids: Sequence[str] = ()) -> bool:
        if not document.case:
            return False
        entries = self.enlisted.setdefault(document.case, {})
        if document.id in entries and not recognition_ids:
            return False
        entries[document.id] = CaseDocument(document=document, recognition_ids=tuple(recognition_ids))
        return True

    def deleted_at(self, case: str) -> float | None:
        return self.deleted.get(case)

    def mark_deleted(self, case: str) -> None:
        self.deleted[case] = self.now().timestamp()

    def documents(self, case: str) -> Iterator[CaseDocument]:
        yield from list(self.enlisted.get(case, {}).values())

    def remove(self, case: str, *, document_id: str) -> None:
        self.enlisted.get(case, {}).pop(document_id, None)


@dataclass
class FakeEventPublisher:
    """Accepts events, except the first ``fails`` and those of the types ``fails_on``."""

    fails: int = 0
    fails_on: set[str] = field(default_factory=set)
    sent: list[tuple[str, str]] = field(default_factory=list)

    def publish(self, event: str, *, event_id: str) -> None:
        if self.fails:
            self.fails -= 1
            raise THROTTLED
        if json.loads(event).get("type") in self.fails_on:
            raise THROTTLED
        self.sent.append((event_id, event))


@dataclass
class FakeWatchedCards:
    """Watched cards that never expire, by case and kind, or by document."""

    cards: dict[tuple[str, ...], Watch] = field(default_factory=dict)
    writes: int = 0

    def put(self, watch: Watch, *, replaces: bool = True) -> None:
        self.writes += 1
        key = (watch.case, watch.kind) if watch.case else (watch.document_id,)
        there = self.cards.get(key)
        if there is None or (
            there.revision < watch.revision
            if there.document_id == watch.document_id
            else replaces and there.sort_key < watch.sort_key
        ):
            self.cards[key] = watch

    def watched(self, document_ids: Sequence[str]) -> list[str]:
        there = {watch.document_id for watch in self.cards.values()}
        return [one for one in document_ids if one in there]

    def remove(self, document: Document) -> None:
        self.cards = {key: watch for key, watch in self.cards.items() if watch.document_id != document.id}

    def remove_case(self, case: str, *, until: str) -> list[str]:
        removed = {key: one for key, one in self.cards.items() if one.case == case and one.sort_key <= until}
        self.cards = {key: watch for key, watch in self.cards.items() if key not in removed}
        return [watch.document_id for watch in removed.values()]

    def with_last_day(self, valid_until: date, *, after: str | None, limit: int) -> WatchPage:
        """Return a page by document; ``after`` is a document's id."""
        there = sorted(
            (one for one in self.cards.values() if one.valid_until == valid_until and one.document_id > (after or "")),
            key=lambda one: one.document_id,
        )
        following = there[limit - 1].document_id if len(there) > limit else None
        return WatchPage(watches=tuple(there[:limit]), following=following)


@dataclass
class FakePortraits:
    stored: dict[str, str] = field(default_factory=dict)
    fails: bool = False

    def store(self, portrait_base64: str, *, recognition_id: str) -> str | None:
        if self.fails:
            return None
        key = f"portraits/{recognition_id}.jpg"
        self.stored[key] = portrait_base64
        return key


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
