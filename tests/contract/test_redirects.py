"""No call that carries a credential, an image or a result goes to where a server redirects it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from permit_ocr.adapters.secrets import read_secret
from permit_ocr.domain.errors import CircuitOpen, RetryableError
from tests.contract.tencent.client import REQUEST, FakeLimiter, ask, client_of, error_of
from tests.contract.tencent.provider import CannedResponse, answer, provider

STATUSES = (300, 301, 302, 303, 305, 307, 308)


def redirect(status: int, location: str) -> CannedResponse:
    return CannedResponse("", status=status, headers={"Location": location})


@pytest.mark.parametrize("status", STATUSES)
def test_the_provider_is_not_followed_elsewhere(status: int) -> None:
    limiter = FakeLimiter()
    with provider(answer(Number="H12345678")) as elsewhere:
        with provider(redirect(status, f"http://{elsewhere.host}/")) as here:
            error = error_of(here, limiter=limiter)
        assert elsewhere.requests == []
    assert isinstance(error, CircuitOpen)
    assert error.code == "EndpointRedirects"
    assert limiter.calls == ["call", "open EndpointRedirects"]


@pytest.mark.parametrize("location", ["/", "?again", "", "//127.0.0.1:9/", "https://127.0.0.1:9/", "gopher://x"])
def test_it_does_not_matter_where_a_redirect_leads(location: str) -> None:
    with provider(redirect(307, location), answer(Number="H12345678")) as here:
        assert error_of(here).code == "EndpointRedirects"
        assert len(here.requests) == 1


def test_a_redirect_without_a_location_is_one_too() -> None:
    with provider(CannedResponse("", status=302), answer(Number="H12345678")) as here:
        assert error_of(here).code == "EndpointRedirects"
        assert len(here.requests) == 1


def test_the_body_of_a_redirect_is_not_read() -> None:
    """The SDK's session reads it whole, whatever its size."""
    sent: list[bytes] = []

    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 307 Elsewhere\r\nLocation: /\r\n\r\n"
        for _ in range(512):
            sent.append(b"x" * 65536)
            yield sent[-1]

    with provider(CannedResponse(raw=endless())) as here:
        assert error_of(here).code == "EndpointRedirects"
    assert len(sent) < 512, "the connection was closed"


def test_the_next_endpoint_takes_over_and_is_named_in_the_result() -> None:
    with (
        provider(answer(Number="H87654321")) as elsewhere,
        provider(redirect(307, f"http://{elsewhere.host}/")) as first,
        provider(answer(Number="H12345678")) as second,
    ):
        client = client_of(first, second)
        for attempts in (2, 1):  # then the first is skipped for five minutes
            result = client.recognize(REQUEST, deadline=time.monotonic() + 60)
            assert (result.endpoint, result.attempts, result.fallback) == (second.host, attempts, True)
        assert (len(first.requests), elsewhere.requests) == (1, [])


def test_a_netrc_file_does_not_replace_the_signature(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with provider(answer(Number="H12345678")) as here:
        ask(here)
    assert here.requests[0]["headers"]["Authorization"].startswith("TC3-HMAC-SHA256 ")


def test_the_provider_cannot_set_cookies() -> None:
    setting = CannedResponse(answer(Number="H12345678").body, headers={"Set-Cookie": "id=1"})
    with provider(setting) as here:
        client = client_of(here)
        for _ in range(2):
            client.recognize(REQUEST, deadline=time.monotonic() + 60)
    assert [call["headers"].get("Cookie") for call in here.requests] == [None, None]


@contextmanager
def proxy(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer everything with ``reply``; yield the URL and the requests' first bytes."""
    requests: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65536))
                connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("status", ["302 Found\r\nLocation: http://127.0.0.1:9/", "407 Who are you", "403 No"])
def test_a_proxy_that_opens_no_tunnel_gets_no_request(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    limiter = FakeLimiter()
    with proxy(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as (url, requests), provider() as here:
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(RetryableError, match="ClientNetworkError"):
            client_of(here, scheme="https", limiter=limiter).recognize(REQUEST, deadline=time.monotonic() + 60)
    assert [request.split()[0] for request in requests] == [b"CONNECT"] * 3
    assert b"Authorization: TC3" not in b"".join(requests)
    assert limiter.calls == ["call"] * 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_requests_to_aws_are_not_redirected(status: int) -> None:
    """With botocore's own transport. If a new version follows redirects, secrets and images are at stake."""
    with provider(answer()) as elsewhere:
        head = [f"HTTP/1.1 {status} X", f"Location: http://{elsewhere.host}/", "x-amz-bucket-region: eu-west-1"]
        with proxy("\r\n".join([*head, "Content-Length: 0", "", ""]).encode()) as (url, requests):
            with pytest.raises(RetryableError, match=f"SecretsManager.{status}"):
                read_secret(_aws("secretsmanager", url), "a secret", unreadable=CircuitOpen("", "", ""))
            with pytest.raises(ClientError):
                _aws("s3", url).put_object(Bucket="uploads", Key="a.jpg", Body=b"image")
            assert len(requests) >= 2
        assert elsewhere.requests == []


def _aws(service: Any, url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=url,
        config=config,
    )
