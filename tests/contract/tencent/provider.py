"""A provider for one test: a loopback HTTP server that responds exactly as it is told to, well-formed or not."""

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any


@dataclass
class CannedResponse:
    """One HTTP response, or a fault in its place."""

    body: Any = ""
    status: int = 200
    content_type: str = "application/json"
    delay_seconds: float = 0.0
    cut_after: int | None = None
    trickle: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterable[bytes] | None = None
    """Sent as it is in place of everything above; then the connection is closed."""


@dataclass
class Provider:
    """Where it listens, what it responses in turn (the last one for ever), and what it was asked."""

    responses: list[CannedResponse]
    host: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def next(self) -> CannedResponse:
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


def answer(**fields: Any) -> CannedResponse:
    return CannedResponse({"Response": {**fields, "RequestId": "r-1"}})


def refusal(code: str, **changes: Any) -> CannedResponse:
    body = {"Response": {"Error": {"Code": code, "Message": "the provider's own words"}, "RequestId": "r-2"}}
    return CannedResponse(body, **changes)


def _content(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _write_all(pieces: Iterable[bytes], connection: BufferedIOBase, *, pause: Callable[[], bool]) -> None:
    """Write until the client disconnects, or until ``pause`` tells that the test is over."""
    with suppress(OSError):
        for piece in pieces:
            connection.write(piece)
            if pause():
                break


@contextmanager
def provider(
    *responses: CannedResponse, idle_seconds: float | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Provider]:
    """``idle_seconds`` is how long a connection is kept open without a request."""
    here = Provider(list(responses))
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = idle_seconds

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not body:
                return  # the client sent a head only
            here.requests.append({"headers": dict(self.headers), "json": json.loads(body)})
            response = here.next()
            over.wait(response.delay_seconds)
            if response.raw is not None:
                self.close_connection = True
                _write_all(response.raw, self.wfile, pause=lambda: over.wait(0.1 if response.trickle else 0.0))
                return
            content = _content(response.body)
            with suppress(ConnectionError):  # the client may have disconnected
                self.send_response(response.status)
                self.send_header("Content-Type", response.content_type)
                for name, value in ({"Content-Length": str(len(content))} | response.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if response.trickle:
                    for byte in content:
                        self.wfile.write(bytes([byte]))
                        over.wait(0.5)
                else:
                    self.wfile.write(content[: response.cut_after])
            if response.cut_after is not None:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here.host = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield here
    finally:
        over.set()
        server.shutdown()
        server.server_close()
