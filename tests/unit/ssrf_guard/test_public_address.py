"""Which addresses the guard allows."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from permit_ocr.ssrf_guard.public_address import is_allowed

LOCAL = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "0.1.2.3"]
NEVER = [
    "169.254.169.254",
    "169.254.0.23",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "168.63.129.16",
    "64:ff9b::a83f:8110",
    "192.0.0.192",
    "100.100.100.200",
    "100.64.0.1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "fec0::1",
    "::ffff:0:127.0.0.1",
    "0.0.0.0",  # noqa: S104  must be refused
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
def test_link_local_metadata_and_multicast_are_never_allowed(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


@given(st.ip_addresses())
@example(ipaddress.ip_address("::8.8.8.8"))
@example(ipaddress.ip_address("4000::1"))
def test_only_global_addresses_are_allowed_by_default(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert address.is_global or not is_allowed(str(address), allow_private=False)


@pytest.mark.parametrize("address", ["::8.8.8.8", "::ffff:0:808:808", "4000::1", "5f00::1"])
def test_unrouted_addresses_are_never_allowed(address: str) -> None:
    assert not is_allowed(address, allow_private=False)


def test_a_host_name_is_not_an_address() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        is_allowed("localhost", allow_private=True)
