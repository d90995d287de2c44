"""The front of the API: refuses what no route could take, hands the rest to its route, foresees what may go wrong."""

from functools import cache
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError

from permit_ocr.entrypoints.http_api import (
    delete_recognition,
    get_case,
    get_openapi,
    get_recognition,
    post_recognitions,
    post_uploads,
)
from permit_ocr.entrypoints.http_api.application import BODY_LIMIT, ApiApplication, Resolver, hand_in
from permit_ocr.entrypoints.http_api.problem_details import as_response, fields_problem, problem
from permit_ocr.entrypoints.http_api.request_body import says_json
from permit_ocr.entrypoints.http_api.responses import problem_response
from permit_ocr.observability import log_unexpected_error

_ROUTES: Final = (post_recognitions, get_recognition, delete_recognition, post_uploads, get_case, get_openapi)
_ON_EVERY_ANSWER: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""What an answer says of a person is kept by no browser and no proxy, and is no page."""
_NOT_JSON: Final = problem(
    415,
    "Request.NotJson",
    "content-type and body: the request must be JSON in UTF-8, with the content type application/json.",
    "Send the photograph within JSON, as Base64.",
)


def answer(event: dict[str, Any], context: Any, application: ApiApplication) -> dict[str, Any]:  # noqa: ANN401
    """Answer one request of API Gateway, whichever payload format it has."""
    response = _answer(event, context, application)
    return {**response, "headers": {**response.get("headers", {}), **_ON_EVERY_ANSWER}}


def _answer(event: dict[str, Any], context: Any, application: ApiApplication) -> dict[str, Any]:  # noqa: ANN401
    size = _body_size(event)
    if size > BODY_LIMIT:
        return as_response(_too_large(size))
    if event.get("body") and not says_json(event.get("headers") or {}):
        return as_response(_NOT_JSON)
    app = resolver(rest=event.get("version") != "2.0")
    hand_in(app, application)
    return app.resolve(event, context)


@cache
def resolver(*, rest: bool = False) -> Resolver:
    """Return the resolver with every route. It validates nothing: the routes read their requests themselves."""
    app: Resolver = APIGatewayRestResolver() if rest else APIGatewayHttpResolver()
    for route in _ROUTES:
        route.add_route(app)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(UnicodeDecodeError)(_not_json)
    app.exception_handler(RequestUnsupportedContentType)(_not_json)
    app.exception_handler(RecursionError)(_nested)
    app.exception_handler(Exception)(_unexpected)
    app.not_found(_no_route)
    return app


def _invalid(error: RequestValidationError) -> Response[str]:
    return problem_response(fields_problem(error.errors()))


def _not_json(_error: Exception) -> Response[str]:
    return problem_response(_NOT_JSON)


def _nested(_error: Exception) -> Response[str]:
    return problem_response(
        problem(400, "Request.NotJson", "The body is nested too deeply.", "Send a JSON object of plain fields.")
    )


def _no_route(_error: NotFoundError) -> Response[str]:
    return problem_response(
        problem(404, "Request.NoRoute", "There is no such route.", "GET /v1/openapi.json describes those there are.")
    )


def _unexpected(error: Exception) -> Response[str]:
    log_unexpected_error(error)
    return problem_response(
        problem(500, "Internal", "Something of ours failed.", "Try again; if it lasts, tell the operator.")
    )


def _too_large(size: int) -> dict[str, Any]:
    return problem(
        413,
        "Request.TooLarge",
        f"body: {size:,} bytes, the limit is {BODY_LIMIT:,}.",
        "Ask POST /v1/uploads for an upload, or put the photograph into the upload bucket.",
    )


def _body_size(event: dict[str, Any]) -> int:
    body = event.get("body") or ""
    return len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())
