"""One webhook over the wire: a POST to an address of the operator's, which must not lead inside.

The name is resolved once, and the connection goes to the very address that was checked (``public_address``), with the
name for the certificate and the Host header. Redirects are not followed. One deadline covers names, connection and
answer, so a receiver that sends a byte now and then holds nothing up.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

from permit_ocr.domain.errors import RetryLater
from permit_ocr.domain.public_address import is_allowed

SECONDS: Final = 15.0
"""For one delivery."""
GONE: Final = "Webhook.Gone"
"""The receiver's 410: it wants none of this any more, so no further attempt is made."""
_HEADERS_LIMIT: Final = 64 * 1024
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LONGEST_RETRY_AFTER: Final = 6 * 3600.0

type Resolver = Callable[[str, int], Awaitable[list[str]]]


class NotDelivered(RetryLater):
    """The receiver did not take it; the code says why, such as ``Webhook.Status503``."""

    def __init__(self, code: str, *, after_seconds: float = 0.0) -> None:
        super().__init__(
            code,
            "The receiver of webhooks did not take an event.",
            "Nothing: it is tried again by itself for 24 hours.",
            after_seconds=after_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where webhooks go. ``local`` lets it be http, and an address of this machine or network: for the sandbox."""

    url: str
    local: bool = False


async def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``, the preferred one first. Raises ``OSError``."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


async def post(
    receiver: Receiver,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = SECONDS,
    resolve: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Send ``body``; return when the receiver has answered 2xx. Raises ``NotDelivered``."""
    try:
        async with asyncio.timeout(seconds):
            target = _target(receiver)
            addresses = await _checked_addresses(target, receiver, resolve)
            reader, writer = await _connect(target, addresses, tls)
            try:
                writer.write(_request(target, body, headers))
                await writer.drain()
                status, retry_after = await _answer(reader)
            finally:
                writer.transport.abort()
    except TimeoutError:
        raise NotDelivered("Webhook.TimedOut") from None
    except ssl.SSLError:
        raise NotDelivered("Webhook.TlsFailed") from None
    except (OSError, EOFError, UnicodeError, asyncio.LimitOverrunError):
        raise NotDelivered("Webhook.Unreachable") from None
    _judge(status, retry_after)


def _judge(status: int, retry_after: str) -> None:
    if status // 100 == 2:  # noqa: PLR2004  the class of successes
        return
    if status == 410:  # noqa: PLR2004  Gone
        raise NotDelivered(GONE)
    after = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0.0
    raise NotDelivered(f"Webhook.Status{status}", after_seconds=min(after, _LONGEST_RETRY_AFTER))


def _target(receiver: Receiver) -> SplitResult:
    try:
        target = urlsplit(receiver.url)
        _port(target)
        target.netloc.encode("ascii")  # a name in another script must come as punycode, as in the Host header
    except ValueError:
        raise NotDelivered("Webhook.AddressRefused") from None
    allowed = {"https", "http"} if receiver.local else {"https"}
    # A space or a line break would end the request's first line.
    plain = receiver.url.isascii() and receiver.url.isprintable() and " " not in receiver.url
    if target.scheme not in allowed or not target.hostname or not plain or {"@", "%"} & set(target.netloc):
        raise NotDelivered("Webhook.AddressRefused")
    return target


def _port(target: SplitResult) -> int:
    return target.port or _DEFAULT_PORTS.get(target.scheme, 0)


async def _checked_addresses(target: SplitResult, receiver: Receiver, resolve: Resolver) -> list[str]:
    addresses = await resolve(target.hostname or "", _port(target))
    allowed = [address for address in addresses if is_allowed(address, allow_private=receiver.local)]
    if not allowed:
        raise NotDelivered("Webhook.AddressRefused")
    return allowed


async def _connect(
    target: SplitResult, addresses: list[str], tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first address that takes one; the name serves the certificate only."""
    secure = target.scheme == "https"
    for place, address in enumerate(addresses, 1):
        try:
            return await asyncio.open_connection(
                address,
                _port(target),
                limit=_HEADERS_LIMIT,
                ssl=(tls or _trusting_public_authorities()) if secure else None,
                server_hostname=target.hostname if secure else None,
            )
        except ssl.SSLError:
            raise
        except OSError:
            if place == len(addresses):
                raise
    raise OSError


@cache
def _trusting_public_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _request(target: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    said = {
        "Host": target.netloc,
        "User-Agent": "permit-ocr",
        "Content-Type": "application/cloudevents+json; charset=UTF-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Return the status and ``Retry-After`` of the final answer; what else it says is not read."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        status = rest[:3]
        if not version.startswith("HTTP/1.") or not (status.isascii() and status.isdecimal()):
            raise EOFError
        if status >= "200":
            break
    said = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(status), said.get("retry-after", "")
