"""The image behind an ``ImageUrl``, fetched without letting a caller reach what only this machine can reach.

The address is checked after the name is resolved (``permit_ocr.domain.public_address``), and the connection goes to the
checked address, so a second look-up cannot answer otherwise. Each redirect is checked again.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import h11

from permit_ocr.domain.public_address import is_allowed
from recognizer.wire.name_look_up import system_resolver
from recognizer.wire.refusal import Refusal

SECONDS: Final = 3.0
"""For the whole download: names, connections, redirects and bytes. Source: the API pages."""
_REDIRECTS: Final = 3
_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_FAILED: Final = "FailedOperation.DownLoadError"
_IMAGES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")
"""How images begin. Not all can be read, but that is for the reader to say."""
_HEIF: Final = b"ftyp"
"""The same for HEIC and AVIF, four bytes in."""
_AS_IT_IS: Final = "%/:=&?~#+!$,;'@()*[]"
"""What a path and a query keep as it is; other characters than these, letters and digits are written as %XX."""
_TRIES: Final = 3
"""So many addresses that swallow what is sent to them fit into the time of a download."""

type Resolver = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRules:
    """What may be fetched. Private includes loopback; link-local and metadata addresses are never allowed."""

    allow_http: bool = False
    allow_private: bool = False
    seconds: float = SECONDS


async def download_image(url: str, *, rules: DownloadRules, limit: int) -> bytes:
    """Return the image at ``url``, which may be empty, of ``limit`` bytes at most. Raises ``Refusal``."""
    content = await download(url, rules=rules, limit=limit)
    if content and not content.startswith(_IMAGES) and content[4:8] != _HEIF:
        raise Refusal(_FAILED)
    return content


async def download(
    url: str,
    *,
    rules: DownloadRules,
    limit: int,
    resolve: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Return at most ``limit`` bytes from ``url``. Raises ``Refusal``; which rule refused an address is not told."""
    try:
        async with asyncio.timeout(rules.seconds):
            for _ in range(_REDIRECTS + 1):
                target = _target(url, rules)
                addresses = await _checked_addresses(target, rules, resolve)
                reader, writer = await _connect(target, addresses, tls, seconds=rules.seconds / _TRIES)
                redirect, content = await _get(target, reader, writer, limit)
                if redirect is None:
                    return content
                url = urljoin(url, redirect)
    except (OSError, TimeoutError, ValueError, h11.ProtocolError):
        raise Refusal(_FAILED) from None
    raise Refusal(_FAILED)


@cache
def _trusting_public_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _target(url: str, rules: DownloadRules) -> SplitResult:
    """Raise ``ValueError`` unless it is an address of the allowed schemes, without credentials in it."""
    target = urlsplit(url)
    schemes = {"https", "http"} if rules.allow_http else {"https"}
    if target.scheme not in schemes or not target.hostname or "@" in target.netloc or "%" in target.netloc:
        raise ValueError
    target.netloc.encode("ascii")  # a name in another script must come as punycode, as in a header
    return target


def _port(target: SplitResult) -> int:
    return target.port or _DEFAULT_PORTS[target.scheme]


async def _checked_addresses(target: SplitResult, rules: DownloadRules, resolve: Resolver) -> list[str]:
    """Return what may be connected to of the name's addresses. Raises ``ValueError`` if none may."""
    addresses = await resolve(target.hostname or "", _port(target))
    allowed = [address for address in addresses if is_allowed(address, allow_private=rules.allow_private)]
    if not allowed:
        raise ValueError
    return allowed


async def _connect(
    target: SplitResult, addresses: list[str], tls: ssl.SSLContext | None, *, seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first address that takes one in ``seconds``, the last one in whatever time is left.

    The name serves the certificate only.
    """
    secure = target.scheme == "https"
    for number, address in enumerate(addresses, start=1):
        is_last = number == len(addresses)
        with suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(None if is_last else seconds):
                return await asyncio.open_connection(
                    address,
                    _port(target),
                    ssl=(tls or _trusting_public_authorities()) if secure else None,
                    server_hostname=target.hostname if secure else None,
                )
    raise ConnectionError


async def _get(
    target: SplitResult, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int
) -> tuple[str | None, bytes]:
    """Return where a redirect leads, or None and the content. Closes the connection."""
    try:
        connection = h11.Connection(h11.CLIENT)
        path = quote((target.path or "/") + (f"?{target.query}" if target.query else ""), safe=_AS_IT_IS)
        headers = [
            ("Host", target.netloc),
            ("Accept", "image/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        writer.write(connection.send(h11.Request(method="GET", target=path, headers=headers)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        return await _answer(connection, reader, limit)
    finally:
        writer.close()
        with suppress(OSError):
            writer.transport.abort()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader, limit: int) -> tuple[str | None, bytes]:
    content = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(64 * 1024))
        elif isinstance(event, h11.Response):
            location = _location(event)
            if location is not None:
                return location, b""
        elif isinstance(event, h11.Data):
            content += event.data
            if len(content) > limit:
                raise Refusal("LimitExceeded.TooLargeFileError")
        elif isinstance(event, h11.EndOfMessage):
            return None, bytes(content)
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError


def _location(response: h11.Response) -> str | None:
    """Return where the response redirects to, None if it is the content. Raises ``ValueError`` if it is neither."""
    if response.status_code == 200:  # noqa: PLR2004  OK
        return None
    locations = [value for name, value in response.headers if name == b"location"]
    if response.status_code not in _REDIRECT_STATUSES or len(locations) != 1:
        raise ValueError
    return locations[0].decode()
