"""Refuses requests that no route accepts, routes the others, and turns every error into problem details."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.entrypoints.http_api import get_case, post_recognitions, post_uploads, recognition_by_id
from permit_ocr.entrypoints.http_api.dependencies import BODY_LIMIT, ApiDependencies, Resolver
from permit_ocr.entrypoints.http_api.problem_details import (
    CONTENT_TYPE,
    HttpProblem,
    error_response,
    problem,
    problem_response,
)
from permit_ocr.entrypoints.http_api.requests import NOT_JSON, has_json_content_type
from permit_ocr.entrypoints.http_api.responses import JSON, describe_problem
from permit_ocr.observability import log_unexpected_error

OPENAPI_FILE: Final = Path(__file__).with_name("openapi.json")
"""Written by ``make schemas`` from the routes below and their classes."""
_SECURITY_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""On every response: personal data must not be cached, and must not be taken for a page."""


def handle_request(event: dict[str, Any], context: Any, dependencies: ApiDependencies) -> dict[str, Any]:  # noqa: ANN401
    """Respond to one request of API Gateway, payload format 2.0 or 1.0."""
    refusal = _refusal(event)
    if refusal:
        response = _proxy_response(refusal)
    else:
        app = resolver(rest=event.get("version") != "2.0")
        app.context["dependencies"] = dependencies
        response = app.resolve(event, context)
    return {**response, "headers": {**response.get("headers", {}), **_SECURITY_HEADERS}}


@cache
def resolver(*, rest: bool = False) -> Resolver:
    """Return the resolver with every route, for payload format 1.0 if ``rest``.

    Powertools' validation stays off, because it accepts what no client should send and refuses valid requests: it
    unwraps an array that holds the body, and compares the content type case-sensitively.
    """
    app: Resolver = APIGatewayRestResolver() if rest else APIGatewayHttpResolver()
    for routes in (post_recognitions, recognition_by_id, post_uploads, get_case):
        routes.add_routes(app)
    _add_openapi_route(app)
    app.exception_handler(HttpProblem)(_problem)
    app.exception_handler(PermitOcrError)(error_response)
    app.exception_handler(Exception)(_unexpected)
    app.not_found(_no_route)
    return app


def _add_openapi_route(app: Resolver) -> None:
    @app.get(
        "/v1/openapi.json",
        operation_id="getOpenApi",
        summary="Get this document",
        responses={
            200: {"description": "OpenAPI 3.1", "content": {JSON: {"schema": {"type": "object"}}}},
            500: describe_problem("Internal error."),
        },
    )
    def get_openapi() -> Response[str]:
        return Response(HTTPStatus.OK, JSON, OPENAPI_FILE.read_text(encoding="utf-8"))


def _problem(error: HttpProblem) -> Response[str]:
    return problem_response(error.problem)


def _no_route(_error: NotFoundError) -> Response[str]:
    return problem_response(
        problem(404, "Request.NoRoute", "There is no such route.", "GET /v1/openapi.json lists the routes.")
    )


def _unexpected(error: Exception) -> Response[str]:
    log_unexpected_error(error)
    return problem_response(
        problem(500, "Internal", "Internal error.", "Try again; if the error persists, tell the operator.")
    )


def _refusal(event: dict[str, Any]) -> dict[str, Any] | None:
    """Return the problem of a request that no route accepts."""
    body = event.get("body") or ""
    size = len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())
    if size > BODY_LIMIT:
        return problem(
            413,
            "Request.TooLarge",
            f"body: {size:,} bytes, the limit is {BODY_LIMIT:,}.",
            "Request a form with POST /v1/uploads, or put the photo into the upload bucket.",
        )
    return NOT_JSON if body and not has_json_content_type(event.get("headers") or {}) else None


def _proxy_response(problem: dict[str, Any]) -> dict[str, Any]:
    """Return a problem in the form that API Gateway expects."""
    response = problem_response(problem)
    return {
        "statusCode": response.status_code,
        "headers": {"content-type": CONTENT_TYPE},
        "body": response.body,
        "isBase64Encoded": False,
    }
