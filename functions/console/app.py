"""The console: one static page. It contains no data; what it shows comes from the API."""

import base64
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).with_name("index.html").read_text(encoding="utf-8")


def _hashes(tag: str) -> str:
    """Return the CSP sources of the page's own elements with this tag; no others are allowed."""
    elements = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" for text in elements)


HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "content-security-policy": (
        f"default-src 'none'; script-src {_hashes('script')}; style-src {_hashes('style')}; "
        # The API has the page's own origin; large photos are uploaded to the stack's bucket.
        f"connect-src 'self' {os.environ['UPLOAD_ORIGIN']}; img-src blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Respond to one request for the page."""
    return {"statusCode": 200, "headers": HEADERS, "body": PAGE}
