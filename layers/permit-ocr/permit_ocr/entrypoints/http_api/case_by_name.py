"""``GET`` and ``DELETE /v1/cases/{case}``: the sides of a case that were read, its pairs' events, and its deletion."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.ports import Case, Cases
from permit_ocr.domain.pair import is_case
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_deadline, get_dependencies
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, problem
from permit_ocr.entrypoints.http_api.responses import JSON, describe_json, describe_problem, json_response
from permit_ocr.observability import log_event

_PATH: Final = "/v1/cases/<case>"
_UNKNOWN: Final = problem(
    404,
    "Case.Unknown",
    "case: no side of it has been read, or it has expired.",
    "Send its photos, or wait until they are read.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedCase:
    """A case whose documents are deleted."""

    case: str
    documents: int
    """How many documents this request deleted: none if there is no such case, or if it was deleted before."""


def add_routes(app: Resolver) -> None:
    """Add the routes to ``app``."""

    @app.get(
        _PATH,
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
        stored, events = _read(cases, case)
        if len(events) < len(stored.completed):  # a pair was replaced, and its event removed, between the two reads
            stored, events = _read(cases, case)
        body = {
            "case": case,
            "sides": [{"kind": side.kind, "side": side.side, "document_id": side.document_id} for side in stored.sides],
            "completed": [json.loads(event) for event in events],
        }
        return Response(HTTPStatus.OK, JSON, json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    @app.delete(
        _PATH,
        operation_id="deleteCase",
        summary="Delete a case",
        description=(
            "Deletes every document that was submitted with this case before, as "
            "`DELETE /v1/recognitions/{document_id}` does: also those that are still waiting, those that were rejected "
            "or replaced, and those whose results have expired while their photos are kept. A document that is "
            "submitted to the case afterwards is a new one; within the same second it may be deleted, too. Deleting a "
            "case again is not an error."
        ),
        responses={
            200: describe_json("Deleted. Tombstones with its name are kept for 36 days.", "DeletedCase"),
            404: describe_problem("No case can have this name."),
            500: describe_problem("Internal error."),
            503: describe_problem("Deleted in part or not at all: try again after `Retry-After` seconds."),
        },
    )
    def delete_case(case: str) -> Response[str]:
        if not is_case(case):
            raise HttpProblem(_UNKNOWN)
        documents = get_dependencies(app).delete_case(case, deadline=get_deadline(app))
        log_event("case_deleted", documents=documents)
        return json_response(DeletedCase(case=case, documents=documents))


def _read(cases: Cases, case: str) -> tuple[Case, list[str]]:
    """Return a case and the events of its pairs, as JSON."""
    stored = cases.get(case) if is_case(case) else None
    if stored is None or not stored.sides:
        raise HttpProblem(_UNKNOWN)
    return stored, [event for event_id in stored.completed.values() if (event := cases.completed_event(event_id))]
