"""What goes back over the wire: ``{"Response": {…, "RequestId": …}}`` with HTTP status 200, errors too."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from permit_ocr.domain.answers import MainlandPermitBack
from permit_ocr.domain.permits import Kind
from permit_ocr.tencent.answer_format import CONFIDENCE_HEADER, CONFIDENCES, answer_fields
from recognizer.reading.result import Reading
from recognizer.wire.api_error import ApiError
from recognizer.wire.request_parameters import RequestParameters

WARNINGS_NOT_ENABLED: Final = -9109
"""Sent for a card that nobody judged for being a copy: *capability not enabled*, which is not *clear*."""
PLACEHOLDERS: Final = {"VisaNum": "0", "PassNo": "000"}
"""What the provider has also been seen to say of a residence permit in place of an empty text, on either side."""
_DIGITS: Final = 4


def wants_confidences(headers: Mapping[str, str]) -> bool:
    """Say whether a call, by its headers with lower-case names, asks for confidences. The header need not be signed."""
    name, value = CONFIDENCE_HEADER
    return headers.get(name.lower(), "").strip().lower() == value


def success_response(
    request_id: str,
    asked: RequestParameters,
    reading: Reading,
    *,
    confidences: bool = False,
    placeholders: bool = False,
) -> Response:
    """Return the answer with the fields that the action's page documents, the portrait only if it was asked for.

    ``placeholders``: see ``PLACEHOLDERS``.
    """
    fields = answer_fields(reading.answer)
    if fields["WarnCardInfos"] is None:
        fields["WarnCardInfos"] = [WARNINGS_NOT_ENABLED]
    if asked.action.kind is Kind.MAINLAND_PERMIT:
        fields["MainlandTravelPermitBackInfos"] = fields["MainlandTravelPermitBackInfos"] or asdict(
            MainlandPermitBack()
        )
        if not asked.return_portrait:
            del fields["Profile"]
    else:
        if not asked.return_portrait or fields["PortraitImageInfo"] is None:
            del fields["PortraitImageInfo"]
        if placeholders:
            fields |= {name: said for name, said in PLACEHOLDERS.items() if not fields[name]}
    if confidences:
        fields[CONFIDENCES] = {name: round(confidence, _DIGITS) for name, confidence in reading.confidences.items()}
    return _json_response(fields, request_id)


def error_response(request_id: str, refusal: ApiError) -> Response:
    """Return the error, which may end the connection: see ``Refusal.hang_up``."""
    response = _json_response({"Error": {"Code": refusal.code, "Message": refusal.message}}, request_id)
    if refusal.close_connection:
        response.headers["Connection"] = "close"
    return response


def _json_response(fields: dict[str, Any], request_id: str) -> Response:
    """Return the JSON. Its content type has no charset: with one, the provider's SDKs take an error for an answer."""
    text = json.dumps({"Response": {**fields, "RequestId": request_id}}, ensure_ascii=False)
    # Half a surrogate pair in an echoed parameter's name becomes the escape that JSON has for it.
    return Response(text.encode("utf-8", "backslashreplace"), media_type="application/json")
