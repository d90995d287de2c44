"""Looking names up by the system's resolver, which may take long, cannot be stopped, and must not hold up anybody."""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any, Final

MOST_LOOK_UPS: Final = 64
"""At a time, of which those that were given up go on until the system gives up too. A thread each."""
_room: Final = threading.BoundedSemaphore(MOST_LOOK_UPS)


async def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``, the preferred one first. Raises ``OSError``.

    In a thread that nobody waits for: neither the next caller nor the end of the program.
    """
    if not _room.acquire(blocking=False):
        raise OSError("too many names are being looked up")
    loop = asyncio.get_running_loop()
    addresses: asyncio.Future[list[str]] = loop.create_future()
    try:
        threading.Thread(target=_look_up, args=(host, port, loop, addresses), daemon=True, name="name").start()
    except RuntimeError:  # the system has no thread to give
        _room.release()
        raise OSError("no thread to look a name up") from None
    return await addresses


def _look_up(host: str, port: int, loop: asyncio.AbstractEventLoop, addresses: "asyncio.Future[list[str]]") -> None:
    found: list[str] | Exception
    try:
        found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except Exception as error:  # noqa: BLE001  whatever it is, it is for who waits
        found = error
    finally:
        _room.release()
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(_tell, addresses, found)


def _tell(addresses: "asyncio.Future[list[str]]", found: Any) -> None:  # noqa: ANN401  a list or an exception
    if addresses.done():
        return  # given up
    if isinstance(found, Exception):
        addresses.set_exception(found)
    else:
        addresses.set_result(found)
