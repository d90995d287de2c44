"""The state of each document, and what is known of its review."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from permit_ocr.application.ports import DocumentState, OpenReview, StoredEvent
from permit_ocr.application.review.ports import ReviewLease, StoredDecision
from permit_ocr.domain.errors import Deleted
from permit_ocr.domain.events import Document
from tests.unit.fakes.clock import NOW


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
