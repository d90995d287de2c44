"""Publish a reviewer's decision, once.

begin to send ─ from now on, a deletion waits ─▶ watch the card as corrected, or not any more ─▶ send the event
─▶ complete the pair again ─▶ store that it is published

``DecideReview`` does this right after it has stored a decision. If it is stopped in between, the message that it has
put on the intake queue before does the rest. Either comes only here once the other has ended or cannot run any more.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from permit_ocr.application.pair_sides import PairSides, reviewed_side
from permit_ocr.application.ports import EventPublisher
from permit_ocr.application.reminders.watch_expiry import WatchExpiry
from permit_ocr.application.review.ports import Reviews, ReviewState, StoredDecision
from permit_ocr.application.review.stored_result import StoredResult, parse_result
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.review.decision import Decision, text_fields
from permit_ocr.domain.verdict import Verdict


class CountField(Protocol):
    """Counts a field that a reviewer has checked."""

    def __call__(self, field: str, *, is_corrected: bool, is_recognizer: bool) -> None:
        """Count ``field`` by its name; ``is_recognizer`` tells whether the recogniser has read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishDecision:
    """The use case."""

    reviews: Reviews
    publisher: EventPublisher
    pair_sides: PairSides
    watch_expiry: WatchExpiry | None
    """None if reminders are off."""
    count_field: CountField

    def pending(self, document_id: str) -> None:
        """Publish the decision on a document if it has one that is not published: it is kept for as long as a message.

        Raises ``RetryableError``, and ``Deleted`` for a deleted document: nothing is published then.
        """
        state = self.reviews.get(document_id)
        if state is None or state.decision is None or state.decision.event.published:
            return
        if token := self.reviews.begin_sending(document_id, state.decision.id):
            self.send(state, state.decision, token)

    def send(self, state: ReviewState, decision: StoredDecision, token: str) -> None:
        """Publish a decision for which ``token`` was given. Raises ``RetryableError`` and ``Deleted``."""
        document_id = state.listed.document_id
        event = json.loads(decision.event.event)
        reviewed = parse_result(event["data"])
        try:
            self._watch(state, decision, reviewed)
            self.publisher.publish(decision.event.event, event_id=decision.id)
            self._complete_pair(state, decision, reviewed)
        except RetryableError:
            with suppress(RetryableError):  # then it ends by itself
                self.reviews.end_sending(document_id, token, published=False)
            raise
        self.reviews.end_sending(document_id, token, published=True)
        if decision.number == 1:  # one that supersedes another would count its fields again
            self._count(reviewed)

    def _watch(self, state: ReviewState, decision: StoredDecision, reviewed: StoredResult) -> None:
        if self.watch_expiry:
            validity = json.loads(decision.event.event)["data"]["validity"]
            valid_until = validity["valid_until"]
            self.watch_expiry.correct(
                reviewed.document,
                kind=reviewed.kind,
                verdict=reviewed.verdict,
                valid_until=date.fromisoformat(valid_until) if valid_until else None,
                as_of=date.fromisoformat(validity["as_of"]),
                judged=_time_of_result(state),
                revision=decision.number,
            )

    def _complete_pair(self, state: ReviewState, decision: StoredDecision, reviewed: StoredResult) -> None:
        if not reviewed.document.case:
            return
        side = reviewed_side(
            reviewed.document,
            reviewed.kind,
            reviewed.side,
            number=decision.number,
            is_rejected=reviewed.verdict is Verdict.REJECTED,
            judged=_time_of_result(state),
            event=decision.event.event,
        )
        if side and (in_pair := self.pair_sides(reviewed.document.case, side)):
            self.pair_sides.recheck(reviewed.document.case, side.kind, in_pair)

    def _count(self, reviewed: StoredResult) -> None:
        review = reviewed.review
        if review is None:
            return
        is_recognizer = reviewed.report.document_confidence is not None  # the provider's endpoints never report one
        corrected = {correction.field for correction in review.corrections}
        for field in sorted(corrected):
            self.count_field(field, is_corrected=True, is_recognizer=is_recognizer)
        if review.decision is Decision.ACCEPTED:
            for field, value in text_fields(reviewed.answer).items():
                if value.strip() and field not in corrected:
                    self.count_field(field, is_corrected=False, is_recognizer=is_recognizer)


def _time_of_result(state: ReviewState) -> datetime:
    return datetime.fromisoformat(json.loads(state.result)["time"])
