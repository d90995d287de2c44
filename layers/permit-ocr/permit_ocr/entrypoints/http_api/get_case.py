"""``GET /v1/cases/{case}``: which sides of a case are in, and what the pair came to."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.ports import Case, Cases
from permit_ocr.domain.errors import PermitOcrError
from permit_ocr.domain.events import CompletedEvent
from permit_ocr.domain.pair import CASE_FORM, is_case
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.entrypoints.http_api.application import Resolver, application_of
from permit_ocr.entrypoints.http_api.parameters import path_parameter
from permit_ocr.entrypoints.http_api.problem_details import problem
from permit_ocr.entrypoints.http_api.responses import JSON, described, described_json, failed, problem_response

CASE: Final = path_parameter("case", "What the sender calls the case.", pattern=f"^{CASE_FORM}$")
_UNKNOWN: Final = problem(
    404,
    "Case.Unknown",
    "case: no side of it has been read, or it is kept no longer.",
    "Send its photographs, or wait until they are read.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSideRead:
    """One side that was read."""

    kind: Kind
    side: Side
    document_id: str
    """The document's id: GET /v1/recognitions/{id} has its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRead:
    """A case as it is now. Only the OpenAPI document is made of this: what is answered is the events' own text."""

    case: str
    sides: tuple[CaseSideRead, ...]
    """The newest photograph of each side; rejected ones are none."""
    completed: tuple[CompletedEvent, ...]
    """The event of each kind of which both sides are in, as it was published."""


def add_route(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/cases/<case>",
        operation_id="getCase",
        summary="Look at a case",
        description="Answers which sides are in, and the event that says what the pair came to.",
        responses={
            200: described_json("The case", "CaseRead"),
            404: described("No side of it has been read, or it is kept no longer."),
            500: described("Something of ours failed."),
            503: described("Not now: try again after `Retry-After` seconds."),
        },
    )
    def get_case(case: str) -> Response[str]:
        return _answer(case, application_of(app).cases)


def _answer(name: str, cases: Cases) -> Response[str]:
    try:
        case = cases.get(name) if is_case(name) else None
        if case is None or not case.sides:
            return problem_response(_UNKNOWN)
        return Response(HTTPStatus.OK, JSON, _text(name, case, cases))
    except PermitOcrError as error:
        return failed(error)


def _text(name: str, case: Case, cases: Cases) -> str:
    events = [event for event_id in case.completed.values() if (event := cases.completed_event(event_id))]
    sides = [{"kind": one.kind, "side": one.side, "document_id": one.document_id} for one in case.sides]
    said = {"case": name, "sides": sides, "completed": [json.loads(event) for event in events]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
