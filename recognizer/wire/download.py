"""Downloads the image behind an ``ImageUrl`` without giving callers access to this machine's network (SSRF).

Connections are checked ones (``permit_ocr.ssrf_guard.connections``). No redirect is followed: the sender named one URL,
and its server must not choose another one for us to ask.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import h11

from permit_ocr.ssrf_guard.connections import Resolver, allowed_addresses, connect
from permit_ocr.ssrf_guard.name_lookup import system_resolver
from recognizer.wire.api_error import ApiError

SECONDS: Final = 3.0
"""For the whole download: DNS lookups, connection and content. Source: the API pages."""
_DOWNLOAD_FAILED: Final = "FailedOperation.DownLoadError"
_IMAGE_SIGNATURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")
"""First bytes of image files. Some of these formats cannot be read; the reader reports that."""
_HEIF_BRAND: Final = b"ftyp"
"""The same for HEIC and AVIF, at offset 4."""
_UNQUOTED: Final = "%/:=&?~#+!$,;'@()*[]"
"""Besides letters and digits, the characters of a path and a query that are not percent-encoded."""
_READ_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRules:
    """What may be downloaded. Private includes loopback; link-local and metadata addresses are never allowed."""

    allow_http: bool = False
    allow_private: bool = False
    seconds: float = SECONDS


async def download_image(url: str, *, rules: DownloadRules, limit: int) -> bytes:
    """Return the image at ``url``: at most ``limit`` bytes, possibly none. Raises ``ApiError``."""
    content = await download(url, rules=rules, limit=limit)
    if content and not content.startswith(_IMAGE_SIGNATURES) and content[4:8] != _HEIF_BRAND:
        raise ApiError(_DOWNLOAD_FAILED)
    return content


async def download(
    url: str,
    *,
    rules: DownloadRules,
    limit: int,
    resolve: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Return at most ``limit`` bytes from ``url``. Raises ``ApiError``, which does not reveal why it was rejected."""
    try:
        async with asyncio.timeout(rules.seconds):
            target = _target(url, rules)
            addresses = await allowed_addresses(target, allow_private=rules.allow_private, resolve=resolve)
            reader, writer = await connect(target, addresses, seconds=rules.seconds, limit=_READ_BYTES, tls=tls)
            return await _get(target, reader, writer, limit)
    except (OSError, TimeoutError, ValueError, h11.ProtocolError):
        raise ApiError(_DOWNLOAD_FAILED) from None


def _target(url: str, rules: DownloadRules) -> SplitResult:
    """Parse the URL. Raises ``ValueError`` unless its scheme is allowed and it has no credentials."""
    target = urlsplit(url)
    schemes = {"https", "http"} if rules.allow_http else {"https"}
    if target.scheme not in schemes or not target.hostname or "@" in target.netloc or "%" in target.netloc:
        raise ValueError
    target.netloc.encode("ascii")  # an internationalised name must be punycode, as in a header
    return target


async def _get(target: SplitResult, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int) -> bytes:
    """Return the content. Closes the connection."""
    try:
        connection = h11.Connection(h11.CLIENT)
        path = quote((target.path or "/") + (f"?{target.query}" if target.query else ""), safe=_UNQUOTED)
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


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader, limit: int) -> bytes:
    content = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Response):
            if event.status_code != 200:  # noqa: PLR2004  OK
                raise ConnectionError
        elif isinstance(event, h11.Data):
            content += event.data
            if len(content) > limit:
                raise ApiError("LimitExceeded.TooLargeFileError")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(content)
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
