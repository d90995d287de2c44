"""Stands between the functions and everything they call: names each call, counts it, and strikes at the one it is told.

A reverse proxy before moto and before the provider. What it passes on is unchanged, the Host header too, which the
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

_SECONDS: Final = 60.0
_BY_HOP: Final = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


class Moment(Enum):
    """When it strikes. What follows a call that was answered and heard is the next call: its ``ASKED``."""

    ASKED = "asked"
    """The call was made; what it is for has not happened."""
    ANSWERED = "answered"
    """It has happened; whoever called does not hear of it."""


@dataclass(slots=True)
class _Strike:
    call: int
    moment: Moment
    act: Callable[[int], object]
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Checkpoint:
    """The proxies of one system, and what has passed."""

    calls: list[str] = field(default_factory=list)
    """What was called, in order, such as ``S3 GET``, ``DynamoDB UpdateItem line#`` and ``OCR MainlandPermitOCR``.

    The same again at once is one step: a slot that was missed, a try of botocore's.
    """
    passed: Counter[str] = field(default_factory=Counter)
    """All calls, by name."""
    readings: Counter[str] = field(default_factory=Counter)
    """Calls that reached the provider, by the SHA-256 of the image."""
    _strike: _Strike | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def before(self, endpoint: str) -> str:
        """Stand before ``endpoint`` and return where."""
        host = urlsplit(endpoint).netloc

        class Handler(_Handler):
            upstream = host
            checkpoint = self

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    def strike(self, call: int, moment: Moment, act: Callable[[int], object]) -> threading.Event:
        """At the call of that number from now (0 is the next), do ``act`` with the port that the caller calls from.

        Return what says that it was done.
        """
        with self._turn:
            self.calls.clear()
            self._strike = strike = _Strike(call, moment, act)
        return strike.done

    def arrived(self, name: str) -> int:
        """Note a call and return its number since the last ``strike``."""
        with self._turn:
            self.passed[name] += 1
            if self.calls[-1:] != [name]:
                self.calls.append(name)
            return len(self.calls) - 1

    def struck(self, call: int, moment: Moment, *, port: int) -> bool:
        """Strike whoever calls from ``port``, if this is the time for it, and say so."""
        with self._turn:
            strike = self._strike
            if strike is None or (strike.call, strike.moment) != (call, moment):
                return False
            self._strike = None
        strike.act(port)
        strike.done.set()
        return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer: two would wait for each other's acknowledgement
    upstream = ""
    checkpoint: Checkpoint

    def pass_on(self) -> None:
        """Pass one call on, unless the caller is struck down before or after it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = _name(self.command, self.headers, body)
        call = self.checkpoint.arrived(name)
        if self.checkpoint.struck(call, Moment.ASKED, port=self.client_address[1]):
            self.close_connection = True
            return
        if name.startswith("OCR "):
            self.checkpoint.readings[sha256(b64decode(json.loads(body)["ImageBase64"])).hexdigest()] += 1
        try:
            status, headers, content = self._answer(body)
        except OSError:  # what is behind has ended
            self.close_connection = True
            return
        if self.checkpoint.struck(call, Moment.ANSWERED, port=self.client_address[1]):
            self.close_connection = True
            return
        self.send_response_only(status)
        for header, value in headers:
            if header.lower() not in _BY_HOP:
                self.send_header(header, value)
        if self.command != "HEAD":  # which tells the length of what it does not send
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = pass_on  # noqa: N815  http.server's names

    def _answer(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.upstream, timeout=_SECONDS)
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
        """Say nothing."""


def _name(method: str, headers: Any, body: bytes) -> str:  # noqa: ANN401  http.client's message
    if action := headers.get("X-TC-Action"):
        return f"OCR {action}"
    if target := headers.get("X-Amz-Target"):
        service, _, operation = target.partition(".")
        said = json.loads(body)
        item = said.get("Key") or said.get("Item") or {}
        kind = [item["id"]["S"].partition("#")[0] + "#"] if "id" in item else []
        return " ".join([service.removeprefix("Amazon").partition("_")[0], operation, *kind])
    return f"S3 {method}"
