"""Which addresses an image may be fetched from; the connections are in tests/contract/test_image_by_url.py."""

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.wire.download import DownloadRules, download, is_allowed
from recognizer.wire.refusal import Refusal

LOCAL = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
NEVER = [
    "169.254.169.254",
    "169.254.0.23",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "168.63.129.16",
    "0.0.0.0",  # noqa: S104  what must be refused
    "::",
    "224.0.0.1",
    "ff02::1",
]
PUBLIC = ["8.8.8.8", "119.29.29.29", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", LOCAL + PRIVATE)
def test_private_and_loopback_addresses_need_the_setting(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_metadata_and_many_at_once_are_never_allowed(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


@given(st.ip_addresses())
def test_what_is_not_global_is_never_allowed_by_default(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert address.is_global or not is_allowed(str(address), allow_private=False)


def refusal_of(url: str, addresses: list[str], rules: DownloadRules | None = None) -> Refusal:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    with pytest.raises(Refusal) as raised:
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
def test_a_url_of_another_form_is_refused_before_anything_is_asked(url: str) -> None:
    assert refusal_of(url, []).code == "FailedOperation.DownLoadError"


def test_a_name_that_leads_inside_is_refused_without_a_connection() -> None:
    """Sockets are off in unit tests: an attempt to connect would be another error."""
    for address in LOCAL + PRIVATE + NEVER:
        assert refusal_of("https://rebinding.test/", [address]).code == "FailedOperation.DownLoadError"


def test_a_name_that_nobody_knows_is_a_failed_download() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(Refusal, match=r"DownLoadError"):
        asyncio.run(download("https://a.test/", rules=DownloadRules(), limit=10, resolve=unknown))


def test_a_resolver_that_never_answers_is_given_up() -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(Refusal, match=r"DownLoadError"):
        asyncio.run(download("https://a.test/", rules=DownloadRules(seconds=0.05), limit=10, resolve=silent))


@given(st.text())
def test_any_text_is_a_failed_download_at_worst(url: str) -> None:
    assert refusal_of(url, []).code == "FailedOperation.DownLoadError"
