"""Decide on a document whose verdict is *review*.

has this very request been decided before? ── yes ─▶ publish it, if that is still to be done
      │ no
is the state the one that the reviewer has seen, and the lease nobody else's? ── no ─▶ ``Stale``, ``Conflict``
      │ yes
correct the fields, judge them again as of today, and decide
      │
enqueue a message that publishes the decision if this invocation is stopped; it waits until that must have ended
      │
store the decision: from now on it is final ─▶ publish it (see ``publish_decision``)
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.application.pair_sides import PairSides
from permit_ocr.application.ports import StoredEvent
from permit_ocr.application.review.ports import (
    Conflict,
    DelayedQueue,
    NewDecision,
    Reviews,
    ReviewState,
    StoredDecision,
)
from permit_ocr.application.review.publish_decision import PublishDecision
from permit_ocr.application.review.stored_result import StoredResult, judge_corrected, parse_result, with_fields
from permit_ocr.domain.errors import RetryableError
from permit_ocr.domain.events import Recognized, ReviewedEvent, reviewed_event, to_json, with_decision
from permit_ocr.domain.identity import review_id
from permit_ocr.domain.review.decision import (
    REASONS_OF_ACCEPTANCE,
    Correction,
    Decision,
    DecisionReason,
    Override,
    OverrideReason,
    Review,
    correct,
    has_period,
    objections,
    text_fields,
)
from permit_ocr.observability import log_event
from permit_ocr.trace_context import current_traceparent

MESSAGE_DELAY_SECONDS: Final = 60
"""Longer than the API's function runs: the message must not find the document before its decision is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What a reviewer requests. ``fields`` are corrected values by the fields' names in the answer."""

    document_id: str
    tags: Collection[str]
    """The tags of states that the reviewer has seen."""
    decision: Decision
    reason: DecisionReason
    override: OverrideReason | None
    fields: Mapping[str, str]
    supersedes: str | None
    reviewer: str

    @property
    def digest(self) -> str:
        """Return what is the same if the request is repeated."""
        values = [self.decision, self.reason, self.override, sorted(self.fields.items()), self.supersedes]
        return sha256(json.dumps([*values, self.reviewer]).encode()).hexdigest()


class Stale(Exception):
    """The reviewer has seen another state than the current one."""

    def __init__(self, state: ReviewState) -> None:
        super().__init__("stale")
        self.state = state


class OverrideNeeded(Exception):
    """The checks object to a card that is to be accepted."""

    def __init__(self, judged: Recognized, against: tuple[str, ...]) -> None:
        super().__init__("override needed")
        self.verdict = judged.verdict
        self.objections = against


class InvalidDecision(Exception):
    """A field of the request is wrong; ``message`` names the rule, and no value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReview:
    """The use case."""

    reviews: Reviews
    queue: DelayedQueue
    publish: PublishDecision
    pair_sides: PairSides
    expiring_within_days: int
    event_source: str
    now: Callable[[], datetime]
    today: Callable[[], date]
    """The day in Shanghai, by which permits are valid."""

    def __call__(self, request: DecisionRequest) -> ReviewState | None:
        """Decide, and return the state after that; None if the document is not on the list.

        Repeating a request changes nothing. Raises ``Stale``, ``Conflict``, ``InvalidDecision``, ``OverrideNeeded``,
        ``Deleted`` and ``RetryableError``.
        """
        state = self.reviews.get(request.document_id)
        if state is None:
            return None
        last = state.decision
        if last and last.request == request.digest:
            self.publish.pending(request.document_id)
            return state
        _check_current(state, request)
        if last and not last.event.published:
            self.publish.pending(request.document_id)
        decision = self._decide(state, request, number=last.number + 1 if last else 1)
        self.queue.enqueue(PublishDecisionMessage(document_id=request.document_id), delay_seconds=MESSAGE_DELAY_SECONDS)
        new = NewDecision(
            decision=decision,
            after=last.id if last else None,
            holder=request.reviewer,
            expires_at=state.listed.expires_at,
        )
        token = self.reviews.store_decision(request.document_id, new)
        if token is None:
            return None
        try:
            self.publish.send(state, decision, token)
        except RetryableError as error:  # the message publishes it
            log_event("decision_not_published", document_id=request.document_id, code=error.code)
        return replace(state, decision=decision, listed=replace(state.listed, lease=None))

    def _decide(self, state: ReviewState, request: DecisionRequest, *, number: int) -> StoredDecision:
        result = parse_result(json.loads(state.result)["data"])
        corrections = _corrections(result, request)
        corrected = _corrected(result, corrections)
        judged = judge_corrected(corrected, as_of=self.today(), expiring_within_days=self.expiring_within_days)
        if judged.side is not result.side:
            raise InvalidDecision("fields", "must not make it the other side of the card")
        review = Review(
            decision=request.decision,
            reason=request.reason,
            override=self._override(judged, request),
            corrections=corrections,
            reviewer=request.reviewer,
            verdict_before=result.verdict,
            reasons_before=result.reasons,
            supersedes=request.supersedes,
        )
        event = reviewed_event(
            with_decision(judged, review),
            event_id=review_id(
                document_id=request.document_id, since=state.listed.since, supersedes=request.supersedes
            ),
            source=self.event_source,
            time=self.now(),
        )
        return _stored(event, number=number, request=request)

    def _override(self, judged: Recognized, request: DecisionRequest) -> Override | None:
        """Return the override of an acceptance to which the checks object, or those of the pair."""
        if request.decision is Decision.REJECTED:
            return None
        if not has_period(judged):
            raise InvalidDecision("fields", "must have a readable ValidDate: a card is not accepted without its period")
        case = judged.document.case
        other_side, mismatches = self.pair_sides.mismatches(case, judged) if case else (None, ())
        against = (*objections(judged), *mismatches)
        if against and request.override is None:
            raise OverrideNeeded(judged, against)
        if request.override is None:
            return None
        if not against:
            raise InvalidDecision("override", "must be omitted: the checks have no objection")
        return Override(reason=request.override, objections=against, other_side=other_side)


def _check_current(state: ReviewState, request: DecisionRequest) -> None:
    if state.tag not in request.tags:
        raise Stale(state)
    lease, last = state.listed.lease, state.decision
    if (lease and lease.holder != request.reviewer) or request.supersedes != (last.id if last else None):
        raise Conflict(state)


def _corrections(result: StoredResult, request: DecisionRequest) -> tuple[Correction, ...]:
    """Return what differs from what was read. Raises ``InvalidDecision``."""
    read = text_fields(result.answer)
    if not request.fields.keys() <= read.keys():
        raise InvalidDecision("fields", f"must be some of this side's: {', '.join(read)}")
    corrections = tuple(
        Correction(field=name, read=read[name], corrected=value)
        for name, value in sorted(request.fields.items())
        if value != read[name]
    )
    if request.decision is Decision.REJECTED and request.override:
        raise InvalidDecision("override", "must be omitted: it is for an acceptance")
    if (request.decision is Decision.ACCEPTED) != (request.reason in REASONS_OF_ACCEPTANCE):
        raise InvalidDecision("reason", "must be one of this decision's")
    if request.decision is Decision.ACCEPTED and bool(corrections) != (request.reason is DecisionReason.CORRECTED):
        raise InvalidDecision("reason", "must be corrected if a field differs from what was read, else read_correctly")
    return corrections


def _corrected(result: StoredResult, corrections: tuple[Correction, ...]) -> StoredResult:
    values = {one.field: one.corrected for one in corrections}
    return with_fields(result, correct(result.answer, values), frozenset(values))


def _stored(event: ReviewedEvent, *, number: int, request: DecisionRequest) -> StoredDecision:
    text = to_json(replace(event, traceparent=current_traceparent()))
    return StoredDecision(
        id=event.id, number=number, event=StoredEvent(event=text, published=False), request=request.digest
    )
