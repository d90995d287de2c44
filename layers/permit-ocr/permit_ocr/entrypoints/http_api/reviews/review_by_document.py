"""``/v1/recognitions/{document_id}/review``: the state of a document's review, its lease, and the decision on it."""

from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.review.decide_review import (
    DecisionRequest,
    InvalidDecision,
    OverrideNeeded,
    Stale,
)
from permit_ocr.application.review.ports import Conflict, ReviewState
from permit_ocr.domain.review.decision import Decision, DecisionReason, OverrideReason
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, invalid_fields, problem
from permit_ocr.entrypoints.http_api.recognition_by_id import check_document_id
from permit_ocr.entrypoints.http_api.requests import parse_body
from permit_ocr.entrypoints.http_api.responses import describe_json, describe_problem
from permit_ocr.entrypoints.http_api.reviews.requests import (
    DecisionBody,
    LeaseRequest,
    if_match,
    reviewer,
    reviewer_in_query,
)
from permit_ocr.entrypoints.http_api.reviews.responses import NOT_LISTED, conflict, get_reviews, stale, state_response
from permit_ocr.observability import log_event

LEASE_SECONDS: Final = 300
_PATH: Final = "/v1/recognitions/<document_id>/review"
_ETAG: Final = {"ETag": "Changes with each decision: send it as `If-Match` to decide."}
_READ: Final = {
    403: describe_problem("The token lacks the scope that reviewers need."),
    404: describe_problem("The document has no review: it needs none, is not done, or has expired."),
    410: describe_problem("The document was deleted."),
    422: describe_problem("The id is malformed."),
    500: describe_problem("Internal error."),
    503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
}
_WITH_BODY: Final = {
    400: describe_problem("The body is not JSON."),
    413: describe_problem("The body is larger than 5 MB."),
    415: describe_problem("The request is not JSON in UTF-8."),
    422: describe_problem("The id is malformed, or a field is wrong."),
}


def add_routes(app: Resolver) -> None:
    """Add the routes to ``app``."""
    _add_state(app)
    _add_lease(app)
    _add_decision(app)


def _add_state(app: Resolver) -> None:
    @app.get(
        _PATH,
        operation_id="getReview",
        summary="Get the state of a document's review",
        description="Open, or the event of the last decision as it is published. It is kept as long as the document.",
        responses={200: describe_json("The state.", "ReviewResponse", headers=_ETAG), **_READ},
    )
    def get_review(document_id: str) -> Response[str]:
        check_document_id(document_id)
        return _response(get_reviews(app).get(document_id))


def _add_lease(app: Resolver) -> None:
    @app.post(
        f"{_PATH}/lease",
        operation_id="leaseReview",
        summary="Take the lease of a review, or renew it",
        description=(
            f"For {LEASE_SECONDS // 60} minutes nobody else can decide on the document or take its lease. Requested "
            "again by its holder, it starts anew. A decision ends it."
        ),
        responses={
            200: describe_json("The state, with the lease.", "ReviewResponse", headers=_ETAG),
            **_READ,
            **_WITH_BODY,
            409: describe_problem("Somebody else has the lease; with the current state as `review`."),
        },
    )
    def lease_review(document_id: str) -> Response[str]:
        check_document_id(document_id)
        holder = reviewer(app, parse_body(LeaseRequest, app).reviewer)
        try:
            return _response(get_reviews(app).lease(document_id, holder=holder, seconds=LEASE_SECONDS))
        except Conflict as error:
            raise conflict(error.state, reviewer=holder) from None

    @app.delete(
        f"{_PATH}/lease",
        operation_id="releaseReview",
        summary="Return the lease of a review",
        description="Lets others review the document. It is no error if the caller does not have the lease.",
        responses={
            204: {"description": "The caller does not have the lease any more."},
            404: describe_problem("The deployment has no reviews."),
            422: describe_problem("The id or the reviewer is malformed."),
            **{status: _READ[status] for status in (403, 500, 503)},
        },
    )
    def release_review(document_id: str) -> Response[str]:
        check_document_id(document_id)
        holder = reviewer(app, reviewer_in_query(app))
        get_reviews(app).release(document_id, holder=holder)
        return Response(HTTPStatus.NO_CONTENT, None, "")


def _add_decision(app: Resolver) -> None:
    @app.post(
        _PATH,
        operation_id="decideReview",
        summary="Decide on a document",
        description=(
            "Corrected fields are judged again today by the same checks. If these object to a card that is to be "
            "accepted, or do not match its other side, the request needs `override`, which the event states. The "
            "decision is published as `permit.reviewed.v1`, and a pair is completed again with it. It is final: "
            "another one needs `supersedes`. Repeating a request changes nothing."
        ),
        responses={
            200: describe_json("The decision is stored.", "ReviewResponse", headers=_ETAG),
            **_READ,
            **_WITH_BODY,
            409: describe_problem("Somebody else has the lease, or there is a decision; with the state as `review`."),
            412: describe_problem("The state has changed since; with the current one as `review` and its `etag`."),
            422: describe_problem("A field is wrong, or the checks object: then with their `objections`."),
            428: describe_problem("`If-Match` is missing."),
        },
    )
    def decide_review(document_id: str) -> Response[str]:
        check_document_id(document_id)
        get_reviews(app)
        body, tags = parse_body(DecisionBody, app), if_match(app)
        request = DecisionRequest(
            document_id=document_id,
            tags=tags,
            decision=Decision(body.decision),
            reason=DecisionReason(body.reason),
            override=OverrideReason(body.override) if body.override else None,
            fields=body.fields,
            supersedes=body.supersedes,
            reviewer=reviewer(app, body.reviewer),
        )
        try:
            state = get_dependencies(app).decide_review(request)
        except Stale as error:
            raise stale(error.state) from None
        except Conflict as error:
            raise conflict(error.state, reviewer=request.reviewer) from None
        except InvalidDecision as error:
            raise HttpProblem(invalid_fields([(error.field, error.message)])) from None
        except OverrideNeeded as error:
            raise HttpProblem(_override_needed(error)) from None
        log_event("review_decided", document_id=document_id)
        return _response(state)


def _response(state: ReviewState | None) -> Response[str]:
    if state is None:
        raise HttpProblem(NOT_LISTED)
    return state_response(state)


def _override_needed(error: OverrideNeeded) -> dict[str, object]:
    return problem(
        422,
        "Review.OverrideNeeded",
        f"override: the checks object to what would be accepted: {', '.join(error.objections)}.",
        "Correct the fields that were misread, reject the card, or send a reason as override.",
        verdict=error.verdict,
        objections=error.objections,
    )
