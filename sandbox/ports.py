"""Free ports on the loopback address."""

import socket
from collections.abc import Mapping

from sandbox.errors import SandboxError


def claim_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the port for each option; 0 means any free port.

    Raises ``SandboxError`` that names each port that cannot be used, and the option to choose another.
    """
    claimed: dict[str, int] = {}
    refused: list[str] = []
    opened: list[socket.socket] = []
    try:
        for option, port in wanted.items():
            listener = socket.socket()
            opened.append(listener)
            # Closing connections of an earlier run do not make a port unavailable.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen()
            except OSError as error:
                refused.append(f"port {port} cannot be used ({error.strerror}): choose another with {option}")
            else:
                claimed[option] = listener.getsockname()[1]
    finally:
        for listener in opened:
            listener.close()
    if refused:
        raise SandboxError("; ".join(refused))
    return claimed


def free_ports(count: int) -> list[int]:
    """Return ports that are free at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()
