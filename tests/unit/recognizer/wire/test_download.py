"""Which addresses an image may be downloaded from; contract/recognizer/test_image_by_url.py tests the connections."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.wire.api_error import ApiError
from recognizer.wire.download import DownloadRules, download
from tests.unit.ssrf_guard.test_public_address import LOCAL, NEVER, PRIVATE


def refusal_of(url: str, addresses: list[str], rules: DownloadRules | None = None) -> ApiError:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    with pytest.raises(ApiError) as raised:
        asyncio.run(download(url, rules=rules or DownloadRules(), limit=10, resolve=resolve))
    return raised.value


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test/",
        "file:///etc/passwd",
        "ftp://a.test/",
        "//a.test/",
        "a.test",
        "https://",
        "https://user:key@a.test/",
        "https://[fe80::1%25eth0]/",
        "https://a.test:99999/",
        "https://a.test:x/",
        "https://名.test/",
        "https://[::1/",
        "\x00",
        "",
    ],
)
def test_a_malformed_url_is_rejected_without_a_request(url: str) -> None:
    assert refusal_of(url, []).code == "FailedOperation.DownLoadError"


def test_a_name_with_a_private_address_is_rejected_unconnected() -> None:
    """Sockets are disabled in unit tests, so an attempt to connect would be a different error."""
    for address in LOCAL + PRIVATE + NEVER:
        assert refusal_of("https://rebinding.test/", [address]).code == "FailedOperation.DownLoadError"


def test_an_unknown_name_is_a_failed_download() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(ApiError, match=r"DownLoadError"):
        asyncio.run(download("https://a.test/", rules=DownloadRules(), limit=10, resolve=unknown))


def test_a_hanging_resolver_times_out() -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(ApiError, match=r"DownLoadError"):
        asyncio.run(download("https://a.test/", rules=DownloadRules(seconds=0.05), limit=10, resolve=silent))


@given(st.text())
def test_any_text_is_a_failed_download_at_worst(url: str) -> None:
    """tests/contract/recognizer/test_image_by_url.py tests paths of an existing server."""
    assert refusal_of(url, []).code == "FailedOperation.DownLoadError"
