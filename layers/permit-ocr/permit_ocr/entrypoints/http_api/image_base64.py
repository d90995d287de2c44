"""Decodes the image of a request: Base64 in every form that browsers, phones and command lines make."""

import base64
import re
from typing import Final
from urllib.parse import unquote

_BASE64_DATA_URL: Final = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
"""What precedes the data (RFC 2397)."""
_STANDARD: Final = str.maketrans("-_", "+/")
_RULE: Final = "must be Base64: letters, digits, + and / (or - and _), with or without = at the end"


class NotBase64(ValueError):
    """The text is not Base64. The message is the rule that it breaks, and contains nothing of it."""


def decode_image(text: str) -> bytes:
    """Return the bytes of a text in Base64 (RFC 4648) or of a ``data:`` URL with Base64.

    The alphabet is the standard or the URL-safe one. Padding may be missing; white space is ignored. Raises
    ``NotBase64``, also if there are no bytes.
    """
    text = "".join(text.split())
    if text[:5].lower() == "data:":
        prefix = _BASE64_DATA_URL.match(text)
        if prefix is None:
            raise NotBase64("must be Base64, in a data: URL too: data:image/jpeg;base64,…")
        text = unquote(text[prefix.end() :])
    text = text.translate(_STANDARD)
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        raise NotBase64(_RULE) from None
    if not content:
        raise NotBase64("must not be empty")
    return content
