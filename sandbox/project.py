"""The checkout a sandbox runs in: where its template is, its build, the sandbox's own files, free ports."""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.processes import Processes, SandboxError

STATE_VARIABLE: Final = "PERMIT_OCR_SANDBOX_DIRECTORY"
BUILD_LOG: Final = "build"


def find_root(start: Path) -> Path:
    """Return the nearest directory from ``start`` upwards with a template.yaml. Raises ``SandboxError``."""
    for directory in (start.resolve(), *start.resolve().parents):
        if (directory / "template.yaml").is_file():
            return directory
    raise SandboxError(f"no template.yaml in {start.resolve()} or above it: run this in the checkout")


def state_directory(root: Path) -> Path:
    """Return where the sandbox keeps its files: .sandbox in the checkout unless the environment names a place."""
    return Path(os.environ.get(STATE_VARIABLE) or root / ".sandbox").absolute()


async def build(processes: Processes, root: Path, architecture: str) -> Path:
    """Bring the artefacts up to date for this machine and return their directory.

    The build itself sees whether anything has changed since. Raises ``SandboxError`` with the build's last line.
    """
    script = root / "layers" / "build.sh"
    if not script.is_file():
        raise SandboxError(f"there is nothing to build with: {script} is missing")
    environment = {**os.environ, "ARCHITECTURE": architecture}
    process = await processes.start(BUILD_LOG, [script], environment=environment, directory=root)
    if await process.wait() != 0:
        log = processes.log(BUILD_LOG)
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise SandboxError(
            f"the build failed: {lines[-1].removeprefix('build: ') if lines else 'it said nothing'}; see {log}"
        )
    return root / ".aws-sam" / "build"


def claim_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the port for each option, 0 meaning any free one. Raises ``SandboxError`` naming the option."""
    claimed: dict[str, int] = {}
    opened: list[socket.socket] = []
    try:
        for option, port in wanted.items():
            listener = socket.socket()
            opened.append(listener)
            listener.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # connections of an earlier run that are closing do not count
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen()
            except OSError as error:
                raise SandboxError(
                    f"port {port} cannot be used ({error.strerror}): choose another with {option}"
                ) from None
            claimed[option] = listener.getsockname()[1]
    finally:
        for listener in opened:
            listener.close()
    return claimed


def write_endpoints(path: Path, values: Mapping[str, str]) -> None:
    """Write the file that says where everything is, whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def is_running(endpoints: Path) -> bool:
    """Return whether the sandbox that wrote ``endpoints`` still answers."""
    try:
        port = int(json.loads(endpoints.read_bytes())["aws_endpoint"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
