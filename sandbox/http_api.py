"""The HTTP API's front: each request on one of the template's routes is an invocation, answered as API Gateway does."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.lambda_events import (
    PAYLOAD_LIMIT,
    HttpAnswer,
    HttpRequest,
    Json,
    Outcome,
    http_answer,
    http_event,
    problem,
)
from sandbox.template import Route
from sandbox.tokens import Tokens, UnauthorizedError

type Invoke = Callable[[Json], Awaitable[Outcome]]

BODY_LIMIT: Final = 10 * 1024 * 1024  # bytes, API Gateway's
INTEGRATION_SECONDS: Final = 30.0  # the longest an HTTP API waits for a function


def match(routes: Sequence[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route that API Gateway would take, with its path parameters, or None.

    A path without variables goes before one with, that before a greedy one, all before ``$default``; a method before
    ANY. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    found: list[tuple[tuple[int, int, int], Route, dict[str, str]]] = []
    for route in routes:
        parameters = _path_parameters(route.path, path)
        if parameters is not None and route.method in (method, "ANY"):
            variables, greedy = route.path.count("{"), route.path.count("+}")
            kind = 3 if route.path == "$default" else 2 if greedy else 1 if variables else 0
            found.append(((kind, -route.path.count("/"), int(route.method == "ANY")), route, parameters))
    if not found:
        return None
    _, route, parameters = min(found, key=lambda candidate: candidate[0])
    return route, parameters


class HttpApi:
    """An ASGI application of ``routes``; ``invokers`` runs a function by its name.

    Tokens are asked for and judged where a route has an authorizer; requests' signatures are not looked at.
    """

    def __init__(self, routes: Sequence[Route], invokers: Mapping[str, Invoke], tokens: Tokens | None = None) -> None:
        self._routes = routes
        self._invokers = invokers
        self._tokens = tokens or Tokens()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        said = await self._answer(Request(scope, receive))
        response = Response(said.body, status_code=said.status)
        for name, value in said.headers:
            if name != "content-length":
                response.headers.append(name, value)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> HttpAnswer:
        path = request.scope["path"]
        matched = match(self._routes, request.method, path)
        if matched is None:
            return problem(404, "Not Found")
        route, parameters = matched
        try:
            caller = await self._caller(request, route)
        except UnauthorizedError as error:
            return _unauthorized(str(error))
        body = await _body(request)
        if body is None:
            return problem(413, "Request Entity Too Large")
        event = http_event(
            _received(request, path, body),
            route_key="$default" if route.path == "$default" else f"{route.method} {route.path}",
            path_parameters=parameters,
            request_id=secrets.token_urlsafe(12),
            now=datetime.now(UTC),
        )
        event["requestContext"] |= caller
        if len(json.dumps(event, ensure_ascii=False).encode()) > PAYLOAD_LIMIT:
            return problem(413, "Request Too Long")
        # The function goes on when the API gives up on it, as it does in Lambda.
        run = asyncio.ensure_future(self._invokers[route.function_name](event))
        finished, _ = await asyncio.wait([run], timeout=INTEGRATION_SECONDS)
        return http_answer(run.result()) if finished else problem(503, "Service Unavailable")

    async def _caller(self, request: Request, route: Route) -> Json:
        """Return what an authorizer adds to the event's context. Raises ``UnauthorizedError``."""
        if route.jwt is None:
            return {}
        authorization = request.headers.get("authorization", "")
        claims = await asyncio.to_thread(self._tokens.claims, authorization, route.jwt)
        texts = {name: said if isinstance(said, str) else json.dumps(said) for name, said in claims.items()}
        return {"authorizer": {"jwt": {"claims": texts, "scopes": None}}}


class ApiServer(uvicorn.Server):
    """Serves the API on the loopback address, in the sandbox's event loop; the sandbox alone listens to signals."""

    def __init__(self, api: HttpApi, port: int) -> None:
        super().__init__(
            uvicorn.Config(api, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers as they are."""
        yield


def _unauthorized(why: str) -> HttpAnswer:
    said = problem(401, "Unauthorized")
    challenge = f'Bearer scope="" error="invalid_token" error_description="{why}"'
    return replace(said, headers=[*said.headers, ("www-authenticate", challenge)])


async def _body(request: Request) -> bytes | None:
    """Return the whole body, None if it is longer than the API takes."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _received(request: Request, path: str, body: bytes) -> HttpRequest:
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


def _path_parameters(pattern: str, path: str) -> dict[str, str] | None:
    if pattern == "$default":
        return {}
    names = [name.removesuffix("+") for name in re.findall(r"\{([^}]+)\}", pattern)]
    expression = re.escape(pattern)
    expression = re.sub(r"\\\{[^}]+\\\+\\\}", "(.+)", expression)
    expression = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", expression)
    matched = re.fullmatch(expression, path)
    return dict(zip(names, matched.groups(), strict=True)) if matched else None
