"""The requests of human review: bodies, query and ``If-Match``."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from permit_ocr.application.review.ports import Cursor
from permit_ocr.domain.identity import is_document_id
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_caller
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, invalid_fields, problem
from permit_ocr.entrypoints.http_api.requests import RequestBody, header

IF_MATCH: Final = "if-match"
ETAG: Final = "ETag"
_REVIEWER: Final = "[A-Za-z0-9._@+-]{1,64}"
_REVIEWER_RULE: Final = "must have 1 to 64 letters, digits and the characters . _ @ + -"
_LONGEST_VALUE: Final = 200
_LATEST: Final = 10**11
"""Seconds since 1970 that no document lives to see."""
_MOST_CORRECTIONS: Final = 20
"""More than any side has fields."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ETAGS: Final = re.compile(r'(?:W/)?"[^"]*"')
_ETAG_LIST: Final = re.compile(rf"\s*{_ETAGS.pattern}\s*(?:,\s*{_ETAGS.pattern}\s*)*")


type Rule = tuple[Callable[[str], bool], str]
"""Whether a parameter's value is right, and what it must be, in words."""


def _is_reviewer(value: str) -> bool:
    return re.fullmatch(_REVIEWER, value, re.ASCII) is not None


def _check_reviewer(value: str) -> str:
    if not _is_reviewer(value):
        raise PydanticCustomError("reviewer", _REVIEWER_RULE)
    return value


def _check_fields(value: Mapping[str, str]) -> Mapping[str, str]:
    if len(value) > _MOST_CORRECTIONS:
        raise PydanticCustomError("fields", f"must have at most {_MOST_CORRECTIONS} fields")
    if any(len(text) > _LONGEST_VALUE or _CONTROL.search(text) for text in value.values()):
        limit = f"must have values of at most {_LONGEST_VALUE} characters in one line"
        raise PydanticCustomError("fields", limit)
    return value


class LeaseRequest(RequestBody):
    """Who takes or returns a lease."""

    reviewer: Annotated[str, AfterValidator(_check_reviewer)] | None = Field(
        default=None,
        description="Which of the caller's reviewers this is, if it acts for several. The caller is named besides.",
        json_schema_extra={"pattern": f"^{_REVIEWER}$"},
    )


class DecisionBody(LeaseRequest):
    """A reviewer's decision."""

    decision: Literal["accepted", "rejected"]
    reason: Literal[
        "read_correctly", "corrected", "unreadable", "not_valid", "not_genuine", "wrong_document", "other"
    ] = Field(description="The first two are for *accepted*, the others for *rejected*.")
    fields: Annotated[dict[str, str], AfterValidator(_check_fields)] = Field(
        default={},
        description=(
            "The fields that were misread, as the card has them: by their names in the result's `fields`, a nested one "
            "as `outer.inner`."
        ),
    )
    override: Literal["original_seen", "issuer_confirmed", "exception_granted"] | None = Field(
        default=None, description="Why the card is accepted although the checks object."
    )
    supersedes: str | None = Field(
        default=None,
        description="The id of the decision's event that this one replaces: a decision is final otherwise.",
    )


def reviewer(app: Resolver, name: str | None) -> str:
    """Return who reviews: the caller as API Gateway has verified it, and which of its reviewers."""
    caller = get_caller(app)
    return f"{caller} reviewer {name}" if name else caller


def reviewer_in_query(app: Resolver) -> str | None:
    """Return the parameter ``reviewer`` of the current request, which has no body. Raises ``HttpProblem``."""
    return query_parameters(app, {"reviewer": (_is_reviewer, _REVIEWER_RULE)}).get("reviewer")


def etag(tag: str) -> str:
    """Return an entity tag."""
    return f'"{tag}"'


def if_match(app: Resolver) -> frozenset[str]:
    """Return the tags in ``If-Match``, which compares strongly: weak ones match nothing. Raises ``HttpProblem``."""
    value = header(app, IF_MATCH)
    if not value:
        raise HttpProblem(
            problem(
                428,
                "Review.NoIfMatch",
                "if-match: the ETag of the state that you decide on is missing.",
                "Send the ETag of GET /v1/recognitions/{document_id}/review or of the lease as If-Match.",
            )
        )
    if not _ETAG_LIST.fullmatch(value):  # also for *, which any state would match
        raise HttpProblem(invalid_fields([(IF_MATCH, "must be the ETag of the state that you decide on, in quotes")]))
    return frozenset(tag.strip('"') for tag in _ETAGS.findall(value) if tag.startswith('"'))


def serialize_cursor(cursor: Cursor) -> str:
    """Return a cursor as opaque text."""
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")


def parse_cursor(text: str) -> Cursor | None:
    """Return the cursor in a text, None if there is none."""
    try:
        document_id, expires_at = json.loads(base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", "-_", validate=True))
        if is_document_id(document_id) and 0 < expires_at < _LATEST:
            return document_id, int(expires_at)
    except (ValueError, TypeError, RecursionError):
        pass
    return None


def query_parameters(app: Resolver, rules: Mapping[str, Rule]) -> dict[str, str]:
    """Return the query of the current request. Raises ``HttpProblem`` that names every wrong or unknown parameter."""
    query: Mapping[str, Any] = app.current_event.query_string_parameters or {}
    given = {name: str(value) for name, value in query.items()}
    unknown = sorted(name if re.fullmatch("[a-z_]{1,32}", name) else "(invalid name)" for name in given.keys() - rules)
    errors = [(name, f"is no parameter; {', '.join(rules)} are") for name in dict.fromkeys(unknown)]
    for name, (is_right, rule) in rules.items():
        if name in given and not is_right(given[name]):
            errors.append((name, rule))
    if errors:
        raise HttpProblem(invalid_fields(errors))
    return given
