"""Any bytes on a connection get a well-formed response or a closed connection, never a server error or a hang.

To run more cases, different ones each time:
``FUZZ_CASES=20000 pytest --hypothesis-profile=search tests/contract/recognizer/test_fuzzed_connections.py``
"""

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from permit_ocr.tencent.error_table import UNLISTED, look_up
from recognizer.wire.common_parameters import Credentials
from tests.contract.recognizer.recognizer_process import SECRET_ID, SECRET_KEY, RunningRecognizer, recognizer
from tests.unit.recognizer.wire.signing import signed_call

PATIENCE_SECONDS = 60
FUZZED = settings(
    deadline=None,
    max_examples=int(os.environ.get("FUZZ_CASES", "150")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRecognizer]:
    with recognizer(tmp_path_factory.mktemp("fuzzed"), "--rate-limit", "0") as running:
        yield running
        assert running.get("/health") == "ready\n"
        assert 'code="InternalError"' not in running.get("/metrics")
    log = running.whole_log()
    assert "unexpected=" not in log
    assert not re.findall(r"^.*Traceback.*\n(?:(?!\d{4}-).*\n)*", log, re.MULTILINE)


def request_bytes(*, chunks: list[int] | None = None, more: bytes = b"", method: bytes = b"POST") -> bytes:
    """Return the bytes of a signed call, with ``chunks`` in chunked encoding with these sizes."""
    call = signed_call(
        {"ImageBase64": "QUJD" * 40}, credentials=Credentials(SECRET_ID, SECRET_KEY), timestamp=int(time.time())
    )
    headers = b"".join(f"{name}: {value}\r\n".encode() for name, value in call.headers.items())
    head = method + b" / HTTP/1.1\r\n" + headers + more
    if chunks is None:
        return head + f"content-length: {len(call.body)}\r\n\r\n".encode() + call.body
    body, start = b"", 0
    for size in [*chunks, len(call.body)]:
        if piece := call.body[start : start + size]:
            body += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        start += size
    return head + b"transfer-encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def exchanged(server: RunningRecognizer, *pieces: bytes, hang_up_after: float | None = None) -> bytes:
    """Send the pieces and return everything received until the server closes the connection.

    After ``hang_up_after`` seconds of silence the sender closes its side.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=hang_up_after) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            while piece := _next(connection):
                received += piece
        except ConnectionError:
            pass  # the server closed before it had read everything
    return received


def _next(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except TimeoutError:
        connection.settimeout(PATIENCE_SECONDS)
        with suppress(OSError):  # the server has just closed
            connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)


def assert_well_formed(received: bytes) -> str:
    """Return the code of the first response, ``closed`` if there is none."""
    if not received:
        return "closed"
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(received)
    event = reader.next_event()
    while isinstance(event, h11.InformationalResponse):
        event = reader.next_event()
    assert isinstance(event, h11.Response)
    assert event.status_code < 500
    if event.status_code in {404, 405}:  # not the service's path
        return str(event.status_code)
    assert event.status_code in {200, 400}
    content_type = dict(event.headers).get(b"content-type", b"")
    if content_type.startswith(b"text/plain"):  # the path of the metrics
        return "text"
    assert content_type == b"application/json"
    content = b""
    while isinstance(data := reader.next_event(), h11.Data):
        content += data.data
    assert isinstance(data, h11.EndOfMessage)
    response = json.loads(content)["Response"]
    assert str(UUID(response["RequestId"])) == response["RequestId"]
    code = response["Error"]["Code"] if "Error" in response else "OK"
    assert code == "OK" or look_up(code) is not UNLISTED
    assert code != "InternalError"
    return str(code)


positions = st.floats(0, 1, exclude_max=True)
sizes = st.lists(st.integers(1, 100), max_size=6)


@given(st.none() | sizes, st.lists(st.integers(1, 400), max_size=5))
@FUZZED
def test_chunks_and_packet_boundaries_do_not_matter(
    server: RunningRecognizer, chunks: list[int] | None, packets: list[int]
) -> None:
    whole = request_bytes(chunks=chunks, more=b"connection: close\r\n")
    pieces, start = [], 0
    for size in [*packets, len(whole)]:
        pieces.append(whole[start : start + size])
        start += size
    assert assert_well_formed(exchanged(server, *pieces)) == "OK"


@given(st.none() | sizes, positions)
@FUZZED
def test_an_incomplete_call_ends_the_connection(
    server: RunningRecognizer, chunks: list[int] | None, position: float
) -> None:
    whole = request_bytes(chunks=chunks)
    broken = whole[: int(position * len(whole))]
    assert assert_well_formed(exchanged(server, broken, hang_up_after=0.001)) in {"closed", "InvalidParameter"}


@given(
    st.none() | sizes, st.lists(st.tuples(positions, st.binary(max_size=8), st.integers(0, 8)), min_size=1, max_size=6)
)
@FUZZED
def test_a_call_with_random_bytes_gets_a_well_formed_response(
    server: RunningRecognizer, chunks: list[int] | None, changes: list[tuple[float, bytes, int]]
) -> None:
    changed = request_bytes(chunks=chunks)
    for position, instead, left_out in changes:
        at = int(position * len(changed))
        changed = changed[:at] + instead + changed[at + left_out :]
    assert_well_formed(exchanged(server, changed, hang_up_after=0.1))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
@FUZZED
def test_any_bytes_are_handled(server: RunningRecognizer, pieces: list[bytes]) -> None:
    assert_well_formed(exchanged(server, *pieces, hang_up_after=0.05))


LINES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"content-length: 5",
            b"content-length: -1",
            b"content-length: 99999999999999999999",
            b"transfer-encoding: chunked",
            b"transfer-encoding: gzip, chunked",
            b"expect: 100-continue",
            b"connection: upgrade",
            b"upgrade: websocket",
            b"host: other",
            b"x-tc-timestamp: 99999999999",
            b"x-tc-timestamp: 1e9",
            b"authorization: TC3-HMAC-SHA256",
            b" folded",
            b": no name",
            b"x-tc-action",
            b"content-type: application/json; charset=\xff",
        ]
    ),
)


@given(st.lists(LINES, max_size=4), st.sampled_from([b"POST", b"GET", b"PUT", b"OPTIONS", b"BREW", b"post", b""]))
@FUZZED
def test_contradictory_headers_are_handled(server: RunningRecognizer, lines: list[bytes], method: bytes) -> None:
    more = b"".join(line + b"\r\n" for line in lines)
    assert_well_formed(exchanged(server, request_bytes(more=more, method=method), hang_up_after=0.1))


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        (b"x: " + b"y" * 100_000 + b"\r\n", {"OK"}),
        (b"x: " + b"y" * 600_000 + b"\r\n", {"InvalidParameter", "closed"}),
        (b"".join(b"x-%d: y\r\n" % number for number in range(100_000)), {"InvalidParameter", "closed"}),
    ],
)
def test_huge_headers_are_handled(server: RunningRecognizer, more: bytes, codes: set[str]) -> None:
    whole = request_bytes(more=more + b"connection: close\r\n")
    assert assert_well_formed(exchanged(server, whole, hang_up_after=30)) in codes


@pytest.mark.parametrize(
    "body", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"-3\r\nabc\r\n0\r\n\r\n", b"f" * 40 + b"\r\nabc"]
)
@pytest.mark.parametrize("method", [b"POST", b"PUT"])
def test_impossible_chunk_sizes_are_handled(server: RunningRecognizer, body: bytes, method: bytes) -> None:
    """A call of another method is rejected before its body arrives; only one error response may be sent."""
    whole = request_bytes(chunks=[], method=method)
    head = whole[: whole.index(b"\r\n\r\n") + 4]
    assert assert_well_formed(exchanged(server, head + body, hang_up_after=30)) in {"InvalidParameter", "closed"}


def test_two_calls_in_one_packet_get_two_responses(server: RunningRecognizer) -> None:
    received = exchanged(server, request_bytes() + request_bytes(more=b"connection: close\r\n"))
    assert received.count(b"HTTP/1.1 200 ") == 2
    assert received.count(b'"RequestId"') == 2
