"""The recogniser's report as JSON: in its answers, in a stored recognition, and in an event.

Only what is well formed is read, because an answer comes from outside: names of the action's own fields, confidences
from 0 to 1, positions of four points.
"""

from dataclasses import asdict, fields
from datetime import date
from typing import Any, Final

from permit_ocr.domain.card.machine_readable_zone import MachineReadableZone
from permit_ocr.domain.permits import Sex
from permit_ocr.domain.reader_report import Corners, Positions, ReaderReport
from permit_ocr.tencent.actions import Action
from permit_ocr.tencent.response_format import field_names, text

REPORT_HEADER: Final = ("X-Permit-Ocr-Confidence", "fields")
"""Requests the report from the recogniser. It is not sent to the provider's hosts, whose API does not have it."""
REPORT_NAMES: Final = {
    "confidences": "FieldConfidences",
    "document_confidence": "DocumentConfidence",
    "positions": "Positions",
    "machine_readable_zone": "MachineReadableZone",
}
"""The only undocumented members of an answer, by their names in ``ReaderReport``."""
_CORNERS: Final = 4
_LARGEST_COORDINATE: Final = 1_000_000
_LONGEST_TEXT: Final = 64
_CONFIDENCE_DIGITS: Final = 4


def report_in_response(action: Action, response: dict[str, Any]) -> ReaderReport:
    """Return the report in ``response``, the object under the key ``Response``; empty if it has none."""
    return parse_report(action, {name: response.get(member) for name, member in REPORT_NAMES.items()})


def response_members(report: ReaderReport) -> dict[str, Any]:
    """Return the members that the recogniser adds to an answer on request."""
    return {REPORT_NAMES[name]: value for name, value in report_as_json(report).items()}


def report_as_json(report: ReaderReport) -> dict[str, Any]:
    """Return what ``parse_report`` reads: the names of ``ReaderReport``, dates as ISO 8601, four decimal places.

    What was not reported is left out.
    """
    values = asdict(report)
    values["confidences"] = {name: round(value, _CONFIDENCE_DIGITS) for name, value in report.confidences.items()}
    if report.document_confidence is not None:
        values["document_confidence"] = round(report.document_confidence, _CONFIDENCE_DIGITS)
    if report.machine_readable_zone:
        zone = values["machine_readable_zone"].items()
        values["machine_readable_zone"] = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in zone
        }
    return {name: value for name, value in values.items() if value is not None}


def parse_report(action: Action, values: dict[str, Any]) -> ReaderReport:
    """Return the report in ``values``, such as the data of an event; what is not well formed is left out."""
    names = frozenset(field_names(action.answer))
    confidences = {name: _confidence(value) for name, value in _object(values.get("confidences")) if name in names}
    return ReaderReport(
        confidences={name: value for name, value in confidences.items() if value is not None},
        document_confidence=_confidence(values.get("document_confidence")),
        positions=_positions(values.get("positions"), names),
        machine_readable_zone=_zone(values.get("machine_readable_zone")),
    )


def _object(value: Any) -> Any:  # noqa: ANN401  JSON
    return value.items() if isinstance(value, dict) else ()


def _confidence(value: Any) -> float | None:  # noqa: ANN401  JSON
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def _positions(value: Any, names: frozenset[str]) -> Positions | None:  # noqa: ANN401  JSON
    if not isinstance(value, dict):
        return None
    by_field = {name: _corners(corners) for name, corners in _object(value.get("fields")) if name in names}
    return Positions(
        card=_corners(value.get("card")),
        fields={name: corners for name, corners in by_field.items() if corners},
    )


def _corners(value: Any) -> Corners | None:  # noqa: ANN401  JSON
    points = value if isinstance(value, list | tuple) else ()
    pairs = [tuple(point) for point in points if isinstance(point, list | tuple)]
    if len(points) != _CORNERS or not all(len(pair) == 2 and all(map(_is_coordinate, pair)) for pair in pairs):  # noqa: PLR2004
        return None
    return tuple(pairs) if len(pairs) == _CORNERS else None  # type: ignore[return-value]


def _is_coordinate(value: object) -> bool:
    return type(value) is int and abs(value) <= _LARGEST_COORDINATE


def _zone(value: Any) -> MachineReadableZone | None:  # noqa: ANN401  JSON
    if not isinstance(value, dict):
        return None
    known = {name.name: value.get(name.name) for name in fields(MachineReadableZone)}
    try:
        return MachineReadableZone(
            number=_text(known["number"]),
            issue_count=known["issue_count"] if type(known["issue_count"]) is int else None,
            valid_until=_date(known["valid_until"]),
            sex=Sex(known["sex"] or Sex.NOT_KNOWN),
            birth_date=_date(known["birth_date"]),
            name=_text(known["name"]),
            english_name=_text(known["english_name"]),
            id_card_number=_text(known["id_card_number"]),
        )
    except (ValueError, TypeError):
        return None


def _text(value: object) -> str | None:
    return text(value)[:_LONGEST_TEXT] if value else None


def _date(value: Any) -> date | None:  # noqa: ANN401  JSON
    return date.fromisoformat(value) if value else None
