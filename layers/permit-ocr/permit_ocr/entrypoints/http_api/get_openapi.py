"""``GET /v1/openapi.json``: this API's own description."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from permit_ocr.entrypoints.http_api.application import Resolver
from permit_ocr.entrypoints.http_api.responses import JSON, described


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/openapi.json",
        operation_id="getOpenApi",
        summary="This document",
        responses={
            200: {"description": "OpenAPI 3.1", "content": {JSON: {"schema": {"type": "object"}}}},
            500: described("Something of ours failed."),
        },
    )
    def get_openapi() -> Response[str]:
        from permit_ocr.entrypoints.http_api.openapi import document  # noqa: PLC0415  no other route needs the schemas

        return Response(HTTPStatus.OK, JSON, document(app))
