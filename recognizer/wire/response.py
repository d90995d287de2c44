"""The protocol's responses: ``{"Response": {…, "RequestId": …}}`` with HTTP status 200, also for errors."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from permit_ocr.domain.card.answers import MainlandPermitBack
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.report_format import REPORT_HEADER, response_members
from recognizer.reading.result import Reading
from recognizer.wire.api_error import ApiError
from recognizer.wire.request_parameters import RequestParameters

WARNINGS_NOT_ENABLED: Final = -9109
"""*Capability not enabled*: sent for a card that was not checked for being a copy. It does not mean *clear*."""
PLACEHOLDERS: Final = {"VisaNum": "0", "PassNo": "000"}
"""Values that the provider also returns instead of empty strings, on either side of a residence permit."""


def wants_report(headers: Mapping[str, str]) -> bool:
    """Tell whether a call requests the report. ``headers`` has lower-case names; the header need not be signed."""
    name, value = REPORT_HEADER
    return headers.get(name.lower(), "").strip().lower() == value


def success_response(
    request_id: str,
    parameters: RequestParameters,
    reading: Reading,
    *,
    report: bool = False,
    placeholders: bool = False,
) -> Response:
    """Return the response with the fields documented for the action; the portrait only if it was requested.

    ``report`` adds confidences, positions and the machine-readable zone; ``placeholders``: see ``PLACEHOLDERS``.
    """
    fields = asdict(reading.answer)
    if fields["WarnCardInfos"] is None:
        fields["WarnCardInfos"] = [WARNINGS_NOT_ENABLED]
    if parameters.action.kind is Kind.MAINLAND_PERMIT:
        fields["MainlandTravelPermitBackInfos"] = fields["MainlandTravelPermitBackInfos"] or asdict(
            MainlandPermitBack()
        )
        if not parameters.return_portrait:
            del fields["Profile"]
    else:
        if not parameters.return_portrait or fields["PortraitImageInfo"] is None:
            del fields["PortraitImageInfo"]
        if placeholders:
            fields |= {name: value for name, value in PLACEHOLDERS.items() if not fields[name]}
    if report:
        fields |= response_members(reading.report)
    return _json_response(fields, request_id)


def error_response(request_id: str, error: ApiError) -> Response:
    """Return the error response, which may close the connection: see ``ApiError.close_connection``."""
    response = _json_response({"Error": {"Code": error.code, "Message": error.message}}, request_id)
    if error.close_connection:
        response.headers["Connection"] = "close"
    return response


def _json_response(fields: dict[str, Any], request_id: str) -> Response:
    """Return the JSON. The content type has no charset, or the provider's SDKs would take an error for a success."""
    text = json.dumps({"Response": {**fields, "RequestId": request_id}}, ensure_ascii=False)
    # A lone surrogate in an echoed parameter name becomes a JSON escape.
    return Response(text.encode("utf-8", "backslashreplace"), media_type="application/json")
