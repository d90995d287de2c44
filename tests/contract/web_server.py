"""A server on this machine that says what a test wants, byte for byte, and an address that never says anything."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

type Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

SWALLOWING_ADDRESS = "127.0.0.9"


def saying(*answers: bytes) -> tuple[Answering, list[bytes]]:
    """Return an answerer that says these in turn, and the requests it gets."""
    requests: list[bytes] = []

    async def answering(request: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(request)
        writer.write(answers[len(requests) - 1])

    return answering, requests


@asynccontextmanager
async def web_server(answering: Answering, tls: ssl.SSLContext | None = None, *, body: int = 0) -> AsyncIterator[int]:
    """Answer on 127.0.0.1 and yield the port; ``body`` is how many bytes follow each request's head."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await answering(head + await reader.readexactly(body), writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, as it may
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextmanager
def address_that_swallows(port: int) -> Iterator[None]:
    """Fill the queue of connections of a port of the address above, so that the next connection hangs.

    ``port`` is that of a ``web_server``, which the system chose: another one may be in use on 127.0.0.1.
    """
    with socket.socket() as listener, ExitStack() as others:
        listener.bind((SWALLOWING_ADDRESS, port))
        listener.listen(0)
        for _ in range(3):
            other = others.enter_context(socket.socket())
            other.settimeout(0)
            other.connect_ex(listener.getsockname())
        yield
