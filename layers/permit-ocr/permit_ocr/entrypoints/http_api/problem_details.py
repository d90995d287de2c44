"""Problem details (RFC 9457): the form of every error response of the API."""

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.domain.errors import Deleted, PermitOcrError, RateLimited, RetryableError

CONTENT_TYPE: Final = "application/problem+json"
PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "code", "advice"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Names the field and the limit."},
        "code": {"type": "string"},
        "advice": {"type": "string", "description": "What to do about it."},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}},
        },
        "result": {"type": "object", "description": "The published `permit.rejected.v1`, for a rejected photo."},
    },
}
_CIRCUIT_OPEN_SECONDS: Final = 60.0


class HttpProblem(Exception):
    """Ends a request with a problem as its response."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["code"])
        self.problem = problem


def problem(status: int, code: str, detail: str, advice: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Return a problem. ``detail`` names the field and the limit, ``advice`` the remedy; ``members`` extend it."""
    return {
        "type": f"urn:permit-ocr:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
        "advice": advice,
        **members,
    }


def invalid_fields(errors: Sequence[tuple[str, str]], *, known: Sequence[str] = ()) -> dict[str, Any]:
    """Return the problem of a request with wrong fields; ``errors`` are their names and messages.

    ``known`` are the names of all fields, for a sender who does not know them.
    """
    fields = f" The fields of this request are {', '.join(known)}." if known else ""
    return problem(
        422,
        "Request.InvalidField",
        "; ".join(f"{field}: {message}" for field, message in errors),
        f"Fix the named fields and send the request again.{fields}",
        errors=[{"field": field, "message": message} for field, message in errors],
    )


def problem_response(problem: Mapping[str, Any]) -> Response[str]:
    """Return a problem as a response."""
    return Response(problem["status"], CONTENT_TYPE, json.dumps(problem, ensure_ascii=False))


def error_response(error: PermitOcrError) -> Response[str]:
    """Return the response to an error that is not the request's fault: deleted, or when to try again."""
    if isinstance(error, Deleted):
        return problem_response(problem(HTTPStatus.GONE, error.code, f"document_id: {error.meaning}", error.advice))
    after = error.after_seconds if isinstance(error, RetryableError) else _CIRCUIT_OPEN_SECONDS
    status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, RateLimited) else HTTPStatus.SERVICE_UNAVAILABLE
    response = problem_response(problem(status, error.code, error.meaning, "Try again later."))
    response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response
