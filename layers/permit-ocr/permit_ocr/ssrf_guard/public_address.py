"""Which addresses are allowed for the recogniser's downloads and for webhooks.

A caller must connect to the address that was checked: a second lookup of its name may return a different one (DNS
rebinding).
"""

import ipaddress
from typing import Final

_METADATA: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("168.63.129.16/32", "192.0.0.192/32", "100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::/32")
)
"""Metadata services that are not link-local: of Azure, Oracle and Alibaba, and of Amazon and Google over IPv6."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All routed IPv6 addresses. Outside are, among others, deprecated forms that contain an IPv4 address."""

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_allowed(text: str, *, allow_private: bool) -> bool:
    """Tell whether connecting to an IP address is allowed; an IPv4 address inside an IPv6 one is checked as well.

    ``allow_private`` also allows private and loopback addresses. Link-local and metadata addresses are never allowed.
    Raises ``ValueError`` if ``text`` is not an IP address.
    """
    outer = ipaddress.ip_address(text)
    address = _innermost(outer)
    if any(address in network or outer in network for network in _METADATA):
        return False
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if allow_private and (address.is_private or address.is_loopback):
        return True
    routed = isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST
    return routed and outer.is_global and address.is_global


def _innermost(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    teredo = address.teredo[1] if address.teredo else None
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or teredo or nat64 or address
