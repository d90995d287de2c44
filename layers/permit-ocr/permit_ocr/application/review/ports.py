"""The port of human review, and the types that pass through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from permit_ocr.application.intake_messages import PublishDecisionMessage
from permit_ocr.application.ports import OpenReview, StoredEvent
from permit_ocr.domain.events import Document
from permit_ocr.domain.identity import review_tag
from permit_ocr.domain.permits import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLease:
    """Keeps two reviewers apart: until ``until`` (seconds since 1970) only ``holder`` can decide."""

    holder: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReview:
    """A document on the list of open reviews. Times are in seconds since 1970."""

    document_id: str
    review: OpenReview
    since: float
    expires_at: int
    """When the document expires, decided or not."""
    lease: ReviewLease | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """The last decision on a document."""

    id: str
    """The id of its event."""
    number: int
    """From 1; a decision that supersedes another has the next number."""
    event: StoredEvent
    request: str
    """Digest of who requested what: the same for a request that is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewState:
    """The state of a document's review."""

    listed: ListedReview
    """As it was on the list, or still is if there is no decision."""
    result: str
    """The document's result as it was published: an event as JSON."""
    decision: StoredDecision | None

    @property
    def tag(self) -> str:
        """What changes with each decision."""
        decided = self.decision.id if self.decision else None
        return review_tag(document_id=self.listed.document_id, since=self.listed.since, decision_id=decided)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision to be stored, after the one with the id ``after``; None for the first."""

    decision: StoredDecision
    after: str | None
    holder: str
    """Who decides: nobody else may have the lease."""
    expires_at: int
    """When the document expires."""


type Cursor = tuple[str, int]
"""The id of the last document of a page, and when it expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """A part of the list, the oldest first. ``next`` is None at its end."""

    reviews: Sequence[ListedReview]
    next: Cursor | None


class Conflict(Exception):
    """Somebody else has the lease or has decided meanwhile. ``state`` is how it is now."""

    def __init__(self, state: ReviewState) -> None:
        super().__init__("conflict")
        self.state = state


class DelayedQueue(Protocol):
    """The intake queue."""

    def enqueue(self, message: PublishDecisionMessage, *, delay_seconds: int = 0) -> None:
        """Send a message that nobody receives before ``delay_seconds`` have passed. Raises ``RetryableError``."""


class Reviews(Protocol):
    """The reviews of documents, in the documents' own state. All raise ``RetryableError``."""

    def page(self, *, kind: Kind | None, reason: str | None, limit: int, after: Cursor | None) -> ReviewPage:
        """Return open reviews, the oldest first. What was decided a moment ago may still be there.

        A page may have fewer than ``limit`` although there is a next one.
        """

    def open(self, document_id: str, review: OpenReview) -> None:
        """Put a document on the list, or replace its reasons if it is there; not if it was decided on or deleted."""

    def replace_reasons(self, document_id: str, review: OpenReview | None) -> None:
        """Replace the reasons of a document that is on the list; None takes it off the list, undecided."""

    def get(self, document_id: str) -> ReviewState | None:
        """Return the state of a document's review, None if it was never on the list. Raises ``Deleted``."""

    def lease(self, document_id: str, *, holder: str, seconds: float) -> ReviewState | None:
        """Give ``holder`` the lease, again if they have it, and return the state. Raises ``Conflict``, ``Deleted``."""

    def release(self, document_id: str, *, holder: str) -> None:
        """End the lease of ``holder``, if they have it."""

    def store_decision(self, document_id: str, new: NewDecision) -> str | None:
        """Store a decision, take the document off the list, and begin to send it: see ``begin_sending``.

        Returns None if it is not on the list any more: it needs no review now, or has expired. Raises ``Conflict`` if
        another decision was stored meanwhile or somebody else has the lease, and ``Deleted``.
        """

    def begin_sending(self, document_id: str, decision_id: str) -> str | None:
        """Return a token for sending a decision's event; None if it is published, or replaced by another decision.

        Until ``end_sending``, or for longer than a function can run, the document is not deleted. Raises
        ``DecisionBeingSent`` while it is being sent elsewhere, and ``Deleted``.
        """

    def end_sending(self, document_id: str, token: str, *, published: bool) -> None:
        """Store that sending has ended, and whether it is published. Raises ``Deleted``: erase it again then."""


class StoredImages(Protocol):
    """The images that were read."""

    def url(self, document: Document, *, seconds: int) -> str | None:
        """Return a URL of a document's image that is valid for ``seconds``, None if it is not stored (any more).

        Raises ``RetryableError``.
        """
