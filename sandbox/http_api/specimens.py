"""Serves the specimen photos to the console, which a deployment does not do."""

from pathlib import Path

from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.settings import SPECIMENS_PATH


def with_specimens(api: ASGIApp, root: Path) -> ASGIApp:
    """Return ``api`` with the project's specimens, and the list of them, ``truth.json``, below ``SPECIMENS_PATH``."""
    files = StaticFiles(directory=root / "events" / "specimens", check_dir=False)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(SPECIMENS_PATH):
            file = scope["path"].removeprefix(SPECIMENS_PATH)
            await files({**scope, "path": f"/{file}", "root_path": ""}, receive, send)
        else:
            await api(scope, receive, send)

    return respond
