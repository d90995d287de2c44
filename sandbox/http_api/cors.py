"""Cross-origin requests, answered as an HTTP API with a CORS configuration answers them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from dataclasses import replace

from sandbox.http_api.events import HttpResponse
from sandbox.template.routes import CorsConfiguration


def preflight_response(cors: CorsConfiguration, origin: str) -> HttpResponse:
    """Return the response to a preflight request. An origin that is not allowed gets no CORS headers."""
    if not (headers := _allowed_origin(cors, origin)):
        return HttpResponse(status=204, headers=[], body=b"")
    headers += [
        ("access-control-allow-methods", ",".join(cors.methods)),
        ("access-control-allow-headers", ",".join(cors.headers)),
        ("access-control-max-age", str(cors.maximum_age)),
    ]
    return HttpResponse(status=204, headers=headers, body=b"")


def with_cors_headers(response: HttpResponse, cors: CorsConfiguration, origin: str) -> HttpResponse:
    """Return an integration's response with the configured CORS headers in place of its own."""
    own = [(name, value) for name, value in response.headers if not name.startswith("access-control-")]
    if allowed := _allowed_origin(cors, origin):
        own += [*allowed, ("access-control-expose-headers", ",".join(cors.exposed_headers))]
    return replace(response, headers=own)


def _allowed_origin(cors: CorsConfiguration, origin: str) -> list[tuple[str, str]]:
    return [("access-control-allow-origin", origin)] if origin in cors.origins else []
