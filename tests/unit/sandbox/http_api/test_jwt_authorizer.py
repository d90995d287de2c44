"""Tokens are accepted and refused as by an HTTP API's JWT authorizer."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.http_api.jwt_authorizer import JwtAuthorizer, UnauthorizedError
from sandbox.http_api.server import HttpApi
from sandbox.lambda_runtime.invocation import InvocationResult
from sandbox.template.routes import JwtConfiguration, Route, read_routes

NOW = 1_800_000_000
ISSUER = "https://login.example/tenant"
CONFIGURATION = JwtConfiguration(issuer=ISSUER, audience=("permits", "console"))
CLAIMS = {"iss": ISSUER, "aud": "permits", "sub": "somebody", "exp": NOW + 60, "iat": NOW - 1, "nbf": NOW - 1}
KEY = generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = generate_private_key(public_exponent=65537, key_size=2048)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def token(claims: Any = CLAIMS, *, key: RSAPrivateKey = KEY, **header: Any) -> str:
    parts = [{"alg": "RS256", "kid": "1", **header}, claims]
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def jwk(key: RSAPrivateKey, kid: str = "1") -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    parts = {"n": numbers.n, "e": numbers.e}
    return {"kty": "RSA", "kid": kid} | {
        name: encoded(number.to_bytes((number.bit_length() + 7) // 8)) for name, number in parts.items()
    }


class Issuer:
    """Serves its keys, and records every request for them."""

    def __init__(self, *keys: dict[str, str]) -> None:
        self.keys = list(keys)
        self.requested: list[str] = []

    def fetch(self, url: str) -> dict[str, Any]:
        self.requested.append(url)
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        assert url == f"{ISSUER}/keys"
        return {"keys": self.keys}


def authorizer(*keys: dict[str, str]) -> JwtAuthorizer:
    return JwtAuthorizer(Issuer(*(keys or (jwk(KEY),))).fetch, clock=lambda: NOW)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}"])
def test_the_claims_of_a_valid_token_are_returned(form: str) -> None:
    assert authorizer().verify(form.format(token()), CONFIGURATION) == CLAIMS


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["others", "console"]},
        {"aud": "console", "client_id": "another"},
        {"exp": NOW + 0.5},
        {"iat": None, "nbf": None},
    ],
)
def test_these_claims_are_valid_too(changes: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    authorizer().verify(f"Bearer {token(claims)}", CONFIGURATION)


def test_client_id_stands_in_for_a_missing_audience() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "aud"} | {"client_id": "permits"}
    authorizer().verify(f"Bearer {token(claims)}", CONFIGURATION)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://login.example"}, "another issuer"),
        ({"aud": "others"}, "another audience"),
        ({"aud": []}, "another audience"),
        ({"aud": "others", "client_id": "permits"}, "another audience"),
        ({"exp": NOW}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "tomorrow"}, "expired"),
        ({"nbf": NOW + 60}, "not valid yet"),
        ({"iat": NOW + 60}, "not valid yet"),
    ],
)
def test_a_token_for_another_api_or_time_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnauthorizedError, match=reason):
        authorizer().verify(f"Bearer {token({**CLAIMS, **changes})}", CONFIGURATION)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        f"Bearer {encoded(b'[1]')}.{encoded(b'{}')}.",
        f"Basic {encoded(b'user:password')}",
        f"Bearer {token()[:-10]}",
        f"Bearer {token(alg='none')}",
        f"Bearer {token(alg='HS256')}",
        f"Bearer {token(kid='2')}",
        f"Bearer {token(key=OTHER_KEY)}",
        f"Bearer {encoded(b'[' * 100_000)}.x.x",
    ],
)
def test_a_token_not_signed_by_the_issuer_is_refused(authorization: str) -> None:
    with pytest.raises(UnauthorizedError):
        authorizer().verify(authorization, CONFIGURATION)


def test_keys_are_cached_and_fetched_again_for_an_unknown_key() -> None:
    issuer = Issuer(jwk(KEY))
    caching = JwtAuthorizer(issuer.fetch, clock=lambda: NOW)
    for _ in range(3):
        caching.verify(f"Bearer {token()}", CONFIGURATION)
    assert len(issuer.requested) == 2
    issuer.keys.append(jwk(OTHER_KEY, "2"))
    caching.verify(f"Bearer {token(key=OTHER_KEY, kid='2')}", CONFIGURATION)
    assert len(issuer.requested) == 4


def test_no_token_is_valid_while_the_issuer_does_not_answer() -> None:
    def fetch(_url: str) -> dict[str, Any]:
        raise UnauthorizedError("the issuer's keys cannot be fetched")

    with pytest.raises(UnauthorizedError):
        JwtAuthorizer(fetch, clock=lambda: NOW).verify(f"Bearer {token()}", CONFIGURATION)


def test_a_route_has_its_authorizer() -> None:
    uri = "arn:aws:apigateway:us-east-1:lambda:path/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"
    operation = {"x-amazon-apigateway-integration": {"uri": uri}}
    jwt = {"issuer": ISSUER, "audience": ["permits", "console"]}
    body = {
        "components": {
            "securitySchemes": {
                "JWT": {"x-amazon-apigateway-authorizer": {"type": "jwt", "jwtConfiguration": jwt}},
                "AWS_IAM": {"x-amazon-apigateway-authtype": "awsSigv4"},
            }
        },
        "paths": {
            "/token": {"get": {**operation, "security": [{"JWT": []}]}},
            "/signed": {"get": {**operation, "security": [{"AWS_IAM": []}]}},
        },
    }
    assert [(route.path, route.jwt) for route in read_routes(body)] == [("/token", CONFIGURATION), ("/signed", None)]


def send(method: Callable[[httpx.AsyncClient], Any]) -> tuple[httpx.Response, list[dict[str, Any]]]:
    invoked: list[dict[str, Any]] = []

    async def invoke(event: dict[str, Any]) -> InvocationResult:
        invoked.append(event)
        return InvocationResult(payload=json.dumps({"statusCode": 200, "body": "hello"}).encode(), function_error=False)

    api = HttpApi([Route(method="GET", path="/v1", function_name="f", jwt=CONFIGURATION)], {"f": invoke}, authorizer())

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://api.example") as client:
            response: httpx.Response = await method(client)
            return response

    return asyncio.run(run()), invoked


def test_the_function_receives_the_claims() -> None:
    response, (event,) = send(lambda client: client.get("/v1", headers={"authorization": f"Bearer {token()}"}))
    assert response.status_code == 200
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["sub"] == "somebody"
    assert claims["exp"] == str(NOW + 60)


def test_without_a_token_the_function_is_not_invoked() -> None:
    response, invoked = send(lambda client: client.get("/v1"))
    assert (response.status_code, response.json()) == (401, {"message": "Unauthorized"})
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert invoked == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "BREW"])
def test_a_method_without_a_route_is_not_found(method: str) -> None:
    response, invoked = send(lambda client: client.request(method, "/v1"))
    assert response.status_code == 404
    assert invoked == []
