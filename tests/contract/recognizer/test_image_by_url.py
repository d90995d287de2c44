"""Downloading an image by URL: a fake resolver, real connections."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from permit_ocr.ssrf_guard import name_lookup as name_look_up
from recognizer.wire.api_error import ApiError
from recognizer.wire.download import DownloadRules, download, download_image
from tests.contract.certificate import self_signed
from tests.contract.web_server import SWALLOWING_ADDRESS, Answering, address_that_swallows, saying, web_server

LIMIT = 1000
PATIENCE_SECONDS = 60.0
HERE = DownloadRules(allow_http=True, allow_private=True, seconds=PATIENCE_SECONDS)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nimage"
FAILED, TOO_LARGE = "FailedOperation.DownLoadError", "LimitExceeded.TooLargeFileError"


async def resolver(host: str, port: int) -> list[str]:
    """Resolve names under .test to this machine and addresses to themselves."""
    return ["127.0.0.1"] if host.endswith(".test") else [host]


def fetched(
    answering: Answering,
    url: str = "http://images.test:{port}/a.jpg?signature=1",
    rules: DownloadRules = HERE,
    *,
    server_tls: ssl.SSLContext | None = None,
    client_tls: ssl.SSLContext | None = None,
) -> bytes:
    async def scenario() -> bytes:
        async with web_server(answering, server_tls) as port:
            return await download(url.format(port=port), rules=rules, limit=LIMIT, resolve=resolver, tls=client_tls)

    return asyncio.run(scenario())


def refusal_of(answering: Answering, url: str = "http://images.test:{port}/", rules: DownloadRules = HERE) -> str:
    with pytest.raises(ApiError) as raised:
        fetched(answering, url, rules)
    return raised.value.code


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A second lookup of this name would fail. Looking up only once prevents DNS rebinding."""
    answering, requests = saying(OK)
    assert fetched(answering) == b"image"
    [request] = requests
    lines = request.decode().lower().split("\r\n")
    assert lines[0] == "get /a.jpg?signature=1 http/1.1"
    assert any(line.startswith("host: images.test:") for line in lines)


def test_the_next_address_is_tried_after_a_failed_connection() -> None:
    async def scenario() -> bytes:
        async def two_addresses(host: str, port: int) -> list[str]:
            return [SWALLOWING_ADDRESS, "127.0.0.1"]

        async with web_server(saying(OK)[0]) as port:
            return await download(f"http://images.test:{port}/", rules=HERE, limit=LIMIT, resolve=two_addresses)

    assert asyncio.run(scenario()) == b"image"


def test_an_unresponsive_address_leaves_time_for_the_next_one() -> None:
    async def scenario(addresses: list[str]) -> bytes:
        async def resolve(host: str, port: int) -> list[str]:
            return addresses

        async with web_server(saying(OK)[0]) as port:
            with address_that_swallows(port):
                return await download(f"http://images.test:{port}/", rules=hasty, limit=LIMIT, resolve=resolve)

    hasty = DownloadRules(allow_http=True, allow_private=True)
    assert asyncio.run(scenario([SWALLOWING_ADDRESS, "127.0.0.1"])) == b"image"
    with pytest.raises(ApiError, match=FAILED):
        asyncio.run(scenario([SWALLOWING_ADDRESS]))


def test_slow_lookups_do_not_block_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts as many hanging lookups as may wait: more than there were threads."""
    freed = threading.Event()
    given_up: list[threading.Thread] = []
    system = socket.getaddrinfo

    def slow(host: str, *arguments: Any, **options: Any) -> Any:
        if host.startswith("slow"):
            given_up.append(threading.current_thread())
            freed.wait(PATIENCE_SECONDS)
            raise OSError
        return system(host, *arguments, **options)

    async def scenario() -> bytes:
        hasty = DownloadRules(allow_http=True, allow_private=True, seconds=0.1)
        slow_ones = (download(f"http://slow{number}.test/", rules=hasty, limit=LIMIT) for number in range(20))
        outcomes = await asyncio.gather(*slow_ones, return_exceptions=True)
        assert {str(outcome) for outcome in outcomes} == {FAILED}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(given_up) < 20:  # noqa: ASYNC110  a thread may begin after who waits for it has given up
                await asyncio.sleep(0.01)
        async with web_server(saying(OK)[0]) as port:
            return await download(f"http://localhost:{port}/", rules=HERE, limit=LIMIT)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        assert asyncio.run(scenario()) == b"image"
        assert all(thread.daemon for thread in given_up)  # program exit does not wait for them
    finally:
        freed.set()
    for thread in given_up:
        thread.join(PATIENCE_SECONDS)


def test_too_many_lookups_are_failed_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("permit_ocr.ssrf_guard.name_lookup._free_lookups", threading.BoundedSemaphore(1))
    name_look_up._free_lookups.acquire()
    assert refusal_of_system("http://localhost:{port}/") == FAILED
    name_look_up._free_lookups.release()
    assert refusal_of_system("http://localhost:{port}/") == "OK"
    assert refusal_of_system("http://localhost:{port}/") == "OK"


def refusal_of_system(url: str) -> str:
    async def scenario() -> str:
        async with web_server(saying(OK)[0]) as port:
            try:
                await download(url.format(port=port), rules=HERE, limit=LIMIT)
            except ApiError as refusal:
                return refusal.code
            return "OK"

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/证件.jpg?名=1", "/%E8%AF%81%E4%BB%B6.jpg?%E5%90%8D=1"),
        ("/a b.jpg", "/a%20b.jpg"),
        ("/a%20b.jpg?x=%2F&y=a+b~c", "/a%20b.jpg?x=%2F&y=a+b~c"),
        ("", "/"),
        ("?a=b#c", "/?a=b"),
    ],
)
def test_a_path_is_only_encoded_where_necessary(path: str, asked: str) -> None:
    answering, requests = saying(OK)
    assert fetched(answering, "http://images.test:{port}" + path) == b"image"
    assert requests[0].split()[1].decode() == asked


@pytest.fixture(scope="module")
def always_here() -> Iterator[int]:
    """Run a web server in a thread that answers every request with an image; yields its port."""

    class Images(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"image")

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Images) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_any_path_gives_the_image_or_a_failed_download(always_here: int, path: str) -> None:
    async def scenario() -> bytes:
        url = f"http://images.test:{always_here}/{path}"
        return await download(url, rules=HERE, limit=LIMIT, resolve=resolver)

    try:
        assert asyncio.run(scenario()) == b"image"
    except ApiError as refusal:
        assert refusal.code == FAILED  # noqa: PT017  either will do


def test_forbidden_addresses_are_skipped() -> None:
    async def scenario() -> bytes:
        async def two_addresses(host: str, port: int) -> list[str]:
            return ["169.254.169.254", "127.0.0.1"]

        async with web_server(saying(OK)[0]) as port:
            return await download(f"http://images.test:{port}/", rules=HERE, limit=LIMIT, resolve=two_addresses)

    assert asyncio.run(scenario()) == b"image"


def image_fetched(content: bytes) -> bytes:
    async def scenario() -> bytes:
        response = b"HTTP/1.1 200 OK\r\n\r\n" + content
        async with web_server(saying(response)[0]) as port:
            return await download_image(f"http://127.0.0.1:{port}/", rules=HERE, limit=LIMIT)

    return asyncio.run(scenario())


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"\0\0\0\x18ftypheic", b""])
def test_any_image_format_and_empty_files_are_downloaded(content: bytes) -> None:
    assert image_fetched(content) == content


@pytest.mark.parametrize("content", [b"<!doctype html>", b'{"error": "expired"}', b"image"])
def test_anything_but_an_image_is_a_failed_download(content: bytes) -> None:
    with pytest.raises(ApiError, match=FAILED):
        image_fetched(content)


def test_the_system_resolver_resolves_localhost() -> None:
    async def scenario() -> bytes:
        async with web_server(saying(OK)[0]) as port:
            return await download(f"http://localhost:{port}/", rules=HERE, limit=LIMIT)

    assert asyncio.run(scenario()) == b"image"


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nimage\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nimage",
        b"HTTP/1.0 200 OK\r\n\r\nimage",
    ],
)
def test_every_http_framing_is_understood(response: bytes) -> None:
    assert fetched(saying(response)[0]) == b"image"


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nimage",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nimage",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: a\r\nLocation: b\r\n\r\n",
        b"\x16\x03\x01 no http",
        b"",
    ],
)
def test_an_incomplete_image_is_a_failed_download(response: bytes) -> None:
    assert refusal_of(saying(response)[0]) == FAILED


def test_an_unreachable_server_is_a_failed_download() -> None:
    assert refusal_of(saying(OK)[0], "http://images.test:1/") == FAILED


@pytest.mark.parametrize("framing", [b"Content-Length: 1001\r\n", b""])
def test_reading_stops_at_the_limit(framing: bytes) -> None:
    assert refusal_of(saying(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n" + b"x" * 1001)[0]) == TOO_LARGE
    assert len(fetched(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000)[0])) == 1000


def test_an_endless_image_is_cut_off() -> None:
    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    assert refusal_of(endless) == TOO_LARGE


def test_the_timeout_covers_the_whole_download() -> None:
    async def trickling(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _number in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert refusal_of(trickling, rules=DownloadRules(allow_http=True, allow_private=True, seconds=0.3)) == FAILED


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    "to", ["/b.jpg", "http://elsewhere.test/b.jpg", "http://169.254.169.254/", "file:///etc/hosts"]
)
def test_a_redirect_is_not_followed(status: int, to: str) -> None:
    answering, requests = saying(f"HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode(), OK)
    assert refusal_of(answering) == FAILED
    assert len(requests) == 1


@pytest.mark.parametrize("rules", [DownloadRules(allow_private=True), DownloadRules(allow_http=True), DownloadRules()])
def test_forbidden_servers_get_no_request(rules: DownloadRules) -> None:
    answering, requests = saying(OK)
    assert refusal_of(answering, rules=rules) == FAILED
    assert requests == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed("images.test", tmp_path_factory.mktemp("tls"))


def test_https_is_verified_against_the_name_in_the_url(certificate: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    rules = DownloadRules(allow_private=True)
    url = "https://{name}:{port}/"

    def get(name: str, client: ssl.SSLContext | None) -> bytes:
        where = url.replace("{name}", name)
        return fetched(saying(OK)[0], where, rules, server_tls=server, client_tls=client)

    assert get("images.test", trusting) == b"image"
    with pytest.raises(ApiError, match=FAILED):
        get("other.test", trusting)
    with pytest.raises(ApiError, match=FAILED):
        get("images.test", None)
