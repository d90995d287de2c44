"""The HTTP API, payload formats 2.0 (HTTP API) and 1.0 (REST API): a module for each route.

``front`` takes a request and hands it to its route, ``openapi`` describes them all.
"""

from permit_ocr.entrypoints.http_api.application import BODY_LIMIT, ApiApplication
from permit_ocr.entrypoints.http_api.router import answer, resolver

__all__ = ["BODY_LIMIT", "ApiApplication", "answer", "resolver"]
