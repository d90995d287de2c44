"""Idle connections are closed. Uses real sockets, shortened timeouts and a low connection limit."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.permits import Kind, Side
from recognizer.reading.result import Reading
from recognizer.service.server import ServerSettings, listening_socket, recognizer_app
from recognizer.service.workers import ThreadWorkers
from recognizer.wire import connection
from tests.unit.recognizer.wire.signing import CREDENTIALS, signed_call

HEADER_TIMEOUT_SECONDS = 1.2
HEALTH = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
PATIENCE_SECONDS = 30


def read_slowly(image: bytes, *, kind: Kind, side: Side | None, return_portrait: bool) -> Reading:
    time.sleep(2 * HEADER_TIMEOUT_SECONDS)
    return Reading(MainlandPermitAnswer(Number="H12345678"))


@contextmanager
def running() -> Iterator[int]:
    """Run the server in a thread; yields its port."""
    listener = listening_socket("127.0.0.1", 0)
    application = recognizer_app(ThreadWorkers(read_slowly), ServerSettings(credentials=CREDENTIALS))
    config = uvicorn.Config(application, http=connection.Connection, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "HEADER_TIMEOUT_SECONDS", HEADER_TIMEOUT_SECONDS)
    with running() as found:
        yield found


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def answer(caller: socket.socket, end: bytes = b"ready\n") -> bytes:
    """Return the next response, whose last bytes are ``end``; only its beginning if the connection closes early."""
    received = b""
    try:
        while not received.endswith(end) and (piece := caller.recv(65536)):
            received += piece
    except ConnectionError:
        pass
    return received


def seconds_until_ended(caller: socket.socket, started: float, meanwhile: Callable[[], object] = lambda: None) -> float:
    """Return the seconds from ``started``, just before the server's timer starts, until the server closes."""
    caller.settimeout(0.05)
    while time.monotonic() - started < PATIENCE_SECONDS:
        try:
            meanwhile()
            if caller.recv(65536) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


def test_a_silent_connection_is_closed(port: int) -> None:
    started = time.monotonic()
    with connected(port) as caller:
        assert HEADER_TIMEOUT_SECONDS / 2 < seconds_until_ended(caller, started) < PATIENCE_SECONDS


def test_slowly_sent_headers_are_cut_off(port: int) -> None:
    started = time.monotonic()
    with connected(port) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nx: ")
        seconds = seconds_until_ended(caller, started, lambda: caller.sendall(b"y"))
    assert HEADER_TIMEOUT_SECONDS / 2 < seconds < PATIENCE_SECONDS


def test_an_idle_connection_is_closed_after_a_response(port: int) -> None:
    with connected(port) as caller:
        last_call = ask_for_health(caller)
        for _ in range(5):  # each response restarts the timer
            time.sleep(HEADER_TIMEOUT_SECONDS / 4)
            last_call = ask_for_health(caller)
        assert HEADER_TIMEOUT_SECONDS / 2 < seconds_until_ended(caller, last_call) < PATIENCE_SECONDS


def ask_for_health(caller: socket.socket) -> float:
    """Return the time of the request."""
    asked = time.monotonic()
    caller.sendall(HEALTH)
    assert answer(caller).startswith(b"HTTP/1.1 200")
    return asked


def test_a_connection_waiting_for_a_response_stays_open(port: int) -> None:
    call = signed_call(timestamp=int(time.time()))
    head = "".join(f"{name}: {value}\r\n" for name, value in call.headers.items())
    with connected(port) as caller:
        caller.sendall(f"POST / HTTP/1.1\r\n{head}content-length: {len(call.body)}\r\n\r\n".encode() + call.body)
        assert b"H12345678" in answer(caller, b"}}")


def test_excess_connections_are_closed_and_others_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 3)
    with running() as port, ExitStack() as callers:
        served = [callers.enter_context(connected(port)) for _ in range(3)]
        for caller in served:
            caller.sendall(HEALTH)
            assert answer(caller).startswith(b"HTTP/1.1 200")
        one_more = callers.enter_context(connected(port))
        assert answer(one_more) == b""
        served[0].close()
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:  # until the server has noticed the free slot
            with connected(port) as again:
                try:
                    again.sendall(HEALTH)
                except ConnectionError:
                    continue
                if answer(again).startswith(b"HTTP/1.1 200"):
                    break
            time.sleep(0.05)
        else:
            pytest.fail("the connection slot was never freed")
        served[1].sendall(HEALTH)
        assert answer(served[1]).startswith(b"HTTP/1.1 200")
