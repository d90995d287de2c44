"""Webhook delivery with a fake resolver and real connections."""

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from permit_ocr.adapters.webhooks.delivery import DeliveryFailed, Receiver, post
from permit_ocr.application.webhook_retry_policy import GONE
from tests.contract.certificate import self_signed
from tests.contract.web_server import SWALLOWING_ADDRESS, Answering, address_that_swallows, saying, web_server
from tests.unit.ssrf_guard.test_public_address import LOCAL, NEVER, PRIVATE

BODY = '{"id": "1", "data": "陈样本"}'.encode()
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


async def here(host: str, port: int) -> list[str]:
    """Every name is here."""
    assert host
    assert port
    return ["127.0.0.1"]


def deliver(
    answering: Answering,
    url: str = "http://hooks.test:{port}/in?tenant=7",
    *,
    seconds: float = 30.0,
    server_tls: ssl.SSLContext | None = None,
    client_tls: ssl.SSLContext | None = None,
) -> None:
    async def scenario() -> None:
        async with web_server(answering, server_tls, body=len(BODY)) as port:
            receiver = Receiver(url=url.format(port=port), local=True)
            headers = {"webhook-id": "1"}
            await post(receiver, BODY, headers, seconds=seconds, resolve=here, tls=client_tls)

    asyncio.run(scenario())


def refusal_of(answering: Answering, *, seconds: float = 30.0) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        deliver(answering, seconds=seconds)
    return raised.value


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204", "299 Whatever"])
def test_any_2xx_is_delivered(status: str) -> None:
    answering, requests = saying(f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nfine!".encode())
    deliver(answering)
    assert len(requests) == 1


def test_the_raw_body_is_posted_to_the_full_url() -> None:
    answering, requests = saying(OK)
    deliver(answering)
    head, _, body = requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /in?tenant=7 HTTP/1.1"
    assert any(line.startswith("Host: hooks.test:") for line in lines)
    assert f"Content-Length: {len(BODY)}" in lines
    assert "Content-Type: application/cloudevents+json; charset=UTF-8" in lines
    assert "webhook-id: 1" in lines
    assert body == BODY


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "Webhook.Status500"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "Webhook.Status404"),
        (b"HTTP/1.1 410 Gone\r\n\r\n", GONE),
        (b"HTTP/2 200\r\n\r\n", "Webhook.Unreachable"),
        (b"HTTP/1.1 099 Odd\r\n\r\n" + OK, "Webhook.Unreachable"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + OK, "Webhook.Unreachable"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "Webhook.Unreachable"),
        (b"HTTP/1.1 200 OK\r\rX: y\r\r", "Webhook.Unreachable"),
        (b"HTTP/1.1 204 No Content\n", "Webhook.Unreachable"),
        (b"220 smtp.example ESMTP\r\n\r\n", "Webhook.Unreachable"),
        (b"HTTP/1.1 200 OK\r\n", "Webhook.Unreachable"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "Webhook.Unreachable"),
        (b"", "Webhook.Unreachable"),
    ],
)
def test_any_other_response_is_a_failure_with_its_code(answer: bytes, code: str) -> None:
    assert refusal_of(saying(answer)[0]).code == code


def test_an_interim_response_is_skipped() -> None:
    deliver(saying(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)[0])


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    answering, requests = saying(f"HTTP/1.1 {status} Elsewhere\r\nLocation: /elsewhere\r\n\r\n".encode(), OK)
    assert refusal_of(answering).code == "Webhook.Redirected"
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("999999", 6 * 3600),
        ("-5", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Fri, 31 Dec 2199 23:59:59 GMT", 6 * 3600),
    ],
)
def test_retry_after_is_respected_within_limits(header: str, seconds: float) -> None:
    answering, _ = saying(f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {header}\r\n\r\n".encode())
    assert refusal_of(answering).after_seconds == seconds


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    answering, _ = saying(f"HTTP/1.1 503 Busy\r\nRetry-After: {date}\r\n\r\n".encode())
    assert 3000 < refusal_of(answering).after_seconds <= 3600


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 204\nServer: small\n\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok",
        b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\nok",
        b"HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 202 Accepted\n\n",
        b"HTTP/1.0 200 OK\n\n\n\n",
        b"HTTP/1.1 200 \r\n\r\n",
        b"HTTP/1.1  200  OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX:y\r\n continued\r\nno colon\r\n: no name\r\nX : y\r\n\r\n",
        b"HTTP/1.1 200 \xe5\xa5\xbd\r\nX: \xff\r\n\r\n",
    ],
)
def test_a_response_need_not_be_perfect(answer: bytes) -> None:
    deliver(saying(answer)[0])


@pytest.mark.parametrize(
    "lines",
    [
        b"Retry-After: 120\n",
        b"Retry-After:120\r\n",
        b"retry-after:\t120\t\n",
        b"RETRY-AFTER :120\r\n",
        b"Retry-After:\r\n 120\r\n",
        b"Retry-After:\n\t120\nX: y\n",
        b"X: Retry-After: 5\nRetry-After: 120\n",
    ],
)
def test_retry_after_is_found_in_any_header(lines: bytes) -> None:
    answer = b"HTTP/1.1 503 Busy\n" + lines + b"\r\n\n\nRetry-After: 7\n\n"
    assert refusal_of(saying(answer)[0]).after_seconds == 120


@settings(max_examples=40)
@given(st.lists(st.sampled_from([b"HTTP/1.1 ", b"200", b"429", b"103", b" ", b"\n", b"\r\n", b"\r", b"X:", b"\xff"])))
def test_any_response_is_accepted_or_a_failure(pieces: list[bytes]) -> None:
    with suppress(DeliveryFailed):
        deliver(saying(b"".join(pieces))[0])


def test_a_receiver_that_trickles_bytes_times_out() -> None:
    async def dribbling(request: bytes, writer: asyncio.StreamWriter) -> None:
        assert request
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert refusal_of(dribbling, seconds=0.3).code == "Webhook.TimedOut"


def refused(url: str, addresses: list[str], *, local: bool = False) -> str:
    async def resolve(host: str, port: int) -> list[str]:
        assert host
        assert port
        return addresses

    with pytest.raises(DeliveryFailed) as raised:
        asyncio.run(post(Receiver(url=url, local=local), BODY, {}, resolve=resolve))
    return raised.value.code


@pytest.mark.parametrize("address", LOCAL + PRIVATE + NEVER)
def test_names_with_private_addresses_are_refused(address: str) -> None:
    assert refused("https://hooks.test/", [address]) == "Webhook.AddressRefused"


@pytest.mark.parametrize("address", NEVER)
def test_metadata_services_are_refused_even_for_local_receivers(address: str) -> None:
    assert refused("http://hooks.test/", [address], local=True) == "Webhook.AddressRefused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.test",
        "http://hooks.test/",
        "ftp://hooks.test/",
        "https://",
        "https://user:key@hooks.test/",
        "https://hooks.test:x/",
        "https://hooks.test:99999/",
        "https://[fe80::1%25eth0]/",
        "https://名.test/",
        "https://hooks.test/a b",
        "https://hooks.test/\r\nX-Injected: 1",
    ],
)
def test_an_invalid_url_is_refused_before_the_name_is_looked_up(url: str) -> None:
    assert refused(url, ["8.8.8.8"]) == "Webhook.AddressRefused"


def test_the_name_is_looked_up_once_so_rebinding_has_no_effect() -> None:
    asked = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async def scenario() -> None:
        async with web_server(saying(OK)[0], body=len(BODY)) as port:
            await post(Receiver(url=f"http://hooks.test:{port}/", local=True), BODY, {}, resolve=rebinding)
            assert asked == [("hooks.test", port)]

    asyncio.run(scenario())


def test_the_next_address_is_tried_if_one_refuses_the_connection() -> None:
    async def scenario() -> None:
        async with web_server(saying(OK)[0], body=len(BODY)) as port:

            async def resolve(host: str, port: int) -> list[str]:
                assert host
                assert port
                return ["169.254.169.254", "::1", "127.0.0.1"]  # the server listens on the last one only

            await post(Receiver(url=f"http://hooks.test:{port}/", local=True), BODY, {}, resolve=resolve)

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [OSError(), UnicodeError("label too long")])
def test_an_unknown_name_is_unreachable(error: Exception) -> None:
    async def unknown(host: str, port: int) -> list[str]:
        assert host
        assert port
        raise error

    with pytest.raises(DeliveryFailed, match="Unreachable"):
        asyncio.run(post(Receiver(url="https://hooks.test/"), BODY, {}, resolve=unknown))


def test_the_certificate_must_match_the_name(tmp_path: Path) -> None:
    certificate = self_signed("hooks.test", tmp_path)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    server.load_cert_chain(certificate)
    deliver(saying(OK)[0], "https://hooks.test:{port}/", server_tls=server, client_tls=client)
    with pytest.raises(DeliveryFailed, match="TlsFailed"):
        deliver(saying(OK)[0], "https://other.test:{port}/", server_tls=server, client_tls=client)
    with pytest.raises(DeliveryFailed, match="TlsFailed"):
        deliver(saying(OK)[0], "https://hooks.test:{port}/", server_tls=server)


def test_a_slow_name_lookup_times_out_and_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    freed, looking = threading.Event(), threading.Event()

    def slow(*_arguments: object, **_options: object) -> NoReturn:
        looking.set()
        freed.wait(60)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        with pytest.raises(DeliveryFailed) as raised:
            asyncio.run(post(Receiver(url="https://hooks.test/"), BODY, {}, seconds=0.2))
        assert raised.value.code == "Webhook.TimedOut"
        assert looking.is_set()
        assert not freed.is_set(), "the end of the loop has waited for the system"
    finally:
        freed.set()


def test_a_silent_address_leaves_time_for_the_next_one() -> None:
    async def both(host: str, port: int) -> list[str]:
        return [SWALLOWING_ADDRESS, "127.0.0.1"]

    async def scenario() -> None:
        async with web_server(saying(OK)[0], body=len(BODY)) as port:
            with address_that_swallows(port):
                await post(Receiver(url=f"http://hooks.test:{port}/", local=True), BODY, {}, seconds=10, resolve=both)

    asyncio.run(scenario())
