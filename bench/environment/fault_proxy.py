"""A reverse proxy between the functions and everything they call: it names and counts calls and injects faults.

It sits in front of moto and of the provider and forwards requests unchanged, including the Host header, which the
provider's signature covers.
"""

import http.client
import json
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import urlsplit

_TIMEOUT_SECONDS: Final = 60.0
_NOT_FORWARDED: Final = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


class FaultPoint(Enum):
    """When a fault is injected. A fault after the caller has its response is one at the next call's ``REQUEST``."""

    REQUEST = "request"
    """The request has arrived and is not forwarded: it has no effect."""
    RESPONSE = "response"
    """The request has taken effect, but the caller gets no response."""


@dataclass(slots=True)
class _Fault:
    call: int
    point: FaultPoint
    action: Callable[[int], object]
    injected: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class FaultProxy:
    """The proxies in front of all endpoints of one system, and the calls they have seen."""

    calls: list[str] = field(default_factory=list)
    """The calls in order, such as ``S3 GET``, ``DynamoDB UpdateItem limiter#`` and ``OCR MainlandPermitOCR``.

    Consecutive calls with the same name count as one: a missed slot, or a retry by botocore.
    """
    counts: Counter[str] = field(default_factory=Counter)
    """The number of all calls by name."""
    ocr_calls: Counter[str] = field(default_factory=Counter)
    """The number of calls that reached the provider, by the SHA-256 of the image."""
    _fault: _Fault | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def in_front_of(self, endpoint: str) -> str:
        """Start a proxy for ``endpoint`` and return its URL."""
        host = urlsplit(endpoint).netloc

        class Handler(_Handler):
            upstream = host
            proxy = self

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    def inject(self, call: int, point: FaultPoint, action: Callable[[int], object]) -> threading.Event:
        """Run ``action`` with the caller's port at the given call from now on (0 is the next), and drop that call.

        Returns an event that is set when this has happened.
        """
        with self._lock:
            self.calls.clear()
            self._fault = fault = _Fault(call, point, action)
        return fault.injected

    def record(self, name: str) -> int:
        """Record a call and return its number since the last ``inject``."""
        with self._lock:
            self.counts[name] += 1
            if self.calls[-1:] != [name]:
                self.calls.append(name)
            return len(self.calls) - 1

    def drops(self, call: int, point: FaultPoint, *, port: int) -> bool:
        """Inject the fault if it is meant for this call and point; return whether to drop the call."""
        with self._lock:
            fault = self._fault
            if fault is None or (fault.call, fault.point) != (call, point):
                return False
            self._fault = None
        fault.action(port)
        fault.injected.set()
        return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per response: with two, Nagle's algorithm would wait for an acknowledgement
    upstream = ""
    proxy: FaultProxy

    def forward(self) -> None:
        """Forward one request and its response, unless a fault drops either."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = _call_name(self.command, self.headers, body)
        call = self.proxy.record(name)
        if self.proxy.drops(call, FaultPoint.REQUEST, port=self.client_address[1]):
            self.close_connection = True
            return
        if name.startswith("OCR "):
            self.proxy.ocr_calls[sha256(b64decode(json.loads(body)["ImageBase64"])).hexdigest()] += 1
        try:
            status, headers, content = self._request_upstream(body)
        except OSError:  # the upstream server has ended
            self.close_connection = True
            return
        if self.proxy.drops(call, FaultPoint.RESPONSE, port=self.client_address[1]):
            self.close_connection = True
            return
        self.send_response_only(status)
        for header, value in headers:
            if header.lower() not in _NOT_FORWARDED:
                self.send_header(header, value)
        if self.command != "HEAD":  # a HEAD response has the length of a body that is not sent
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = forward  # noqa: N815  http.server's names

    def _request_upstream(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.upstream, timeout=_TIMEOUT_SECONDS)
        try:
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in {"connection", "expect"}
            }
            connection.request(self.command, self.path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, ANN401  http.server's signature
        """Do not log requests."""


def _call_name(method: str, headers: Any, body: bytes) -> str:  # noqa: ANN401  http.client's message
    if action := headers.get("X-TC-Action"):
        return f"OCR {action}"
    if target := headers.get("X-Amz-Target"):
        service, _, operation = target.partition(".")
        parameters = json.loads(body)
        item = parameters.get("Key") or parameters.get("Item") or {}
        key_prefix = [item["id"]["S"].partition("#")[0] + "#"] if "id" in item else []
        return " ".join([service.removeprefix("Amazon").partition("_")[0], operation, *key_prefix])
    return f"S3 {method}"
