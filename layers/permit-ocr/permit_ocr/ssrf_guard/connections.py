"""Connections to addresses that somebody else has named, opened only where they do not lead inside.

A name is resolved once, its addresses are checked (``permit_ocr.ssrf_guard.public_address``), and the connection
goes to
the very address that was checked, with the name for the certificate: a second look-up cannot answer otherwise.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Final
from urllib.parse import SplitResult

from permit_ocr.ssrf_guard.public_address import is_allowed

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_TRIES: Final = 3
"""So many addresses that swallow what is sent to them fit into the time for all."""

type Resolver = Callable[[str, int], Awaitable[list[str]]]


class NotAllowedError(ValueError):
    """None of a name's addresses may be connected to."""


def port_of(target: SplitResult) -> int:
    """Return the port that an http or https address means; 0 for other schemes. Raises ``ValueError``."""
    return target.port or _DEFAULT_PORTS.get(target.scheme, 0)


async def allowed_addresses(target: SplitResult, *, allow_private: bool, resolve: Resolver) -> list[str]:
    """Return what may be connected to of the name's addresses, the preferred one first.

    Raises ``NotAllowedError`` if none may, and ``OSError`` for a name that is not known.
    """
    addresses = await resolve(target.hostname or "", port_of(target))
    allowed = [address for address in addresses if is_allowed(address, allow_private=allow_private)]
    if not allowed:
        raise NotAllowedError
    return allowed


async def connect(
    target: SplitResult, addresses: Sequence[str], *, seconds: float, limit: int, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first of ``addresses`` that takes one; the name serves the certificate only.

    Of ``seconds``, what the caller gives all of it, each has a third, the last one whatever is left. ``limit`` is how
    many bytes of the answer are held unread; ``tls`` trusts others than the public authorities. Raises ``OSError``,
    as ``ssl.SSLError`` where that was the last address's.
    """
    secure = target.scheme == "https"
    for number, address in enumerate(addresses, start=1):
        is_last = number == len(addresses)
        try:
            async with asyncio.timeout(None if is_last else seconds / _TRIES):
                return await asyncio.open_connection(
                    address,
                    port_of(target),
                    limit=limit,
                    ssl=(tls or _trusting_public_authorities()) if secure else None,
                    server_hostname=target.hostname if secure else None,
                )
        except OSError:  # TimeoutError is one
            if is_last:
                raise
    raise ConnectionError


@cache
def _trusting_public_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()
