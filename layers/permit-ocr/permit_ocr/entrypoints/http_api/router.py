"""Routes requests, answers those that no route accepts, and turns every error into problem details."""

from dataclasses import replace
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver, Response

from permit_ocr.application.ports import AuditLine
from permit_ocr.domain.errors import PermitOcrError, RetryableError
from permit_ocr.domain.identity import case_digest, is_document_id
from permit_ocr.entrypoints.caller import caller_of, scopes_of
from permit_ocr.entrypoints.http_api import case_by_name, post_recognitions, post_uploads, recognition_by_id
from permit_ocr.entrypoints.http_api.dependencies import ApiDependencies, Resolver
from permit_ocr.entrypoints.http_api.lists import expiries
from permit_ocr.entrypoints.http_api.paths import REVIEW_PATHS, ROUTES, RequestPath, is_rest, locate, parameter
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, error_response, problem, problem_response
from permit_ocr.entrypoints.http_api.responses import JSON, describe_problem
from permit_ocr.entrypoints.http_api.reviews import REVIEW_ROUTES
from permit_ocr.metrics import record_metric
from permit_ocr.observability import log_event, log_unexpected_error
from permit_ocr.trace_context import TRACEPARENT, continue_trace

OPENAPI_PATH: Final = "/v1/openapi.json"
OPENAPI_FILE: Final = Path(__file__).with_name("openapi.json")
"""Written by ``make schemas`` from the routes below and their classes."""
_HEADERS: Final = {"cache-control": "no-store", "vary": "Origin", "x-content-type-options": "nosniff"}
"""On every response: personal data must not be cached, and must not be taken for a page. API Gateway's CORS headers
differ by origin."""
_NO_ROUTE: Final = problem(404, "Request.NoRoute", "There is no such route.", "GET /v1/openapi.json lists the routes.")
_NO_REVIEWER: Final = problem(
    403,
    "Review.ScopeMissing",
    "Authorization: the token lacks the scope that the parameter JwtReviewScope names.",
    "Ask the operator for a token with this scope.",
)


def handle_request(event: dict[str, Any], context: Any, dependencies: ApiDependencies) -> dict[str, Any]:  # noqa: ANN401
    """Respond to one request of API Gateway, payload format 2.0 or 1.0.

    HEAD is answered as GET without the body, and a path with a slash at its end as without.
    """
    record_metric("ApiRequests")
    continue_trace(_header(event, TRACEPARENT))
    located = locate(event, unreported_base_path=dependencies.unreported_base_path)
    method = _method(event)
    if located is None:
        response = _proxy_response(problem_response(_NO_ROUTE))
    elif method == "OPTIONS":
        response = _proxy_response(Response(HTTPStatus.NO_CONTENT, body="", headers={"Allow": _allowed(located)}))
    elif method not in _allowed(located).split(", "):
        response = _proxy_response(_method_not_allowed(located))
    else:
        response = _audited_response(event, context, dependencies, located, method)
    body = {"body": ""} if method == "HEAD" else {}
    return {**response, **body, "headers": {**response.get("headers", {}), **_HEADERS}}


def _header(event: dict[str, Any], name: str) -> str | None:
    """Return a header of a request, None if it is missing or not a text."""
    headers = event.get("headers") or {}
    value = next((value for key, value in headers.items() if key.lower() == name), None)
    return value if isinstance(value, str) else None


def _audited_response(
    event: dict[str, Any],
    context: Any,  # noqa: ANN401
    dependencies: ApiDependencies,
    located: RequestPath,
    method: str,
) -> dict[str, Any]:
    """Respond on a route, and write to the audit trail who asked: before a deletion, or else before responding."""
    app = resolver(rest=is_rest(event))
    audited: dict[str, str | None] = {}
    listed: list[str] = []
    app.context |= {
        "dependencies": dependencies,
        "base_path": located.base_path,
        "audited": audited,
        "caller": caller_of(event),
        "listed": listed,
    }

    def record(status: int | None) -> None:
        if located.template != OPENAPI_PATH:
            fields = _document_or_case(located) | audited
            line = AuditLine(
                caller=caller_of(event),
                action=f"{method} {located.template}",
                request_id=str((event.get("requestContext") or {}).get("requestId")),
                status=status,
                **fields,
            )
            dependencies.audit.record([replace(line, document_id=one) for one in listed] or [line])

    try:
        if located.template in REVIEW_PATHS and not _may_review(event, dependencies.review_scope):
            record(HTTPStatus.FORBIDDEN)
            return _proxy_response(problem_response(_NO_REVIEWER))
        if method == "DELETE":
            record(None)
        routed_method = "GET" if method == "HEAD" else method
        response = app.resolve(_routed_event(event, located.path, method=routed_method), context)
        if method != "DELETE":
            record(response["statusCode"])
    except RetryableError as error:
        log_event("audit_not_written", code=error.code)
        return _proxy_response(error_response(error))
    return response


def _may_review(event: dict[str, Any], scope: str) -> bool:
    """Tell whether the caller may review. Checked here, since API Gateway routes other forms of a path elsewhere."""
    return not scope or scope in scopes_of(event)


def _document_or_case(located: RequestPath) -> dict[str, str | None]:
    """Return what the path names. Anything that is no id is left out: it may be any text."""
    document_id, case = parameter(located, "document_id"), parameter(located, "case")
    return {
        "document_id": document_id if document_id and is_document_id(document_id) else None,
        "case": case_digest(case) if case else None,
    }


@cache
def resolver(*, rest: bool = False) -> Resolver:
    """Return the resolver with every route, for payload format 1.0 if ``rest``.

    Powertools' validation stays off, because it accepts what no client should send and refuses valid requests: it
    unwraps an array that holds the body, and compares the content type case-sensitively.
    """
    app: Resolver = APIGatewayRestResolver() if rest else APIGatewayHttpResolver()
    for routes in (post_recognitions, recognition_by_id, post_uploads, case_by_name, *REVIEW_ROUTES, expiries):
        routes.add_routes(app)
    _add_openapi_route(app)
    app.exception_handler(HttpProblem)(_problem)
    app.exception_handler(PermitOcrError)(error_response)
    app.exception_handler(Exception)(_unexpected)
    return app


def _add_openapi_route(app: Resolver) -> None:
    @app.get(
        OPENAPI_PATH,
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


def _unexpected(error: Exception) -> Response[str]:
    log_unexpected_error(error)
    return problem_response(
        problem(500, "Internal", "Internal error.", "Try again; if the error persists, tell the operator.")
    )


def _method(event: dict[str, Any]) -> str:
    context: dict[str, Any] = event.get("requestContext") or {}
    return str(event.get("httpMethod") if is_rest(event) else context.get("http", {}).get("method")).upper()


def _allowed(located: RequestPath) -> str:
    """Return the methods of a path as the header ``Allow`` has them."""
    methods = ROUTES[located.template]
    return ", ".join([*methods, "HEAD"] if "GET" in methods else methods)


def _method_not_allowed(located: RequestPath) -> Response[str]:
    allowed = _allowed(located)
    detail = f"The method is not one of this path: {allowed}."
    response = problem_response(problem(405, "Request.MethodNotAllowed", detail, "Use one of these methods."))
    response.headers["Allow"] = allowed
    return response


def _routed_event(event: dict[str, Any], path: str, *, method: str) -> dict[str, Any]:
    """Return the event as API Gateway would send it for ``path``, without a base path."""
    if is_rest(event):
        return {**event, "path": path, "httpMethod": method}
    context = event["requestContext"]
    # The resolver would cut off as many characters as a named stage has, whether the path begins with it or not.
    context = {**context, "stage": "$default", "http": {**context["http"], "method": method}}
    return {**event, "rawPath": path, "requestContext": context}


def _proxy_response(response: Response[str]) -> dict[str, Any]:
    """Return a response in the form that API Gateway expects."""
    return {
        "statusCode": response.status_code,
        "headers": dict(response.headers),
        "body": response.body,
        "isBase64Encoded": False,
    }
