"""The sandbox's AWS keeps its connections: whatever was asked before, the next request on the same one is answered."""

import http.client
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from sandbox.aws.server import KeepAliveRequestHandler


def _application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    match environ["PATH_INFO"]:
        case "/fails":
            raise ValueError("with a name in it")
        case "/nothing":
            start_response("204 No Content", [])
            return []
        case "/ignores-the-body":
            start_response("200 OK", [])
            return [b"ignored"]
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body) + 1))])
    return [b"=", body]


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    server = make_server("127.0.0.1", 0, _application, threaded=True, request_handler=KeepAliveRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.connect()
    connection.auto_open = 0  # a connection that was closed fails the test
    yield connection
    connection.close()
    server.shutdown()
    server.server_close()


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_connection_survives_every_kind_of_request(connection: http.client.HTTPConnection) -> None:
    for _ in range(2):
        assert _ask(connection, "GET", "/") == (200, b"=")
        assert _ask(connection, "PUT", "/", b"x" * 3_000_000) == (200, b"=" + b"x" * 3_000_000)
        assert _ask(connection, "HEAD", "/") == (200, b"")
        assert _ask(connection, "POST", "/ignores-the-body", b"GET / HTTP/1.1\r\n\r\n") == (200, b"ignored")
        assert _ask(connection, "DELETE", "/nothing") == (204, b"")
        assert _ask(connection, "POST", "/fails", b"body")[0] == 500


def test_who_asks_whether_to_send_a_body_is_told_before_it_is_there(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("PUT", "/")
    connection.putheader("Content-Length", "4")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(b"body")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"=body")


def test_a_body_in_chunks_is_read_whole(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", iter([b"bo", b"dy"]), encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"=body")


def test_an_error_is_logged_without_its_words(
    connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    _ask(connection, "GET", "/fails")
    assert [record.message for record in caplog.records] == ["a request failed"]
