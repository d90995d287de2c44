"""Serves the HTTP API: each request on one of the template's routes is an invocation, answered as API Gateway does."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.account import ACCOUNT_ID
from sandbox.http_api.cors import preflight_response, with_cors_headers
from sandbox.http_api.events import HttpRequest, HttpResponse, error_response, http_response, request_event
from sandbox.http_api.jwt_authorizer import JwtAuthorizer, UnauthorizedError
from sandbox.http_api.routing import match_route
from sandbox.lambda_runtime.invocation import PAYLOAD_LIMIT, Invoke, Json
from sandbox.template.routes import CorsConfiguration, Route

BODY_LIMIT: Final = 10 * 1024 * 1024  # API Gateway's, in bytes
CALLER: Final = f"arn:aws:iam::{ACCOUNT_ID}:user/sandbox"
"""Who sends the requests on routes with IAM authorization: signatures are not verified."""
INTEGRATION_SECONDS: Final = 30.0  # API Gateway's maximum integration timeout


class HttpApi:
    """An ASGI application of ``routes``; ``functions`` invokes a function by its name.

    A route's JWT authorizer is enforced. IAM signatures are not verified.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        functions: Mapping[str, Invoke],
        authorizer: JwtAuthorizer | None = None,
        *,
        cors: CorsConfiguration | None = None,
    ) -> None:
        self._routes = routes
        self._functions = functions
        self._authorizer = authorizer or JwtAuthorizer()
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self._respond(Request(scope, receive))
        response = Response(answer.body, status_code=answer.status)
        for name, value in answer.headers:
            if name != "content-length":
                response.headers.append(name, value)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> HttpResponse:
        matched = match_route(self._routes, request.method, request.scope["path"])
        origin = request.headers.get("origin", "")
        if matched:
            response = await self._route_response(request, *matched)
            return with_cors_headers(response, self._cors, origin) if self._cors else response
        if self._cors and request.method == "OPTIONS":
            return preflight_response(self._cors, origin)
        return error_response(404, "Not Found")

    async def _route_response(self, request: Request, route: Route, parameters: Mapping[str, str]) -> HttpResponse:
        try:
            authorizer_context = await self._authorize(request, route)
        except UnauthorizedError as error:
            return _unauthorized(str(error))
        body = await _read_body(request)
        if body is None:
            return error_response(413, "Request Entity Too Large")
        event = request_event(
            _http_request(request, request.scope["path"], body),
            route_key="$default" if route.path == "$default" else f"{route.method} {route.path}",
            path_parameters=parameters,
            request_id=secrets.token_urlsafe(12),
            now=datetime.now(UTC),
        )
        event["requestContext"] |= authorizer_context
        if len(json.dumps(event, ensure_ascii=False).encode()) > PAYLOAD_LIMIT:
            return error_response(413, "Request Too Long")
        # The function keeps running after the API's timeout, as in Lambda.
        invocation = asyncio.ensure_future(self._functions[route.function_name](event))
        finished, _ = await asyncio.wait([invocation], timeout=INTEGRATION_SECONDS)
        return http_response(invocation.result()) if finished else error_response(503, "Service Unavailable")

    async def _authorize(self, request: Request, route: Route) -> Json:
        """Return what the authorizer adds to the event's request context. Raises ``UnauthorizedError``."""
        if route.jwt is None:
            return {"authorizer": {"iam": {"accountId": ACCOUNT_ID, "userArn": CALLER}}} if route.iam else {}
        authorization = request.headers.get("authorization", "")
        claims = await asyncio.to_thread(self._authorizer.verify, authorization, route.jwt)
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in claims.items()}
        return {"authorizer": {"jwt": {"claims": texts, "scopes": None}}}


class ApiServer(uvicorn.Server):
    """Serves the API on the loopback address, in the sandbox's event loop. Only the sandbox handles signals."""

    def __init__(self, api: ASGIApp, port: int) -> None:
        super().__init__(
            uvicorn.Config(api, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers as they are."""
        yield


def _unauthorized(reason: str) -> HttpResponse:
    response = error_response(401, "Unauthorized")
    challenge = f'Bearer scope="" error="invalid_token" error_description="{reason}"'
    return replace(response, headers=[*response.headers, ("www-authenticate", challenge)])


async def _read_body(request: Request) -> bytes | None:
    """Return the whole body, or None if it exceeds API Gateway's limit."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _http_request(request: Request, path: str, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        path=path,
        raw_query=request.scope["query_string"].decode("latin-1"),
        query=request.query_params.multi_items(),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]],
        body=body,
        source_ip=request.client.host if request.client else "127.0.0.1",
        protocol=f"HTTP/{request.scope['http_version']}",
    )
