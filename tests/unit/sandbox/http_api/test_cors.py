"""Cross-origin requests to the sandbox's API are answered as API Gateway answers them."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from sandbox.http_api.server import HttpApi
from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.template.routes import CorsConfiguration, JwtConfiguration, Route, read_cors

OPENAPI = {
    "x-amazon-apigateway-cors": {
        "allowOrigins": ["https://desk.example.com", "http://localhost:5173"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["authorization", "content-type"],
        "exposeHeaders": ["location"],
        "maxAge": 3600,
    }
}
CORS = read_cors(OPENAPI)
JWT = JwtConfiguration(issuer="https://login.example", audience=("permits",))
DESK = "https://desk.example.com"


def send(method: str, origin: str | None, *, cors: CorsConfiguration | None = CORS) -> tuple[httpx.Response, int]:
    """Return the response, and how often the function was invoked. The POST route needs a token."""
    invoked: list[dict[str, Any]] = []

    async def invoke(event: dict[str, Any]) -> InvocationResult:
        invoked.append(event)
        own = {"Location": "/v1/x", "Access-Control-Allow-Origin": "*", "Vary": "Origin"}
        payload = {"statusCode": 202, "headers": own, "body": "{}"}
        return InvocationResult(payload=json.dumps(payload).encode(), function_error=False)

    routes = [
        Route(method="POST", path="/v1/{proxy+}", function_name="f", jwt=JWT),
        Route(method="GET", path="/v1/{proxy+}", function_name="f"),
    ]
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    sent = (preflight if method == "OPTIONS" else {}) | ({"origin": origin} if origin else {})

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(HttpApi(routes, {"f": invoke}, cors=cors))
        async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
            return await client.request(method, "/v1/recognitions", headers=sent)

    return asyncio.run(run()), len(invoked)


@pytest.mark.parametrize("origin", [DESK, "http://localhost:5173"])
def test_a_preflight_request_needs_no_authorization_and_no_function(origin: str) -> None:
    response, invoked = send("OPTIONS", origin)
    assert (response.status_code, response.content, invoked) == (204, b"", 0)
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["access-control-allow-methods"] == "GET,POST"
    assert response.headers["access-control-allow-headers"] == "authorization,content-type"
    assert response.headers["access-control-max-age"] == "3600"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://desk.example.com:8443", "null", None])
def test_another_origin_gets_no_cors_headers(origin: str | None) -> None:
    for method in ("OPTIONS", "GET"):
        response, _ = send(method, origin)
        assert [name for name in response.headers if name.startswith("access-control-")] == []


def test_a_response_has_the_configured_headers_in_place_of_the_functions() -> None:
    response, invoked = send("GET", DESK)
    assert (response.status_code, invoked) == (202, 1)
    assert response.headers.get_list("access-control-allow-origin") == [DESK]
    assert response.headers["access-control-expose-headers"] == "location"
    assert response.headers["vary"] == "Origin"


def test_without_a_configuration_options_has_no_route() -> None:
    assert read_cors({}) is None
    response, _ = send("OPTIONS", DESK, cors=None)
    assert response.status_code == 404
