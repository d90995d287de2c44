"""The HTTP API, for payload formats 2.0 (HTTP API) and 1.0 (REST API).

``router`` passes each request to its route; ``requests`` and ``responses`` have the bodies. ``make schemas`` writes
``openapi.json``.
"""

from permit_ocr.entrypoints.http_api.dependencies import BODY_LIMIT, ApiDependencies
from permit_ocr.entrypoints.http_api.router import handle_request, resolver

__all__ = ["BODY_LIMIT", "ApiDependencies", "handle_request", "resolver"]
