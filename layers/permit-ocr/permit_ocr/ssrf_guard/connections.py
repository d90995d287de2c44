"""Open connections to hosts in URLs from others, but never into the private network.

A name is resolved once, its addresses are checked (see ``public_address``), and the connection goes to the address that
was checked. The name is used for the certificate only, so a second DNS lookup cannot return a different address.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Final
from urllib.parse import SplitResult

from permit_ocr.ssrf_guard.public_address import is_allowed

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ATTEMPTS: Final = 3
"""The time is divided so that this many addresses can be tried, even if none of them responds."""

type Resolver = Callable[[str, int], Awaitable[list[str]]]


class NotAllowedError(ValueError):
    """None of a name's addresses is allowed."""


def port_of(target: SplitResult) -> int:
    """Return the port of an http or https URL; 0 for other schemes. Raises ``ValueError``."""
    return target.port or _DEFAULT_PORTS.get(target.scheme, 0)


async def allowed_addresses(target: SplitResult, *, allow_private: bool, resolve: Resolver) -> list[str]:
    """Return the host's allowed addresses in order. Raises ``NotAllowedError`` if there is none, or ``OSError``."""
    addresses = await resolve(target.hostname or "", port_of(target))
    allowed = [address for address in addresses if is_allowed(address, allow_private=allow_private)]
    if not allowed:
        raise NotAllowedError
    return allowed


async def connect(
    target: SplitResult, addresses: Sequence[str], *, seconds: float, limit: int, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first of ``addresses`` that accepts one; the host name is used for the certificate.

    ``seconds`` is the caller's time for the whole request: each address gets a third of it, the last one all that is
    left. ``limit`` is the number of unread bytes that are buffered. ``tls`` replaces the public authorities. Raises
    ``OSError``, or its subclass ``ssl.SSLError`` if the last address failed with it.
    """
    secure = target.scheme == "https"
    for number, address in enumerate(addresses, start=1):
        is_last = number == len(addresses)
        try:
            async with asyncio.timeout(None if is_last else seconds / _ATTEMPTS):
                return await asyncio.open_connection(
                    address,
                    port_of(target),
                    limit=limit,
                    ssl=(tls or _public_authorities()) if secure else None,
                    server_hostname=target.hostname if secure else None,
                )
        except OSError:  # includes TimeoutError
            if is_last:
                raise
    raise ConnectionError


@cache
def _public_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()
