"""Open reviews, their leases and decisions."""

from dataclasses import dataclass, replace

from permit_ocr.application.ports import OpenReview
from permit_ocr.application.review.ports import (
    Conflict,
    Cursor,
    ListedReview,
    NewDecision,
    ReviewLease,
    ReviewPage,
    ReviewState,
)
from permit_ocr.domain.errors import DecisionBeingSent, Deleted
from permit_ocr.domain.permits import Kind
from tests.unit.fakes.documents import FakeDocuments, FakeReview

SENDING_SECONDS = 60


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


def _expiry(one: FakeReview) -> int:
    return round(one.since) + 7 * 24 * 3600
