"""DNS lookups by the system's resolver, which can take long and cannot be cancelled, without blocking anything."""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Final

MAX_LOOKUPS: Final = 64
"""Concurrent lookups, with a thread each. An abandoned lookup counts until the system's resolver gives up, too."""
_free_lookups: Final = threading.BoundedSemaphore(MAX_LOOKUPS)


async def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``, the preferred one first. Raises ``OSError``.

    The lookup runs in a daemon thread: neither other callers nor the end of the program wait for it.
    """
    if not _free_lookups.acquire(blocking=False):
        raise OSError("too many concurrent name lookups")
    loop = asyncio.get_running_loop()
    addresses: asyncio.Future[list[str]] = loop.create_future()
    try:
        threading.Thread(target=_look_up, args=(host, port, loop, addresses), daemon=True, name="name").start()
    except RuntimeError:  # the system has no thread left
        _free_lookups.release()
        raise OSError("no thread left for a name lookup") from None
    return await addresses


def _look_up(host: str, port: int, loop: asyncio.AbstractEventLoop, addresses: "asyncio.Future[list[str]]") -> None:
    result: list[str] | Exception
    try:
        result = [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except Exception as error:  # noqa: BLE001  the caller gets it, whatever it is
        result = error
    finally:
        _free_lookups.release()
    with suppress(RuntimeError):  # the loop has been closed since
        loop.call_soon_threadsafe(_set_result, addresses, result)


def _set_result(addresses: "asyncio.Future[list[str]]", result: list[str] | Exception) -> None:
    if addresses.done():
        return  # the caller stopped waiting
    if isinstance(result, Exception):
        addresses.set_exception(result)
    else:
        addresses.set_result(result)
