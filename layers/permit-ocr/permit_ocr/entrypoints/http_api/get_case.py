"""``GET /v1/cases/{case}``: the sides of a case that were read, and the events of its pairs."""

import json
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.domain.pair import is_case
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, problem
from permit_ocr.entrypoints.http_api.responses import JSON, describe_json, describe_problem

_UNKNOWN: Final = problem(
    404,
    "Case.Unknown",
    "case: no side of it has been read, or it has expired.",
    "Send its photos, or wait until they are read.",
)


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/cases/<case>",
        operation_id="getCase",
        summary="Get a case",
        description="Returns the sides that were read, and the event of each complete pair.",
        responses={
            200: describe_json("The case.", "CaseResponse"),
            404: describe_problem("No side of it has been read, or it has expired."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def get_case(case: str) -> Response[str]:
        cases = get_dependencies(app).cases
        stored = cases.get(case) if is_case(case) else None
        if stored is None or not stored.sides:
            raise HttpProblem(_UNKNOWN)
        events = [event for event_id in stored.completed.values() if (event := cases.completed_event(event_id))]
        body = {
            "case": case,
            "sides": [{"kind": side.kind, "side": side.side, "document_id": side.document_id} for side in stored.sides],
            "completed": [json.loads(event) for event in events],
        }
        return Response(HTTPStatus.OK, JSON, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
