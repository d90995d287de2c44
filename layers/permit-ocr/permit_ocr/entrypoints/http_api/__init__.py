"""The HTTP API, for payload formats 2.0 (HTTP API) and 1.0 (REST API).

``router`` passes each request to its route; ``requests`` and ``responses`` have the bodies. ``make schemas`` writes
``openapi.json``.
"""

from permit_ocr.entrypoints.http_api.application import BODY_LIMIT, ApiApplication
from permit_ocr.entrypoints.http_api.router import handle_request, resolver

__all__ = ["BODY_LIMIT", "ApiApplication", "handle_request", "resolver"]
