"""The routes and the CORS configuration of an HTTP API, read from its OpenAPI document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.template.transform import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtConfiguration:
    """Which issuer's tokens a route accepts, and for which audience."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the HTTP API. ``method`` may be ANY; ``path`` is ``$default`` for requests that no other route takes.

    Without ``jwt`` it uses IAM authorization, or is open.
    """

    method: str
    path: str
    function_name: str
    jwt: JwtConfiguration | None = None
    iam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsConfiguration:
    """Which origins' pages may call the API; ``maximum_age`` in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed_headers: tuple[str, ...]
    maximum_age: int


def read_cors(openapi: Json) -> CorsConfiguration | None:
    """Return the API's CORS configuration, None if it has none."""
    cors = openapi.get("x-amazon-apigateway-cors")
    if not cors:
        return None
    return CorsConfiguration(
        origins=tuple(cors["allowOrigins"]),
        methods=tuple(cors["allowMethods"]),
        headers=tuple(cors["allowHeaders"]),
        exposed_headers=tuple(cors["exposeHeaders"]),
        maximum_age=int(cors["maxAge"]),
    )


def read_routes(openapi: Json) -> Iterator[Route]:
    """Yield the routes with a Lambda integration, each with its JWT authorizer."""
    authorizers = {
        name: _jwt_configuration(scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"])
        for name, scheme in (openapi.get("components", {}).get("securitySchemes") or {}).items()
        if scheme.get("x-amazon-apigateway-authorizer", {}).get("type") == "jwt"
    }
    signed = {
        name
        for name, scheme in (openapi.get("components", {}).get("securitySchemes") or {}).items()
        if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4"
    }
    for path, operations in openapi.get("paths", {}).items():
        for method, operation in operations.items():
            integration = operation.get("x-amazon-apigateway-integration", {}) if isinstance(operation, dict) else {}
            function = re.search(r":function:([A-Za-z0-9-_]+)", str(integration.get("uri", "")))
            if function:
                schemes = [name for requirement in operation.get("security", []) for name in requirement]
                yield Route(
                    method="ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
                    path=path.removeprefix("/") if path == "/$default" else path,
                    function_name=function[1],
                    jwt=next((authorizers[name] for name in schemes if name in authorizers), None),
                    iam=not signed.isdisjoint(schemes),
                )


def _jwt_configuration(properties: Json) -> JwtConfiguration:
    return JwtConfiguration(issuer=properties["issuer"], audience=tuple(properties["audience"]))
