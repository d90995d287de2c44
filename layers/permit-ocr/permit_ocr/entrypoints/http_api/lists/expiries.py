"""``GET /v1/expiries``: the watched cards by their last day of validity."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools.event_handler import Response

from permit_ocr.application.reminders.list_expiries import Cursor, list_expiries
from permit_ocr.domain.permits import Kind
from permit_ocr.entrypoints.http_api.dependencies import Resolver, get_dependencies, name_listed_documents
from permit_ocr.entrypoints.http_api.problem_details import HttpProblem, invalid_fields, problem
from permit_ocr.entrypoints.http_api.responses import JSON, describe_json, describe_problem

MOST_DAYS: Final = 365
_PARAMETERS: Final = ("from", "to", "cursor")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_POSITION: Final = re.compile(r"[0-9a-z-]{1,100} [0-9a-z#-]{1,200}")
_OFF: Final = problem(
    404,
    "Expiries.Off",
    "Reminders are off: this deployment does not keep when permits expire.",
    "Ask the operator to set ExpiryNoticeDays.",
)
_NO_CURSOR: Final = "must be the next of the page before, with the same from and to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """A card that was read, and when it expires."""

    document_id: str
    """The document that showed the card."""
    case: str | None
    """The sender's name for the case, if the document has one."""
    kind: Kind
    """The card family."""
    valid_until: date
    """Last day of validity."""
    days_remaining: int
    """Days from today in Shanghai to ``valid_until``; negative once the card has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryList:
    """A page of cards, by their last day of validity. It may be short or empty although another one follows."""

    expiries: tuple[Expiry, ...]
    next: str | None
    """``cursor`` of the next page; null on the last one."""


def add_routes(app: Resolver) -> None:
    """Add the route to ``app``."""

    @app.get(
        "/v1/expiries",
        operation_id="listExpiries",
        summary="List the permits that expire",
        description=(
            "Returns the permits whose last day of validity is between two dates: those that were not rejected, and of "
            "each case the newest of a kind. A permit is listed until a month after it has expired. Deleting its "
            "document or its case removes it."
        ),
        responses={
            200: describe_json("A page of permits.", "ExpiryList"),
            404: describe_problem("Reminders are off."),
            422: describe_problem("A parameter is missing or wrong."),
            500: describe_problem("Internal error."),
            503: describe_problem("Temporarily unavailable: try again after `Retry-After` seconds."),
        },
    )
    def get_expiries() -> Response[str]:
        dependencies = get_dependencies(app)
        if dependencies.watched_cards is None:
            raise HttpProblem(_OFF)
        start, until = _read(app.current_event.query_string_parameters or {})
        page = list_expiries(dependencies.watched_cards, start=start, until=until)
        name_listed_documents(app, (watch.document_id for watch in page.watches))
        today = dependencies.today()
        body = {
            "expiries": [
                {
                    "document_id": watch.document_id,
                    "case": watch.case,
                    "kind": watch.kind,
                    "valid_until": watch.valid_until.isoformat(),
                    "days_remaining": (watch.valid_until - today).days,
                }
                for watch in page.watches
            ],
            "next": _encode(page.following) if page.following else None,
        }
        return Response(HTTPStatus.OK, JSON, json.dumps(body))


def _read(parameters: Mapping[str, str]) -> tuple[Cursor, date]:
    """Return where the page begins and the last day of the list. Raises ``HttpProblem``."""
    errors = [("query", f"has other parameters than {', '.join(_PARAMETERS)}")] * bool(set(parameters) - {*_PARAMETERS})
    days = {name: _date(parameters.get(name, "")) for name in ("from", "to")}
    errors += [(name, "must be a date such as 2027-03-01") for name, day in days.items() if day is None]
    first, last = days["from"], days["to"]
    cursor = None
    if first and last:
        if not 0 <= (last - first).days <= MOST_DAYS:
            errors.append(("to", f"must be the same day as from, or at most {MOST_DAYS} days later"))
        cursor = _decode(parameters["cursor"]) if "cursor" in parameters else Cursor(day=first)
        if cursor is None or not first <= cursor.day <= last:
            errors.append(("cursor", _NO_CURSOR))
    if errors or cursor is None or last is None:
        raise HttpProblem(invalid_fields(errors))
    return cursor, last


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _encode(cursor: Cursor) -> str:
    """Return a cursor as an opaque text for a URL."""
    text = json.dumps([cursor.day.isoformat(), cursor.position])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str) -> Cursor | None:
    try:
        day, position = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, TypeError, ValueError):
        return None
    parsed = _date(day) if isinstance(day, str) else None
    is_position = position is None or (isinstance(position, str) and _POSITION.fullmatch(position))
    return Cursor(day=parsed, position=position) if parsed and is_position else None
