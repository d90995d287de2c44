"""What an authenticated call says: the action's own parameters, from the JSON body of a POST or the query of a GET."""

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
"""Largest image in bytes: what fits into ``BASE64_LIMIT``."""
_SIDES: Final = {"FRONT": Side.FRONT, "BACK": Side.BACK}
_BAD_VALUE: Final = "InvalidParameterValue.InvalidParameterValueLimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParameters:
    """One card to read: the bytes of its image, or the address they are to be had from."""

    action: Action
    image: bytes | None
    image_url: str | None
    side: Side | None
    return_portrait: bool


def parse_parameters(
    action: Action, *, method: str, content_type: str, query: str, body: bytes | bytearray
) -> RequestParameters:
    """Return what the call wants. Raises ``Refusal`` for a parameter unknown, mistyped, missing, wrong or too large."""
    given = _query_parameters(action, query) if method == "GET" else _json_parameters(content_type, body)
    parameters = {name: value for name, value in given.items() if value is not None}
    for name, value in parameters.items():
        if name not in action.parameters:
            raise ApiError.unknown(name)
        if type(value) is not action.parameters[name]:
            raise ApiError.wrong_type(name)
    url = parameters.get("ImageUrl") or None
    encoded = parameters.get("ImageBase64")  # an empty one is an empty image, which has a code of its own
    if url is None and encoded is None:
        raise ApiError(_BAD_VALUE)
    return RequestParameters(
        action=action,
        image=_image(encoded) if url is None and encoded is not None else None,
        image_url=url,
        side=_side(action, parameters.get("CardSide", "")),
        return_portrait=parameters.get(action.portrait_parameter, False),
    )


def _json_parameters(content_type: str, body: bytes | bytearray) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError.wrong_type("Content-Type")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("InvalidParameter") from None
    if not isinstance(said, dict):
        raise ApiError("InvalidParameter")
    return said


def _query_parameters(action: Action, query: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise ApiError("InvalidParameter") from None
    flags = {"true": True, "false": False}
    return {
        name: flags.get(value.lower(), value) if action.parameters.get(name) is bool else value for name, value in pairs
    }


def _side(action: Action, given: str) -> Side | None:
    """Return the side. A wrong one of a residence permit counts as not given, of a travel permit it is refused."""
    if given and given not in _SIDES and action.kind is not Kind.RESIDENCE_PERMIT:
        raise ApiError(_BAD_VALUE)
    return _SIDES.get(given)


def _image(encoded: str) -> bytes:
    if len(encoded) > BASE64_LIMIT:
        raise ApiError("LimitExceeded.TooLargeFileError")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        pass  # it may be broken into lines, which is tried only now: it takes a second copy
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError:
        raise ApiError("FailedOperation.ImageDecodeFailed") from None
