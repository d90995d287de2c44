"""Answers of the provider that are too large, too slow or malformed: what is read of them, and what they cost."""

import gzip
import itertools
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from permit_ocr.adapters.ocr.exchange import MAX_ANSWER_BYTES
from permit_ocr.application.retry_policy import MAXIMUM_ATTEMPTS, RetryPolicy
from permit_ocr.domain.card.answers import MainlandPermitAnswer
from permit_ocr.domain.errors import Deferred, RejectDocument, RetryableError
from tests.contract.certificate import self_signed
from tests.contract.tencent.client import REQUEST, Clock, FakeLimiter, ask, client_of, error_of
from tests.contract.tencent.provider import CannedResponse, Provider, answer, provider, refusal

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = b'{"Response": {"Number": "H12345678", "RequestId": "r-1"}}'
LARGE = b'{"Response": {"Name": "' + b"x" * MAX_ANSWER_BYTES + b'"}}'
NEVER_READ = 64 * 1024 * 1024


def endless(head: bytes, piece: bytes) -> Iterator[bytes]:
    """Yield more than anybody may read, so that a client without a limit ends, too."""
    return itertools.chain([OK + head + b"\r\n"], itertools.repeat(piece, NEVER_READ // len(piece)))


def encoded(content: bytes, encoding: str) -> CannedResponse:
    return CannedResponse(content, headers={"Content-Encoding": encoding})


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


@pytest.mark.parametrize(
    "response",
    [
        encoded(gzip.compress(LARGE), "gzip"),
        encoded(gzip.compress(LARGE), "X-GZIP"),
        encoded(zlib.compress(LARGE), "deflate"),
        CannedResponse(LARGE),
        CannedResponse(raw=endless(b"", b"x" * 65536)),
        CannedResponse(raw=endless(b"Transfer-Encoding: chunked\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n")),
        CannedResponse(raw=endless(b"Content-Length: 999999999999\r\n", b"[" * 65536)),
    ],
)
def test_an_answer_without_end_is_cut_off(response: CannedResponse) -> None:
    with provider(response) as here:
        assert error_of(here).code == "AnswerTooLarge"
        assert len(here.requests) == 1


def test_the_largest_answer_is_read() -> None:
    name = "x" * (MAX_ANSWER_BYTES - 100)
    with provider(answer(Name=name)) as here:
        assert ask(here).answer.Name == name


def test_no_encoding_is_asked_for() -> None:
    with provider(answer(Number="H12345678")) as here:
        ask(here)
    assert here.requests[0]["headers"]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "response",
    [
        encoded(gzip.compress(GOOD), "gzip"),
        encoded(zlib.compress(GOOD), "deflate"),
        encoded(GOOD, "identity"),
        CannedResponse(
            raw=[OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(GOOD), *itertools.repeat(b"x" * 65536, 512)]
        ),
        CannedResponse(raw=[OK + b"Transfer-Encoding: chunked\r\n\r\n39\r\n" + GOOD + b"\r\n0\r\n\r\n"]),
        CannedResponse(raw=[OK.replace(b"1.1", b"1.0") + b"\r\n" + GOOD]),
        CannedResponse(raw=[OK.replace(b"\r\n", b"\n") + b"\n" + GOOD]),
        CannedResponse(b"\xef\xbb\xbf" + GOOD),
    ],
)
def test_any_proper_answer_is_read(response: CannedResponse) -> None:
    with provider(response) as here:
        read = ask(here).answer
    assert isinstance(read, MainlandPermitAnswer)
    assert read.Number == "H12345678"


@pytest.mark.parametrize(
    ("response", "code"),
    [
        # The body is not what its head promises.
        (CannedResponse({"Response": {"Name": "x" * 5000}}, cut_after=100), "AnswerLost"),
        (CannedResponse({"Response": {"Name": "x" * 5000}}, cut_after=0), "AnswerLost"),
        (CannedResponse(GOOD, headers={"Content-Length": "9999"}, cut_after=9999), "AnswerLost"),
        (CannedResponse(GOOD, headers={"Content-Length": "9"}, cut_after=9), "ServerNetworkError"),
        (CannedResponse(raw=[OK + b"Transfer-Encoding: chunked\r\n\r\n39\r\n" + GOOD]), "AnswerLost"),
        (CannedResponse(raw=[OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD]), "AnswerLost"),
        (encoded(gzip.compress(GOOD)[:-4], "gzip"), "AnswerLost"),
        (encoded(GOOD, "gzip"), "ServerNetworkError"),
        (encoded(raw_deflate(GOOD), "deflate"), "ServerNetworkError"),
        (encoded(b"\x0b\x02\x80{}\x03", "br"), "ServerNetworkError"),
        (encoded(gzip.compress(gzip.compress(GOOD)), "gzip, gzip"), "ServerNetworkError"),
        # No answer at all.
        (CannedResponse(raw=[]), "AnswerLost"),
        (CannedResponse(raw=[OK]), "ServerNetworkError"),
        (CannedResponse(raw=[b"220 smtp.example ESMTP\r\n"]), "AnswerLost"),
        # Not the provider's protocol.
        (CannedResponse(""), "ServerNetworkError"),
        (CannedResponse("<html>maintenance</html>", content_type="text/html"), "ServerNetworkError"),
        (CannedResponse('{"Response": {"Name": "陈样本"}}'.encode("gbk")), "ServerNetworkError"),
        (CannedResponse(GOOD.decode().encode("utf-16")), "ServerNetworkError"),
        (CannedResponse("{not json"), "ServerNetworkError"),
        (CannedResponse("[]"), "ServerNetworkError"),
        (CannedResponse({"Response": {"Error": "InternalError"}}), "ServerNetworkError"),
        (CannedResponse("[" * 100_000), "ServerNetworkError"),
        (CannedResponse('{"Response": {"CardType": ' + "1" * 6000 + "}}"), "ServerNetworkError"),
        # Another status. A gateway may have given up while the provider was at work.
        *((CannedResponse("", status=status), "ServerNetworkError") for status in (204, 400, 404, 500, 502, 503, 504)),
    ],
)
def test_a_call_that_may_be_charged_is_made_once_per_delivery(response: CannedResponse, code: str) -> None:
    limiter = FakeLimiter()
    with provider(response) as here:
        error = error_of(here, limiter=limiter)
        assert len(here.requests) == 1
    assert type(error) is RetryableError
    assert error.code == code
    assert limiter.calls == ["call"]


def test_redeliveries_of_a_possibly_charged_call_are_counted() -> None:
    """One call per delivery, and at most ``MAXIMUM_ATTEMPTS`` deliveries: no more calls can be charged."""
    counts = itertools.count(1)

    class FailureCounts:
        def count(self, message_id: str) -> int:
            assert message_id
            return next(counts)

    policy = RetryPolicy(failures=FailureCounts(), maximum_attempts=MAXIMUM_ATTEMPTS)
    responses = [
        CannedResponse("<html>", content_type="text/html"),
        CannedResponse({"Response": {"Name": "x" * 5000}}, cut_after=100),
        encoded(gzip.compress(LARGE), "gzip"),
        CannedResponse("", status=502),
        CannedResponse(raw=[]),
    ]
    delays: list[float | None] = []
    with provider(*responses) as here:
        while not delays or delays[-1] is not None:
            delays.append(policy.retry(error_of(here), message_id="m", age_seconds=60).seconds)
        assert len(here.requests) == 6
    assert all(delay >= 10 for delay in delays[:-1] if delay is not None)


def test_a_reset_connection_is_left_to_the_queue() -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    limiter = FakeLimiter()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        here = Provider([], host=f"127.0.0.1:{listener.getsockname()[1]}")
        assert error_of(here, limiter=limiter).code == "AnswerLost"
    assert limiter.calls == ["call"]


def not_sent(here: Provider, **options: Any) -> list[str]:
    """Make a call that cannot connect and return the calls that took a slot."""
    limiter = FakeLimiter()
    with pytest.raises(RetryableError, match="ClientNetworkError"):
        client_of(here, limiter=limiter, **options).recognize(REQUEST, deadline=time.monotonic() + 60)
    return limiter.calls


def test_a_call_that_could_not_connect_is_made_up_to_three_times(tmp_path: Path) -> None:
    with provider() as closed:
        pass
    assert not_sent(closed) == ["call"] * 3
    assert not_sent(Provider([], host="a..b")) == ["call"] * 3
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(self_signed("localhost", tmp_path))
    with provider(answer(), tls=server) as untrusted, provider(answer()) as without_tls:
        assert not_sent(untrusted, scheme="https") == ["call"] * 3
        assert not_sent(without_tls, scheme="https") == ["call"] * 3
        assert untrusted.requests == without_tls.requests == []


def test_an_answer_over_tls_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed("localhost", tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with provider(answer(Number="H12345678"), tls=server) as here:
        here.host = here.host.replace("127.0.0.1", "localhost")
        client = client_of(here, scheme="https")
        for _ in range(2):
            assert client.recognize(REQUEST, deadline=time.monotonic() + 60).attempts == 1
    assert len(here.requests) == 2


def test_an_unknown_name_is_looked_up_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert not_sent(Provider([], host="ocr.test")) == ["call"] * 3


def test_a_tls_handshake_that_times_out_is_repeated_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts connections, and says nothing
        here = Provider([], host=f"127.0.0.1:{listener.getsockname()[1]}")
        assert not_sent(here, scheme="https", timeout=0.4) == ["call"] * 3


def test_an_abandoned_call_is_not_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name lookup takes longer than the caller waits."""
    freed, system = threading.Event(), socket.getaddrinfo

    def slow(*arguments: Any, **options: Any) -> Any:
        freed.wait(60)
        return system(*arguments, **options)

    with provider(answer(Number="H12345678")) as here:
        client = client_of(here)
        client._calls._timeout = -0.6  # with the second of grace
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with pytest.raises(RetryableError, match="ClientNetworkError"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
        freed.set()
        client._calls._threads.shutdown(wait=True)
        assert here.requests == []


@pytest.mark.parametrize(
    "pieces",
    [
        itertools.chain([OK + b"Content-Length: 9999\r\n\r\n"], itertools.repeat(b" ", 600)),
        itertools.chain([OK], itertools.repeat(b"X: y\r\n", 600)),
        itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(b"O", 600)),
        itertools.chain([OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\n \r\n", 600)),
    ],
)
def test_a_trickled_answer_holds_no_thread_and_no_memory(pieces: Iterable[bytes]) -> None:
    """The pieces take a minute."""
    with provider(CannedResponse(raw=pieces, trickle=True)) as here:
        client = client_of(here, timeout=0.5)
        with pytest.raises(RetryableError, match="NoAnswerInTime"):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
        client._calls._threads.shutdown(wait=True)
        assert client._calls._bytes._taken == 0
        assert next(iter(pieces), None) is not None, "the server was still answering"


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, 1),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "300"}, 300),
        ({"Retry-After": "999999999"}, 3600),
        ({"Retry-After": in_seconds(7200)}, 3600),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, 1),
        ({"Retry-After": "soon"}, 1),
    ],
)
def test_status_429_is_a_question_of_quota(headers: dict[str, str], after: float) -> None:
    with provider(CannedResponse("slow down", status=429, headers=headers)) as here:
        error = error_of(here)
        assert len(here.requests) == (1 if after > 60 else 3), "a longer wait does not fit into the delivery"
    assert isinstance(error, Deferred)
    assert (error.code, error.after_seconds) == ("RequestLimitExceeded", after)


def test_the_next_call_waits_as_long_as_a_429_asks() -> None:
    slept: list[float] = []
    clock = Clock()
    with provider(CannedResponse("", status=429, headers={"Retry-After": "20"}), answer(Number="H12345678")) as here:
        client = client_of(here, clock=clock)
        client._sleep = slept.append
        assert client.recognize(REQUEST, deadline=60).attempts == 2
    assert slept == [20]


def test_an_unavailable_service_says_when_it_is_back() -> None:
    with provider(CannedResponse("", status=503, headers={"Retry-After": "120"})) as here:
        error = error_of(here)
    assert isinstance(error, RetryableError)
    assert error.after_seconds == 120


@pytest.mark.parametrize("second", [refusal("InvalidParameter.InputError"), refusal("FailedOperation.OcrFailed")])
def test_an_input_error_is_rejected_after_a_second_call(second: CannedResponse) -> None:
    with provider(refusal("InvalidParameter.InputError"), second) as here:
        assert isinstance(error_of(here), RejectDocument)
        assert len(here.requests) == 2


def test_an_input_error_may_be_the_providers_own() -> None:
    with provider(refusal("InvalidParameter.InputError"), answer(Number="H12345678")) as here:
        assert ask(here).attempts == 2
