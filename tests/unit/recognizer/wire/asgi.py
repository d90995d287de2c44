"""Sends one request to an ASGI application as a server would, without a network."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def response(self) -> dict[str, Any]:
        response: dict[str, Any] = json.loads(self.body)["Response"]
        return response

    @property
    def code(self) -> str:
        return str(self.response["Error"]["Code"]) if "Error" in self.response else "OK"


def exchange(
    application: Starlette,
    method: str,
    *,
    path: str = "/",
    query: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: Iterable[bytes] = (),
) -> Reply:
    """Return the response to a request whose body arrives in these pieces."""
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
    messages = [*pieces, {"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Any] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": list(headers),
    }

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(60)  # the caller waits for the response
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    start = sent[0]
    reply_headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], reply_headers, b"".join(message.get("body", b"") for message in sent[1:]))
