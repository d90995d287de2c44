"""The responses of human review."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.review.ports import ListedReview, Reviews, ReviewState
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, problem
from permit_ocr.entrypoints.http_api.responses import JSON
from permit_ocr.entrypoints.http_api.reviews.requests import ETAG, etag

_OFF: Final = problem(
    404, "Reviews.Off", "There are no reviews in this deployment.", "The operator can set Reviews to enabled."
)
NOT_LISTED: Final = problem(
    404,
    "Review.Unknown",
    "document_id: there is no review of such a document; it needs none, it is not done, or it has expired.",
    "GET /v1/reviews lists the open reviews.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLeaseResponse:
    """Keeps two reviewers apart: until it ends, nobody else can decide."""

    holder: str
    """Who has it."""
    until: str
    """When it ends, in ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """A document that needs a review."""

    document_id: str
    kind: Kind
    side: Side
    reasons: tuple[str, ...]
    """Why: the reasons of its result, and those of its pair."""
    since: str
    """When its result was published, in ISO 8601."""
    expires_at: str
    """When the review ends undecided, because the document is not kept longer, in ISO 8601."""
    lease: ReviewLeaseResponse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewList:
    """A page of the open reviews, the oldest first."""

    reviews: tuple[ReviewSummary, ...]
    next: str | None
    """The `cursor` of the next page; null on the last one."""


def get_reviews(app: Resolver) -> Reviews:
    """Return the reviews. Raises ``HttpProblem`` if the deployment has none."""
    reviews = get_dependencies(app).reviews
    if reviews is None:
        raise HttpProblem(_OFF)
    return reviews


def summary(listed: ListedReview) -> ReviewSummary:
    """Return what a response says about a document on the list."""
    lease = listed.lease
    return ReviewSummary(
        document_id=listed.document_id,
        kind=listed.review.kind,
        side=listed.review.side,
        reasons=listed.review.reasons,
        since=_iso(listed.since),
        expires_at=_iso(listed.expires_at),
        lease=ReviewLeaseResponse(holder=lease.holder, until=_iso(lease.until)) if lease else None,
    )


def state_as_json(state: ReviewState) -> dict[str, Any]:
    """Return the state of a review in the form of ``ReviewResponse``."""
    decision = json.loads(state.decision.event.event) if state.decision else None
    return {
        "state": "decided" if decision else "open",
        **asdict(summary(state.listed)),
        "decision": decision,
    }


def state_response(state: ReviewState) -> Response[str]:
    """Return the state of a review as a response, with its tag."""
    body = json.dumps(state_as_json(state), ensure_ascii=False)
    return Response(200, JSON, body, headers={ETAG: etag(state.tag)})


def stale(state: ReviewState) -> HttpProblem:
    """Return the problem of a request about another state than the current one."""
    return HttpProblem(
        problem(
            412,
            "Review.Stale",
            "if-match: it is not the ETag of the current state.",
            "Look at the current state, and decide again with its ETag if that is still needed.",
            review=state_as_json(state),
            etag=etag(state.tag),
        )
    )


def conflict(state: ReviewState, *, reviewer: str) -> HttpProblem:
    """Return the problem of a request that somebody else's lease or decision forbids."""
    lease = state.listed.lease
    if lease and lease.holder != reviewer:
        code, detail = "Review.Leased", "Somebody else has the lease of the document."
        advice = "Review another document, or wait until the lease ends."
    else:
        code, detail = "Review.Decided", "supersedes: it is not the id of the decision on the document."
        advice = "A decision is final. To replace it, send the id of its event as supersedes; omit it if there is none."
    return HttpProblem(problem(409, code, detail, advice, review=state_as_json(state), etag=etag(state.tag)))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
