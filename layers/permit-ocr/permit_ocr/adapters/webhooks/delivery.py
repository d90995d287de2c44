"""Posts one webhook to the URL that the operator configured, which must not lead into a private network.

The connection is guarded against that (``ssrf_guard``), and redirects are not followed. One deadline covers name
lookup, connection and response, so neither a slow resolver nor a receiver that trickles bytes holds anything up.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from permit_ocr.adapters.retry_after import retry_after_seconds
from permit_ocr.application.webhook_retry_policy import GONE
from permit_ocr.domain.errors import RetryableError
from permit_ocr.ssrf_guard.connections import NotAllowedError, Resolver, allowed_addresses, connect, port_of
from permit_ocr.ssrf_guard.name_lookup import system_resolver

SECONDS: Final = 15.0
"""For one delivery."""
_HEADERS_LIMIT: Final = 64 * 1024
_LONGEST_RETRY_AFTER: Final = 6 * 3600.0
_STATUS_LINE: Final = re.compile(r"HTTP/1\.\d +([1-9]\d\d)(?: .*)?")
_FOLD: Final = re.compile(r"\n[ \t]+")
"""A line break within a value, which old servers send (RFC 9112, section 5.2)."""


class DeliveryFailed(RetryableError):
    """The receiver did not accept the webhook. The code is why, such as ``Webhook.Status503``."""

    def __init__(self, code: str, *, after_seconds: float = 0.0) -> None:
        super().__init__(
            code,
            "The receiver did not accept a webhook.",
            "No action needed; it is retried automatically for 24 hours.",
            after_seconds=after_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where webhooks are posted. ``local`` allows http and private addresses: for the sandbox."""

    url: str
    local: bool = False


async def post(
    receiver: Receiver,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = SECONDS,
    resolve: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Post ``body``; return after a 2xx response. Raises ``DeliveryFailed``."""
    try:
        async with asyncio.timeout(seconds):
            target = _target(receiver)
            addresses = await allowed_addresses(target, allow_private=receiver.local, resolve=resolve)
            reader, writer = await connect(target, addresses, seconds=seconds, limit=_HEADERS_LIMIT, tls=tls)
            try:
                writer.write(_request(target, body, headers))
                await writer.drain()
                status, retry_after = await _read_response(reader)
            finally:
                writer.transport.abort()
    except NotAllowedError:
        raise DeliveryFailed("Webhook.AddressRefused") from None
    except TimeoutError:
        raise DeliveryFailed("Webhook.TimedOut") from None
    except ssl.SSLError:
        raise DeliveryFailed("Webhook.TlsFailed") from None
    except (OSError, EOFError, UnicodeError, asyncio.LimitOverrunError):
        raise DeliveryFailed("Webhook.Unreachable") from None
    _check_status(status, retry_after)


def _check_status(status: int, retry_after: str) -> None:
    if status // 100 == 2:  # noqa: PLR2004
        return
    if status // 100 == 3:  # noqa: PLR2004
        raise DeliveryFailed("Webhook.Redirected")
    if status == 410:  # noqa: PLR2004  Gone
        raise DeliveryFailed(GONE)
    after = retry_after_seconds(retry_after, now=time.time(), at_most=_LONGEST_RETRY_AFTER)
    raise DeliveryFailed(f"Webhook.Status{status}", after_seconds=after)


def _target(receiver: Receiver) -> SplitResult:
    try:
        target = urlsplit(receiver.url)
        port_of(target)
        target.netloc.encode("ascii")  # other scripts must be given as punycode, as in the Host header
    except ValueError:
        raise DeliveryFailed("Webhook.AddressRefused") from None
    allowed = {"https", "http"} if receiver.local else {"https"}
    # A space or line break would end the request line.
    plain = receiver.url.isascii() and receiver.url.isprintable() and " " not in receiver.url
    if target.scheme not in allowed or not target.hostname or not plain or {"@", "%"} & set(target.netloc):
        raise DeliveryFailed("Webhook.AddressRefused")
    return target


def _request(target: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    fields = {
        "Host": target.netloc,
        "User-Agent": "permit-ocr",
        "Content-Type": "application/cloudevents+json; charset=UTF-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def _read_response(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Return the status and ``Retry-After`` of the final response; the rest of it is not read.

    Lines may end with a bare LF (RFC 9112, section 2.2). h11 would refuse responses for faults in what is not needed.
    """
    while True:
        head = (await reader.readuntil((b"\n\r\n", b"\n\n"))).decode("latin-1").replace("\r\n", "\n")
        first, *lines = _FOLD.sub(" ", head).split("\n")
        line = _STATUS_LINE.fullmatch(first)
        if line is None or line[1] == "101":  # no other protocol was offered
            raise EOFError
        if line[1] >= "200":
            break
    fields = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    return int(line[1]), fields.get("retry-after", "")
