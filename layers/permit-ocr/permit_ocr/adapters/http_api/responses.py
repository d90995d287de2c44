"""The forms in which the routes answer: JSON, or problem details."""

import json
import math
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from permit_ocr.adapters.problem_details import CONTENT_TYPE, PROBLEM_SCHEMA, problem
from permit_ocr.domain.errors import NoSlot, PermitOcrError, RetryLater

JSON: Final = "application/json"
_LINE_STOPPED_SECONDS: Final = 60.0


def described(description: str) -> OpenAPIResponse:
    """Return the OpenAPI description of an answer in problem details."""
    return {"description": description, "content": {CONTENT_TYPE: {"schema": PROBLEM_SCHEMA}}}


def problem_response(body: dict[str, Any]) -> Response[str]:
    """Return the answer that says ``body``, a problem."""
    return Response(body["status"], CONTENT_TYPE, json.dumps(body, ensure_ascii=False))


def not_now(error: PermitOcrError) -> Response[str]:
    """Return the answer to what is no fault of the request: when to try again."""
    after = error.after_seconds if isinstance(error, RetryLater) else _LINE_STOPPED_SECONDS
    status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, NoSlot) else HTTPStatus.SERVICE_UNAVAILABLE
    response = problem_response(problem(status, error.code, error.meaning, "Try again later."))
    response.headers["Retry-After"] = str(max(1, math.ceil(after)))
    return response
