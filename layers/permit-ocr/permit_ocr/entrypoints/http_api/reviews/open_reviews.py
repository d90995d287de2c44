"""``GET /v1/reviews``: the documents that wait for a person's decision."""

from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.domain.permits import Kind
from permit_ocr.entrypoints.http_api.dependencies import Resolver
from permit_ocr.entrypoints.http_api.responses import describe_json, describe_problem, json_response
from permit_ocr.entrypoints.http_api.reviews.requests import Rule, parse_cursor, query_parameters, serialize_cursor
from permit_ocr.entrypoints.http_api.reviews.responses import ReviewList, get_reviews, summary

_LARGEST_PAGE: Final = 100
_DEFAULT_PAGE: Final = 25
_LONGEST_REASON: Final = 64


def _is_limit(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_PAGE))
    return is_number and 1 <= int(text) <= _LARGEST_PAGE


_RULES: Final[dict[str, Rule]] = {
    "limit": (_is_limit, f"must be a number from 1 to {_LARGEST_PAGE}"),
    "cursor": (lambda text: parse_cursor(text) is not None, "must be the next of an earlier response"),
    "kind": (lambda text: text in set(Kind), f"must be {' or '.join(Kind)}"),
    "reason": (lambda text: 1 <= len(text) <= _LONGEST_REASON, f"must have 1 to {_LONGEST_REASON} characters"),
}


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/reviews",
        operation_id="listReviews",
        summary="List the open reviews",
        description=(
            "The documents whose verdict is *review*, by themselves or in their pair, until somebody decides on them: "
            "the oldest first. They are kept for `KeepDays`. What was decided a moment ago may still be listed. A "
            "filter may leave a page short or empty although `next` is not null."
        ),
        responses={
            200: describe_json("A page of the list.", "ReviewList"),
            403: describe_problem("The token lacks the scope that reviewers need."),
            404: describe_problem("The deployment has no reviews."),
            422: describe_problem("A parameter is wrong."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def list_reviews() -> Response[str]:
        given = query_parameters(app, _RULES)
        kind, cursor = given.get("kind"), given.get("cursor")
        page = get_reviews(app).page(
            kind=Kind(kind) if kind else None,
            reason=given.get("reason"),
            limit=int(given.get("limit", _DEFAULT_PAGE)),
            after=parse_cursor(cursor) if cursor else None,
        )
        return json_response(
            ReviewList(
                reviews=tuple(summary(listed) for listed in page.reviews),
                next=serialize_cursor(page.next) if page.next else None,
            )
        )
