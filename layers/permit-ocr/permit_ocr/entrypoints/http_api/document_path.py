"""The id in a path."""

import re
from typing import Final

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from permit_ocr.entrypoints.http_api.parameters import path_parameter

_PATTERN: Final = "^[0-9a-f]{32}$"
DOCUMENT_ID: Final = path_parameter(
    "document_id",
    "The document's id, as the answer that accepted it, its event or the page of a file named it.",
    pattern=_PATTERN,
)


def check_document_id(said: str) -> None:
    """Raise ``RequestValidationError`` if ``said`` has another form than an id."""
    if not re.fullmatch(_PATTERN, said):
        place = (DOCUMENT_ID["name"],)
        raise RequestValidationError([{"loc": place, "msg": "must be 32 lower-case hex digits"}])
