"""Serves the API's reference at ``/docs``: Redoc, which reads the API's own description. Deployed, there is none.

``reference/redoc.standalone.js`` is the file of that name in the npm package redoc 2.5.4, unchanged.
"""

from pathlib import Path
from typing import Final

from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FOLDER: Final = Path(__file__).parent / "reference"
_FILES: Final = {
    "/docs": _FOLDER / "index.html",
    "/docs/": _FOLDER / "index.html",
    "/docs/redoc.standalone.js": _FOLDER / "redoc.standalone.js",
}
_HEADERS: Final = {
    # Redoc would load its maker's logo from the Internet.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
        "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-cache",
}


class ApiReference:
    """An ASGI application: the reference, and ``api`` on every other path."""

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        file = _FILES.get(scope["path"]) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        await (FileResponse(file, headers=_HEADERS) if file else self._api)(scope, receive, send)
