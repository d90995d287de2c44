"""Which connection a call to the provider goes out on: one whose end is not near; and none is opened in vain."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from permit_ocr.adapters.ocr import gated_connections
from permit_ocr.adapters.ocr.gated_connections import GatedRequests, gate
from tests.contract.certificate import self_signed

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PATIENCE_SECONDS = 30.0
HOUR = 3600.0


@dataclass
class Server:
    """What answers calls; ``opened`` counts the connections that are ready for one."""

    port: int
    opened: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    connections: int = 0


@contextmanager
def server(*, calls_each: int, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Answer so many calls on each connection; one more ends it with a reset, as if it came too late."""

    def serve(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
            here.connections += 1
            here.opened.release()
            for _ in range(calls_each):
                if not request_of(stream):
                    return
                stream.sendall(ANSWER)
            stream.recv(1)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = Server(listener.getsockname()[1])
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield here
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def request_of(stream: socket.socket) -> bytes:
    """Return a request, which ends with ``}``, or as much of it as comes."""
    received = b""
    while not received.endswith(b"}") and (piece := stream.recv(65536)):
        received += piece
    return received


def call(client: GatedRequests, address: str, opens: Callable[[], None]) -> bytes:
    with gate(opens):
        content: bytes = client.conn.request("POST", address, "{}", {}).content
    return content


def open_connections(here: Server) -> int:
    assert here.opened.acquire(timeout=PATIENCE_SECONDS)
    return here.connections


def test_a_call_does_not_go_out_on_a_connection_that_the_server_may_be_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gated_connections, "KEPT_SECONDS", 0.0)
    open_at_the_gate: list[int] = []
    with server(calls_each=1) as here:
        client, address = (
            GatedRequests("127.0.0.1", timeout=5, is_http=True, at_once=1),
            f"http://127.0.0.1:{here.port}",
        )
        for _ in range(2):
            assert call(client, address, lambda: open_at_the_gate.append(open_connections(here))) == b"{}"
    assert open_at_the_gate == [1, 2]


def test_calls_that_follow_each_other_share_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gated_connections, "KEPT_SECONDS", HOUR)
    with server(calls_each=3) as here:
        client, address = (
            GatedRequests("127.0.0.1", timeout=5, is_http=True, at_once=1),
            f"http://127.0.0.1:{here.port}",
        )
        for _ in range(3):
            assert call(client, address, lambda: None) == b"{}"
    assert here.connections == 1


def test_a_new_connection_with_tls_is_not_taken_for_one_that_was_closed(tmp_path: Path) -> None:
    certificate = self_signed("localhost", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    is_open: list[int] = []
    with server(calls_each=1, tls=tls) as here:
        client: Any = GatedRequests("localhost", timeout=5, is_http=False, at_once=1)
        client.conn.certification = str(certificate)
        # Once the server has opened it, the tickets of TLS 1.3 lie there to be read.
        assert call(client, f"https://localhost:{here.port}", lambda: is_open.append(open_connections(here))) == b"{}"
    assert here.connections == 1
