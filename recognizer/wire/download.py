"""The image behind an ``ImageUrl``, fetched without letting a caller reach what only this machine can reach.

Connections are checked ones (``permit_ocr.adapters.checked_connections``), of each redirect again.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import h11

from permit_ocr.adapters.checked_connections import Resolver, checked_addresses, connect
from permit_ocr.adapters.name_look_up import system_resolver
from recognizer.wire.api_error import ApiError

SECONDS: Final = 3.0
"""For the whole download: names, connections, redirects and bytes. Source: the API pages."""
_REDIRECTS: Final = 3
_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_FAILED: Final = "FailedOperation.DownLoadError"
_IMAGES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")
"""How images begin. Not all can be read, but that is for the reader to say."""
_HEIF: Final = b"ftyp"
"""The same for HEIC and AVIF, four bytes in."""
_AS_IT_IS: Final = "%/:=&?~#+!$,;'@()*[]"
"""What a path and a query keep as it is; other characters than these, letters and digits are written as %XX."""
_READ_AHEAD_BYTES: Final = 64 * 1024


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
        raise ApiError(_FAILED)
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
                addresses = await checked_addresses(target, allow_private=rules.allow_private, resolve=resolve)
                reader, writer = await connect(
                    target, addresses, seconds=rules.seconds, limit=_READ_AHEAD_BYTES, tls=tls
                )
                redirect, content = await _get(target, reader, writer, limit)
                if redirect is None:
                    return content
                url = urljoin(url, redirect)
    except (OSError, TimeoutError, ValueError, h11.ProtocolError):
        raise ApiError(_FAILED) from None
    raise ApiError(_FAILED)


def _target(url: str, rules: DownloadRules) -> SplitResult:
    """Raise ``ValueError`` unless it is an address of the allowed schemes, without credentials in it."""
    target = urlsplit(url)
    schemes = {"https", "http"} if rules.allow_http else {"https"}
    if target.scheme not in schemes or not target.hostname or "@" in target.netloc or "%" in target.netloc:
        raise ValueError
    target.netloc.encode("ascii")  # a name in another script must come as punycode, as in a header
    return target


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
            connection.receive_data(await reader.read(_READ_AHEAD_BYTES))
        elif isinstance(event, h11.Response):
            location = _location(event)
            if location is not None:
                return location, b""
        elif isinstance(event, h11.Data):
            content += event.data
            if len(content) > limit:
                raise ApiError("LimitExceeded.TooLargeFileError")
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
