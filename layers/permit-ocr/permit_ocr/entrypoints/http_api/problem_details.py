"""Problem details (RFC 9457): the one form of every error our API answers."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
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
        "advice": {"type": "string", "description": "The way out."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "result": {"type": "object", "description": "The published `permit.rejected.v1`, for a rejected photograph."},
    },
}


def problem(status: int, code: str, detail: str, advice: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Return a problem. ``detail`` names the field and the limit, ``advice`` the way out; ``members`` extend it."""
    return {
        "type": f"urn:permit-ocr:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
        "advice": advice,
        **members,
    }


def fields_problem(errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the problem of a request whose fields are wrong.

    ``errors`` are those of a ``RequestValidationError``: only place, message and type are used, never the input.
    """
    wrong = [{"field": _field(error), "message": _message(error)} for error in errors]
    if any(error.get("type") == "json_invalid" for error in errors):
        return problem(
            400, "Request.NotJson", "The body is not JSON.", "Send a JSON object as the OpenAPI document describes it."
        )
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in wrong)
    return problem(
        422, "Request.InvalidField", detail, "Mend the named fields and send the request again.", errors=wrong
    )


def as_response(body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the problem as API Gateway's proxy integrations want a response."""
    return {
        "statusCode": body["status"],
        "headers": {"content-type": CONTENT_TYPE, **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def _field(error: Mapping[str, Any]) -> str:
    place = [str(part) for part in error.get("loc", ()) if part not in {"body", "request"}]
    # The name of a field nobody knows is the sender's text: it might be the whole photograph.
    return ".".join(part if _NAME.fullmatch(part) else "(a name that is none)" for part in place) or "body"


def _message(error: Mapping[str, Any]) -> str:
    if error.get("type") == "extra_forbidden":
        return "is not a field of this request"
    return str(error.get("msg", ""))
