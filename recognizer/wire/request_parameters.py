"""The action's own parameters, from the JSON body of a POST or the query of a GET."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import SITE_BASE64_LIMIT, Action, Site
from recognizer.wire.api_error import ApiError

BODY_LIMIT: Final = 10 * 1024 * 1024
"""Largest body of a POST, in bytes."""
QUERY_LIMIT: Final = 32 * 1024
"""Largest query of a GET, in bytes."""
BASE64_LIMIT: Final = SITE_BASE64_LIMIT[Site.INTL]
IMAGE_LIMIT: Final = BASE64_LIMIT // 4 * 3
"""Largest image in bytes that fits into ``BASE64_LIMIT``."""
_SIDES: Final = {"FRONT": Side.FRONT, "BACK": Side.BACK}
_BAD_VALUE: Final = "InvalidParameterValue.InvalidParameterValueLimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParameters:
    """One card to read: either the image's bytes or its URL."""

    action: Action
    image: bytes | None
    image_url: str | None
    side: Side | None
    return_portrait: bool


def parse_parameters(
    action: Action, *, method: str, content_type: str, query: str, body: bytes | bytearray
) -> RequestParameters:
    """Parse a call's parameters. Raises ``ApiError`` for an unknown, mistyped, missing, invalid or too large one."""
    raw = _query_parameters(action, query) if method == "GET" else _json_parameters(content_type, body)
    parameters = {name: value for name, value in raw.items() if value is not None}
    for name, value in parameters.items():
        if name not in action.parameters:
            raise ApiError.unknown(name)
        if type(value) is not action.parameters[name]:
            raise ApiError.wrong_type(name)
    url = parameters.get("ImageUrl") or None
    encoded = parameters.get("ImageBase64")  # an empty string is an empty image, which has its own error code
    if url is None and encoded is None:
        raise ApiError(_BAD_VALUE)
    return RequestParameters(
        action=action,
        image=_decode_image(encoded) if url is None and encoded is not None else None,
        image_url=url,
        side=_parse_side(action, parameters.get("CardSide", "")),
        return_portrait=parameters.get(action.portrait_parameter, False),
    )


def _json_parameters(content_type: str, body: bytes | bytearray) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError.wrong_type("Content-Type")
    try:
        parameters = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("InvalidParameter") from None
    if not isinstance(parameters, dict):
        raise ApiError("InvalidParameter")
    return parameters


def _query_parameters(action: Action, query: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise ApiError("InvalidParameter") from None
    flags = {"true": True, "false": False}
    return {
        name: flags.get(value.lower(), value) if action.parameters.get(name) is bool else value for name, value in pairs
    }


def _parse_side(action: Action, raw: str) -> Side | None:
    """Return the side. An invalid value is ignored for residence permits and an error for travel permits."""
    if raw and raw not in _SIDES and action.kind is not Kind.RESIDENCE_PERMIT:
        raise ApiError(_BAD_VALUE)
    return _SIDES.get(raw)


def _decode_image(encoded: str) -> bytes:
    if len(encoded) > BASE64_LIMIT:
        raise ApiError("LimitExceeded.TooLargeFileError")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        pass  # it may contain line breaks; removing them takes a second copy, so only do it now
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError:
        raise ApiError("FailedOperation.ImageDecodeFailed") from None
